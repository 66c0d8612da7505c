"""Migrations from every released revision, with rows in all tables, to this version's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Integer, MetaData, Table

import bot.store
from bot.domain.resets import Outcome
from bot.store.database import Database
from bot.store.errors import NotMigratedError
from bot.store.resets import ResetStore
from bot.store.schema import Base
from tests.postgresql import PostgresServer
from tests.store.samples import LIMITS, NOW, begin

pytestmark = pytest.mark.asyncio


def config() -> Config:
    found = Config()
    found.set_main_option("script_location", str(Path(bot.store.__file__).parent / "migrations"))
    return found


REVISIONS = [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/bot.db"
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with server.database(is_migrated=False) as name:
        yield server.url(name)


def upgrade_to(connection: Connection, revision: str) -> None:
    with_connection = config()
    with_connection.attributes["connection"] = connection
    command.upgrade(with_connection, revision)


def make_tables_with_rows(connection: Connection, revision: str) -> None:
    upgrade_to(connection, revision)
    for table in tables_in(connection):
        connection.execute(table.insert().values(row_of(table)))


def row_of(table: Table) -> dict[str, object]:
    """Return a value for each column that the database does not number itself, including nullable ones."""
    models = Base.metadata.tables[table.name].columns
    return {
        name: (1 if isinstance(column.type, Integer) else NOW if name.endswith(("at", "until")) else f"some {name}")
        for name, column in table.columns.items()
        if name in models and name != "id"
    }


def tables_in(connection: Connection) -> list[Table]:
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name in Base.metadata.tables]


def rows_in(connection: Connection) -> dict[str, list[dict[str, object]]]:
    return {
        table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
        for table in tables_in(connection)
    }


@pytest.mark.parametrize("revision", REVISIONS)
async def test_rows_of_an_older_version_survive_the_migration_and_the_bot_works(empty: str, revision: str) -> None:
    database = Database.connect(empty)
    async with database.write() as connection:
        await connection.run_sync(make_tables_with_rows, revision)
    async with database.read() as connection:
        before = await connection.run_sync(rows_in)
    if revision != REVISIONS[0]:
        with pytest.raises(NotMigratedError) as caught:
            await database.require_migrated()
        assert caught.value.found == revision

    await database.migrate()
    await database.require_migrated()
    async with database.read() as connection:
        after = await connection.run_sync(rows_in)
    assert len(before) >= 5
    for table, [row] in before.items():
        [kept] = after[table]
        assert {name: kept[name] for name in row} == row

    store = ResetStore(database, LIMITS)
    reset = await begin(store)
    assert await store.finish_reset(reset, Outcome.SUCCEEDED, None, now=NOW, actor="U1")
    async with database.read() as connection:
        audit = (await connection.run_sync(rows_in))["audit"]
    assert [row["outcome"] for row in audit] == ["some outcome", "STARTED", "SUCCEEDED"]
    await database.aclose()


@pytest.mark.parametrize("revision", REVISIONS[1:])
async def test_an_older_version_reads_and_writes_the_newer_tables(empty: str, revision: str) -> None:
    """During a rolling update, its statements must still work on the tables that it knows."""
    database = Database.connect(empty)
    async with database.write() as connection:
        await connection.run_sync(upgrade_to, revision)
        known = await connection.run_sync(tables_in)
    await database.migrate()
    async with database.write() as connection:
        for table in known:
            await connection.execute(table.insert().values(row_of(table)))
    async with database.read() as connection:
        for table in known:
            [row] = (await connection.execute(table.select())).mappings().all()
            assert set(row) == set(table.columns.keys())
    await database.aclose()
