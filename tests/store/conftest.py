import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store.audit import AuditLog
from bot.store.database import Database
from bot.store.jobs import JobStore
from bot.store.resets import ResetStore
from tests.postgresql import PostgresServer
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


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database without rows. Each test that has one runs on both kinds; see `samples.on_sqlite` for one alone."""
    if request.param == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('path')}"
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with server.database() as name:
        yield server.url(name)


@pytest_asyncio.fixture
async def database(address: str) -> AsyncIterator[Database]:
    connected = Database.connect(address)
    yield connected
    await connected.aclose()


@pytest_asyncio.fixture
async def replica(address: str) -> AsyncIterator[Database]:
    """What another process has: an engine of its own on the same database."""
    connected = Database.connect(address)
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
