"""What the last step before a set password shows: read anew, and nothing is written."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Final

import structlog

import whmcs
from bot.domain.names import one_line
from bot.domain.resets import ResetRequest, SetPasswordSummary
from bot.services.access import Access
from bot.services.capabilities import Capabilities
from bot.services.directory import LookupFailedError
from bot.services.failures import explain

_logger = structlog.stdlib.get_logger(__name__)
_NAMED: Final = 5
_SECONDS: Final = 8.0


class NotOfClientError(Exception):
    """The user is none of the client's; the reset itself refuses and records that."""


class Preview:
    """`companion` None: no secret is set, so that only the API can tell which clients a user opens."""

    def __init__(
        self,
        *,
        client: whmcs.WhmcsClient,
        companion: whmcs.CompanionClient | None,
        capabilities: Capabilities,
        access: Access,
    ) -> None:
        self._client = client
        self._companion = companion
        self._capabilities = capabilities
        self._access = access

    async def summarize(self, request: ResetRequest) -> SetPasswordSummary:
        """Read whose password it is and what else it opens.

        Raises: NotAllowedError: recorded as DENIED; LookupFailedError; NotOfClientError.
        """
        await self._access.expect_set_password(request.agent, request.reference)
        details, told = await asyncio.gather(
            self._read_details(request.client_id), self._ask_companion(request.client_id)
        )
        user = next((user for user in details.users if user.id == request.user_id), None)
        if user is None:
            raise NotOfClientError
        opened: Collection[int] | None = next((one.client_ids for one in told if one.id == user.id), None)
        if opened is None:
            opened = await self._ask_api(user)
        others = sorted(set(opened) - {request.client_id}) if opened is not None else None
        return SetPasswordSummary(
            client_id=request.client_id,
            client_name=_name(details.client),
            user_id=user.id,
            user_name=one_line(user.name),
            user_email=one_line(user.email),
            other_clients=len(others) if others is not None else None,
            other_names=await self._name_clients((others or [])[:_NAMED]),
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

    async def _ask_companion(self, client_id: int) -> tuple[whmcs.CompanionUser, ...]:
        if self._companion is None:
            return ()
        try:
            return await self._companion.users(client_id, deadline_seconds=_SECONDS)
        except whmcs.WhmcsError as error:
            _logger.warning("companion did not tell the users", reason=explain(error).reason.value)
            self._capabilities.look_again()
            return ()

    async def _ask_api(self, user: whmcs.ClientUser) -> Collection[int] | None:
        """Which clients the user opens, where the companion did not tell; None: nor does WHMCS."""
        if not user.email or not self._capabilities.has("GetUsers"):
            return None
        try:
            found, _ = await self._client.get_users(user.email, deadline_seconds=_SECONDS)
        except whmcs.WhmcsError as error:
            _logger.warning("the user's clients are not told", reason=explain(error).reason.value)
            return None
        # An exact address also finds longer ones, so the user is known by the id.
        return next(([client.id for client in one.clients] for one in found if one.id == user.id), None)

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
