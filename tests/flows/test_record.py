"""A database that takes nothing any more after WHMCS did its work, and the end of the bot meanwhile.

What becomes of the reset itself is told in tests/reliability.
"""

import asyncio

import pytest

from sandbox.whmcs import Fault
from tests.flows.test_process import ready, serve
from tests.flows.world import EMAIL, World, fill_form

pytestmark = pytest.mark.asyncio

FOLLOWS = "aún no se pudo registrar"


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
