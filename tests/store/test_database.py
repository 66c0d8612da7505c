import asyncio
import sqlite3
import stat
from contextlib import aclosing, closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text

from bot.domain.audit import AuditFilter
from bot.store.audit import AuditLog
from bot.store.database import Database
from bot.store.errors import NewerDatabaseError, NotMigratedError, StoreUnavailableError
from bot.store.models import AuditRow, Base
from tests.store.samples import events_in, make_event, on_sqlite

pytestmark = pytest.mark.asyncio


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


async def test_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    async with database.write() as connection:
        assert await connection.run_sync(differences) == []
        names = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    assert names == {*Base.metadata.tables, "alembic_version"}


async def test_migrating_makes_folder_file_and_tables_and_twice_is_as_good_as_once(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lib" / "bot.db"
    database = Database.connect(f"sqlite:///{path}")
    with pytest.raises(NotMigratedError) as caught:
        await database.require_migrated()
    assert caught.value.found is None
    assert await database.migrate() == caught.value.wanted
    assert await database.migrate() == caught.value.wanted
    await database.require_migrated()
    await database.aclose()


async def test_a_new_file_and_its_folder_are_readable_by_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "var" / "bot.db"
    database = Database.connect(f"sqlite:///{path}")
    await database.migrate()
    await AuditLog(database).record(make_event())
    for found in path.parent.iterdir():
        assert stat.S_IMODE(found.stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0
    await database.aclose()


async def test_tables_of_a_newer_version_are_told_apart(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError) as caught:
        await database.require_migrated()
    assert caught.value.found == "9999"


@on_sqlite
async def test_a_read_only_database_is_unavailable_for_writing_alone(path: Path, database: Database) -> None:
    await AuditLog(database).record(make_event())
    read_only = Database.connect(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StoreUnavailableError):
        await AuditLog(read_only).record(make_event())
    assert len(await events_in(read_only)) == 1
    await read_only.aclose()


@on_sqlite
async def test_many_who_write_at_the_same_moment_take_turns_in_the_order_in_which_they_came(
    database: Database,
) -> None:
    written = []

    async def write(number: int) -> None:
        async with database.write():
            # Longer, all together, than anybody waits for a lock.
            await asyncio.sleep(0.1)
            written.append(number)

    await asyncio.gather(*(write(number) for number in range(25)))
    assert written == sorted(written)


@on_sqlite
async def test_who_waits_for_somebody_elses_lock_gives_up_with_those_who_waited_as_long(
    path: Path, database: Database
) -> None:
    async def write() -> None:
        async with database.write():
            pytest.fail("it is locked")

    with closing(sqlite3.connect(path, isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(4):
            given_up = await asyncio.gather(*(write() for _ in range(10)), return_exceptions=True)
    assert [type(error) for error in given_up] == [StoreUnavailableError] * 10
    async with database.write():
        pass


async def test_a_folder_that_can_not_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError):
        Database.connect(f"sqlite:///{tmp_path}/file/bot.db")


async def test_a_folder_that_has_gone_is_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    database = Database.connect(f"sqlite:///{folder}/bot.db")
    (folder / "bot.db").unlink()
    folder.rmdir()
    with pytest.raises(StoreUnavailableError):
        await database.ping()
    with pytest.raises(StoreUnavailableError):
        await AuditLog(database).record(make_event())
    await database.aclose()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_text("This is no database. " * 100)
    database = Database.connect(f"sqlite:///{tmp_path}/bot.db")
    with pytest.raises(StoreUnavailableError):
        await database.ping()
    with pytest.raises(StoreUnavailableError):
        await database.migrate()
    await database.aclose()


@on_sqlite
async def test_a_database_that_somebody_else_locks_is_unavailable_and_then_works_again(
    path: Path, database: Database
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError):
            await AuditLog(database).record(make_event())
        other.execute("ROLLBACK")
    await AuditLog(database).record(make_event())
    assert len(await events_in(database)) == 1


@on_sqlite
async def test_one_reads_while_somebody_else_writes(path: Path, database: Database) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await database.ping()
        assert await events_in(database) == []


async def test_one_writes_while_somebody_else_reads(database: Database, replica: Database) -> None:
    for number in range(3):
        await AuditLog(database).record(make_event(reference=str(number)))
    exported: list[str] = []
    async for event in AuditLog(database).stream_events(AuditFilter()):
        if not exported:
            await AuditLog(replica).record(make_event(reference="meanwhile"))
        exported.append(event.reference)
    assert exported == ["0", "1", "2"]
    assert [event.reference for event in await events_in(database)] == ["0", "1", "2", "meanwhile"]


async def test_a_database_without_tables_is_unavailable(tmp_path: Path) -> None:
    database = Database.connect(f"sqlite:///{tmp_path}/bot.db")
    with pytest.raises(StoreUnavailableError):
        await AuditLog(database).record(make_event())
    await database.aclose()


async def test_no_error_of_the_store_holds_what_was_to_be_written(tmp_path: Path) -> None:
    database = Database.connect(f"sqlite:///{tmp_path}/bot.db")
    with pytest.raises(StoreUnavailableError) as caught:
        await AuditLog(database).record(make_event(reason="CANARY"))
    assert "CANARY" not in f"{caught.value} {caught.value.__cause__}"
    await database.aclose()


async def break_after_writing(database: Database) -> None:
    async with database.write() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO agent_hours (agent_id, began_at, resets) VALUES ('U1', '2026-03-01', 1)"
        )
        raise RuntimeError


async def test_a_transaction_that_breaks_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        await break_after_writing(database)
    async with database.read() as connection:
        assert (await connection.exec_driver_sql("SELECT * FROM agent_hours")).all() == []


async def test_what_one_process_wrote_another_one_reads(database: Database, replica: Database) -> None:
    await AuditLog(database).record(make_event(reference="AAAA-AAAA"))
    await AuditLog(replica).record(make_event(reference="BBBB-BBBB"))
    for seen in (database, replica):
        assert [event.reference for event in await events_in(seen)] == ["AAAA-AAAA", "BBBB-BBBB"]


@pytest.mark.parametrize(
    ("address", "dialect", "is_embedded"),
    [
        ("sqlite:///{folder}/bot.db", "sqlite", True),
        ("sqlite+aiosqlite:///{folder}/bot.db", "sqlite", True),
        ("postgresql://bot:secret@db.example.com/bot", "postgresql", False),
        ("postgresql+psycopg://bot:secret@db.example.com/bot", "postgresql", False),
    ],
)
async def test_an_address_gets_the_driver_that_can_wait(
    tmp_path: Path, address: str, dialect: str, *, is_embedded: bool
) -> None:
    database = Database.connect(address.format(folder=tmp_path))
    assert (database.dialect, database.is_embedded) == (dialect, is_embedded)
    await database.aclose()


async def test_a_reader_who_takes_his_time_keeps_nobody_from_writing(database: Database, replica: Database) -> None:
    await AuditLog(database).record(make_event(reference="before"))
    async with aclosing(database.stream(select(AuditRow.reference))) as rows:
        assert (await anext(rows)).reference == "before"
        async with replica.write() as writing:
            await writing.execute(text("DELETE FROM jobs"))
