"""The ticket of a reset, as far as a reply concerns it."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from bot.domain.names import one_line, shorten
from bot.domain.references import Reference
from bot.domain.replies import ReplyKind, ReplyPlace, ReplyReason
from bot.domain.resets import Reset
from bot.domain.seals import Seal
from bot.domain.shown import ShownField, list_changes
from bot.services.errors import ReplyAbortedError
from bot.services.failures import explain
from bot.services.whmcs_gateway import Whmcs
from bot.store.replies import Attempt
from whmcs import NotFoundError, Ticket, TicketNote, TicketReply, WhmcsError

_logger = structlog.stdlib.get_logger(__name__)

_CLOSED: Final = "closed"
_NAME: Final = 100
_NUMBER: Final = 50

_LOOKS_SECONDS: Final = (0.0, 1.0, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRules:
    """`admin`: WHMCS user name of the author of replies; empty: replies are off. `status` "": WHMCS decides."""

    admin: str = ""
    status: str = ""
    allows_password: bool = True


async def read_ticket(whmcs: Whmcs, reset: Reset) -> Ticket:
    """Raises: ReplyAbortedError."""
    try:
        return await whmcs.client.get_ticket(reset.ticket)
    except NotFoundError as error:
        raise ReplyAbortedError(ReplyReason.TICKET_NOT_FOUND) from error
    except WhmcsError as error:
        raise stopped_by(error) from error


async def read_client_name(whmcs: Whmcs, reset: Reset) -> str:
    """Raises: ReplyAbortedError."""
    try:
        client = (await whmcs.client.get_clients_details(reset.client_id)).client
    except WhmcsError as error:
        raise stopped_by(error) from error
    return shorten(one_line(client.full_name or client.company_name), _NAME)


def stopped_by(error: WhmcsError) -> ReplyAbortedError:
    failure = explain(error)
    return ReplyAbortedError(failure.reason, failure.detail)


def require_open(reset: Reset, ticket: Ticket) -> None:
    """Check that a reply on this ticket would reach the client.

    Raises: ReplyAbortedError.
    """
    if ticket.merged_into:
        raise ReplyAbortedError(ReplyReason.TICKET_MERGED, shorten(one_line(ticket.merged_into), _NUMBER))
    if ticket.client_id != reset.client_id:
        raise ReplyAbortedError(ReplyReason.TICKET_MOVED)
    if ticket.status.casefold() == _CLOSED:
        raise ReplyAbortedError(ReplyReason.TICKET_CLOSED)


def has_arrived(ticket: Ticket, reference: Reference, attempt: Attempt) -> bool:
    """Return True if the attempt is on the ticket: a staff message since then names the reference."""
    written = _written(ticket, attempt.content)
    return any(one.id > attempt.after_id and one.admin and reference in one.message for one in written)


def last_id(ticket: Ticket, content: ReplyReason) -> int:
    """Return the id of the ticket's newest reply or note; 0 if there is none."""
    return max((one.id for one in _written(ticket, content)), default=0)


def _written(ticket: Ticket, content: ReplyReason) -> tuple[TicketReply, ...] | tuple[TicketNote, ...]:
    return ticket.notes if content is ReplyReason.NOTE else ticket.replies


def is_as_shown(reset: Reset, place: ReplyPlace | None, seal: Seal) -> bool:
    """Compare the row with what the agent saw: whoever can write to the database must not redirect a reply.

    `place` None: the reply is opened from the message with the password.
    """
    if place is not None and (place.client_id, place.ticket) != (reset.client_id, reset.ticket):
        return False
    if not reset.method.hands_out_access:
        # It has no last step, hence no digests, and no message from which a reply could be opened.
        return place is not None
    shown = {
        ShownField.AGENT: reset.agent_id,
        ShownField.METHOD: reset.method,
        ShownField.CLIENT: str(reset.client_id),
        ShownField.TICKET: reset.ticket,
    }
    return not list_changes(reset.shown, shown, reset.reference, seal)


async def write_on_ticket(whmcs: Whmcs, kind: ReplyKind, ticket_id: int, text: str, rules: ReplyRules) -> None:
    """Raises: WhmcsError."""
    if kind is ReplyKind.NOTE:
        await whmcs.client.add_ticket_note(ticket_id, text)
    else:
        await whmcs.client.add_ticket_reply(ticket_id, text, admin=rules.admin, status=rules.status)


async def find_on_ticket(whmcs: Whmcs, reset: Reset, attempt: Attempt) -> bool:
    """Look for a reply whose answer was lost, a few times. False: it is not there, or not there yet."""
    for wait in _LOOKS_SECONDS:
        await asyncio.sleep(wait)
        try:
            if has_arrived(await read_ticket(whmcs, reset), reset.reference, attempt):
                return True
        except ReplyAbortedError as stopped:
            _logger.warning("reply.not_searched", reference=reset.reference, reason=stopped.reason.value)
    return False
