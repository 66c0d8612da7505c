"""What the last step before a set password shows: read anew, and nothing is written."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Final

import structlog

import whmcs
from bot.domain.clients import SetPasswordSummary
from bot.domain.identity import IdentityPolicy, judge
from bot.domain.names import one_line
from bot.domain.resets import Method, Reason, ResetRequest
from bot.domain.tickets import Ticket
from bot.services.access import Access
from bot.services.capabilities import Capabilities
from bot.services.client_notice import ClientNotices
from bot.services.directory import LookupFailedError
from bot.services.errors import AnswerNeededError, ForbiddenError
from bot.services.failures import explain
from bot.services.openings import Openings
from bot.services.protection import Protection
from bot.services.tickets import Tickets

_logger = structlog.stdlib.get_logger(__name__)
_NAMED: Final = 5
_SECONDS: Final = 8.0


class NotOfClientError(Exception):
    """User or ticket is none of the client's; the reset itself refuses and records that."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Preview:
    def __init__(
        self,
        *,
        client: whmcs.WhmcsClient,
        openings: Openings,
        tickets: Tickets,
        protection: Protection,
        policy: IdentityPolicy,
        capabilities: Capabilities,
        access: Access,
        client_notices: ClientNotices,
    ) -> None:
        self._client = client
        self._openings = openings
        self._tickets = tickets
        self._protection = protection
        self._policy = policy
        self._capabilities = capabilities
        self._access = access
        self._client_notices = client_notices

    async def summarize(self, request: ResetRequest) -> SetPasswordSummary:
        """Read whose password it is, who asks for it, and what else it opens.

        Raises: NotAllowedError: recorded as DENIED; ForbiddenError; AnswerNeededError; LookupFailedError;
        NotOfClientError.
        """
        await self._access.expect_set_password(request.agent, request.reference)
        details, told, ticket = await asyncio.gather(
            self._read_details(request.client_id),
            self._openings.ask_companion(request.client_id),
            self._read_ticket(request.ticket),
        )
        user = next((user for user in details.users if user.id == request.user_id), None)
        if user is None:
            raise NotOfClientError(Reason.NOT_A_USER_OF_CLIENT)
        if ticket is not None and ticket.client_id != request.client_id:
            raise NotOfClientError(Reason.NOT_A_TICKET_OF_CLIENT)
        opened: Collection[int] | None = told[user.id].client_ids if told is not None and user.id in told else None
        if opened is None:
            opened = await self._openings.ask_api(user.id, user.email)
        others = sorted(set(opened) - {request.client_id}) if opened is not None else None
        is_protected = await self._is_protected(details.client, others)
        if self._policy.forbids(Method.SET_PASSWORD, is_protected=is_protected):
            raise ForbiddenError(Reason.PROTECTED)
        judgement = judge(ticket, user.email, [one.email for one in details.users])
        if self._policy.needs_answer(Method.SET_PASSWORD, judgement.proof) and not request.verification:
            raise AnswerNeededError
        return SetPasswordSummary(
            client_id=request.client_id,
            client_name=_name(details.client),
            user_id=user.id,
            user_name=one_line(user.name),
            user_email=one_line(user.email),
            other_clients=len(others) if others is not None else None,
            other_names=await self._name_clients((others or [])[:_NAMED]),
            ticket=ticket.number if ticket is not None else "",
            judgement=judgement,
            verification=request.verification,
            tells_client=self._client_notices.are_sent,
            needs_approval=self._policy.needs_approval(Method.SET_PASSWORD, judgement.proof, is_protected=is_protected),
        )

    async def _read_details(self, client_id: int) -> whmcs.ClientDetails:
        try:
            details = await self._client.get_clients_details(client_id, deadline_seconds=_SECONDS)
        except whmcs.WhmcsError as error:
            failure = explain(error)
            self._capabilities.note(None if isinstance(error, whmcs.NotFoundError) else failure.reason)
            raise LookupFailedError(failure) from error
        self._capabilities.note(None)
        return details

    async def _read_ticket(self, number: str) -> Ticket | None:
        if not number:
            return None
        try:
            return await self._tickets.read(number, deadline_seconds=_SECONDS)
        except whmcs.WhmcsError as error:
            raise LookupFailedError(explain(error)) from error

    async def _is_protected(self, client: whmcs.Client, others: Collection[int] | None) -> bool:
        """What can't be told counts as protected."""
        if not self._protection.is_on or self._protection.covers(client):
            return self._protection.is_on
        if others is None:
            return True
        try:
            return await self._protection.covers_any(others)
        except whmcs.WhmcsError as error:
            raise LookupFailedError(explain(error)) from error

    async def _name_clients(self, client_ids: Iterable[int]) -> tuple[str, ...]:
        return tuple(await asyncio.gather(*(self._name_client(client_id) for client_id in client_ids)))

    async def _name_client(self, client_id: int) -> str:
        """The client's id alone where its name can't be had."""
        try:
            details = await self._client.get_clients_details(client_id, deadline_seconds=_SECONDS)
        except whmcs.WhmcsError as error:
            _logger.warning("client's name not told", reason=explain(error).reason.value)
            return f"#{client_id}"
        return _name(details.client)


def _name(client: whmcs.Client) -> str:
    parts = [one_line(client.full_name), one_line(client.company_name), f"#{client.id}"]
    return " · ".join(part for part in parts if part)
