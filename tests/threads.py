"""Threads that a test leaves behind."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from typing import Final

_CONNECTION: Final = "_connection_worker_thread"
"""What aiosqlite calls what its threads do, and threading their names after."""


@contextlib.asynccontextmanager
async def threads_end() -> AsyncIterator[None]:
    """A connection that could not be set up ends its thread by itself: let it do so while there is an event loop."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if _CONNECTION in thread.name:
            await asyncio.to_thread(thread.join, 5)
