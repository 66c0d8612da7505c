"""SQLite's connection: what is fetched with a statement, and what a cancelled one leaves behind."""

import asyncio
import gc
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest
import pytest_asyncio
from sqlalchemy import text

from bot.store.database import Database
from bot.store.errors import StoreUnavailableError
from bot.store.sqlite_connection import connect

pytestmark = pytest.mark.asyncio

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n"


@pytest_asyncio.fixture
async def connection(tmp_path: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with connect(str(tmp_path / "numbers.db")) as opened:
        yield opened


@pytest.mark.parametrize("count", [1, 99, 100, 101, 250])
async def test_all_rows_arrive_in_order_however_they_are_fetched(connection: aiosqlite.Connection, count: int) -> None:
    expected = [(number,) for number in range(1, count + 1)]
    async with connection.cursor() as cursor:
        await cursor.execute(NUMBERS.format(count=count))
        assert list(await cursor.fetchall()) == expected
        assert not list(await cursor.fetchall())
        await cursor.execute(NUMBERS.format(count=count))
        assert [row async for row in cursor] == expected
        await cursor.execute(NUMBERS.format(count=count))
        assert [await cursor.fetchone(), *await cursor.fetchmany(120), *await cursor.fetchall()] == expected
        assert await cursor.fetchone() is None


async def test_a_reader_that_stops_early_does_not_hold_up_writers(
    connection: aiosqlite.Connection, tmp_path: Path
) -> None:
    async with connection.cursor() as cursor:
        await cursor.execute("CREATE TABLE numbers (i INTEGER)")
        await cursor.execute(f"INSERT INTO numbers {NUMBERS.format(count=500)}")
        assert cursor.rowcount == 500
    async with connection.cursor() as cursor:
        await cursor.execute("SELECT i FROM numbers")
        await cursor.fetchmany(5)
    with closing(sqlite3.connect(tmp_path / "numbers.db", timeout=0)) as writer:
        writer.execute("DELETE FROM numbers")
        writer.commit()


async def test_a_begin_that_is_cancelled_in_the_queue_leaves_no_lock(database: Database) -> None:
    """The thread still executes it, after the one that asked for it has gone."""
    for waits in range(6):
        writing = asyncio.create_task(_delete_jobs(database))
        for _ in range(waits):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await _delete_jobs(database)


async def test_the_event_loop_runs_on_while_another_process_locks_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    database = Database.connect(f"sqlite:///{path}")
    await database.migrate()
    await database.aclose()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("DELETE FROM jobs")
        reading = asyncio.create_task(_count_jobs(database))
        await asyncio.wait({reading}, timeout=0.2)
        assert not reading.done()
        other.execute("PRAGMA locking_mode=NORMAL")
        other.execute("DELETE FROM jobs")
    assert await reading == 0
    await database.aclose()


async def test_the_garbage_of_a_refused_statement_does_not_stop_the_event_loop(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    database = Database.connect(f"sqlite:///{path}")
    await database.migrate()
    gc.disable()
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailableError):
                await _delete_jobs(database)
            second = asyncio.create_task(_delete_jobs(database))
            await asyncio.wait({second}, timeout=0.2)
            assert not second.done()
            gc.collect()
            other.execute("COMMIT")
        # Had the collection waited for the second statement, that would have been refused before the commit.
        await second
    finally:
        gc.enable()
        await database.aclose()


async def _count_jobs(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM jobs"))).scalar_one())


async def _delete_jobs(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("DELETE FROM jobs"))
