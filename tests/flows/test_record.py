"""A database that takes nothing any more after WHMCS did its work: the agent has his result, and the record follows."""

import asyncio
import json
import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from sandbox.whmcs import Fault
from tests.flows.test_process import ready, serve
from tests.flows.world import EMAIL, SET, World, fill_form

pytestmark = pytest.mark.asyncio

FOLLOWS = "aún no se pudo registrar"


@contextmanager
def full_disk(world: World) -> Iterator[None]:
    """No file of this process can grow any more, so that what SQLite appends to its log is refused."""
    size = world.database.with_name("bot.db-wal").stat().st_size
    limit, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))


@contextmanager
def read_only(world: World) -> Iterator[None]:
    """Everything is read, and no row is taken."""
    tables = ("audit", "jobs", "resets")
    changes = ("INSERT", "UPDATE", "DELETE")
    world.execute(
        *(
            f"CREATE TRIGGER stop_{table}_{change} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"
            for table in tables
            for change in changes
        )
    )
    try:
        yield
    finally:
        world.execute(*(f"DROP TRIGGER stop_{table}_{change}" for table in tables for change in changes))


def locked(world: World) -> AbstractContextManager[object]:
    return world.locked()


@pytest.mark.parametrize("failing", [locked, full_disk, read_only])
@pytest.mark.parametrize(("method", "action"), [(SET, "set_password"), (EMAIL, "ResetPassword")])
async def test_the_agent_has_the_result_and_is_told_that_the_record_follows_and_it_does(
    http_world: World, failing: Callable[[World], AbstractContextManager[object]], method: str, action: str
) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", method)
        world.whmcs.faults.add(Fault(action, "held_after", times=1))
        submitting = asyncio.ensure_future(modal.submit())
        await world.whmcs.wait_for_call(action)
        with failing(world):
            world.whmcs.faults.clear()
            await submitting
            await modal.shows("Listo", timeout_seconds=10)
            await modal.shows(FOLLOWS)
            await world.agent.direct_message(containing=FOLLOWS, timeout_seconds=10)
            await world.agent.ephemeral_message(containing="ana@example.com")
            if method == SET:
                message = await world.agent.direct_message(containing="Contraseña nueva")
                assert world.whmcs.opens("ana@example.com", message.password)
            assert world.audit() == [("STARTED", "")]
        await world.until(lambda: world.audit()[-1] == ("SUCCEEDED", ""), timeout_seconds=20)
        # Nobody has to tell him any more.
        assert world.rows("SELECT * FROM jobs WHERE kind <> 'delete_message'") == []
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]
    assert [call.action for call in world.whmcs.calls].count(action) == 1


@pytest.mark.parametrize(
    ("method", "action", "end", "told"),
    [
        (SET, "set_password", ("SUCCEEDED", "not_delivered"), "cámbiela otra vez"),
        (EMAIL, "ResetPassword", ("UNKNOWN", "interrupted"), "No se sabe si WHMCS envió"),
    ],
)
async def test_a_process_that_dies_with_an_outcome_that_was_not_recorded_has_written_it_to_its_log(
    http_world: World, method: str, action: str, end: tuple[str, str], told: str
) -> None:
    world = http_world
    async with serve(world) as running:
        await ready(world, running)
        modal = await fill_form(world.agent, "ana@example.com", method)
        world.whmcs.faults.add(Fault(action, "held_after", times=1))
        submitting = asyncio.ensure_future(modal.submit())
        await world.whmcs.wait_for_call(action)
        with world.locked():
            world.whmcs.faults.clear()
            await submitting
            await modal.shows("Listo", timeout_seconds=10)
            running.process.kill()
            await running.process.wait()
    lines = [json.loads(line) for line in running.output.splitlines() if '"audit"' in line]
    [unrecorded] = [line for line in lines if line.get("recorded") is False]
    assert (unrecorded["action"], unrecorded["outcome"], unrecorded["actor"]) == ("reset", "SUCCEEDED", world.agent.id)
    assert world.audit() == [("STARTED", "")]

    world.execute(
        "UPDATE jobs SET due_at = '2026-01-01 00:00:00.000000' WHERE kind = 'recover_reset'",
        "UPDATE resets SET called_at = strftime('%Y-%m-%d %H:%M:%f000', called_at, '-1 minutes')",
    )
    async with world.bot():
        await world.agent.direct_message(containing=told, timeout_seconds=10)
    assert world.audit() == [("STARTED", ""), end]


async def test_a_bot_that_is_stopped_waits_for_the_database_to_take_the_outcome(http_world: World) -> None:
    world = http_world
    async with serve(world) as running:
        await ready(world, running)
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        world.whmcs.faults.add(Fault("ResetPassword", "held_after", times=1))
        submitting = asyncio.ensure_future(modal.submit())
        await world.whmcs.wait_for_call("ResetPassword")
        with world.locked():
            world.whmcs.faults.clear()
            await submitting
            await modal.shows(FOLLOWS, timeout_seconds=10)
            running.terminate()
            await world.until(lambda: '"stopping"' in running.output)
        assert await running.ends() == 0
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]


async def test_an_outcome_that_was_recorded_says_nothing_of_the_record(http_world: World) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        await modal.submit()
        await modal.shows("Listo")
        await world.agent.ephemeral_message(containing="ana@example.com")
    assert FOLLOWS not in modal.text
    assert world.agent.direct_messages == ()
