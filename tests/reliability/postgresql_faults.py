"""Faults of a PostgreSQL server, or of the bot's access to its database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, TypeAlias

from tests.postgresql import ADMIN, PostgresServer
from tests.reliability.database_faults import DatabaseFault

Breaking: TypeAlias = Callable[[PostgresServer, str], AbstractAsyncContextManager[None]]
"""A context in which the server fails, at least for this database."""


@asynccontextmanager
async def stopped(server: PostgresServer, _: str) -> AsyncIterator[None]:
    await asyncio.to_thread(server.stop)
    yield
    await asyncio.to_thread(server.start)


@asynccontextmanager
async def refusing(server: PostgresServer, database: str) -> AsyncIterator[None]:
    _change(server, database, "ALLOW_CONNECTIONS false")
    yield
    _change(server, database, "ALLOW_CONNECTIONS true")


@asynccontextmanager
async def read_only(server: PostgresServer, database: str) -> AsyncIterator[None]:
    _change(server, database, "SET default_transaction_read_only = on")
    yield
    _change(server, database, "RESET default_transaction_read_only")


@asynccontextmanager
async def hanging(server: PostgresServer, _: str) -> AsyncIterator[None]:
    with server.hanging():
        yield


def _change(server: PostgresServer, database: str, how: str) -> None:
    """Alter the database, and end its connections, to which the change would not apply."""
    with server.connect(ADMIN) as connection:
        connection.execute(f"ALTER DATABASE {database} {how}")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])


FAULTS: Final[Mapping[DatabaseFault, Breaking]] = {
    DatabaseFault("stopped", "PostgreSQL crashes and is restarted"): stopped,
    DatabaseFault("refusing", "PostgreSQL closes all connections and refuses new ones"): refusing,
    DatabaseFault("read_only", "PostgreSQL is read-only, as after a failover to a standby"): read_only,
    DatabaseFault("hanging", "PostgreSQL accepts connections but does not answer"): hanging,
}
SCENARIOS: Final = tuple(scenario for fault in FAULTS for scenario in fault.scenarios)
