"""What is looked at again, in WHMCS, between STARTED and the write."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import whmcs
from bot.domain.identity import IdentityPolicy, Proof, TicketPolicy, judge
from bot.domain.names import one_line
from bot.domain.resets import Method, Outcome, Reason, Reset, Result
from bot.domain.tickets import Ticket
from bot.services.failures import Failure, explain
from bot.services.openings import Openings
from bot.services.protection import Protection
from bot.services.tickets import Tickets

T = TypeVar("T")


class StoppedError(Exception):
    """The reset ends here, with this result."""

    def __init__(self, reset: Reset, failure: Failure) -> None:
        super().__init__(failure.reason.value)
        self.result = Result(reset=reset, outcome=failure.outcome, reason=failure.reason, detail=failure.detail)


class Checks:
    """`openings`: which clients a user opens, for clients that are protected."""

    def __init__(
        self,
        *,
        client: whmcs.WhmcsClient,
        tickets: Tickets,
        openings: Openings,
        protection: Protection,
        policy: IdentityPolicy,
    ) -> None:
        self._client = client
        self._tickets = tickets
        self._openings = openings
        self._protection = protection
        self._policy = policy

    async def check(self, reset: Reset) -> Reset:
        """Read client and ticket anew: user and ticket must still be the client's, and prove as much as was said.

        Returns the reset with the user's name and address and the client's language filled in.

        Raises: StoppedError: nothing was changed.
        """
        details, ticket = await asyncio.gather(
            _or_stop(reset, self._client.get_clients_details(reset.client_id)), self._read_ticket(reset)
        )
        user = next((user for user in details.users if user.id == reset.user_id), None)
        if user is None:
            raise StoppedError(reset, Failure(Outcome.REFUSED, Reason.NOT_A_USER_OF_CLIENT))
        if ticket is not None and ticket.client_id != reset.client_id:
            raise StoppedError(reset, Failure(Outcome.REFUSED, Reason.NOT_A_TICKET_OF_CLIENT))
        checked = replace(
            reset, user_name=one_line(user.name), user_email=one_line(user.email), language=one_line(details.language)
        )
        proof = judge(ticket, user.email, [one.email for one in details.users]).proof
        if proof.rank < Proof(reset.proof or Proof.NONE).rank:
            raise StoppedError(checked, Failure(Outcome.REFUSED, Reason.PROOF_CHANGED))
        if self._policy.tickets is TicketPolicy.REQUESTOR and proof is Proof.NONE:
            raise StoppedError(checked, Failure(Outcome.REFUSED, Reason.NOT_THE_REQUESTOR))
        # What the form asked for before, but a form can be forged, and settings can change while it is open.
        if self._policy.needs_ticket and ticket is None:
            raise StoppedError(checked, Failure(Outcome.REFUSED, Reason.NO_TICKET))
        if self._policy.needs_answer(reset.method, proof) and not reset.verification:
            raise StoppedError(checked, Failure(Outcome.REFUSED, Reason.NOT_VERIFIED))
        if reset.method is Method.SET_PASSWORD:
            await self._check_second_agent(checked, proof, details, user)
        return checked

    async def _check_second_agent(
        self, reset: Reset, proof: Proof, details: whmcs.ClientDetails, user: whmcs.ClientUser
    ) -> None:
        is_protected = self._protection.is_on and (
            self._protection.covers(details.client)
            or await _or_stop(reset, self._opens_protected(reset.client_id, user))
        )
        if self._policy.forbids(reset.method, is_protected=is_protected):
            raise StoppedError(reset, Failure(Outcome.REFUSED, Reason.PROTECTED))
        is_needed = self._policy.needs_approval(reset.method, proof, is_protected=is_protected)
        if is_needed and not reset.approved_by:
            raise StoppedError(reset, Failure(Outcome.REFUSED, Reason.NEEDS_APPROVAL))

    async def _opens_protected(self, client_id: int, user: whmcs.ClientUser) -> bool:
        """What can't be told counts as protected."""
        opened = await self._openings.find(client_id, user)
        return True if opened is None else await self._protection.covers_any(set(opened) - {client_id})

    async def _read_ticket(self, reset: Reset) -> Ticket | None:
        return await _or_stop(reset, self._tickets.read(reset.ticket)) if reset.ticket else None


async def _or_stop(reset: Reset, reading: Coroutine[Any, Any, T]) -> T:
    try:
        return await reading
    except whmcs.WhmcsError as error:
        raise StoppedError(reset, explain(error)) from error
