"""What PostgreSQL has and SQLite has not: connections that can hang, a clock of its own, privileges."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.errors import StoreFault, StoreUnavailableError
from bot.store.models import AuditRow, Base

_TRANSACTION_SECONDS: Final = 6.0
_CANCEL_SECONDS: Final = 1.0
_POOL_SECONDS: Final = 2.0
_CONNECTION: Final[dict[str, Any]] = {
    "connect_timeout": 3,
    # A server that is gone without a word is noticed within a quarter of a minute.
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_OPTIONS: Final = (
    "-c statement_timeout=5s",
    # As long as SQLite waits.
    "-c lock_timeout=2s",
    # What a replica holds that vanished in the middle of a transaction, the others get soon.
    "-c idle_in_transaction_session_timeout=10s",
)
_MIGRATION_LOCK: Final = 7_202_611


def create_engine(url: URL) -> AsyncEngine:
    """Settings that stand in the address go before ours."""
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


@asynccontextmanager
async def patience() -> AsyncIterator[None]:
    """Give up a transaction after some seconds, also if the server hangs and can't say so itself.

    Raises: TimeoutError.
    """
    # At the first time-out psycopg asks the server to cancel, and would wait ten seconds for one that hangs.
    async with asyncio.timeout(_TRANSACTION_SECONDS + _CANCEL_SECONDS), asyncio.timeout(_TRANSACTION_SECONDS):
        yield


class ServerClock:
    """The server's time, so that replicas whose hosts' clocks differ agree on what is due and who is free again.

    It is asked for at times and counted on from there, by a count that no clock's jump moves. What it tells is never
    ahead of the server: a limit may end late, not early.
    """

    def __init__(self) -> None:
        self._read_at: tuple[datetime, float] | None = None

    async def read(self, connection: AsyncConnection) -> None:
        at: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        self._read_at = at.astimezone(UTC), time.monotonic()

    def now(self) -> datetime:
        """The host's own time as long as the server has not been asked."""
        if self._read_at is None:
            return datetime.now(UTC)
        at, count = self._read_at
        return at + timedelta(seconds=time.monotonic() - count)


async def prepare_migration(connection: AsyncConnection) -> None:
    """Let one migrate at a time, and for as long as it takes."""
    for statement in (
        "SET LOCAL statement_timeout = 0",
        "SET LOCAL lock_timeout = '30s'",
        "SET LOCAL idle_in_transaction_session_timeout = 0",
        f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})",
    ):
        await connection.execute(text(statement))


async def let_reader_take_his_time(connection: AsyncConnection) -> None:
    """Within this transaction; each portion of rows still has the time of a statement."""
    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


async def require_privileges(connection: AsyncConnection) -> None:
    """Raises: StoreUnavailableError: read-only (a standby, or set so), or something that this role may not use."""
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
