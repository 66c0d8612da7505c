"""Reading tickets: by what was typed, the client's open ones to choose from, and the one that a form names."""

from dataclasses import dataclass, replace
from typing import Final

import structlog

import whmcs
from bot.domain.identity import IdentityPolicy, TicketPolicy
from bot.domain.names import one_line
from bot.domain.tickets import Ticket, TicketOption, may_be_ticket
from bot.services.capabilities import Capabilities
from bot.services.failures import Failure, explain

_logger = structlog.stdlib.get_logger(__name__)

TICKET_SECONDS: Final = 8.0
_LISTED: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTicket:
    """`is_asked`: what was typed may have been a ticket's number, so that WHMCS was asked. `failure`: why it is not told."""

    ticket: Ticket | None = None
    is_asked: bool = False
    failure: Failure | None = None


class Tickets:
    def __init__(self, *, client: whmcs.WhmcsClient, capabilities: Capabilities, policy: IdentityPolicy) -> None:
        self._client = client
        self._capabilities = capabilities
        self._policy = policy

    @property
    def are_offered(self) -> bool:
        """Whether a ticket can be chosen: they are wanted, and the role has what it takes, as far as is known."""
        return self._policy.tickets is not TicketPolicy.OFF and self._capabilities.has("GetTicket")

    async def find(self, typed: str, *, deadline_seconds: float = TICKET_SECONDS) -> FoundTicket:
        """Take what was typed for a ticket's number, if it may be one; what failed is in the answer, never raised."""
        number = one_line(typed)
        if not self.are_offered or not may_be_ticket(number):
            return FoundTicket()
        try:
            ticket = await self.read(number, deadline_seconds=deadline_seconds)
        except whmcs.NotFoundError:
            return FoundTicket(is_asked=True)
        except whmcs.WhmcsError as error:
            return FoundTicket(is_asked=True, failure=self._note(error))
        return FoundTicket(ticket=ticket, is_asked=True)

    async def read(self, number: str, *, deadline_seconds: float = TICKET_SECONDS) -> Ticket:
        """Read a ticket; where it was merged into another one, that one.

        Raises: WhmcsError.
        """
        told = await self._client.get_ticket(number, deadline_seconds=deadline_seconds)
        if not told.merged_into:
            return self._ticket(told)
        target = await self._client.get_ticket(told.merged_into, deadline_seconds=deadline_seconds)
        return replace(self._ticket(target), merged_from=one_line(told.number))

    async def list_open(
        self, client_id: int, typed: str, *, deadline_seconds: float
    ) -> tuple[TicketOption, ...] | None:
        """The client's open tickets, newest first, that hold what was typed; a whole number also finds a closed one.

        None: WHMCS does not tell.
        """
        wanted = one_line(typed).casefold()
        try:
            listed, _ = await self._client.get_tickets(client_id, limit=_LISTED, deadline_seconds=deadline_seconds)
        except whmcs.WhmcsError as error:
            self._note(error)
            return None
        options = tuple(
            TicketOption(number=one_line(one.number), subject=one_line(one.subject), status=one_line(one.status))
            for one in listed
            if wanted in f"{one_line(one.number)} {one_line(one.subject)}".casefold()
        )
        if options or not may_be_ticket(wanted):
            return options
        found = await self.find(typed, deadline_seconds=deadline_seconds)
        if found.ticket is None or found.ticket.client_id != client_id:
            return ()
        ticket = found.ticket
        return (TicketOption(number=ticket.number, subject=ticket.subject, status=ticket.status),)

    def _note(self, error: whmcs.WhmcsError) -> Failure:
        failure = explain(error)
        if isinstance(error, whmcs.NotPermittedError):
            self._capabilities.note_missing(error.action)
        _logger.warning("ticket not told", action=error.action, reason=failure.reason.value, detail=failure.detail)
        return failure

    def _ticket(self, told: whmcs.Ticket) -> Ticket:
        department = one_line(told.department)
        opening = next((reply for reply in told.replies if reply.id == 0), None)
        return Ticket(
            number=one_line(told.number),
            client_id=told.client_id,
            subject=one_line(told.subject),
            status=one_line(told.status),
            department=department,
            requestor_name=one_line(told.requestor_name),
            requestor_email=one_line(told.requestor_email),
            requestor_type=one_line(told.requestor_type),
            is_signed_in=self._policy.is_signed_in(told.department_id, department),
            is_opened_by_admin=opening is not None and bool(opening.admin),
        )
