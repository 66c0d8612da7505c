"""PostgreSQL: connections that can hang, the server's clock, and privileges."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.errors import StoreFault, StoreUnavailableError
from bot.store.schema import AuditRow, Base

_TRANSACTION_SECONDS: Final = 6.0
_CANCEL_SECONDS: Final = 1.0
_POOL_SECONDS: Final = 2.0
_CONNECTION: Final[dict[str, int]] = {
    "connect_timeout": 3,
    # Detect a vanished server within 15 s.
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_OPTIONS: Final = (
    "-c statement_timeout=5s",
    # The same as SQLite's busy timeout.
    "-c lock_timeout=2s",
    # Release the locks of a replica that vanished in the middle of a transaction.
    "-c idle_in_transaction_session_timeout=10s",
)
_MIGRATION_LOCK: Final = 7_202_611
_ABOUT_OPTION: Final = re.compile(
    r"invalid (\w+ value|port number)|bad value for|definition of service|service file|(certificate|private key) file"
)
"""Messages of libpq and psycopg about an option, raised before any server is contacted."""


def create_engine(url: URL) -> AsyncEngine:
    """Create an engine. Options in the address take precedence over the defaults."""
    given = url.query.get("options", "")
    options = " ".join((*_OPTIONS, *([given] if isinstance(given, str) else given))).strip()
    defaults = {name: value for name, value in _CONNECTION.items() if name not in url.query}
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=5,
        pool_timeout=_POOL_SECONDS,
        connect_args=defaults | {"options": options},
    )


def without_transactions(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine for single statements."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def is_about_option(detail: str) -> bool:
    """Return True if the message is about an unusable option, not from a server."""
    return _ABOUT_OPTION.search(detail) is not None


def explain_option(detail: str) -> str:
    """Return the message with the variables to correct; libpq also reads options from the environment."""
    message = detail.removeprefix("connection is bad: ").removeprefix("connection failed: ")
    read = sorted(name for name, value in os.environ.items() if re.fullmatch(r"PG[A-Z]+", name) and value)
    return f"{message}; correct it in {' or '.join(['DATABASE_URL', *read])}"


@asynccontextmanager
async def transaction_deadline() -> AsyncIterator[None]:
    """Limit a transaction to some seconds, even if the server hangs and can't enforce its own timeouts.

    Raises: TimeoutError.
    """
    # At the first timeout psycopg asks the server to cancel, and would wait 10 s for a server that hangs.
    async with asyncio.timeout(_TRANSACTION_SECONDS + _CANCEL_SECONDS), asyncio.timeout(_TRANSACTION_SECONDS):
        yield


class ServerClock:
    """The server's time, shared by replicas whose hosts' clocks differ.

    It is read now and then, and extrapolated by the monotonic clock. The result is never ahead of the server: a limit may
    end late, but not early.
    """

    def __init__(self) -> None:
        self._read_at: tuple[datetime, float] | None = None

    async def read(self, connection: AsyncConnection) -> None:
        at: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        self._read_at = at.astimezone(UTC), time.monotonic()

    def now(self) -> datetime:
        """Return the extrapolated time, or this host's until the server's has been read."""
        if self._read_at is None:
            return datetime.now(UTC)
        at, count = self._read_at
        return at + timedelta(seconds=time.monotonic() - count)


async def prepare_migration(connection: AsyncConnection) -> None:
    """Serialize migrations, and lift the timeouts for them."""
    for statement in (
        "SET LOCAL statement_timeout = 0",
        "SET LOCAL lock_timeout = '30s'",
        "SET LOCAL idle_in_transaction_session_timeout = 0",
        f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})",
    ):
        await connection.execute(text(statement))


async def disable_idle_timeout(connection: AsyncConnection) -> None:
    """Allow a slow reader within this transaction; each portion of rows is still limited as a statement."""
    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


async def require_privileges(connection: AsyncConnection) -> None:
    """Raises: StoreUnavailableError: the server is read-only (as a standby is), or the role lacks a privilege."""
    if (await connection.execute(text("SHOW transaction_read_only"))).scalar_one() == "on":
        raise StoreUnavailableError("read-only", StoreFault.READ_ONLY)
    for table in Base.metadata.sorted_tables:
        query = text("SELECT bool_and(has_table_privilege(:name, p)) FROM unnest(CAST(:wanted AS text[])) AS p")
        wanted = (
            ["SELECT", "INSERT"] if table.name == AuditRow.__tablename__ else ["SELECT", "INSERT", "UPDATE", "DELETE"]
        )
        if not (await connection.execute(query, {"name": table.name, "wanted": wanted})).scalar_one():
            raise StoreUnavailableError("not allowed", StoreFault.NOT_ALLOWED, table.name)
        if "id" in table.columns:
            await _require_sequence(connection, table.name)


async def _require_sequence(connection: AsyncConnection, table: str) -> None:
    query = text("SELECT has_sequence_privilege(pg_get_serial_sequence(:name, 'id'), 'USAGE')")
    if not (await connection.execute(query, {"name": table})).scalar_one():
        raise StoreUnavailableError("not allowed", StoreFault.NOT_ALLOWED, f"{table} (its sequence)")
