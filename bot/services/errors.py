"""Errors of the services. Except after a ResetAbortedError, nothing was changed.

ServiceError
├── LookupFailedError        WHMCS could not be read
├── IneligibleError          what WHMCS reported rules the reset out; still to be recorded
├── NotAllowedError          the person lacks the permission
├── NotOfferedError          *set a password* is not available now
├── AnswerNeededError        the agent must state how the person was verified
├── ForbiddenError           the installation's rules forbid it for every agent
├── ResetsPausedError        the operators have paused resets
├── LimitError               a limit is reached
├── ChannelError             the approval channel can't be used
├── FormTamperedError        the form was submitted before with other values, or by another agent
├── StillRunningError        the form was submitted before, and its reset runs in another process
├── AuditUnavailableError    the audit trail can't be written
├── StoppingError            the bot is shutting down
├── ResetAbortedError        a reset that has started ends with this result
├── NoReplyError             no reset with this reference can be replied to
└── ReplyAbortedError        nothing was written on the ticket
"""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.eligibility import Ineligible
from bot.domain.limits import LimitReached
from bot.domain.pauses import Pause
from bot.domain.permissions import Denial
from bot.domain.replies import ReplyReason
from bot.domain.resets import Failure, Method, Reason, Reset, Result
from bot.store.errors import StoreUnavailableError


class ServiceError(Exception):
    """Base class for service errors. `is_expected`: an answer to the agent, not a fault to log with a traceback."""

    is_expected = True


class LookupFailedError(ServiceError):
    """WHMCS could not be read."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason.value)
        self.failure = failure


class IneligibleError(ServiceError):
    """What WHMCS reported rules the reset out. The caller records it as a refused reset."""

    def __init__(self, ineligible: Ineligible) -> None:
        super().__init__(ineligible.reason.value)
        self.failure = ineligible.failure


class NotAllowedError(ServiceError):
    """`locale`: the person's, if known."""

    def __init__(self, denial: Denial, locale: str = "") -> None:
        super().__init__(denial.value)
        self.denial = denial
        self.locale = locale


class NotOfferedError(ServiceError):
    pass


class AnswerNeededError(ServiceError):
    def __init__(self, method: Method) -> None:
        super().__init__(method.value)
        self.method = method


class ForbiddenError(ServiceError):
    """`reason`: the rule."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class ResetsPausedError(ServiceError):
    def __init__(self, pause: Pause) -> None:
        super().__init__("paused")
        self.pause = pause


class LimitError(ServiceError):
    """`who`: display name of the agent holding the user; empty if it is the requester, or no agent."""

    def __init__(self, limit: LimitReached, who: str = "") -> None:
        super().__init__(limit.kind.value)
        self.limit = limit
        self.who = who


class ChannelError(ServiceError):
    pass


class FormTamperedError(ServiceError):
    pass


class StillRunningError(ServiceError):
    pass


class AuditUnavailableError(ServiceError):
    pass


@contextmanager
def requiring_audit() -> Iterator[None]:
    """Turn an unavailable database into an AuditUnavailableError."""
    try:
        yield
    except StoreUnavailableError as error:
        raise AuditUnavailableError from error


class StoppingError(ServiceError):
    pass


class ResetAbortedError(ServiceError):
    def __init__(self, reset: Reset, failure: Failure) -> None:
        super().__init__(failure.reason.value)
        self.result = Result(reset=reset, failure=failure)


class NoReplyError(ServiceError):
    pass


class ReplyAbortedError(ServiceError):
    def __init__(self, reason: ReplyReason | Reason, detail: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail
