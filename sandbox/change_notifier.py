"""Waits for changes in a local server, in place of polling."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class ChangeNotifier:
    """Counts the changes of a server and wakes waiting tasks. Used from one event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Count a change and wake all waiting tasks."""
        self.count += 1
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def next(self) -> int:
        """Wait for the next change and return the number of changes so far."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)
        return self.count

    async def wait_until(
        self, condition: Callable[[], T], timeout_seconds: float = 5.0, describe: Callable[[], str] | None = None
    ) -> T:
        """Return the condition's value once it is true. It is evaluated now and after each change.

        Raises: TimeoutError, or with `describe` AssertionError, with its description of what is there instead.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                while not (value := condition()):
                    await self.next()
                return value
        except TimeoutError:
            if describe is None:
                raise
            raise AssertionError(f"{describe()}\n(waited {timeout_seconds} s)") from None
