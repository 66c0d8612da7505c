"""A database that accepts no writes after WHMCS did its work, while the bot is stopped.

tests/reliability covers the outcome of the reset itself.
"""

import asyncio

import pytest

from sandbox.whmcs import Fault
from tests.harness.process import ready, serve
from tests.harness.world import EMAIL, World, complete_reset, fill_form

pytestmark = pytest.mark.asyncio

FOLLOWS = "aún no se pudo registrar"


async def test_stopping_waits_until_the_database_accepts_the_outcome(http_world: World) -> None:
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
            await world.until(lambda: '"bot.stopping"' in running.output)
        assert await running.ends() == 0
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]


async def test_a_recorded_outcome_does_not_mention_the_record(http_world: World) -> None:
    world = http_world
    async with world.bot():
        modal = await complete_reset(world.agent, "ana@example.com", EMAIL)
        await world.agent.ephemeral_message(containing="ana@example.com")
    assert FOLLOWS not in modal.text
    assert world.agent.direct_messages == ()
