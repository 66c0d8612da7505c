"""An empty database of this version, to begin with: making one takes longer than most tests."""

import asyncio
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from bot.store.database import Database


def make_database(path: Path) -> None:
    """An SQLite file as `migrate` leaves it."""
    path.touch(mode=0o600)
    path.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        path = Path(folder) / "bot.db"
        # In a thread, since the loop of whoever asks runs already.
        thread.submit(asyncio.run, _migrate(path)).result()
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()


async def _migrate(path: Path) -> None:
    database = Database.connect(f"sqlite:///{path}")
    await database.migrate()
    await database.aclose()
