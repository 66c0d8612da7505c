"""Why a use case was not carried out. Each was decided before STARTED: nothing was changed.

ServiceError
├── NotAllowedError          the person may not do that
├── NotOfferedError          *set a password* can't be had just now
├── AnswerNeededError        it has to be said how the person was verified
├── ForbiddenError           the rules of the installation forbid it, whoever asks
├── ResetsPausedError        nobody resets until the operators say so
├── LimitError               a limit is reached
├── ChannelError             the second agents can't be asked
├── WaitingError             a second agent has been asked and has not answered
├── FormTamperedError        the form was sent with other values, or by somebody else
├── StillRunningError        the form was sent before, and its reset runs elsewhere
├── AuditUnavailableError    it could not be recorded, so it was not done
└── StoppingError            the bot is being stopped
"""

from bot.domain.pauses import Pause
from bot.domain.permissions import Denial
from bot.domain.resets import LimitReached, Reason


class ServiceError(Exception):
    """Anything that a use case says no with. `is_expected`: it is an answer, not a fault to be logged as one."""

    is_expected = True


class NotAllowedError(ServiceError):
    """`locale` is the person's, where it is known."""

    def __init__(self, denial: Denial, locale: str = "") -> None:
        super().__init__(denial.value)
        self.denial = denial
        self.locale = locale


class NotOfferedError(ServiceError):
    pass


class AnswerNeededError(ServiceError):
    pass


class ForbiddenError(ServiceError):
    """`reason` says which rule it is."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class ResetsPausedError(ServiceError):
    def __init__(self, pause: Pause) -> None:
        super().__init__("paused")
        self.pause = pause


class LimitError(ServiceError):
    """`who` is the name of the agent who holds the user; empty: nobody or the asker himself."""

    def __init__(self, limit: LimitReached, who: str = "") -> None:
        super().__init__(limit.kind.value)
        self.limit = limit
        self.who = who


class ChannelError(ServiceError):
    pass


class WaitingError(ServiceError):
    pass


class FormTamperedError(ServiceError):
    pass


class StillRunningError(ServiceError):
    pass


class AuditUnavailableError(ServiceError):
    pass


class StoppingError(ServiceError):
    pass
