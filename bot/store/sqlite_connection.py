"""An aiosqlite connection that uses its thread only where a statement may take long.

aiosqlite hands each call to the connection's thread, which costs ten times the CPU of a statement that finds its rows by
an index, and SQLAlchemy makes four calls per statement. Here, statements run in the event loop at once, unless the
connection is marked as slow. COMMIT, which waits for the disk, and what meets another process's lock wait in the thread.
"""

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import aiosqlite
from aiosqlite.context import contextmanager

A = TypeVar("A")
R = TypeVar("R")

_ROWS_AT_ONCE: Final = 100
_BUSY_MILLISECONDS: Final = 2000


def connect(database: str, **options: Any) -> aiosqlite.Connection:
    """Prepare a connection that begins no transactions by itself. `options`: those of `sqlite3.connect`."""

    def connector() -> sqlite3.Connection:
        own = {"isolation_level": None, "check_same_thread": False, "timeout": 0}
        opened: sqlite3.Connection = sqlite3.connect(database, **options | own)
        return opened

    connection = Connection(connector, iter_chunk_size=_ROWS_AT_ONCE)
    # It must not keep a process alive that did not close the connection.
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does for the connections that it makes
    return connection


class Connection(aiosqlite.Connection):
    """`is_slow`: all statements run in the thread, since they may take more than a millisecond."""

    is_slow = False
    _has_begun = False

    @contextmanager
    async def cursor(self) -> aiosqlite.Cursor:
        return _Cursor(self)

    def note_statement(self, sql: str) -> None:
        """Note that a transaction begins."""
        self._has_begun = self._has_begun or sql.startswith("BEGIN")

    async def commit(self) -> None:
        if self._has_begun:
            await super().commit()
            self._has_begun = False

    async def rollback(self) -> None:
        # Without asking SQLite: after a cancellation, a BEGIN can still be in the thread's queue.
        if self._has_begun:
            await super().rollback()
            self._has_begun = False


class _Cursor(aiosqlite.Cursor):
    """Fetches the first rows, usually all, with the statement. `_cursor` is set by it."""

    def __init__(self, connection: Connection) -> None:
        self.iter_chunk_size = _ROWS_AT_ONCE
        self._conn: Connection = connection
        self._rows: list[Any] = []
        self._has_more = False

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> "_Cursor":
        values: Any = parameters or ()
        await self._start(sql, lambda cursor: cursor.execute(sql, values))
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> "_Cursor":
        values: Any = parameters
        await self._start(sql, lambda cursor: cursor.executemany(sql, values))
        return self

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        size = size or _ROWS_AT_ONCE
        if self._has_more and len(self._rows) < size:
            self._rows += await self._in_thread(self._fetch, size)
        fetched, self._rows = self._rows[:size], self._rows[size:]
        return fetched

    async def fetchall(self) -> list[Any]:
        if self._has_more:
            self._rows += await self._in_thread(self._fetch, None)
        fetched, self._rows = self._rows, []
        return fetched

    async def close(self) -> None:
        self._rows = []
        if self._has_more:
            self._has_more = False
            await super().close()

    async def _start(self, sql: str, statement: Callable[[sqlite3.Cursor], object]) -> None:
        self._conn.note_statement(sql)
        if not self._conn.is_slow:
            try:
                self._run(statement)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
            else:
                return
        await self._in_thread(self._run_patiently, statement)

    async def _in_thread(self, work: Callable[[A], R], argument: A) -> R:
        result: R = await self._execute(work, argument)  # type: ignore[no-untyped-call]  # aiosqlite has no types here
        return result

    def _run_patiently(self, statement: Callable[[sqlite3.Cursor], object]) -> None:
        """Wait for other processes' locks. Only for the thread: elsewhere, a lock is an immediate error."""
        connection = self._conn._conn  # noqa: SLF001 - as in `_run`
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}").close()
        try:
            self._run(statement)
        finally:
            connection.execute("PRAGMA busy_timeout=0").close()

    def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> None:
        self._cursor = self._conn._conn.cursor()  # noqa: SLF001 - aiosqlite's own cursors are made like this
        try:
            statement(self._cursor)
            if self._cursor.description is not None:
                self._rows = self._fetch(_ROWS_AT_ONCE)
        finally:
            self._close_unless_it_has_more()

    def _fetch(self, size: int | None) -> list[Any]:
        """Fetch that many rows; all if `size` is None."""
        rows = self._cursor.fetchall() if size is None else self._cursor.fetchmany(size)
        self._has_more = size is not None and len(rows) == size
        self._close_unless_it_has_more()
        return rows

    def _close_unless_it_has_more(self) -> None:
        """Close the cursor where it was used.

        Left to the garbage collector, an open one stops the event loop for as long as the thread waits for a lock: closing
        it takes the mutex of SQLite's connection.
        """
        if not self._has_more:
            self._cursor.close()
