"""Data from WHMCS and the companion, as frozen values with decoded text and integer ids.

The companion's times are in UTC. A ticket's times are naive: WHMCS writes its local time without a zone (docs/whmcs.md).
To compare them with a clock, use `Companion.utc_offset_seconds`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from whmcs.errors import WhmcsError

_OPERATOR: Final = "operator"
_CLOCK_TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Client:
    """A customer account. `status` is "Active", "Inactive" or "Closed", or another word of WHMCS's."""

    id: int
    first_name: str
    last_name: str
    company_name: str
    email: str
    status: str
    group_id: int

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class UserClient:
    """A client that a user has access to."""

    id: int
    is_owner: bool


@dataclass(frozen=True, slots=True)
class User:
    """A login, with every client that it has access to. Its id is never a client's id."""

    id: int
    first_name: str
    last_name: str
    email: str
    clients: tuple[UserClient, ...]

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class ClientUser:
    """A user in the client's own list."""

    id: int
    name: str
    email: str
    is_owner: bool


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """A client with its users. `language` "" is the installation's default."""

    client: Client
    language: str
    users: tuple[ClientUser, ...]
    owner_user_id: int | None


@dataclass(frozen=True, slots=True)
class Match:
    """A client that a search found.

    `client` is None if the client is known only through its user; `user` is the user through whom it was found, if any.
    `is_exact`: the query equals, ignoring case, the e-mail address of the client or of this user. `domain`: the client
    was found by this domain.
    """

    client_id: int
    client: Client | None
    user: User | None
    is_exact: bool
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Matches:
    """The distinct clients found, best first.

    `total` is at least the number of matches, and more if WHMCS has more. Incomplete: one of the calls failed or was
    late; `failure` is its error.
    """

    matches: tuple[Match, ...]
    total: int
    is_complete: bool = True
    failure: WhmcsError | None = None


@dataclass(frozen=True, slots=True)
class TicketReply:
    """A message of a ticket. The opening message has the id 0.

    `author_*` are "" if WHMCS names no author; `author_type` is WHMCS's own word (Owner, Guest, Operator, ...).
    `client_id` is None for a guest's message. `at` is None if the time is missing or unreadable.
    """

    id: int
    admin: str
    message: str
    at: datetime | None
    author_name: str
    author_email: str
    author_type: str
    client_id: int | None

    @property
    def is_by_staff(self) -> bool:
        """True if WHMCS names an admin or an operator as the author."""
        return bool(self.admin) or self.author_type.casefold() == _OPERATOR


@dataclass(frozen=True, slots=True)
class TicketNote:
    """A note that only admins see."""

    id: int
    admin: str
    message: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket. `number` is the one that people use, in WHMCS's spelling: text with zeros, letters and blanks.

    `client_id` None: a guest opened it. `requestor_type` is WHMCS's own word (Owner, Operator, ...); requestor_* are ""
    if WHMCS does not report them. `merged_into` is "" or the number of the ticket that this one was merged into; then
    all other fields except `number` may be that ticket's, and nothing may be done with them.
    `replies` are all listed messages, oldest first, those without a time last. `opening` is the one of them with the id
    0 and, if there are several, the ticket's own time; without exactly one it is made of the ticket's own fields.
    """

    id: int
    number: str
    client_id: int | None
    department_id: int
    department: str
    subject: str
    status: str
    requestor_name: str
    requestor_email: str
    requestor_type: str
    opened_at: datetime | None
    last_reply_at: datetime | None
    merged_into: str
    opening: TicketReply
    replies: tuple[TicketReply, ...]
    notes: tuple[TicketNote, ...]


@dataclass(frozen=True, slots=True)
class TicketSummary:
    """A ticket in a list. `department` is "" if only its id is listed."""

    id: int
    number: str
    client_id: int | None
    department_id: int
    department: str
    subject: str
    status: str
    requestor_name: str
    requestor_email: str
    requestor_type: str
    last_reply_at: datetime | None


@dataclass(frozen=True, slots=True)
class Companion:
    """The module's answer to `ping`.

    `utc_offset_seconds` is the current offset of WHMCS's local time; None if an older module does not report it, or the
    value is unusable. `remembers_since`: every request since then is known; None of an older module.
    """

    name: str
    version: str
    protocol: int
    whmcs_version: str
    php_version: str
    time: datetime
    capabilities: frozenset[str]
    minimum_password_length: int
    utc_offset_seconds: int | None
    remembers_since: datetime | None


@dataclass(frozen=True, slots=True)
class CompanionUser:
    """User data that the API lacks. `client_ids` are all clients that the user has access to."""

    id: int
    email: str
    last_sign_in_at: datetime | None
    has_second_factor: bool
    is_email_verified: bool
    client_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """`is_repeated`: an earlier request with this id was done; nothing was changed now."""

    user_id: int
    changed_at: datetime
    is_repeated: bool


@dataclass(frozen=True, slots=True)
class SetPasswordResult:
    """What the module remembers of a request.

    `is_known` None: the write is pending, so it may have been done or not. `remembers_since`: every request since then is
    known; None if an older module does not report it.
    """

    is_known: bool | None
    user_id: int | None = None
    changed_at: datetime | None = None
    remembers_since: datetime | None = None

    def rules_out(self, began_at: datetime) -> bool:
        """Return True if a request that began then was certainly not done.

        `began_at`: by the caller's clock, which the module accepts if it is less than five minutes ahead or behind.
        """
        if self.is_known is not False:
            return False
        return self.remembers_since is None or began_at - _CLOCK_TOLERANCE >= self.remembers_since
