"""The last step before access is handed out: what it shows, and whether it is available."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from bot.domain.clients import SetPasswordOffer, SetPasswordSummary
from bot.domain.eligibility import AnswerNeeded, ApprovalNeeded, Decision, Ineligible
from bot.domain.names import address_line, one_line
from bot.domain.resets import Reason, ResetRequest
from bot.services.access import Access
from bot.services.eligibility import Eligibility, Reading
from bot.services.errors import (
    AnswerNeededError,
    ForbiddenError,
    IneligibleError,
    LookupFailedError,
    NotOfferedError,
    ResetsPausedError,
)
from bot.services.failures import explain
from bot.services.pauses import Pauses
from bot.services.whmcs_gateway import Whmcs
from whmcs import Client, NotFoundError, WhmcsError

_logger = structlog.stdlib.get_logger(__name__)
_NAMED: Final = 5
_SECONDS: Final = 8.0


@dataclass(kw_only=True)
class Confirmation:
    """`notifies_client`: WHMCS mails the client a notice afterwards."""

    whmcs: Whmcs
    pauses: Pauses
    eligibility: Eligibility
    access: Access
    notifies_client: bool

    def is_offered(self) -> bool:
        """Return True if a password can be set, as last known."""
        return self.whmcs.health.set_password is SetPasswordOffer.OFFERED

    async def require_offer(self) -> None:
        """Check that a password can be set now.

        Raises: ResetsPausedError, NotOfferedError.
        """
        # While WHMCS is being updated both are true, and the other method is no way out either.
        if (pause := await self.pauses.find_pause()) is not None:
            raise ResetsPausedError(pause)
        if not self.is_offered():
            raise NotOfferedError

    async def summarize(self, request: ResetRequest) -> SetPasswordSummary:
        """Read whose password it is, who asks for it, and what else it opens.

        A request with digests of what was shown must still be what they were made of.

        Raises: NotAllowedError: recorded as DENIED; ForbiddenError; AnswerNeededError; LookupFailedError;
        IneligibleError.
        """
        await self.access.expect_set_password(request.agent, request.reference)
        reading, decision = await self._decide(request)
        match decision:
            case Ineligible(reason=Reason.PROTECTED):
                raise ForbiddenError(Reason.PROTECTED)
            case Ineligible():
                raise IneligibleError(decision)
            case AnswerNeeded():
                raise AnswerNeededError(request.target.method)
            case _:
                rule = decision.rule if isinstance(decision, ApprovalNeeded) else None
        user, ticket, others = reading.user, reading.ticket, reading.other_client_ids
        if user is None:
            raise AssertionError("a user that is not the client's is refused")
        return SetPasswordSummary(
            client_id=request.target.client_id,
            client_name=_name(reading.client),
            user_id=user.id,
            method=request.target.method,
            user_name=one_line(user.name),
            user_email=address_line(user.email),
            other_clients=len(others) if others is not None else None,
            other_names=await self._name_clients((others or ())[:_NAMED]),
            ticket=ticket,
            judgement=reading.judgement,
            verification=request.target.verification,
            notifies_client=self.notifies_client,
            approval=rule,
            shown=self.eligibility.write_digests(reading, request.agent.id, request.reference),
        )

    async def _decide(self, request: ResetRequest) -> tuple[Reading, Decision]:
        try:
            reading = await self.eligibility.read(request.target)
            decision = self.eligibility.decide(reading, request, is_shown=bool(request.shown))
        except WhmcsError as error:
            failure = explain(error)
            self.whmcs.health.note(None if isinstance(error, NotFoundError) else failure.reason)
            raise LookupFailedError(failure) from error
        self.whmcs.health.note(None)
        return reading, decision

    async def _name_clients(self, client_ids: Iterable[int]) -> tuple[str, ...]:
        return tuple(await asyncio.gather(*(self._name_client(client_id) for client_id in client_ids)))

    async def _name_client(self, client_id: int) -> str:
        """Return only the client's id where its name can't be had."""
        try:
            details = await self.whmcs.client.get_clients_details(client_id, deadline_seconds=_SECONDS)
        except WhmcsError as error:
            _logger.warning("client_name.not_read", reason=explain(error).reason.value)
            return f"#{client_id}"
        return _name(details.client)


def _name(client: Client) -> str:
    parts = [one_line(client.full_name), one_line(client.company_name), f"#{client.id}"]
    return " · ".join(part for part in parts if part)
