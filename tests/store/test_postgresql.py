"""What a server can do to the bot, and a file can't."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import text

from bot.domain.audit import AuditFilter
from bot.domain.resets import Outcome
from bot.store.audit import AuditLog
from bot.store.database import Database
from bot.store.errors import NotMigratedError, StoreFault, StoreUnavailableError
from bot.store.jobs import JobKind, JobStore
from bot.store.pauses import PauseStore
from bot.store.resets import ResetStore
from tests.postgresql import ADMIN, ROLE, PostgresServer
from tests.store.samples import HOUR, LIMITS, NOW, SECOND, begin, events_in, make_event, on_postgresql
from tests.store.test_pauses import PAUSE

pytestmark = [pytest.mark.asyncio]


@on_postgresql
async def test_a_server_that_is_stopped_is_unavailable_and_then_works_again(
    postgresql: PostgresServer, database: Database
) -> None:
    audit = AuditLog(database)
    await audit.record(make_event(reference="before"))
    postgresql.stop()
    for _ in range(3):
        with pytest.raises(StoreUnavailableError):
            await audit.record(make_event(reference="meanwhile"))
        with pytest.raises(StoreUnavailableError):
            await database.ping()
    postgresql.start()
    await audit.record(make_event(reference="after"))
    assert [event.reference for event in await events_in(database)] == ["before", "after"]


@on_postgresql
async def test_a_server_that_stops_in_the_middle_of_a_transaction_leaves_nothing_of_it(
    postgresql: PostgresServer, database: Database
) -> None:
    async def write_and_lose() -> None:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO agent_hours VALUES ('U1', now(), 1)"))
            postgresql.stop()

    with pytest.raises(StoreUnavailableError):
        await write_and_lose()
    postgresql.start()
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT * FROM agent_hours"))).all() == []


@on_postgresql
async def test_a_server_that_hangs_is_given_up_and_then_works_again(
    postgresql: PostgresServer, database: Database
) -> None:
    audit = AuditLog(database)
    await audit.record(make_event())
    with postgresql.hanging():
        async with asyncio.timeout(10):
            with pytest.raises(StoreUnavailableError):
                await audit.record(make_event())
    await audit.record(make_event(reference="after"))
    assert (await events_in(database))[-1].reference == "after"


@on_postgresql
async def test_a_connection_that_was_cut_is_replaced(database: Database, replica: Database) -> None:
    await database.ping()
    async with replica.write() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert (await connection.execute(text(others))).all() == [(True,)]
    await AuditLog(database).record(make_event())


@on_postgresql
async def test_who_finds_no_free_connection_is_told_so_within_seconds(database: Database) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(database.read())
        async with asyncio.timeout(5):
            with pytest.raises(StoreUnavailableError):
                await begin(ResetStore(database, LIMITS))
    await begin(ResetStore(database, LIMITS))


@on_postgresql
async def test_what_a_replica_holds_that_fell_silent_the_others_get(address: str, database: Database) -> None:
    silent = Database.connect(f"{address}?options=-c%20idle_in_transaction_session_timeout%3D1s")

    async def fall_silent() -> None:
        async with silent.write() as connection:
            await connection.execute(text("INSERT INTO user_holds VALUES (7, 'AAAA-AAAA', 'U1', NULL)"))
            await begin(ResetStore(database, LIMITS), user_id=7)

    with pytest.raises(StoreUnavailableError):
        await fall_silent()
    assert len(await events_in(database)) == 1
    await silent.aclose()


@on_postgresql
async def test_a_lock_that_somebody_keeps_is_said_to_be_one(database: Database, replica: Database) -> None:
    async with replica.write() as connection:
        await connection.execute(text("LOCK TABLE user_holds"))
        with pytest.raises(StoreUnavailableError) as caught:
            await begin(ResetStore(database, LIMITS))
    assert caught.value.fault is StoreFault.LOCKED


@on_postgresql
@pytest.mark.parametrize("is_ending", [False, True])
async def test_the_row_that_all_resets_share_is_free_while_one_of_them_is_still_being_written(
    database: Database, replica: Database, *, is_ending: bool
) -> None:
    store = ResetStore(database, LIMITS)
    reset = await begin(store, "U1", 1)
    async with replica.write() as connection:
        await connection.execute(text("LOCK TABLE audit IN SHARE MODE"))
        writing = asyncio.ensure_future(
            store.finish(reset, Outcome.FAILED, None, now=NOW, actor="U1") if is_ending else begin(store, "U2", 2)
        )
        async with asyncio.timeout(1.5):
            while not (await connection.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted"))).all():
                await asyncio.sleep(0.01)
        assert (await connection.execute(text("SELECT 1 FROM workspace_hours FOR UPDATE NOWAIT"))).all()
    assert await writing


@on_postgresql
async def test_the_time_is_the_servers_whatever_the_hosts_clock_says(database: Database) -> None:
    for jump in (-HOUR, HOUR):
        with time_machine.travel(datetime.now(UTC) + jump, tick=True):
            await database.ping()
            here = database.now()
        assert abs(here - datetime.now(UTC)) < 5 * SECOND
        assert here.utcoffset() == timedelta(0)


@on_postgresql
async def test_a_jump_of_the_hosts_clock_does_not_move_the_time_between_two_looks(database: Database) -> None:
    await database.ping()
    with time_machine.travel(datetime.now(UTC) + HOUR, tick=True):
        jumped = database.now()
    assert abs(jumped - datetime.now(UTC)) < 5 * SECOND


@on_postgresql
async def test_the_time_here_is_never_ahead_of_the_servers(database: Database) -> None:
    await database.ping()
    for _ in range(20):
        here = database.now()
        async with database.read() as connection:
            there = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        assert here <= there


async def test_of_two_who_migrate_at_the_same_moment_both_succeed(postgresql: PostgresServer) -> None:
    with postgresql.database(is_migrated=False) as name:
        both = [Database.connect(postgresql.url(name)) for _ in range(2)]
        with pytest.raises(NotMigratedError):
            await both[0].require_migrated()
        await asyncio.gather(*(each.migrate() for each in both))
        for each in both:
            await each.require_migrated()
            await each.aclose()


def grants(role: str) -> str:
    """What the documentation has the owner grant, to this role."""
    page = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("GRANT ")]
    assert len(lines) == 4
    return "\n".join(line.replace(" TO bot;", f" TO {role};") for line in lines)


@pytest.fixture
def guest(postgresql: PostgresServer) -> Iterator[tuple[PostgresServer, str, str]]:
    """A migrated database, and a role that owns nothing in it."""
    with postgresql.database() as name, postgresql.connect(ADMIN) as connection:
        role = f"guest_of_{name}"
        connection.execute(f"CREATE ROLE {role} LOGIN")
        yield postgresql, name, role
        with postgresql.connect(name) as there:
            there.execute(f"DROP OWNED BY {role}")
        connection.execute(f"DROP ROLE {role}")


async def test_the_privileges_that_the_documentation_grants_are_enough(
    guest: tuple[PostgresServer, str, str],
) -> None:
    server, name, role = guest
    with server.connect(name, ROLE) as owner:
        owner.execute(grants(role))
    database = Database.connect(server.url(name, role))
    store = ResetStore(database, LIMITS)
    await database.require_migrated()
    await database.require_writable()
    reset = await begin(store)
    await store.announce_call(reset, now=NOW)
    await JobStore(database).take_due(JobKind, NOW, NOW + HOUR, 5)
    assert await store.finish(reset, Outcome.FAILED, None, now=NOW, actor="U1")
    await PauseStore(database).begin(PAUSE)
    await PauseStore(database).end("dora", NOW)
    assert [event.outcome async for event in AuditLog(database).stream_events(AuditFilter())] == ["STARTED", "FAILED"]
    for statement in ("DELETE FROM audit", "UPDATE audit SET actor = 'x'", "DROP TABLE jobs"):
        with pytest.raises(StoreUnavailableError) as caught:
            async with database.write() as connection:
                await connection.execute(text(statement))
        assert caught.value.fault is StoreFault.NOT_ALLOWED
    await database.aclose()


@pytest.mark.parametrize("missing", ["DELETE ON jobs", "INSERT ON audit", "USAGE ON SEQUENCE audit_id_seq"])
async def test_a_privilege_that_is_missing_is_named_by_its_table(
    guest: tuple[PostgresServer, str, str], missing: str
) -> None:
    server, name, role = guest
    with server.connect(name, ROLE) as owner:
        owner.execute(grants(role))
        owner.execute(f"REVOKE {missing} FROM {role}")
    database = Database.connect(server.url(name, role))
    with pytest.raises(StoreUnavailableError) as caught:
        await database.require_writable()
    assert caught.value.fault is StoreFault.NOT_ALLOWED
    assert caught.value.detail.split()[0] in missing
    await database.aclose()


async def test_a_server_that_takes_no_writes_is_read_only(postgresql: PostgresServer) -> None:
    with postgresql.database() as name:
        with postgresql.connect(ADMIN) as connection:
            connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        database = Database.connect(postgresql.url(name))
        for asked in (AuditLog(database).record(make_event()), database.require_writable()):
            with pytest.raises(StoreUnavailableError) as caught:
                await asked
            assert caught.value.fault is StoreFault.READ_ONLY
        await database.aclose()


async def test_who_is_not_let_in_is_told_so_without_his_password(postgresql: PostgresServer) -> None:
    with postgresql.database() as name:
        address = f"postgresql://nobody-known:CANARY@127.0.0.1:{postgresql.port}/{name}"
        database = Database.connect(address)
        with pytest.raises(StoreUnavailableError) as caught:
            await database.ping()
        assert "CANARY" not in f"{caught.value} {caught.value.detail} {caught.value.__cause__}"
        await database.aclose()
