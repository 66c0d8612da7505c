"""One engine, and the two ways to use it: to read, and to write in one transaction."""

import os
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection, Row, Select, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store import postgresql, revisions
from bot.store.errors import NotMigratedError, StoreFault, StoreUnavailableError
from bot.store.turns import Turns

_DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
_BUSY_SECONDS: Final = 2
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
    """Owns the engine; `aclose()` at the end."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._clock = None if self.is_embedded else postgresql.ServerClock()
        self._turns = Turns()

    @classmethod
    def connect(cls, address: str, *, must_exist: bool = False) -> Self:
        """Take an SQLAlchemy URL; a plain `sqlite://` or `postgresql://` gets its async driver, a named one is kept.

        `must_exist`: an embedded database is not made where there is none.

        Raises: StoreUnavailableError: no such driver, or the file can't be had.
        """
        try:
            return cls._connect(make_url(address), must_exist=must_exist)
        except SQLAlchemyError as error:
            # Without the cause: it can hold the address, and that a password.
            raise StoreUnavailableError(type(error).__name__) from None

    @classmethod
    def look_at(cls, address: str) -> Self:
        """Take a database as it is, to look at it: no file is made and no mode is set.

        Raises: StoreUnavailableError.
        """
        try:
            url = make_url(address)
            url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
            if url.get_backend_name() != "sqlite":
                return cls(postgresql.create_engine(url))
            engine = create_async_engine(_existing_file(url), hide_parameters=True)
        except SQLAlchemyError as error:
            raise StoreUnavailableError(type(error).__name__) from None
        event.listen(engine.sync_engine, "connect", _wait_briefly)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return cls(engine)

    @classmethod
    def _connect(cls, url: URL, *, must_exist: bool) -> Self:
        url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
        if url.get_backend_name() != "sqlite":
            return cls(postgresql.create_engine(url))
        _prepare_file(url, must_exist=must_exist)
        engine = create_async_engine(url, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return cls(engine)

    @property
    def is_embedded(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @property
    def place(self) -> str:
        """Where it is, without user and password."""
        url = self._engine.url
        if self.is_embedded:
            return (url.database or "memory").removeprefix("file:")
        return f"{url.host or 'a local socket'}/{url.database or ''}"

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    def now(self) -> datetime:
        """The time by which all who share this database go: the server's where there is one, else this host's."""
        return self._clock.now() if self._clock is not None else datetime.now(UTC)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed on leaving; on SQLite it holds the write lock from its first line.

        Raises: StoreUnavailableError: rolled back, unless the commit's own answer was lost.
        """
        async with self._turns.take() if self.is_embedded else nullcontext():
            with _unavailability():
                async with self._patience(), self._engine.begin() as connection:
                    yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Single statements that lock nobody out.

        Raises: StoreUnavailableError.
        """
        with _unavailability():
            async with self._patience(), self._reading.connect() as connection:
                yield connection

    async def stream(self, query: Select[Any]) -> AsyncGenerator[Row[Any]]:
        """All rows, however many and however slowly they are taken; nobody is kept from writing meanwhile.

        Raises: StoreUnavailableError.
        """
        # PostgreSQL hands out rows in portions within a transaction alone.
        engine = self._reading if self.is_embedded else self._engine
        with _unavailability():
            async with engine.connect() as connection:
                if not self.is_embedded:
                    await postgresql.let_reader_take_his_time(connection)
                rows = await connection.stream(query)
                try:
                    async for row in rows:
                        yield row
                finally:
                    # Its own context manager does not close it for a reader who stops half-way.
                    await rows.close()

    async def ping(self) -> None:
        """Raise StoreUnavailableError if the database does not answer."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))
            await self._read_clock(connection)

    async def migrate(self) -> str:
        """Bring the tables to this version; return the revision that they have now.

        Raises: NewerDatabaseError, StoreUnavailableError.
        """
        with _unavailability():
            async with self._engine.begin() as connection:
                if not self.is_embedded:
                    await postgresql.prepare_migration(connection)
                await connection.run_sync(revisions.upgrade)
        return revisions.get_wanted()

    async def require_migrated(self) -> None:
        """Raises: NotMigratedError, NewerDatabaseError, StoreUnavailableError."""
        async with self.read() as connection:
            found = await connection.run_sync(revisions.find_present)
            await self._read_clock(connection)
        revisions.require_known(found)
        if found != revisions.get_wanted():
            raise NotMigratedError(found, revisions.get_wanted())

    async def require_writable(self) -> None:
        """Find out without changing anything: on SQLite by a write that is rolled back, elsewhere by the privileges.

        (On PostgreSQL a row that is rolled back would still use up a number of the audit's.)

        Raises: StoreUnavailableError.
        """
        with _unavailability():
            # Closed without a commit, so that it is rolled back.
            async with self._patience(), self._engine.connect() as connection, connection.begin():
                await (_write_what_is_there if self.is_embedded else postgresql.require_privileges)(connection)
                await connection.rollback()

    async def aclose(self) -> None:
        await self._engine.dispose()

    async def _read_clock(self, connection: AsyncConnection) -> None:
        if self._clock is not None:
            await self._clock.read(connection)

    def _patience(self) -> AbstractAsyncContextManager[None]:
        """SQLite answers within its own time; a server may hang."""
        return nullcontext() if self.is_embedded else postgresql.patience()


