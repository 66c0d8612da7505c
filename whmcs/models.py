"""What WHMCS and the companion tell, as frozen values: text is decoded, ids are ints.

Times of the companion are in UTC. Those of a ticket are naive: WHMCS writes them without a zone, presumably its own
(docs/whmcs.md), so that they can be ordered and shown, but not compared with a clock.
"""

from dataclasses import dataclass
from datetime import datetime

from whmcs.errors import WhmcsError


@dataclass(frozen=True, slots=True)
class Client:
    """A customer account. `status` is "Active", "Inactive" or "Closed", or what else WHMCS says."""

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
    """A client that a user opens, as its owner or not."""

    id: int
    is_owner: bool


@dataclass(frozen=True, slots=True)
class User:
    """A login, with every client that it opens. Its id is never a client's id."""

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
    """A user as the client's own list names it."""

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

    `client` is None where the client is known through its user alone; `user` is the user through whom it was found, if
    any. `is_exact`: the query is, but for case, the whole e-mail of the client or of this user. `domain`: the client was
    found because it has this domain.
    """

    client_id: int
    client: Client | None
    user: User | None
    is_exact: bool
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Matches:
    """The clients found, best first, none twice.

    `total` is at least the number of matches; more where WHMCS has more. Not complete: one of the two questions failed
    or was late, and `failure` says why.
    """

    matches: tuple[Match, ...]
    total: int
    is_complete: bool = True
    failure: WhmcsError | None = None


@dataclass(frozen=True, slots=True)
class TicketReply:
    """A message of a ticket, the opening one included, whose id is 0. `admin` "": the client's side wrote it."""

    id: int
    admin: str
    message: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class TicketNote:
    """What only admins see."""

    id: int
    admin: str
    message: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket. `number` is what people call it by, as WHMCS spells it: text with zeros, letters and blanks.

    `client_id` None: somebody without an account opened it. `requestor_type` is WHMCS's own word (Owner, Operator, ...);
    requestor_* are "" where WHMCS does not tell. `merged_into` is "", or the number of the ticket that this one was
    merged into; then all the rest may be that other ticket's, `number` excepted, and nothing is to be done to it.
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
    merged_into: str
    replies: tuple[TicketReply, ...]
    notes: tuple[TicketNote, ...]


@dataclass(frozen=True, slots=True)
class TicketSummary:
    """A ticket as a list tells it. `department` is "" where only its id is told."""

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
    name: str
    version: str
    protocol: int
    whmcs_version: str
    php_version: str
    time: datetime
    capabilities: frozenset[str]
    minimum_password_length: int


@dataclass(frozen=True, slots=True)
class CompanionUser:
    """What the API does not tell about a user; `client_ids` are all clients that the user opens."""

    id: int
    email: str
    last_sign_in_at: datetime | None
    has_second_factor: bool
    is_email_verified: bool
    client_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """`is_repeated`: this request was done before, nothing was changed now."""

    user_id: int
    changed_at: datetime
    is_repeated: bool


@dataclass(frozen=True, slots=True)
class SetPasswordResult:
    """What became of a request; an unknown one was not done."""

    is_known: bool
    user_id: int | None
    changed_at: datetime | None
