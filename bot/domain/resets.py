"""A reset: what is asked for, how far it is, how it ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.permissions import Agent, AgentId
from bot.domain.references import Reference


class Method(StrEnum):
    RESET_EMAIL = "reset_email"
    SET_PASSWORD = "set_password"  # noqa: S105 - a method's name, not a password


class Phase(StrEnum):
    """How far a reset is known to be. What leads from one to the next, and what each announces: see `lifecycle`.

    WAITING: a second agent has to agree. CHECKING: nothing was asked of WHMCS but reads. CALLING: the write may be on its
    way. DONE: the outcome is recorded.
    SETTLED: what had become of it was found out after that.
    """

    WAITING = "waiting"
    CHECKING = "checking"
    CALLING = "calling"
    DONE = "done"
    SETTLED = "settled"


class Outcome(StrEnum):
    """REFUSED and FAILED changed nothing: somebody said no, or something did not work. UNKNOWN may have changed it."""

    SUCCEEDED = "SUCCEEDED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


class Settled(StrEnum):
    """What became of a reset after all: the `reason` of its SETTLED event. NOT_DELIVERED: done, and nobody has it."""

    DONE = "done"
    NOT_DELIVERED = "not_delivered"
    NOT_DONE = "not_done"


class Reason(StrEnum):
    """Why: the `reason` of a reset's audit event, and the key of the sentence that the agent reads."""

    NOT_A_USER_OF_CLIENT = "not_a_user_of_client"
    CLIENT_NOT_FOUND = "client_not_found"
    USER_NOT_FOUND = "user_not_found"
    TICKET_NOT_FOUND = "ticket_not_found"
    NOT_A_TICKET_OF_CLIENT = "not_a_ticket_of_client"
    NOT_THE_REQUESTOR = "not_the_requestor"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the conversation began; empty where Slack gave none. The response_url lives for 30 minutes and 5 uses."""

    channel: str = ""
    response_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetRequest:
    """A submitted form. `verification`: how the agent says that the person was verified; empty: not said."""

    reference: Reference
    agent: Agent
    client_id: int
    user_id: int
    method: Method
    origin: Origin
    ticket: str = ""
    proof: str = ""
    verification: str = ""
    needs_approval: bool = False

    def has_values_of(self, reset: "Reset") -> bool:
        mine = (self.agent.id, self.client_id, self.user_id, self.method, self.ticket, self.verification)
        theirs = (reset.agent_id, reset.client_id, reset.user_id, reset.method, reset.ticket, reset.verification)
        return mine == theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """A reset as the database has it. `user_name`, `user_email` and `language` are known once WHMCS was asked, at `called_at`.

    `language` is WHMCS's name of the client's language, such as `spanish`, or empty: the default.
    """

    reference: Reference
    agent_id: AgentId
    agent_locale: str
    client_id: int
    user_id: int
    method: Method
    ticket: str
    phase: Phase
    started_at: datetime
    proof: str = ""
    verification: str = ""
    user_name: str = ""
    approved_by: str = ""
    user_email: str = ""
    language: str = ""
    outcome: Outcome | None = None
    reason: Reason | None = None
    called_at: datetime | None = None
    settled: Settled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientNotice:
    """What became of the notice that tells the client that support set a password; why, as of a reset."""

    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a reset ended, with what the sentences about it need. `detail`: WHMCS's own words or address, no secret.

    `is_recorded` False: the database has not taken it yet. `notice` None: none was to be sent, or that is not known here.
    """

    reset: Reset
    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""
    is_recorded: bool = True
    notice: ClientNotice | None = None

    @property
    def is_doubtful_mail(self) -> bool:
        """Whether the agent has to look in WHMCS if the e-mail went out: nobody can tell him."""
        is_unknown = self.outcome is Outcome.UNKNOWN and self.reset.settled is None
        return is_unknown and self.reset.method is Method.RESET_EMAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    agent_resets_per_hour: int
    resets_per_hour: int
    user_cooldown: timedelta


class LimitKind(StrEnum):
    """Which limit stopped a reset: the `reason` of a `limit REACHED` event."""

    AGENT_HOUR = "agent_hour"
    WORKSPACE_HOUR = "workspace_hour"
    USER_COOLDOWN = "user_cooldown"
    USER_BUSY = "user_busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReached:
    """`until_at`: from when on it is possible again; None while another reset of that user runs. `by`: the other agent."""

    kind: LimitKind
    until_at: datetime | None = None
    by: AgentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """A message of ours in Slack: both parts are needed to change or delete it."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretMessage:
    """A direct message that is to disappear. `deletes_at` was committed before the password was in it."""

    reference: Reference
    agent_id: AgentId
    agent_locale: str
    place: MessageRef
    deletes_at: datetime
