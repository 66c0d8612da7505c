"""The ticket of a reset, as far as a reply concerns it: read anew, and what staff wrote on it."""

from typing import Final

import whmcs
from bot.domain.names import one_line, shorten
from bot.domain.references import Reference
from bot.domain.replies import ReplyReason
from bot.domain.resets import Reason, Reset
from bot.services.failures import explain
from bot.store.replies import Attempt

_CLOSED: Final = "closed"
_NAME: Final = 100
_NUMBER: Final = 50


class StoppedReplyError(Exception):
    """The reply ends here, and nothing was written."""

    def __init__(self, reason: ReplyReason | Reason, detail: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail


class ReplyTickets:
    def __init__(self, client: whmcs.WhmcsClient, admin_url: str) -> None:
        self._client = client
        self._admin_url = admin_url

    async def read(self, reset: Reset) -> whmcs.Ticket:
        """Raises: StoppedReplyError."""
        try:
            return await self._client.get_ticket(reset.ticket)
        except whmcs.NotFoundError as error:
            raise StoppedReplyError(ReplyReason.TICKET_NOT_FOUND) from error
        except whmcs.WhmcsError as error:
            raise stopped_by(error) from error

    async def read_client_name(self, reset: Reset) -> str:
        """Raises: StoppedReplyError."""
        try:
            client = (await self._client.get_clients_details(reset.client_id)).client
        except whmcs.WhmcsError as error:
            raise stopped_by(error) from error
        return shorten(one_line(client.full_name or client.company_name), _NAME)

    def url(self, ticket: whmcs.Ticket) -> str:
        """Where an admin reads and answers it."""
        return f"{self._admin_url}/supporttickets.php?action=view&id={ticket.id}"


def stopped_by(error: whmcs.WhmcsError) -> StoppedReplyError:
    failure = explain(error)
    return StoppedReplyError(failure.reason, failure.detail)


def require_open(reset: Reset, ticket: whmcs.Ticket) -> None:
    """Raises: StoppedReplyError: there is nobody on this ticket any more to whom a reply could go."""
    if ticket.merged_into:
        raise StoppedReplyError(ReplyReason.TICKET_MERGED, shorten(one_line(ticket.merged_into), _NUMBER))
    if ticket.client_id != reset.client_id:
        raise StoppedReplyError(ReplyReason.TICKET_MOVED)
    if ticket.status.casefold() == _CLOSED:
        raise StoppedReplyError(ReplyReason.TICKET_CLOSED)


def has_arrived(ticket: whmcs.Ticket, reference: Reference, attempt: Attempt) -> bool:
    """Whether the attempt is on the ticket: what staff wrote since then names the reference."""
    written = _written(ticket, attempt.content)
    return any(one.id > attempt.after_id and one.admin and reference in one.message for one in written)


def last_id(ticket: whmcs.Ticket, content: ReplyReason) -> int:
    """The newest of the ticket's replies, or of its notes; 0: there is none."""
    return max((one.id for one in _written(ticket, content)), default=0)


def _written(
    ticket: whmcs.Ticket, content: ReplyReason
) -> tuple[whmcs.TicketReply, ...] | tuple[whmcs.TicketNote, ...]:
    return ticket.notes if content is ReplyReason.NOTE else ticket.replies
