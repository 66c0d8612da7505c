"""Resets: the request, its progress and its outcome."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from bot.domain.permissions import Agent, AgentId
from bot.domain.references import Reference


class Method(StrEnum):
    """The reset methods: the word in the audit, and what the rules need to know.

    `hands_out_access`: the agent receives what opens the account, in a direct message. It therefore requires the right to
    set passwords, a last step, and the rules on protected clients and second agents. `has_result`: the companion carries
    it out, and can be queried later. `mails_link`: WHMCS mails the user a link, so the method needs `ResetPassword`, and
    only WHMCS's own log shows an unknown outcome. Each method's execution is registered in `bot.app`, its wording in
    `bot.views`.
    """

    _value_: str
    hands_out_access: bool
    has_result: bool
    mails_link: bool

    RESET_EMAIL = "reset_email", False, False, True
    SET_PASSWORD = "set_password", True, True, False

    def __new__(cls, word: str, *columns: bool) -> Self:
        method = str.__new__(cls, word)
        method._value_ = word
        method.hands_out_access, method.has_result, method.mails_link = columns
        return method


class Phase(StrEnum):
    """A reset's recorded progress; `lifecycle` has the transitions.

    WAITING: a second agent has to approve. CHECKING: WHMCS was only read. CALLING: the write may be under way. DONE: the
    outcome is recorded. SETTLED: an outcome that was not final has been settled.
    """

    WAITING = "waiting"
    CHECKING = "checking"
    CALLING = "calling"
    DONE = "done"
    SETTLED = "settled"


class Outcome(StrEnum):
    """REFUSED and FAILED changed nothing: by a decision, or by an error. UNKNOWN may have changed the password."""

    SUCCEEDED = "SUCCEEDED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


class Settled(StrEnum):
    """A reset's final state, the `reason` of its SETTLED event. NOT_DELIVERED: done, but no agent has the password."""

    DONE = "done"
    NOT_DELIVERED = "not_delivered"
    NOT_DONE = "not_done"


