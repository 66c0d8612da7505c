"""Requests that are held until a test releases them."""

import asyncio

from sandbox.change_notifier import ChangeNotifier


class HeldRequests:
    """Base of the faults of both servers: holds requests, each for a fault, by which it can be released separately."""

    def __init__(self) -> None:
        self._held: list[tuple[object, asyncio.Future[bool]]] = []
        self._changes = ChangeNotifier()

    def release(self, fault: object = None) -> None:
        """Let the held requests proceed, or only those that this fault holds. Later requests are held again."""
        self._decide(fault, proceeds=True)

    def drop(self, fault: object = None) -> None:
        """End the connections of the held requests, or only of those that this fault holds.

        The work of `held_before` is never done; that of `held_after` has been.
        """
        self._decide(fault, proceeds=False)

    async def wait_until_held(self, fault: object = None, *, count: int = 1, timeout_seconds: float = 5.0) -> None:
        """Wait until `count` requests are held at the same time, by this fault if given. Raises: TimeoutError."""

        def is_reached() -> bool:
            return sum(fault is None or holder == fault for holder, _ in self._held) >= count

        await self._changes.wait_until(is_reached, timeout_seconds)

    async def hold(self, fault: object) -> bool:
        """Wait for the release. Returns False if the connection must end."""
        decided: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        held = fault, decided
        self._held.append(held)
        self._changes.notify()
        try:
            return await decided
        finally:
            self._held.remove(held)
            self._changes.notify()

    def _decide(self, fault: object, *, proceeds: bool) -> None:
        for holder, decided in self._held:
            if (fault is None or holder == fault) and not decided.done():
                decided.set_result(proceeds)
