"""The engine, and the two ways to use it: reads, and writes in one transaction."""

import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import RowMapping, Select, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store import postgresql, revisions, schema, sqlite
from bot.store.errors import StoreFault, StoreUnavailableError
from bot.store.url import DRIVERS

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
    from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

_POSTGRESQL: Final = "postgresql"
_SQLITE: Final = "sqlite"
_FAULTS: Final[dict[int | str, StoreFault]] = {
    sqlite3.SQLITE_BUSY: StoreFault.LOCKED,
    sqlite3.SQLITE_LOCKED: StoreFault.LOCKED,
    sqlite3.SQLITE_READONLY: StoreFault.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: StoreFault.CANT_OPEN,
    sqlite3.SQLITE_FULL: StoreFault.FULL,
    sqlite3.SQLITE_NOTADB: StoreFault.NOT_A_DATABASE,
    "25006": StoreFault.READ_ONLY,
    "53100": StoreFault.FULL,
    "55P03": StoreFault.LOCKED,
    "28000": StoreFault.NOT_ALLOWED,
    "28P01": StoreFault.NOT_ALLOWED,
    "42501": StoreFault.NOT_ALLOWED,
}


class Database:
    """Owns the engine; close it with `aclose()`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = (sqlite if self.is_embedded else postgresql).without_transactions(engine)
        self._clock = None if self.is_embedded else postgresql.ServerClock()
        self._write_queue = sqlite.WriteQueue()
        self._has_opened = False
        event.listen(engine.sync_engine, "connect", self._note_opened)

    @classmethod
    def connect(cls, address: str, *, must_exist: bool = False) -> Self:
        """Connect to an SQLAlchemy URL; a plain `sqlite://` or `postgresql://` gets its async driver.

        An embedded database's file is made private, and created unless `must_exist`.

        Raises: StoreUnavailableError: there is no such driver, or the file can't be used.
        """
        with _unusable_address():
            url = _read_url(address)
            if url.get_backend_name() == _SQLITE:
                return cls(sqlite.create_engine(url, must_exist=must_exist))
            return cls(postgresql.create_engine(url))

    @classmethod
    def inspect(cls, address: str) -> Self:
        """Connect to a database as it is: no file is created, and no mode is changed.

        Raises: StoreUnavailableError.
        """
        with _unusable_address():
            url = _read_url(address)
            if url.get_backend_name() == _SQLITE:
                return cls(sqlite.create_inspection_engine(url))
            return cls(postgresql.create_engine(url))

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @property
    def is_embedded(self) -> bool:
        return self.dialect == _SQLITE

    @property
    def place(self) -> str:
        """Host and name, or the file, without user and password."""
        url = self._engine.url
        if self.is_embedded:
            return (url.database or "memory").removeprefix("file:")
        return f"{url.host or 'a local socket'}/{url.database or ''}"

    def find_folder(self) -> sqlite.Folder | None:
        """Return the folder of an embedded database's file, and what other users can do there. None: no file."""
        return sqlite.find_folder(self._engine.url) if self.is_embedded else None

    def now(self) -> datetime:
        """Return the time that all users of this database share: the server's, or for SQLite this host's."""
        return self._clock.now() if self._clock is not None else datetime.now(UTC)

    @asynccontextmanager
    async def write(self, *, is_slow: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that is committed on leaving; on SQLite it holds the write lock from its first line.

        `is_slow`: a statement may take more than a millisecond. On SQLite the others run in the event loop.

        Raises: StoreUnavailableError: rolled back, unless only the confirmation of the commit was lost.
        """
        async with self._write_queue.enter() if self.is_embedded else nullcontext():
            with _unavailability():
                async with self._deadline(), self._for(self._engine, is_slow=is_slow).begin() as connection:
                    yield connection

    @asynccontextmanager
    async def read(self, *, is_slow: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a connection for single statements, which lock nothing. `is_slow`: as for `write`.

        Raises: StoreUnavailableError.
        """
        with _unavailability():
            async with self._deadline(), self._for(self._reading, is_slow=is_slow).connect() as connection:
                yield connection

    async def stream(self, query: Select[tuple[object, ...]]) -> AsyncGenerator[RowMapping]:
        """Yield all rows, however many and however slowly they are consumed, without blocking writers.

        Raises: StoreUnavailableError.
        """
        # PostgreSQL serves portions of rows only within a transaction.
        engine = sqlite.mark_slow(self._reading) if self.is_embedded else self._engine
        with _unavailability():
            async with engine.connect() as connection:
                if not self.is_embedded:
                    await postgresql.disable_idle_timeout(connection)
                rows = (await connection.stream(query)).mappings()
                try:
                    async for row in rows:
                        yield row
                finally:
                    # Its own context manager does not close it for a consumer that stops half-way.
                    await rows.close()

    async def ping(self) -> None:
        """Raise StoreUnavailableError if the database does not answer."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))
            await self._read_clock(connection)

    async def migrate(self) -> str:
        """Migrate the tables to this version, and return their revision.

        Raises: NewerDatabaseError, StoreUnavailableError.
        """
        with _unavailability():
            async with self._for(self._engine, is_slow=True).begin() as connection:
                if not self.is_embedded:
                    await postgresql.prepare_migration(connection)
                await connection.run_sync(revisions.upgrade)
        return schema.REVISION

    async def require_migrated(self) -> None:
        """Raises: NotMigratedError, NewerDatabaseError, StoreUnavailableError."""
        async with self.read() as connection:
            await connection.run_sync(revisions.require_migrated)
            await self._read_clock(connection)

    async def require_writable(self) -> None:
        """Check without changing anything: on SQLite by a write that is rolled back, on PostgreSQL by the privileges.

        (On PostgreSQL a row that is rolled back would still use up one of the audit's numbers.)

        Raises: StoreUnavailableError.
        """
        require = sqlite.require_writable if self.is_embedded else postgresql.require_privileges
        with _unavailability():
            async with self._deadline(), self._engine.connect() as connection, connection.begin():
                await require(connection)
                await connection.rollback()

    async def aclose(self) -> None:
        await self._engine.dispose()
        if self.is_embedded and not self._has_opened:
            await sqlite.wait_for_threads()

    def _note_opened(self, _connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        self._has_opened = True

    async def _read_clock(self, connection: AsyncConnection) -> None:
        if self._clock is not None:
            await self._clock.read(connection)

    def _for(self, engine: AsyncEngine, *, is_slow: bool) -> AsyncEngine:
        return sqlite.mark_slow(engine) if is_slow and self.is_embedded else engine

    def _deadline(self) -> AbstractAsyncContextManager[None]:
        """Limit a transaction on a server, which may hang; SQLite answers within its own time."""
        return nullcontext() if self.is_embedded else postgresql.transaction_deadline()


def upsert(dialect: str, table: type[schema.Base]) -> "PostgresqlInsert | SqliteInsert":
    """Return an insert with `on_conflict_do_nothing` and `on_conflict_do_update`, which SQLAlchemy has per dialect."""
    # Imported here: PostgreSQL's dialect takes 2.4 MB.
    insertion: PostgresqlInsert | SqliteInsert = import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
    return insertion


async def lock_out_writers(connection: AsyncConnection, table: type[schema.Base]) -> None:
    """Wait for other transactions that use the table, and keep new ones waiting; on SQLite each writer does that."""
    if connection.dialect.name == _POSTGRESQL:
        await connection.execute(text(f"LOCK TABLE {table.__tablename__} IN EXCLUSIVE MODE"))


def _read_url(address: str) -> URL:
    url = make_url(address)
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


@contextmanager
def _unusable_address() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, ImportError, ValueError) as error:
        # Without the cause, which can quote the address and its password.
        raise StoreUnavailableError(type(error).__name__) from None


@contextmanager
def _unavailability() -> Iterator[None]:
    """Turn any error of the driver, and a missed deadline, into StoreUnavailableError."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise _unavailable(error) from error


def _unavailable(error: SQLAlchemyError | OSError) -> StoreUnavailableError:
    """Map the driver's error. Only its first line is kept, since others can quote a statement."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    # SQLite's extended codes hold the primary one in their lowest byte; PostgreSQL has five letters.
    code = getattr(origin, "sqlite_errorcode", 0) & 0xFF or getattr(origin, "sqlstate", None) or ""
    detail = str(origin).partition("\n")[0]
    if not code and postgresql.is_about_option(detail):
        return StoreUnavailableError(type(error).__name__, StoreFault.WRONG_OPTION, postgresql.explain_option(detail))
    return StoreUnavailableError(type(error).__name__, _FAULTS.get(code, StoreFault.UNKNOWN), detail)
