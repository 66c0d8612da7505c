"""What becomes of the file of SQLite, or of the disk below it."""

import resource
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, TypeAlias

from tests.reliability.database_faults import DatabaseFault
from tests.reliability.stage import Stage

Breaking: TypeAlias = Callable[[Stage], AbstractAsyncContextManager[None]]
"""The database is broken within it."""


@asynccontextmanager
async def locked(stage: Stage) -> AsyncIterator[None]:
    with stage.world.locked():
        yield


@asynccontextmanager
async def full_disk(stage: Stage) -> AsyncIterator[None]:
    """No file can grow. A reader keeps SQLite from beginning its log anew, so that it has to."""
    log = stage.world.database.with_name("bot.db-wal")
    with stage.world.reading():
        async with _largest_file(stage, log.stat().st_size):
            yield


@asynccontextmanager
async def no_writes(stage: Stage) -> AsyncIterator[None]:
    """As on a file system that the kernel has made read-only after an error: files that are open can't be written either."""
    async with _largest_file(stage, 0):
        yield


@asynccontextmanager
async def _largest_file(stage: Stage, size: int) -> AsyncIterator[None]:
    """For the bots that run now."""
    limits = {
        bot.process.pid: resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE)
        for bot in stage.bots
        if bot.process.returncode is None
    }
    for pid, (_, most) in limits.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        for bot in stage.bots:
            if bot.process.returncode is None:
                resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, limits[bot.process.pid])


FAULTS: Final[Mapping[DatabaseFault, Breaking]] = {
    DatabaseFault("locked", "SQLite’s file is locked by somebody else"): locked,
    DatabaseFault("full_disk", "SQLite’s disk is full"): full_disk,
    DatabaseFault("no_writes", "SQLite’s file system takes no writes any more"): no_writes,
}
ROWS: Final = tuple(row for fault in FAULTS for row in fault.rows)
