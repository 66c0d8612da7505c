"""Which clients a user opens: told by the companion for all users of a client, else by the API for one."""

from collections.abc import Collection
from typing import Final

import structlog

import whmcs
from bot.services.capabilities import Capabilities
from bot.services.failures import explain

_logger = structlog.stdlib.get_logger(__name__)
_SECONDS: Final = 5.0


class Openings:
    """`companion` None: no secret is set."""

    def __init__(
        self, *, client: whmcs.WhmcsClient, companion: whmcs.CompanionClient | None, capabilities: Capabilities
    ) -> None:
        self._client = client
        self._companion = companion
        self._capabilities = capabilities

    async def ask_companion(self, client_id: int) -> dict[int, whmcs.CompanionUser] | None:
        """What only the companion tells of the users, by their ids; None: it doesn't answer."""
        if self._companion is None:
            return None
        try:
            users = await self._companion.users(client_id, deadline_seconds=_SECONDS)
        except whmcs.WhmcsError as error:
            _logger.warning("companion did not tell the users", reason=explain(error).reason.value)
            self._capabilities.look_again()
            return None
        return {user.id: user for user in users}

    async def ask_api(self, user_id: int, email: str) -> Collection[int] | None:
        """The clients that this user opens, where the companion does not tell; None: nor does WHMCS."""
        if not email or not self._capabilities.has("GetUsers"):
            return None
        try:
            found, _ = await self._client.get_users(email, deadline_seconds=_SECONDS)
        except whmcs.WhmcsError as error:
            _logger.warning("the user's clients are not told", reason=explain(error).reason.value)
            return None
        # An exact address also finds longer ones, so the user is known by the id.
        return next(([client.id for client in one.clients] for one in found if one.id == user_id), None)

    async def find(self, client_id: int, user: whmcs.ClientUser) -> Collection[int] | None:
        """All clients that the user of this client opens, by whoever tells; None: nobody does."""
        told = await self.ask_companion(client_id)
        if told is not None and user.id in told:
            return told[user.id].client_ids
        return await self.ask_api(user.id, user.email)
