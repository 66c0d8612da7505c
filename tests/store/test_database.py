import asyncio
import sqlite3
import stat
from contextlib import aclosing, closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, make_url, select, text

from bot.domain.audit import AuditFilter
from bot.store import migrations
from bot.store.audit import AuditTrail
from bot.store.database import Database
from bot.store.errors import NewerDatabaseError, NotMigratedError, StoreUnavailableError
from bot.store.schema import REVISION, AuditRow, Base
from tests.store.samples import events_in, make_event, on_sqlite

pytestmark = pytest.mark.asyncio


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


async def test_migrations_create_the_tables_that_the_code_expects(database: Database) -> None:
    async with database.write() as connection:
        assert await connection.run_sync(differences) == []
        names = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    assert names == {*Base.metadata.tables, "alembic_version"}


async def test_migrating_creates_folder_file_and_tables_and_may_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lib" / "bot.db"
    database = Database.connect(f"sqlite:///{path}")
    with pytest.raises(NotMigratedError) as caught:
        await database.require_migrated()
    assert caught.value.found is None
    assert await database.migrate() == caught.value.wanted
    assert await database.migrate() == caught.value.wanted
    await database.require_migrated()
    await database.aclose()


async def test_a_new_file_and_its_folder_are_closed_to_other_users(tmp_path: Path) -> None:
    path = tmp_path / "var" / "bot.db"
    database = Database.connect(f"sqlite:///{path}")
    await database.migrate()
    await AuditTrail(database).record_event(make_event())
    for found in path.parent.iterdir():
        assert stat.S_IMODE(found.stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0
    await database.aclose()


@pytest.mark.parametrize("way", ["path", "link", "uri"])
@pytest.mark.parametrize("mode", [0o644, 0o664, 0o666, 0o640, 0o660, 0o604, 0o602, 0o755, 0o777, 0o600])
async def test_a_file_open_to_others_is_made_private_with_those_beside_it(tmp_path: Path, way: str, mode: int) -> None:
    path, link = tmp_path / "bot ñ%41.db", tmp_path / "link.db"
    link.symlink_to(path)
    addresses = {"path": address_of(path), "link": address_of(link), "uri": address_of(path, is_uri=True)}
    running = Database.connect(addresses["path"])
    await running.migrate()
    await AuditTrail(running).record_event(make_event())
    files = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
    for found in files:
        found.chmod(mode)

    database = Database.connect(addresses[way])

    assert [stat.S_IMODE(found.stat().st_mode) for found in files] == [0o600] * 3
    assert len(await events_in(database)) == 1
    await AuditTrail(running).record_event(make_event())
    await database.aclose()
    await running.aclose()


def address_of(path: Path, *, is_uri: bool = False) -> str:
    url = make_url("sqlite://").set(database=str(path))
    if is_uri:
        url = url.set(database=path.as_uri().replace("file://", "file:"), query={"uri": "true", "mode": "rw"})
    return url.render_as_string(hide_password=False)


async def test_a_private_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    path.touch(mode=0o444)
    await Database.connect(f"sqlite:///file:{path}?mode=ro&uri=true").aclose()
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


async def test_tables_of_a_newer_version_are_recognized(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError) as caught:
        await database.require_migrated()
    assert caught.value.found == "9999"


@on_sqlite
async def test_a_read_only_database_is_unavailable_only_for_writing(path: Path, database: Database) -> None:
    await AuditTrail(database).record_event(make_event())
    read_only = Database.connect(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StoreUnavailableError):
        await AuditTrail(read_only).record_event(make_event())
    assert len(await events_in(read_only)) == 1
    await read_only.aclose()


@on_sqlite
async def test_concurrent_writers_are_served_in_the_order_of_their_arrival(
    database: Database,
) -> None:
    written = []

    async def write(number: int) -> None:
        async with database.write():
            # All together longer than the lock timeout.
            await asyncio.sleep(0.1)
            written.append(number)

    await asyncio.gather(*(write(number) for number in range(25)))
    assert written == sorted(written)


@on_sqlite
async def test_writers_queued_behind_another_processs_lock_time_out_together(path: Path, database: Database) -> None:
    async def write() -> None:
        async with database.write():
            pytest.fail("it is locked")

    with closing(sqlite3.connect(path, isolation_level=None)) as locker:
        locker.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(4):
            given_up = await asyncio.gather(*(write() for _ in range(10)), return_exceptions=True)
    assert [type(error) for error in given_up] == [StoreUnavailableError] * 10
    async with database.write():
        pass


async def test_a_folder_that_can_not_be_created_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError):
        Database.connect(f"sqlite:///{tmp_path}/file/bot.db")


