"""The downgrade of docs/upgrading.md, which restores the backup."""

import contextlib
import shutil
import sqlite3

import pytest

from tests.harness.process import ready, serve
from tests.harness.world import World

pytestmark = pytest.mark.asyncio


async def test_an_older_version_refuses_a_newer_database_and_accepts_the_backup(world: World) -> None:
    async with serve(world) as running:
        await ready(world, running)
        backup = world.database.with_name("backup.db")
        with contextlib.closing(sqlite3.connect(world.database)) as connection:
            connection.execute("VACUUM INTO ?", (str(backup),))
        running.terminate()
        assert await running.ends() == 0
    with contextlib.closing(sqlite3.connect(world.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    async with serve(world) as running:
        assert await running.ends() == 1
        assert "DATABASE_URL: the database can't be used (it is at revision 9999, which this version" in running.output
        assert "Traceback" not in running.output
    assert world.rows("SELECT version_num FROM alembic_version") == [{"version_num": "9999"}]

    shutil.copy(backup, world.database)
    async with serve(world) as running:
        assert (await ready(world, running)).status_code == 200
    assert world.audit("settings") == [("LOADED", "0.1.0"), ("LOADED", "0.1.0")]
