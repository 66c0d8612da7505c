"""Records of a support desk: departments, statuses, tickets with messages and notes, and sent mails."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal

RequestorType = Literal["Owner", "Authorized User", "Registered User", "Guest", "Operator", ""]
MergedAnswer = Literal["names_target", "is_target", "says_nothing"]

REPLY_ADMIN: Final = "support"
FIRST_REPLY_ID: Final = 700

STATUSES: Final[Mapping[str, bool]] = {
    "Open": True,
    "Answered": True,
    "Customer-Reply": True,
    "Closed": False,
    # Statuses that an installation may add to the four fixed ones.
    "On Hold": False,
    "In Progress": True,
    "Escalado": True,
}
"""Each status; True if tickets with it count as active."""


@dataclasses.dataclass(frozen=True)
class Department:
    """`is_clients_only`: mails of strangers open no tickets here. `is_assigned`: the credential's admin is in it."""

    id: int
    name: str
    is_clients_only: bool = False
    is_assigned: bool = True


@dataclasses.dataclass(frozen=True)
class Requestor:
    name: str
    email: str
    type: RequestorType


@dataclasses.dataclass
class TicketMessage:
    """A message of a ticket. The opening one has the id 0. `admin` "": the author is not an admin.

    `requestor` is the author; None: the ticket's own requestor.
    """

    id: int
    message: str
    at: datetime
    admin: str = ""
    requestor: Requestor | None = None


@dataclasses.dataclass(frozen=True)
class TicketNote:
    id: int
    message: str
    at: datetime
    admin: str


@dataclasses.dataclass
class Ticket:
    """A ticket, of which tests may change all fields. `client_id` 0: opened without an account.

    `merged_into` is the id of the ticket into which it was merged, or 0.
    """

    id: int
    number: str
    subject: str
    department_id: int
    client_id: int
    requestor: Requestor
    opened_at: datetime
    messages: list[TicketMessage]
    status: str = "Open"
    notes: list[TicketNote] = dataclasses.field(default_factory=list)
    merged_into: int = 0

    @property
    def access_key(self) -> str:
        """The secret by which a guest can see the ticket."""
        return f"KeyOf{self.id:04}"

    @property
    def last_reply_at(self) -> datetime:
        return self.messages[-1].at if self.messages else self.opened_at


@dataclasses.dataclass(frozen=True)
class TicketMail:
    """A mail about a reply, with its text, to the client's side."""

    ticket_id: int
    email: str
    message: str
    at: datetime


@dataclasses.dataclass(frozen=True)
class SentNotice:
    """A template sent to the address of a client."""

    template: str
    client_id: int
    email: str
    at: datetime


@dataclasses.dataclass
class Desk:
    """A support desk. `templates` are those of the type *general*; False ones are disabled.

    `merged_answer`: the response of GetTicket for a merged ticket, which is not documented: the id of the target, the
    target itself, or a closed ticket like any other.
    """

    departments: dict[int, Department] = dataclasses.field(default_factory=dict)
    tickets: dict[int, Ticket] = dataclasses.field(default_factory=dict)
    admins: dict[str, str] = dataclasses.field(default_factory=lambda: {REPLY_ADMIN: "Soporte Ejemplo"})
    statuses: dict[str, bool] = dataclasses.field(default_factory=lambda: dict(STATUSES))
    templates: dict[str, bool] = dataclasses.field(default_factory=dict)
    client_groups: dict[int, str] = dataclasses.field(default_factory=dict)
    merged_answer: MergedAnswer = "names_target"

    def add_ticket(
        self,
        number: str,
        requestor: Requestor,
        *,
        client_id: int = 0,
        subject: str = "No puedo entrar",
        message: str = "Hola, no puedo entrar.",
        department_id: int = 1,
        status: str = "Open",
        opened_at: datetime | None = None,
    ) -> Ticket:
        """Open a ticket, by default now. Raises: ValueError."""
        if self.find_ticket(number) is not None:
            raise ValueError(f"there is a ticket {number} already")
        opened_at = opened_at or datetime.now(UTC)
        opening = TicketMessage(0, message, opened_at, requestor=requestor)
        ticket_id = max(self.tickets, default=0) + 1
        ticket = Ticket(
            ticket_id, number, subject, department_id, client_id, requestor, opened_at, [opening], status=status
        )
        self.tickets[ticket_id] = ticket
        return ticket

    def find_ticket(self, number: str) -> Ticket | None:
        """Return the ticket with this number. Case and trailing blanks are ignored, as in MySQL."""
        wanted = number.rstrip().casefold()
        return next((each for each in self.tickets.values() if each.number.rstrip().casefold() == wanted), None)

    def get_ticket(self, number: str) -> Ticket:
        """Return the ticket with this number. Raises: KeyError."""
        ticket = self.find_ticket(number)
        if ticket is None:
            raise KeyError(number)
        return ticket

    def remove_ticket(self, number: str) -> None:
        del self.tickets[self.get_ticket(number).id]

    def merge(self, number: str, into: str) -> None:
        """Move all messages and notes of a ticket to another one, and close the first."""
        ticket, target = self.get_ticket(number), self.get_ticket(into)
        moved = [dataclasses.replace(each, id=each.id or self.next_reply_id()) for each in ticket.messages]
        target.messages = sorted((*target.messages, *moved), key=lambda each: (each.id != 0, each.at))
        target.notes += ticket.notes
        ticket.messages, ticket.notes = [], []
        ticket.merged_into, ticket.status = target.id, "Closed"

    def find_message(self, reply_id: int) -> TicketMessage | None:
        return next((each for each in self._messages() if each.id == reply_id), None)

    def next_reply_id(self) -> int:
        return max(FIRST_REPLY_ID - 1, *(message.id for message in self._messages()), 0) + 1

    def next_note_id(self) -> int:
        return max((note.id for ticket in self.tickets.values() for note in ticket.notes), default=0) + 1

    def _messages(self) -> Iterable[TicketMessage]:
        return (message for ticket in self.tickets.values() for message in ticket.messages)