async def test_a_vanished_folder_is_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    database = Database.connect(f"sqlite:///{folder}/bot.db")
    (folder / "bot.db").unlink()
    folder.rmdir()
    with pytest.raises(StoreUnavailableError):
        await database.ping()
    with pytest.raises(StoreUnavailableError):
        await AuditTrail(database).record_event(make_event())
    await database.aclose()


async def test_a_file_that_is_not_a_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_text("This is no database. " * 100)
    database = Database.connect(f"sqlite:///{tmp_path}/bot.db")
    with pytest.raises(StoreUnavailableError):
        await database.ping()
    with pytest.raises(StoreUnavailableError):
        await database.migrate()
    await database.aclose()


@on_sqlite
async def test_a_database_locked_by_another_process_is_unavailable_until_it_is_unlocked(
    path: Path, database: Database
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError):
            await AuditTrail(database).record_event(make_event())
        other.execute("ROLLBACK")
    await AuditTrail(database).record_event(make_event())
    assert len(await events_in(database)) == 1


@on_sqlite
async def test_reads_are_possible_while_another_process_writes(path: Path, database: Database) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await database.ping()
        assert await events_in(database) == []


async def test_writes_are_possible_while_another_process_reads(database: Database, replica: Database) -> None:
    for number in range(3):
        await AuditTrail(database).record_event(make_event(reference=str(number)))
    exported: list[str] = []
    async for event in AuditTrail(database).stream_events(AuditFilter()):
        if not exported:
            await AuditTrail(replica).record_event(make_event(reference="written"))
        exported.append(event.reference)
    assert exported == ["0", "1", "2"]
    assert [event.reference for event in await events_in(database)] == ["0", "1", "2", "written"]


async def test_a_database_without_tables_is_unavailable(tmp_path: Path) -> None:
    database = Database.connect(f"sqlite:///{tmp_path}/bot.db")
    with pytest.raises(StoreUnavailableError):
        await AuditTrail(database).record_event(make_event())
    await database.aclose()


async def test_no_store_error_holds_the_values_of_the_statement(tmp_path: Path) -> None:
    database = Database.connect(f"sqlite:///{tmp_path}/bot.db")
    with pytest.raises(StoreUnavailableError) as caught:
        await AuditTrail(database).record_event(make_event(reason="CANARY"))
    assert "CANARY" not in f"{caught.value} {caught.value.__cause__}"
    await database.aclose()


async def break_after_writing(database: Database) -> None:
    async with database.write() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO agent_hours (agent_id, began_at, resets) VALUES ('U1', '2026-03-01', 1)"
        )
        raise RuntimeError


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        await break_after_writing(database)
    async with database.read() as connection:
        assert (await connection.exec_driver_sql("SELECT * FROM agent_hours")).all() == []


async def test_another_process_reads_committed_rows(database: Database, replica: Database) -> None:
    await AuditTrail(database).record_event(make_event(reference="AAAA-AAAA"))
    await AuditTrail(replica).record_event(make_event(reference="BBBB-BBBB"))
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
async def test_an_address_gets_its_asynchronous_driver(
    tmp_path: Path, address: str, dialect: str, *, is_embedded: bool
) -> None:
    database = Database.connect(address.format(folder=tmp_path))
    assert (database.dialect, database.is_embedded) == (dialect, is_embedded)
    await database.aclose()


async def test_a_slow_reader_does_not_block_writers(database: Database, replica: Database) -> None:
    await AuditTrail(database).record_event(make_event(reference="before"))
    async with aclosing(database.stream(select(AuditRow.reference))) as rows:
        assert (await anext(rows)).reference == "before"
        async with replica.write() as writing:
            await writing.execute(text("DELETE FROM jobs"))


async def test_the_revision_of_this_version_is_the_newest_migration_and_none_is_missing() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    numbers = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert numbers == [f"{number:04}" for number in range(int(REVISION), 0, -1)]