class Reason(StrEnum):
    """The `reason` of a reset's audit event, and the key of the sentence shown to the agent."""

    NOT_A_USER_OF_CLIENT = "not_a_user_of_client"
    CLIENT_NOT_FOUND = "client_not_found"
    USER_NOT_FOUND = "user_not_found"
    TICKET_NOT_FOUND = "ticket_not_found"
    NOT_A_TICKET_OF_CLIENT = "not_a_ticket_of_client"
    NOT_THE_REQUESTOR = "not_the_requestor"
    CHANGED_SINCE_SHOWN = "changed_since_shown"
    PROOF_CHANGED = "proof_changed"
    NO_TICKET = "no_ticket"
    NOT_VERIFIED = "not_verified"
    PROTECTED = "protected"
    NEEDS_APPROVAL = "needs_approval"
    APPROVAL_REJECTED = "approval_rejected"
    APPROVAL_EXPIRED = "approval_expired"
    APPROVAL_CHANNEL = "approval_channel"
    NO_LONGER_ALLOWED = "no_longer_allowed"
    PASSWORD_REFUSED = "password_refused"  # noqa: S105 - a reason, not a password
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMED_OUT = "timed_out"
    NOT_ANSWERING = "not_answering"
    CONNECTION_LOST = "connection_lost"
    REDIRECTED = "redirected"
    ADDRESS_REFUSED = "address_refused"
    CREDENTIALS = "credentials"
    NOT_PERMITTED = "not_permitted"
    UNKNOWN_ACTION = "unknown_action"
    BUSY = "busy"
    WHMCS_REFUSED = "whmcs_refused"
    WEB_PAGE = "web_page"
    UNUSABLE_ANSWER = "unusable_answer"
    NOT_INSTALLED = "not_installed"
    COMPANION_REDIRECTED = "companion_redirected"
    COMPANION_ADDRESS = "companion_address"
    COMPANION_SECRET = "companion_secret"  # noqa: S105 - a reason, not a secret
    COMPANION_CLOCK = "companion_clock"
    COMPANION_REFUSED = "companion_refused"
    SERVER_ERROR = "server_error"
    NOT_RECORDED = "not_recorded"
    DIRECT_MESSAGE = "direct_message"
    NOT_DELIVERED = "not_delivered"
    INTERRUPTED = "interrupted"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something did not succeed. `detail`: WHMCS's own words, an address, an action, a time (RFC 3339); no secret.

    SUCCEEDED is an outcome of a failure only with NOT_DELIVERED. `detail` is shown, and not stored with a reset.
    """

    outcome: Outcome
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the conversation began; empty if Slack sent nothing. A response_url is valid for 30 minutes and 5 uses."""

    channel: str = ""
    response_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The user, the method, and the grounds. `proof`: what the ticket proved when the form was rendered.

    `verification`: the agent's answer about how the person was verified; empty if there is none.
    """

    client_id: int
    user_id: int
    method: Method
    ticket: str = ""
    proof: str = ""
    verification: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetRequest:
    """A submitted form. `shown`: digests of what the last step showed; empty if there is none, or not yet."""

    reference: Reference
    agent: Agent
    target: Target
    origin: Origin
    needs_approval: bool = False
    shown: str = ""

    @property
    def agent_id(self) -> AgentId:
        return self.agent.id

    def has_values_of(self, reset: "Reset") -> bool:
        """Return True if the same agent asks for the same reset; what the ticket proves may have changed since."""
        target = replace(self.target, proof=reset.target.proof)
        return self.agent.id == reset.agent_id and target == reset.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """A recorded reset. `user_name`, `user_email` and `language` are known once WHMCS was asked, at `called_at`.

    `language`: WHMCS's name for the client's language, such as `spanish`, or empty for the default. `shown`: digests of
    what was shown to the agents who confirmed and approved it.
    """

    reference: Reference
    agent_id: AgentId
    agent_locale: str
    target: Target
    phase: Phase
    started_at: datetime
    user_name: str = ""
    approved_by: str = ""
    user_email: str = ""
    language: str = ""
    outcome: Outcome | None = None
    reason: Reason | None = None
    called_at: datetime | None = None
    settled: Settled | None = None
    shown: str = ""

    @property
    def client_id(self) -> int:
        return self.target.client_id

    @property
    def user_id(self) -> int:
        return self.target.user_id

    @property
    def method(self) -> Method:
        return self.target.method

    @property
    def ticket(self) -> str:
        return self.target.ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientNotice:
    """The e-mail that notifies the client of a password set by support. `failure` None: WHMCS sent it."""

    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A reset's outcome, with the values that its texts need. `failure` None: it succeeded.

    `is_recorded` False: the database has not accepted it yet. `notice` None: none was due, or its outcome is not known.
    """

    reset: Reset
    failure: Failure | None = None
    is_recorded: bool = True
    notice: ClientNotice | None = None

    @classmethod
    def read(cls, reset: Reset) -> Self:
        """Return the result of a reset whose outcome is recorded."""
        if reset.outcome is None:
            raise AssertionError("this reset has no outcome yet")
        if reset.reason is None and reset.outcome is Outcome.SUCCEEDED:
            return cls(reset=reset)
        return cls(reset=reset, failure=Failure(reset.outcome, reset.reason or Reason.INTERNAL))

    @property
    def outcome(self) -> Outcome:
        return self.failure.outcome if self.failure is not None else Outcome.SUCCEEDED

    @property
    def reason(self) -> Reason | None:
        return self.failure.reason if self.failure is not None else None

    @property
    def detail(self) -> str:
        return self.failure.detail if self.failure is not None else ""

    @property
    def is_doubtful_mail(self) -> bool:
        """Return True if only WHMCS's own log shows whether the e-mail was sent."""
        is_unknown = self.outcome is Outcome.UNKNOWN and self.reset.settled is None
        return is_unknown and self.reset.method.mails_link


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """A message of the bot in Slack; changing or deleting it takes both parts."""

    channel: str
    ts: str


NO_MESSAGE: Final = MessageRef(channel="", ts="")
"""The place of a job that is about no message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretMessage:
    """A direct message with a password. `deletes_at` is committed before the password is in the message."""

    reference: Reference
    agent_id: AgentId
    agent_locale: str
    place: MessageRef
    deletes_at: datetime
