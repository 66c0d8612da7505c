"""Clients whose passwords nobody sets alone: those of the groups that the administrator names."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Final

import whmcs

_SECONDS: Final = 8.0
_AT_ONCE: Final = 5


class Protection:
    """`groups`: ids of WHMCS's client groups; with none, nothing is protected and nobody is asked."""

    def __init__(self, client: whmcs.WhmcsClient, groups: Collection[int]) -> None:
        self._client = client
        self._groups = frozenset(groups)

    @property
    def is_on(self) -> bool:
        return bool(self._groups)

    def covers(self, client: whmcs.Client) -> bool:
        return client.group_id in self._groups

    async def covers_any(self, client_ids: Iterable[int]) -> bool:
        """Whether one of the clients is protected; a password that opens it as well is as good as its own.

        Raises: WhmcsError: it can't be told.
        """
        if not self.is_on:
            return False
        places = asyncio.Semaphore(_AT_ONCE)

        async def is_covered(client_id: int) -> bool:
            async with places:
                details = await self._client.get_clients_details(client_id, deadline_seconds=_SECONDS)
            return self.covers(details.client)

        return any(await asyncio.gather(*(is_covered(client_id) for client_id in client_ids)))
