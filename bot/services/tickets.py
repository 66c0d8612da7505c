"""Tickets: found by number, listed for a client, read for a form."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Final

import structlog

from bot.domain.finding import FoundTickets
from bot.domain.identity import IdentityPolicy, TicketPolicy
from bot.domain.names import address_line, one_line, same_address
from bot.domain.plain_text import clean
from bot.domain.reading import read_ticket
from bot.domain.resets import Failure, Outcome, Reason
from bot.domain.tickets import LastMessage, Ticket, TicketOption, Writer
from bot.services.failures import explain
from bot.services.whmcs_gateway import Whmcs
from bot.store.gateway import Store
from whmcs import NotFoundError, NotPermittedError, TicketReply, WhmcsError, actions
from whmcs import Ticket as WhmcsTicket

_logger = structlog.stdlib.get_logger(__name__)

TICKET_SECONDS: Final = 8.0
_LISTED: Final = 25
_SET_BACK: Final = timedelta(hours=2)
"""WHMCS's local clock is set back by up to this much when daylight saving ends."""


@dataclass(kw_only=True)
class Tickets:
    whmcs: Whmcs
    policy: IdentityPolicy
    store: Store

    @property
    def are_offered(self) -> bool:
        """Return True if tickets are enabled and the API role is not known to lack the actions."""
        return self.policy.tickets is not TicketPolicy.OFF and self.whmcs.health.has(actions.GET_TICKET)

    async def find(self, numbers: Iterable[str], *, deadline_seconds: float = TICKET_SECONDS) -> FoundTickets:
        """Read the tickets with these numbers. Failures are in the result, never raised."""
        asked = tuple(numbers)
        if self.policy.tickets is TicketPolicy.OFF or not asked:
            return FoundTickets()
        if not self.whmcs.health.has(actions.GET_TICKET):
            # Known without a call, and reported like any other failure.
            failure = Failure(Outcome.FAILED, Reason.NOT_PERMITTED, actions.GET_TICKET.name)
            return FoundTickets(is_asked=True, unread=asked, failure=failure)
        answers = await asyncio.gather(*(self._find(number, deadline_seconds) for number in asked))
        failed = [
            (number, answer) for number, answer in zip(asked, answers, strict=True) if isinstance(answer, Failure)
        ]
        return FoundTickets(
            tickets=tuple(answer for answer in answers if isinstance(answer, Ticket)),
            is_asked=True,
            unread=tuple(number for number, _ in failed),
            failure=failed[0][1] if failed else None,
        )

    async def read(self, number: str, *, deadline_seconds: float = TICKET_SECONDS) -> Ticket:
        """Read a ticket, or the one it was merged into.

        Raises: WhmcsError.
        """
        told = await self.whmcs.client.get_ticket(number, deadline_seconds=deadline_seconds)
        if not told.merged_into:
            return self._ticket(told)
        target = await self.whmcs.client.get_ticket(told.merged_into, deadline_seconds=deadline_seconds)
        return replace(self._ticket(target), merged_from=one_line(told.number))

    async def list_open(
        self, client_id: int, typed: str, *, deadline_seconds: float
    ) -> tuple[TicketOption, ...] | None:
        """Return the client's open tickets that match the text, newest first. A whole number also finds a closed one.

        None: WHMCS does not answer.
        """
        reading = read_ticket(typed)
        wanted = reading.shown.casefold()
        try:
            listed, _ = await self.whmcs.client.get_tickets(client_id, limit=_LISTED, deadline_seconds=deadline_seconds)
        except WhmcsError as error:
            self._note(error)
            return None
        options = tuple(
            TicketOption(number=one_line(one.number), subject=one_line(one.subject), status=one_line(one.status))
            for one in listed
            if wanted in clean(f"{one.number} {one.subject}").casefold()
        )
        if options or not reading.tickets:
            return options
        found = await self.find(reading.tickets, deadline_seconds=deadline_seconds)
        if found.failure is not None:
            return None
        return tuple(
            TicketOption(number=ticket.number, subject=ticket.subject, status=ticket.status)
            for ticket in found.tickets
            if ticket.client_id == client_id
        )

    async def _find(self, number: str, deadline_seconds: float) -> Ticket | Failure | None:
        try:
            return await self.read(number, deadline_seconds=deadline_seconds)
        except NotFoundError:
            return None
        except WhmcsError as error:
            return self._note(error)

    def _note(self, error: WhmcsError) -> Failure:
        failure = explain(error)
        if isinstance(error, NotPermittedError):
            self.whmcs.health.note_missing(error.action)
        _logger.warning("ticket.not_read", action=error.action, reason=failure.reason.value, detail=failure.detail)
        return failure

    def _ticket(self, told: WhmcsTicket) -> Ticket:
        department = one_line(told.department)
        opening, later = told.opening, _list_later(told)
        is_requestors = _find_writer(opening, told.requestor_email) is Writer.REQUESTOR
        return Ticket(
            number=one_line(told.number),
            client_id=told.client_id,
            subject=one_line(told.subject),
            status=one_line(told.status),
            department=department,
            requestor_name=one_line(told.requestor_name),
            requestor_email=address_line(told.requestor_email),
            requestor_type=one_line(told.requestor_type),
            is_signed_in=self.policy.is_signed_in(told.department_id, department),
            is_opened_by_admin=bool(opening.admin),
            age=self._age(opening.at),
            is_opening_newest=is_requestors and all(reply.is_by_staff for reply in later),
            last_message=_last_message(later[-1] if later else opening, told.requestor_email),
            others=_list_others(told),
        )

    def _age(self, opened_at: datetime | None) -> timedelta | None:
        """Return the ticket's age. `opened_at`: in WHMCS's local time."""
        offset = self.whmcs.health.utc_offset
        if opened_at is None or offset is None:
            return None
        return self.store.now() - opened_at.replace(tzinfo=timezone(offset))


def _list_later(told: WhmcsTicket) -> list[TicketReply]:
    """Return the messages that may be later than the opening one, oldest first. One without a time may be the newest.

    The clock may have been set back in between. Anything older comes from a ticket merged into this one.
    """
    opened_at = told.opening.at
    replies = [reply for reply in told.replies if reply is not told.opening]
    return [reply for reply in replies if reply.at is None or opened_at is None or reply.at >= opened_at - _SET_BACK]


def _last_message(message: TicketReply, requestor_email: str) -> LastMessage:
    return LastMessage(writer=_find_writer(message, requestor_email), name=_name(message))


def _list_others(told: WhmcsTicket) -> tuple[str, ...]:
    messages = reversed([told.opening, *told.replies])
    names = (_name(one) for one in messages if _find_writer(one, told.requestor_email) is Writer.OTHER)
    return tuple(dict.fromkeys(names))


def _find_writer(message: TicketReply, requestor_email: str) -> Writer:
    if message.is_by_staff:
        return Writer.STAFF
    is_requestor = bool(requestor_email) and same_address(message.author_email, requestor_email)
    return Writer.REQUESTOR if is_requestor else Writer.OTHER


def _name(message: TicketReply) -> str:
    parts = (one_line(message.admin or message.author_name), one_line(message.author_email))
    return " · ".join(part for part in parts if part)
