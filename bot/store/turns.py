"""One writer at a time, in the order in which they come.

SQLite lets those who wait for its lock look again at times of their own: who is unlucky too often gives up, though the
lock was free in between. So those of one process queue here, and SQLite's patience is for other processes alone.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.store.errors import StoreFault, StoreUnavailableError


class Turns:
    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._locked_out_at = 0.0

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Wait for one's turn.

        Raises: StoreUnavailableError: meanwhile another process kept its lock for longer than anybody waits.
        """
        came_at = time.monotonic()
        async with self._lock:
            if self._locked_out_at > came_at:
                raise StoreUnavailableError("locked out", StoreFault.LOCKED)
            try:
                yield
            except StoreUnavailableError as error:
                if error.fault is StoreFault.LOCKED:
                    self._locked_out_at = time.monotonic()
                raise
