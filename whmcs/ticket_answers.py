"""The border for tickets: GetTicket and GetTickets become frozen values here, or are refused as a whole.

The guest's access key, which both send as `c`, is never read. What is known of the shapes, and what is not, stands in
docs/whmcs.md.
"""

import dataclasses
from collections.abc import Mapping
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from whmcs.answers import Id, LocalTime, Number, Row, Text, page, rows, total
from whmcs.models import Ticket, TicketNote, TicketReply, TicketSummary

_CLOSED = "closed"

# Older pages of the reference call the number `ticketnum`.
TicketNumber = Annotated[Text, Field(min_length=1, validation_alias=AliasChoices("tid", "ticketnum"))]


class _Requestor(Row):
    """Who asked. WHMCS 8 tells it beside the ticket, in the opening message, or in both."""

    requestor_name: Text = ""
    requestor_email: Text = ""
    requestor_type: Text = ""


class _ReplyRow(_Requestor):
    id: Number = Field(validation_alias=AliasChoices("replyid", "id"))
    admin: Text = ""
    message: Text = ""
    date: LocalTime = None

    def value(self) -> TicketReply:
        return TicketReply(self.id, self.admin, self.message, self.date)


class _NoteRow(Row):
    id: Number = Field(validation_alias=AliasChoices("noteid", "id"))
    admin: Text = ""
    message: Text = ""

    def value(self) -> TicketNote:
        return TicketNote(self.id, self.admin, self.message)


class _AnyTicketRow(_Requestor):
    id: Id = Field(validation_alias=AliasChoices("ticketid", "id"))
    tid: TicketNumber
    userid: Number = 0
    deptid: Number = 0
    deptname: Text = ""
    name: Text = ""
    email: Text = ""
    subject: Text = ""
    status: Text = ""
    merged_ticket_id: Number = 0

    def requestor(self, told: _Requestor | None = None) -> tuple[str, str, str]:
        """Return name, address and type. A client's ticket is not taken for one of whoever `email` is."""
        source = self if self.requestor_email or self.requestor_type or told is None else told
        if self.userid or source.requestor_email or source.requestor_type:
            return source.requestor_name, source.requestor_email, source.requestor_type
        return self.name, self.email, ""


class _TicketRow(_AnyTicketRow):
    date: LocalTime = None
    replies: Annotated[
        list[_ReplyRow], BeforeValidator(lambda value: rows(value, "reply")), Field(default_factory=list)
    ]
    notes: Annotated[list[_NoteRow], BeforeValidator(lambda value: rows(value, "note")), Field(default_factory=list)]

    def value(self) -> Ticket:
        opening = next((reply for reply in self.replies if reply.id == 0), None)
        name, email, kind = self.requestor(opening)
        return Ticket(
            id=self.id,
            number=self.tid,
            client_id=self.userid or None,
            department_id=self.deptid,
            department=self.deptname,
            subject=self.subject,
            status=self.status,
            requestor_name=name,
            requestor_email=email,
            requestor_type=kind,
            opened_at=self.date,
            merged_into="",
            replies=tuple(reply.value() for reply in self.replies),
            notes=tuple(note.value() for note in self.notes),
        )


class _SummaryRow(_AnyTicketRow):
    lastreply: LocalTime = None

    def value(self) -> TicketSummary:
        name, email, kind = self.requestor()
        return TicketSummary(
            id=self.id,
            number=self.tid,
            client_id=self.userid or None,
            department_id=self.deptid,
            department=self.deptname,
            subject=self.subject,
            status=self.status,
            requestor_name=name,
            requestor_email=email,
            requestor_type=kind,
            last_reply_at=self.lastreply,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """A ticket, and the id of the one that it was merged into where that is all that is known of it."""

    ticket: Ticket
    target_id: int | None


def parse_ticket_of_number(data: Mapping[str, object], number: str) -> Told:
    """Read GetTicket. A ticket of another number stands in for the one asked for, which was merged into it."""
    told = _parse_ticket(data)
    if _plain(told.ticket.number) == _plain(number):
        return told
    return Told(dataclasses.replace(told.ticket, number=number, merged_into=told.ticket.number), None)


def parse_ticket_of_id(data: Mapping[str, object], ticket_id: int) -> Told:
    """Read GetTicket. A ticket of another id stands in for the one asked for, whose number is not known then."""
    told = _parse_ticket(data)
    if told.ticket.id == ticket_id:
        return told
    return Told(dataclasses.replace(told.ticket, number="", merged_into=told.ticket.number), None)


def parse_number(data: Mapping[str, object]) -> str:
    """Read a ticket's number from GetTicket."""
    return _AnyTicketRow.model_validate(data).tid


def parse_tickets(data: Mapping[str, object], client_id: int) -> tuple[tuple[TicketSummary, ...], int]:
    """Read GetTickets: those of this client that are neither closed nor merged, newest first, and how many there are."""
    found = page(data, "tickets", "ticket", _SummaryRow)
    if any(row.userid != client_id for row in found):
        raise ValueError("a ticket of another client than the one asked for")
    active = [row.value() for row in found if row.status.casefold() != _CLOSED and not row.merged_ticket_id]
    active.sort(key=lambda ticket: (str(ticket.last_reply_at or ""), ticket.id), reverse=True)
    return tuple(active), total(data, len(found)) - (len(found) - len(active))


def _parse_ticket(data: Mapping[str, object]) -> Told:
    row = _TicketRow.model_validate(data)
    ticket = row.value()
    target_id = row.merged_ticket_id
    return Told(ticket, target_id if target_id and target_id != ticket.id else None)


def _plain(number: str) -> str:
    return "".join(number.split()).casefold()
