"""Parses tickets and lists of tickets into frozen values, or rejects them as a whole.

The guest's access key, `c`, is never read. docs/whmcs.md lists the known and unknown facts about the shapes.
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
    """The requestor. WHMCS 8 names it beside the ticket, in the opening message, or in both."""

    requestor_name: Text = ""
    requestor_email: Text = ""
    requestor_type: Text = ""


class _Authored(_Requestor):
    """A ticket or a message. Both name a client, an author, and the admin, if one wrote it."""

    userid: Number = 0
    name: Text = ""
    email: Text = ""
    admin: Text = ""
    date: LocalTime = None

    def requestor(self, other: _Requestor | None = None) -> tuple[str, str, str]:
        """Return name, address and type. `email` is used only for guests: a client's may be the client's own."""
        source = self if self.requestor_email or self.requestor_type or other is None else other
        if self.userid or source.requestor_email or source.requestor_type:
            return source.requestor_name, source.requestor_email, source.requestor_type
        return self.name, self.email, ""


class _ReplyRow(_Authored):
    id: Number = Field(validation_alias=AliasChoices("replyid", "id"))
    message: Text = ""

    def value(self) -> TicketReply:
        name, email, kind = self.requestor()
        return TicketReply(
            id=self.id,
            admin=self.admin,
            message=self.message,
            at=self.date,
            author_name=name,
            author_email=email,
            author_type=kind,
            client_id=self.userid or None,
        )


class _NoteRow(Row):
    id: Number = Field(validation_alias=AliasChoices("noteid", "id"))
    admin: Text = ""
    message: Text = ""

    def value(self) -> TicketNote:
        return TicketNote(self.id, self.admin, self.message)


class _AnyTicketRow(_Authored):
    id: Id = Field(validation_alias=AliasChoices("ticketid", "id"))
    tid: TicketNumber
    deptid: Number = 0
    deptname: Text = ""
    subject: Text = ""
    status: Text = ""
    lastreply: LocalTime = None
    merged_ticket_id: Number = 0


class _TicketRow(_AnyTicketRow):
    replies: Annotated[
        list[_ReplyRow], BeforeValidator(lambda value: rows(value, "reply")), Field(default_factory=list)
    ]
    notes: Annotated[list[_NoteRow], BeforeValidator(lambda value: rows(value, "note")), Field(default_factory=list)]

    def value(self) -> Ticket:
        messages = sorted(self.replies, key=lambda row: (row.date is None, str(row.date), row.id))
        place = self._find_opening(messages)
        name, email, kind = self.requestor(None if place is None else messages[place])
        replies = [row.value() for row in messages]
        if place is None:
            opening = self._own_message(name, email, kind)
        else:
            opening = replies[place] = _with_author(replies[place], name, email, kind)
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
            last_reply_at=self.lastreply,
            merged_into="",
            opening=opening,
            replies=tuple(replies),
            notes=tuple(note.value() for note in self.notes),
        )

    def _find_opening(self, messages: list[_ReplyRow]) -> int | None:
        """Return the place of the row with the id 0; of several, the only one with the ticket's own time.

        The messages of a ticket that was merged into this one can be by other people, so nothing is guessed.
        """
        places = [place for place, row in enumerate(messages) if row.id == 0]
        if len(places) > 1:
            places = [place for place in places if self.date is not None and messages[place].date == self.date]
        return places[0] if len(places) == 1 else None

    def _own_message(self, name: str, email: str, kind: str) -> TicketReply:
        """Return an opening message made of the ticket's own fields."""
        return TicketReply(
            id=0,
            admin=self.admin,
            message="",
            at=self.date,
            author_name=name,
            author_email=email,
            author_type=kind,
            client_id=self.userid or None,
        )


class _SummaryRow(_AnyTicketRow):
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
class TicketAnswer:
    """A ticket, and the id of the ticket that it was merged into, whose number is still to be read; None: not merged."""

    ticket: Ticket
    target_id: int | None


def parse_ticket_by_number(data: Mapping[str, object], number: str) -> TicketAnswer:
    """Parse a ticket. One with another number is the target of the requested ticket, which was merged into it."""
    answer = parse_ticket(data)
    if _fold_number(answer.ticket.number) == _fold_number(number):
        return answer
    return _merged(answer, number)


def parse_ticket_by_id(data: Mapping[str, object], ticket_id: int) -> TicketAnswer:
    """Parse a ticket. One with another id is the target of the requested ticket, whose number stays unknown."""
    answer = parse_ticket(data)
    return answer if answer.ticket.id == ticket_id else _merged(answer, "")


def _merged(answer: TicketAnswer, number: str) -> TicketAnswer:
    target = answer.ticket
    return dataclasses.replace(answer, ticket=dataclasses.replace(target, number=number, merged_into=target.number))


def parse_tickets(data: Mapping[str, object], client_id: int) -> tuple[tuple[TicketSummary, ...], int]:
    """Return this client's tickets that are neither closed nor merged, newest first, and their total number."""
    found = page(data, "tickets", "ticket", _SummaryRow)
    if any(row.userid != client_id for row in found):
        raise ValueError("a ticket of another client")
    active = [row.value() for row in found if row.status.casefold() != _CLOSED and not row.merged_ticket_id]
    active.sort(key=lambda ticket: (str(ticket.last_reply_at or ""), ticket.id), reverse=True)
    return tuple(active), total(data, len(found)) - (len(found) - len(active))


def _with_author(opening: TicketReply, name: str, email: str, kind: str) -> TicketReply:
    """Return the opening message, with the ticket's requestor as its author unless it names one."""
    if opening.admin or opening.author_email or opening.author_type:
        return opening
    return dataclasses.replace(opening, author_name=name, author_email=email, author_type=kind)


def parse_ticket(data: Mapping[str, object]) -> TicketAnswer:
    row = _TicketRow.model_validate(data)
    target_id = row.merged_ticket_id
    return TicketAnswer(row.value(), target_id if target_id and target_id != row.id else None)


def _fold_number(number: str) -> str:
    return "".join(number.split()).casefold()
