"""Faults and behaviour that only a database server has."""

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
from bot.store.audit import AuditTrail
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
async def test_a_stopped_server_is_unavailable_until_it_is_started(
    postgresql: PostgresServer, database: Database
) -> None:
    audit = AuditTrail(database)
    await audit.record_event(make_event(reference="before"))
    postgresql.stop()
    for _ in range(3):
        with pytest.raises(StoreUnavailableError):
            await audit.record_event(make_event(reference="restarted"))
        with pytest.raises(StoreUnavailableError):
            await database.ping()
    postgresql.start()
    await audit.record_event(make_event(reference="after"))
    assert [event.reference for event in await events_in(database)] == ["before", "after"]


@on_postgresql
async def test_a_server_stopped_during_a_transaction_keeps_nothing_of_it(
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
async def test_a_hanging_server_times_out_and_then_works_again(postgresql: PostgresServer, database: Database) -> None:
    audit = AuditTrail(database)
    await audit.record_event(make_event())
    with postgresql.hanging():
        async with asyncio.timeout(10):
            with pytest.raises(StoreUnavailableError):
                await audit.record_event(make_event())
    await audit.record_event(make_event(reference="after"))
    assert (await events_in(database))[-1].reference == "after"


@on_postgresql
async def test_a_cut_connection_is_replaced(database: Database, replica: Database) -> None:
    await database.ping()
    async with replica.write() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert (await connection.execute(text(others))).all() == [(True,)]
    await AuditTrail(database).record_event(make_event())


@on_postgresql
async def test_an_exhausted_pool_is_reported_within_seconds(database: Database) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(database.read())
        async with asyncio.timeout(5):
            with pytest.raises(StoreUnavailableError):
                await begin(ResetStore(database, LIMITS))
    await begin(ResetStore(database, LIMITS))


@on_postgresql
async def test_locks_of_a_silent_replica_are_released_for_the_others(address: str, database: Database) -> None:
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
async def test_a_lock_that_is_not_released_is_reported_as_locked(database: Database, replica: Database) -> None:
    async with replica.write() as connection:
        await connection.execute(text("LOCK TABLE user_holds"))
        with pytest.raises(StoreUnavailableError) as caught:
            await begin(ResetStore(database, LIMITS))
    assert caught.value.fault is StoreFault.LOCKED


@on_postgresql
@pytest.mark.parametrize("is_ending", [False, True])
async def test_the_workspaces_row_is_not_locked_while_a_reset_is_still_being_written(
    database: Database, replica: Database, *, is_ending: bool
) -> None:
    store = ResetStore(database, LIMITS)
    reset = await begin(store, "U1", 1)
    async with replica.write() as connection:
        await connection.execute(text("LOCK TABLE audit IN SHARE MODE"))
        writing = asyncio.ensure_future(
            store.finish_reset(reset, Outcome.FAILED, None, now=NOW, actor="U1") if is_ending else begin(store, "U2", 2)
        )
        async with asyncio.timeout(1.5):
            while not (await connection.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted"))).all():
                await asyncio.sleep(0.01)
        assert (await connection.execute(text("SELECT 1 FROM workspace_hours FOR UPDATE NOWAIT"))).all()
    assert await writing


@on_postgresql
async def test_the_time_is_the_servers_whatever_the_hosts_clock_shows(database: Database) -> None:
    for jump in (-HOUR, HOUR):
        with time_machine.travel(datetime.now(UTC) + jump, tick=True):
            await database.ping()
            here = database.now()
        assert abs(here - datetime.now(UTC)) < 5 * SECOND
        assert here.utcoffset() == timedelta(0)


@on_postgresql
async def test_a_jump_of_the_hosts_clock_does_not_move_the_extrapolated_time(database: Database) -> None:
    await database.ping()
    with time_machine.travel(datetime.now(UTC) + HOUR, tick=True):
        jumped = database.now()
    assert abs(jumped - datetime.now(UTC)) < 5 * SECOND


@on_postgresql
async def test_the_extrapolated_time_is_never_ahead_of_the_servers(database: Database) -> None:
    await database.ping()
    for _ in range(20):
        here = database.now()
        async with database.read() as connection:
            there = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        assert here <= there


async def test_two_concurrent_migrations_both_succeed(postgresql: PostgresServer) -> None:
    with postgresql.database(is_migrated=False) as name:
        both = [Database.connect(postgresql.url(name)) for _ in range(2)]
        with pytest.raises(NotMigratedError):
            await both[0].require_migrated()
        await asyncio.gather(*(each.migrate() for each in both))
        for each in both:
            await each.require_migrated()
            await each.aclose()


def grants(role: str) -> str:
    """Return the documented grants, for this role."""
    page = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("GRANT ")]
    assert len(lines) == 4
    return "\n".join(line.replace(" TO bot;", f" TO {role};") for line in lines)


@pytest.fixture
def guest(postgresql: PostgresServer) -> Iterator[tuple[PostgresServer, str, str]]:
    """The server, a migrated database, and a role that owns nothing in it."""
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
    await store.commit_call(reset, now=NOW)
    await JobStore(database).lease_due_jobs(JobKind, NOW, NOW + HOUR, 5)
    assert await store.finish_reset(reset, Outcome.FAILED, None, now=NOW, actor="U1")
    await PauseStore(database).begin_pause(PAUSE)
    await PauseStore(database).end_pause("dora", NOW)
    assert [event.outcome async for event in AuditTrail(database).stream_events(AuditFilter())] == ["STARTED", "FAILED"]
    for statement in ("DELETE FROM audit", "UPDATE audit SET actor = 'x'", "DROP TABLE jobs"):
        with pytest.raises(StoreUnavailableError) as caught:
            async with database.write() as connection:
                await connection.execute(text(statement))
        assert caught.value.fault is StoreFault.NOT_ALLOWED
    await database.aclose()


@pytest.mark.parametrize("missing", ["DELETE ON jobs", "INSERT ON audit", "USAGE ON SEQUENCE audit_id_seq"])
async def test_a_missing_privilege_is_reported_with_its_table(
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


async def test_a_server_without_writes_is_read_only(postgresql: PostgresServer) -> None:
    with postgresql.database() as name:
        with postgresql.connect(ADMIN) as connection:
            connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        database = Database.connect(postgresql.url(name))
        for asked in (AuditTrail(database).record_event(make_event()), database.require_writable()):
            with pytest.raises(StoreUnavailableError) as caught:
                await asked
            assert caught.value.fault is StoreFault.READ_ONLY
        await database.aclose()


async def test_a_refused_login_is_reported_without_the_password(postgresql: PostgresServer) -> None:
    with postgresql.database() as name:
        address = f"postgresql://nobody-known:CANARY@127.0.0.1:{postgresql.port}/{name}"
        database = Database.connect(address)
        with pytest.raises(StoreUnavailableError) as caught:
            await database.ping()
        assert "CANARY" not in f"{caught.value} {caught.value.detail} {caught.value.__cause__}"
        await database.aclose()
