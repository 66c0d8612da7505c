"""Waiting for what happens in a local server, instead of sleeping and looking again."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Counts the changes of one server and wakes whoever waits for one. Used from one event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def announce(self) -> None:
        """Tell everybody who waits that something is different now."""
        self.count += 1
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def next(self) -> int:
        """Return the number of changes so far, as soon as there is one more than now."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)
        return self.count

    async def wait_until(self, condition: Callable[[], T], timeout_seconds: float = 5.0) -> T:
        """Return the condition's value once it is true; it is evaluated now and after each change.

        Raises: TimeoutError when it is still not true after timeout_seconds.
        """
        async with asyncio.timeout(timeout_seconds):
            while not (value := condition()):
                await self.next()
            return value
