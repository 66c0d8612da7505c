from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store.audit import AuditTrail
from bot.store.database import Database
from bot.store.jobs import JobStore
from bot.store.resets import ResetStore
from tests.migrated import make_database
from tests.postgresql import PostgresServer
from tests.store.samples import LIMITS
from tests.threads import threads_end


@pytest_asyncio.fixture(autouse=True)
async def _threads_end() -> AsyncIterator[None]:
    async with threads_end():
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with this version's tables, without rows."""
    made = tmp_path / "bot.db"
    make_database(made)
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated database without rows. Tests run on both dialects; `samples.on_sqlite` limits them to one."""
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
    """Another process's connection: an engine of its own on the same database."""
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
def audit(database: Database) -> AuditTrail:
    return AuditTrail(database)
