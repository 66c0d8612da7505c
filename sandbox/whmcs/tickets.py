"""The records of a support desk: departments, statuses, tickets with their messages and notes, and mails that went out."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal

RequestorType = Literal["Owner", "Authorized User", "Registered User", "Guest", "Operator"]
MergedAnswer = Literal["names_target", "is_target", "says_nothing"]

OPENED_AT: Final = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
REPLY_ADMIN: Final = "support"
FIRST_REPLY_ID: Final = 700

STATUSES: Final[Mapping[str, bool]] = {
    "Open": True,
    "Answered": True,
    "Customer-Reply": True,
    "Closed": False,
    # What an installation may add to the four that are fixed.
    "On Hold": False,
    "In Progress": True,
    "Escalado": True,
}
"""Each status, and whether tickets in it count as active."""


@dataclasses.dataclass(frozen=True)
class Department:
    """`is_clients_only`: mails from strangers open no tickets here. `is_assigned`: the credential's admin is in it."""

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
    """What was written on a ticket. `id` 0 is the opening message; `admin` "" is the client's side."""

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
    """Tests may change its fields while the server runs. `client_id` 0: somebody without an account opened it.

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
        """What lets a guest see the ticket: nobody else may learn it."""
        return f"KeyOf{self.id:04}"

    @property
    def last_reply_at(self) -> datetime:
        return self.messages[-1].at if self.messages else self.opened_at


@dataclasses.dataclass(frozen=True)
class TicketMail:
    """A mail that told the client's side of a reply, in clear."""

    ticket_id: int
    email: str
    message: str
    at: datetime


@dataclasses.dataclass(frozen=True)
class SentNotice:
    """A template that went to a client's own address."""

    template: str
    client_id: int
    email: str
    at: datetime


@dataclasses.dataclass
class Desk:
    """What the support desk holds. `templates` are those of the type *general*; a False one is switched off.

    `merged_answer`: what GetTicket says of a merged ticket, which is not documented: it names the target's id, answers
    with the target itself, or shows a closed ticket like any other.
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
        opened_at: datetime = OPENED_AT,
    ) -> Ticket:
        """Open a ticket. Raises: ValueError."""
        if self.find_ticket(number) is not None:
            raise ValueError(f"there is a ticket {number} already")
        opening = TicketMessage(0, message, opened_at, requestor=requestor)
        ticket_id = max(self.tickets, default=0) + 1
        ticket = Ticket(
            ticket_id, number, subject, department_id, client_id, requestor, opened_at, [opening], status=status
        )
        self.tickets[ticket_id] = ticket
        return ticket

    def find_ticket(self, number: str) -> Ticket | None:
        """As MySQL compares text: neither case nor blanks at the end matter."""
        wanted = number.rstrip().casefold()
        return next((each for each in self.tickets.values() if each.number.rstrip().casefold() == wanted), None)

    def get_ticket(self, number: str) -> Ticket:
        """Raises: KeyError."""
        ticket = self.find_ticket(number)
        if ticket is None:
            raise KeyError(number)
        return ticket

    def remove_ticket(self, number: str) -> None:
        del self.tickets[self.get_ticket(number).id]

    def merge(self, number: str, into: str) -> None:
        """Move all that was written on one ticket to another; what is left of the first is closed."""
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
