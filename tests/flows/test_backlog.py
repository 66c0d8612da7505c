"""Backlogs: many messages to delete within Slack's rate limits, without delaying agents, and old data to remove."""

import asyncio

import pytest

from sandbox.slack import Fault
from tests.harness.world import EMAIL, SET, World, complete_reset, fill_form

pytestmark = pytest.mark.asyncio


def deletions(world: World) -> int:
    return [call.method for call in world.slack.calls].count("chat.delete")


async def test_deletions_pause_while_slack_rate_limits_and_then_continue(http_world: World) -> None:
    world = http_world
    async with world.bot():
        messages = []
        for whom in ("#42", "#51", "#43"):
            modal = await complete_reset(world.agent, whom, SET)
            messages.append(world.agent.direct_messages[-1])
            await modal.close()
        world.slack.faults.add(Fault("chat.delete", "ratelimited", seconds=3, times=3))
        loop = asyncio.get_running_loop()
        await world.change("UPDATE jobs SET due_at = '2026-01-01 00:00:00.000000' WHERE kind = 'delete_message'")
        await world.slack.wait_for_call("chat.delete", count=3)
        began = loop.time()
        for message in messages:
            await message.gone(timeout_seconds=15)
        assert loop.time() - began >= 2
    assert deletions(world) == 6
    assert world.audit("message") == [("DELETED", "")] * 3


async def test_a_failed_delete_now_is_retried_soon(http_world: World) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", SET)
        await modal.submit()
        message = await world.agent.direct_message(containing="Contraseña nueva")
        world.slack.faults.add(Fault("chat.delete", "status_500", times=1))
        await message.press("Borrar ahora")
        await message.gone(timeout_seconds=10)
    assert deletions(world) == 2


async def test_after_a_month_only_the_audit_is_kept(http_world: World) -> None:
    world = http_world
    async with world.bot():
        for whom in ("#42", "#51"):
            modal = await complete_reset(world.agent, whom, EMAIL)
            await modal.close()
        await world.until(lambda: world.rows("SELECT * FROM jobs") == [])
    world.execute(
        "UPDATE resets SET started_at = datetime('now', '-31 days') WHERE client_id = 42",
        "UPDATE resets SET started_at = datetime('now', '-29 days') WHERE client_id = 51",
    )
    async with world.bot():
        await world.until(lambda: [row["client_id"] for row in world.rows("SELECT * FROM resets")] == [51])
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")] * 2
