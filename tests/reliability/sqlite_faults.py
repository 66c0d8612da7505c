"""Faults of SQLite's file, or of its disk."""

import resource
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, TypeAlias

from tests.reliability.database_faults import DatabaseFault
from tests.reliability.harness import Harness

Breaking: TypeAlias = Callable[[Harness], AbstractAsyncContextManager[None]]
"""A context in which the database fails."""


@asynccontextmanager
async def locked(harness: Harness) -> AsyncIterator[None]:
    with harness.world.locked():
        yield


@asynccontextmanager
async def full_disk(harness: Harness) -> AsyncIterator[None]:
    """Let no file grow. A reader keeps SQLite from restarting its log, so the log would have to grow."""
    log = harness.world.database.with_name("bot.db-wal")
    with harness.world.reading():
        async with _largest_file(harness, log.stat().st_size):
            yield


@asynccontextmanager
async def no_writes(harness: Harness) -> AsyncIterator[None]:
    """Let no file be written, even open ones, as on a file system that became read-only after an error."""
    async with _largest_file(harness, 0):
        yield


@asynccontextmanager
async def _largest_file(harness: Harness, size: int) -> AsyncIterator[None]:
    """Limit the file size for the running bots."""
    limits = {
        bot.process.pid: resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE)
        for bot in harness.bots
        if bot.process.returncode is None
    }
    for pid, (_, most) in limits.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        for bot in harness.bots:
            if bot.process.returncode is None:
                resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, limits[bot.process.pid])


FAULTS: Final[Mapping[DatabaseFault, Breaking]] = {
    DatabaseFault("locked", "SQLite’s file is locked by another process"): locked,
    DatabaseFault("full_disk", "SQLite’s disk is full"): full_disk,
    DatabaseFault("no_writes", "SQLite’s file system has become read-only"): no_writes,
}
SCENARIOS: Final = tuple(scenario for fault in FAULTS for scenario in fault.scenarios)
