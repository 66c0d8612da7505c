"""SQLite: the database's file and its folder, the pragmas, and the queue for its one write lock."""

import asyncio
import os
import stat
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store import sqlite_connection
from bot.store.errors import StoreFault, StoreUnavailableError

_logger = structlog.stdlib.get_logger(__name__)

_SIDE_FILES: Final = ("-wal", "-shm", "-journal")
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_READ: Final = stat.S_IRGRP | stat.S_IROTH
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_CONNECTIONS: Final = 5
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
_READS: Final = "reads"
_SLOW: Final = "slow"
"""Execution options of a connection: it begins no transactions; its statements may take more than a millisecond."""

_THREAD_NAME: Final = "_connection_worker_thread"
_THREAD_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder that really holds the file, and what other users can do there; the group counts as others."""

    path: Path
    is_readable: bool
    is_writable: bool


class WriteQueue:
    """Queue of this process's writers, first come, first served.

    SQLite retries a busy lock at intervals of its own, so that an unlucky writer times out although the lock was free in
    between. With the queue, its timeout is only for locks of other processes.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._timed_out_at = 0.0

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Wait for this writer's turn.

        Raises: StoreUnavailableError: another process kept the lock past the timeout during the wait.
        """
        queued_at = time.monotonic()
        async with self._lock:
            if self._timed_out_at > queued_at:
                raise StoreUnavailableError("locked out", StoreFault.LOCKED)
            try:
                yield
            except StoreUnavailableError as error:
                if error.fault is StoreFault.LOCKED:
                    self._timed_out_at = time.monotonic()
                raise


def create_engine(url: URL, *, must_exist: bool) -> AsyncEngine:
    """Open the database for the bot. Its folder and file are created, and closed to other users.

    Raises: StoreUnavailableError: the file can't be created, or with `must_exist` there is none.
    """
    path = _path(url)
    if path is not None:
        if not _is_uri(url):
            _create_file(path, must_exist=must_exist)
        _close_to_others(path)
    return _create_engine(url, _PRAGMAS)


def create_inspection_engine(url: URL) -> AsyncEngine:
    """Open the database as it is: no file is created, and no mode is changed.

    Raises: StoreUnavailableError.
    """
    return _create_engine(_find_existing(url), ())


def without_transactions(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine for single statements, each of which reads the newest commit."""
    return engine.execution_options(**{_READS: True})


def mark_slow(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine for statements that may take more than a millisecond; others run in the event loop."""
    return engine.execution_options(**{_SLOW: True})


def find_folder(url: URL) -> Folder | None:
    """Return the folder of the database's file, or None for a database in memory."""
    path = _path(url)
    if path is None or not path.exists():
        return None
    folder = path.resolve().parent
    mode = folder.stat().st_mode
    return Folder(folder, is_readable=bool(mode & _OTHERS_READ), is_writable=bool(mode & _OTHERS_WRITE))


async def require_writable(connection: AsyncConnection) -> None:
    """Write a value that is there already; SQLite grants the write lock for read-only files too."""
    version = (await connection.exec_driver_sql("PRAGMA user_version")).scalar_one()
    await connection.exec_driver_sql(f"PRAGMA user_version = {int(version)}")


async def wait_for_threads() -> None:
    """Wait for aiosqlite's threads after a file could not be opened.

    They end by themselves, but then report to the event loop, and print a traceback if it is closed by then.
    """
    for thread in threading.enumerate():
        if _THREAD_NAME in thread.name:
            await asyncio.to_thread(thread.join, _THREAD_SECONDS)


def _create_engine(url: URL, pragmas: tuple[str, ...]) -> AsyncEngine:
    def set_up(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    # Opening a connection, with its thread, takes longer than waiting for one. The one used last has cached the pages and
    # statements that are needed next. A database in memory has only one connection.
    pool = {} if _path(url) is None else {"pool_size": _CONNECTIONS, "max_overflow": 0, "pool_use_lifo": True}
    engine = create_async_engine(
        url, hide_parameters=True, connect_args={"async_creator_fn": sqlite_connection.connect}, **pool
    )
    event.listen(engine.sync_engine, "connect", set_up)
    event.listen(engine.sync_engine, "engine_connect", _choose_thread)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _choose_thread(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite_connection.Connection):
        driver.is_slow = bool(connection.get_execution_options().get(_SLOW))


def _begin_immediate(connection: Connection) -> None:
    # SQLAlchemy emits "begin" for readers too, and those must not lock.
    if not connection.get_execution_options().get(_READS):
        # A plain BEGIN locks at the first write, so that two transactions could decide on the same read.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _find_existing(url: URL) -> URL:
    """Return the file's URL in the form that does not create it."""
    path = _path(url)
    if path is None or _is_uri(url):
        return url
    path = path.absolute()
    try:
        folder = None if path.exists() else next(parent for parent in path.parents if parent.exists())
    except OSError as error:
        # A folder on the way can't be entered.
        raise StoreUnavailableError(type(error).__name__, StoreFault.CANT_OPEN, error.strerror or "") from error
    if folder is not None:
        is_usable = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
        fault = StoreFault.NOT_THERE if is_usable else StoreFault.NO_FOLDER
        raise StoreUnavailableError(f"there is no file {path}", fault, str(folder))
    existing = url.set(database=path.as_uri().replace("file://", "file:", 1))
    return existing.update_query_dict({"uri": "true", "mode": "rw"})


def _path(url: URL) -> Path | None:
    if not url.database or url.database == ":memory:" or url.query.get("mode") == "memory":
        return None
    return Path(unquote(urlsplit(url.database).path)) if _is_uri(url) else Path(url.database)


def _is_uri(url: URL) -> bool:
    return (url.database or "").startswith("file:")


def _create_file(path: Path, *, must_exist: bool) -> None:
    try:
        if must_exist and not path.exists():
            raise StoreUnavailableError(f"there is no file {path}")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnavailableError(f"{error.strerror}: {path}") from error


def _close_to_others(path: Path) -> None:
    """Remove other users' permissions on the file and on those beside it, which SQLite creates with the file's mode."""
    path = Path(os.path.realpath(path))
    try:
        for found in (path, *(path.with_name(path.name + end) for end in _SIDE_FILES)):
            if found.is_file() and found.stat().st_mode & _OTHERS:
                found.chmod(found.stat().st_mode & (stat.S_IRUSR | stat.S_IWUSR))
    except FileNotFoundError:
        # The last process that had the database open has just removed it.
        pass
    except OSError as error:
        # Another user's file, or a file system without modes: the bot can work with it all the same.
        _logger.warning("database.not_private", path=str(path), error=error.strerror)
