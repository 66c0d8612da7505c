import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store.audit import AuditLog
from bot.store.database import Database
from bot.store.jobs import JobStore
from bot.store.resets import ResetStore
from tests.store.samples import LIMITS


@pytest_asyncio.fixture(autouse=True)
async def _threads_end() -> AsyncIterator[None]:
    """A connection that could not be set up ends its thread by itself: let it do so while there is an event loop."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        await asyncio.to_thread(thread.join, 5)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with this version's tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "bot.db"

    async def migrate() -> None:
        database = Database.connect(f"sqlite:///{path}")
        await database.migrate()
        await database.aclose()

    asyncio.run(migrate())
    return path


@pytest.fixture
def path(migrated_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated_file, tmp_path / "bot.db"))


@pytest_asyncio.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    connected = Database.connect(f"sqlite:///{path}")
    yield connected
    await connected.aclose()


@pytest_asyncio.fixture
async def replica(path: Path) -> AsyncIterator[Database]:
    """What another process has: an engine of its own on the same file."""
    connected = Database.connect(f"sqlite:///{path}")
    yield connected
    await connected.aclose()


@pytest.fixture
def store(database: Database) -> ResetStore:
    return ResetStore(database, LIMITS)


@pytest.fixture
def jobs(database: Database) -> JobStore:
    return JobStore(database)


@pytest.fixture
def audit(database: Database) -> AuditLog:
    return AuditLog(database)