@contextmanager
def _unavailability() -> Iterator[None]:
    """Whatever the driver raises, or a time that is over, becomes a StoreUnavailableError."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise _unavailable(error) from error


async def _write_what_is_there(connection: AsyncConnection) -> None:
    """The write lock alone tells nothing: SQLite gives it for a file that can only be read as well."""
    version = (await connection.exec_driver_sql("PRAGMA user_version")).scalar_one()
    await connection.exec_driver_sql(f"PRAGMA user_version = {int(version)}")


def _existing_file(url: URL) -> URL:
    """For SQLite, the file's address in a form that is not made where it isn't there."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith((":memory:", "file:")):
        return url
    path = Path(url.database).absolute()
    try:
        folder = None if path.exists() else next(parent for parent in path.parents if parent.exists())
    except OSError as error:
        # A folder on the way is closed to us.
        raise StoreUnavailableError(type(error).__name__, StoreFault.CANT_OPEN, error.strerror or "") from error
    if folder is not None:
        is_usable = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
        fault = StoreFault.NOT_THERE if is_usable else StoreFault.NO_FOLDER
        raise StoreUnavailableError(f"there is no file {path}", fault, str(folder))
    return url.set(database=path.as_uri().replace("file://", "file:", 1)).update_query_dict(
        {"uri": "true", "mode": "rw"}
    )


def _unavailable(error: SQLAlchemyError | OSError) -> StoreUnavailableError:
    """Name the driver's error; its first line, since others can quote a statement."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    # SQLite's extended codes hold the primary one in their lowest byte; PostgreSQL has five letters.
    code = getattr(origin, "sqlite_errorcode", 0) & 0xFF or getattr(origin, "sqlstate", None) or ""
    detail = str(origin).partition("\n")[0]
    return StoreUnavailableError(type(error).__name__, _FAULTS.get(code, StoreFault.UNKNOWN), detail)


def _prepare_file(url: URL, *, must_exist: bool) -> None:
    """Make the file's folder and the file itself, readable by nobody else: it tells who has which account."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        return
    path = Path(url.database)
    if must_exist and not path.exists():
        raise StoreUnavailableError(f"there is no file {path}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnavailableError(f"{error.strerror}: {path}") from error


def _set_up_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # SQLAlchemy begins the transactions (see _begin_immediate), not the driver.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_SECONDS * 1000}",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _wait_briefly(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        # SQLAlchemy announces a beginning here as well; a reader must lock nobody out.
        return
    # A plain BEGIN takes the lock at the first write, so that two who have read both believe they won.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
