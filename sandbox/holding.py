"""Requests that wait until somebody lets them go on."""

import asyncio

from sandbox.changes import Changes


class Holding:
    """Each request is held by something, usually a fault, by which it can be let go alone."""

    def __init__(self) -> None:
        self._held: list[tuple[object, asyncio.Future[bool]]] = []
        self._changes = Changes()

    def count(self, by: object = None) -> int:
        """How many are held now; by this alone, if one is named."""
        return sum(by is None or holder == by for holder, _ in self._held)

    async def hold(self, by: object) -> bool:
        """Wait until it is let go. False: it is to end here, without another word to who asked."""
        decided: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        held = by, decided
        self._held.append(held)
        self._changes.announce()
        try:
            return await decided
        finally:
            self._held.remove(held)
            self._changes.announce()

    def let_go(self, by: object = None, *, goes_on: bool) -> None:
        """What is held now goes on or ends, by this alone if one is named; what comes later is held anew."""
        for holder, decided in self._held:
            if (by is None or holder == by) and not decided.done():
                decided.set_result(goes_on)

    async def wait_until(self, count: int, by: object = None, *, timeout_seconds: float) -> None:
        """Return once so many are held at the same time. Raises: TimeoutError."""
        await self._changes.wait_until(lambda: self.count(by) >= count, timeout_seconds)
