"""Recovery of resets whose process stopped or whose outcome is unknown, and the notification of their agents."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import pytest

from bot.domain.audit import BOT
from bot.domain.references import Reference
from bot.domain.resets import Outcome, Reason, Reset, Settled
from bot.store.database import Database
from bot.store.resets import ResetStore
from sandbox.slack import Fault, Modal
from sandbox.whmcs import Fault as WhmcsFault
from tests.harness.world import EMAIL, SET, World, complete_reset, fill_form
from tests.store.samples import LIMITS

pytestmark = pytest.mark.asyncio


async def let_it_be_asked_again(world: World, *, minutes: float, until: Callable[[], object]) -> None:
    """Have the companion asked again as if the write was this long ago."""
    for _ in range(5):
        await world.change(
            "UPDATE jobs SET lease_until = NULL WHERE kind = 'settle_reset'",
            f"UPDATE resets SET called_at = strftime('%Y-%m-%d %H:%M:%f000', 'now', '-{minutes} minutes')",  # noqa: S608 - a number of ours
        )
        with suppress(TimeoutError):
            await world.until(until, timeout_seconds=1.5)
            return
    raise AssertionError(world.audit())


def count_results(world: World) -> int:
    return sum(call.action == "result" for call in world.whmcs.calls)


async def submit_set_password(world: World) -> Modal:
    modal = await fill_form(world.agent, "ana@example.com", SET)
    await modal.submit()
    return modal


async def test_a_companion_that_was_emptied_since_does_not_settle_an_unknown_reset(http_world: World) -> None:
    """It was deactivated and activated again, so that it no longer knows the password that was set."""
    world = http_world
    async with world.bot():
        world.whmcs.faults.add(WhmcsFault("set_password", "drop_after"))
        world.whmcs.faults.add(WhmcsFault("result", "html"))
        modal = await submit_set_password(world)
        await modal.shows("No se sabe si se cambió la contraseña", timeout_seconds=10)
        world.whmcs.empty_companion()
        world.whmcs.faults.clear()
        asked = count_results(world)
        with pytest.raises(AssertionError):
            await let_it_be_asked_again(world, minutes=30, until=lambda: world.audit()[-1][0] == "SETTLED")
        assert count_results(world) > asked
    assert world.audit() == [("STARTED", ""), ("UNKNOWN", "connection_lost")]


async def test_an_email_that_may_have_been_sent_is_reported_with_a_link_to_whmcs(http_world: World) -> None:
    world = http_world
    async with world.bot():
        await complete_reset(world.agent, "ana@example.com", EMAIL)
    world.let_last_reset_be_running("calling")
    async with world.bot():
        message = await world.agent.direct_message(containing="No se sabe si WHMCS envió")
    assert f"{world.whmcs.url}/admin/clientsemails.php?userid=42" in str(message.blocks)
    assert world.audit() == [("STARTED", ""), ("UNKNOWN", "interrupted")]


async def test_unknown_resets_are_settled_and_notified_when_the_companion_is_back(
    http_world: World,
) -> None:
    world = http_world
    async with world.bot():
        world.whmcs.faults.add(WhmcsFault("set_password", "drop_after"))
        world.whmcs.faults.add(WhmcsFault("result", "html"))
        modal = await fill_form(world.agent, "ana@example.com", SET)
        payload = world.slack.submission_payload(world.agent, modal)
        await modal.submit()
        await modal.shows("No se sabe si se cambió la contraseña", timeout_seconds=10)
        world.whmcs.faults.clear()
        await let_it_be_asked_again(world, minutes=1, until=lambda: world.audit()[-1][0] == "SETTLED")
        message = await world.agent.direct_message(containing="Actualización: la contraseña de ana@example.com")
        assert "cámbiela otra vez" in message.visible_text
        again = await world.slack.deliver("view_submission", payload)
        assert "Actualización" in str(again.json())
        await world.until(lambda: world.rows("SELECT * FROM jobs") == [])
    assert world.audit() == [("STARTED", ""), ("UNKNOWN", "connection_lost"), ("SETTLED", "not_delivered")]


async def test_a_request_that_can_no_longer_reach_the_companion_is_settled_as_not_done(
    http_world: World,
) -> None:
    world = http_world
    async with world.bot():
        world.whmcs.faults.add(WhmcsFault("set_password", "drop_before"))
        modal = await submit_set_password(world)
        await modal.shows("No se sabe si se cambió la contraseña", timeout_seconds=10)
        world.whmcs.faults.clear()
        is_put_off = "SELECT * FROM jobs WHERE kind = 'settle_reset' AND lease_until > datetime('now', '+4 minutes')"
        await let_it_be_asked_again(world, minutes=10, until=lambda: world.rows(is_put_off))
        assert world.audit()[-1][0] == "UNKNOWN"
        await let_it_be_asked_again(world, minutes=12, until=lambda: world.audit()[-1][0] == "SETTLED")
        message = await world.agent.direct_message(containing="sigue como estaba")
        assert message.visible_text.count("No se cambió nada.") == 1
    assert world.audit() == [("STARTED", ""), ("UNKNOWN", "connection_lost"), ("SETTLED", "not_done")]


async def test_a_write_that_reaches_whmcs_after_a_negative_outcome_is_still_announced(
    http_world: World,
) -> None:
    world = http_world
    async with world.bot():
        modal = await submit_set_password(world)
        await modal.shows("Listo")
    world.let_last_reset_be_running("calling", minutes=3)
    world.whmcs.faults.add(WhmcsFault("result", "held_before"))
    world.whmcs.forget_requests()
    async with world.bot():
        await world.whmcs.faults.wait_until_held(timeout_seconds=10)
        world.whmcs.faults.clear()
        await world.agent.direct_message(containing="No se cambió nada.")
        await world.until(lambda: world.audit()[-1] == ("FAILED", "interrupted"))
        [job] = world.rows("SELECT kind FROM jobs WHERE kind <> 'delete_message' AND kind <> 'tell_agent'")
    assert job["kind"] == "settle_reset"


async def test_an_outcome_found_during_a_notification_is_sent_after_it(http_world: World) -> None:
    world = http_world
    async with world.bot():
        modal = await submit_set_password(world)
        await modal.shows("Listo")
    world.let_last_reset_be_running("calling", minutes=3)
    world.whmcs.forget_requests()
    telling = world.slack.faults.add(Fault("chat.update", "held_before", times=1))
    async with world.bot():
        await world.slack.faults.wait_until_held(telling, timeout_seconds=10)
        async with elsewhere(world) as (store, reset, now):
            assert await store.settle_reset(reset, Settled.NOT_DELIVERED, now=now, actor=BOT, tell_at=now)
        world.slack.faults.release(telling)
        await world.agent.direct_message(containing="Actualización: la contraseña de ana@example.com")
        await world.until(lambda: world.rows("SELECT * FROM jobs WHERE kind = 'tell_agent'") == [])
    assert world.audit() == [("STARTED", ""), ("FAILED", "interrupted"), ("SETTLED", "not_delivered")]


async def test_a_process_that_was_taken_over_shows_the_recorded_outcome(http_world: World) -> None:
    world = http_world
    async with world.bot():
        world.whmcs.faults.add(WhmcsFault("set_password", "drop_before"))
        asking = WhmcsFault("result", "held_before")
        world.whmcs.faults.add(asking)
        modal = await submit_set_password(world)
        await world.whmcs.faults.wait_until_held(asking, timeout_seconds=10)
        async with elsewhere(world) as (store, reset, now):
            assert await store.finish_reset(reset, Outcome.FAILED, Reason.INTERRUPTED, now=now, actor=BOT, tell_at=now)
        await world.agent.direct_message(containing="No se cambió nada.")
        world.whmcs.faults.drop()
        await modal.shows("No se cambió nada.", timeout_seconds=10)
        await world.until(lambda: world.rows("SELECT * FROM jobs WHERE kind = 'tell_agent'") == [])
    assert not any("No se sabe" in message.visible_text for message in world.agent.direct_messages)
    assert not any("No se sabe" in message.visible_text for message in world.agent.ephemeral_messages)
    assert world.audit() == [("STARTED", ""), ("FAILED", "interrupted")]


@asynccontextmanager
async def elsewhere(world: World) -> AsyncIterator[tuple[ResetStore, Reset, datetime]]:
    """Yield the store of another replica, with the last reset and the time."""
    database = Database.connect(world.settings["DATABASE_URL"])
    try:
        store = ResetStore(database, LIMITS)
        [row] = world.rows("SELECT reference FROM resets")
        reset = await store.find_reset(Reference(str(row["reference"])))
        assert reset is not None
        yield store, reset, database.now()
    finally:
        await database.aclose()


async def test_a_notification_that_slack_refused_is_sent_later(http_world: World) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        world.slack.faults.add(Fault("response_url", "status_500"))
        world.slack.faults.add(Fault("chat.postMessage", "error", error="channel_not_found"))
        await modal.submit()
        await modal.shows("Listo")
        await world.slack.wait_for_call("chat.postMessage")
        assert world.agent.direct_messages == ()
        world.slack.faults.clear()
        await world.change("UPDATE jobs SET due_at = '2026-01-01 00:00:00.000000' WHERE kind = 'tell_agent'")
        # The notification has been overdue for months, so this is the last attempt.
        await world.agent.direct_message(containing="WHMCS envió a ana@example.com")
        await world.until(lambda: world.rows("SELECT * FROM jobs") == [])


async def test_the_next_process_sends_the_notification_of_a_dead_one(http_world: World) -> None:
    world = http_world
    async with world.bot():
        await complete_reset(world.agent, "ana@example.com", EMAIL)
        await world.agent.ephemeral_message(containing="ana@example.com")
        await world.until(lambda: world.rows("SELECT * FROM jobs") == [])
    world.execute(
        "INSERT INTO jobs (kind, reference, due_at, attempts, agent_id, agent_locale, channel, ts)"
        " SELECT 'tell_agent', reference, started_at, 0, agent_id, agent_locale, '', '' FROM resets"
    )
    async with world.bot():
        await world.agent.direct_message(containing="WHMCS envió a ana@example.com")
        await world.until(lambda: world.rows("SELECT * FROM jobs") == [])
    assert len(world.agent.direct_messages) == 1


async def test_a_companion_that_does_not_answer_leaves_the_outcome_open_and_then_unknown(http_world: World) -> None:
    world = http_world
    async with world.bot():
        modal = await submit_set_password(world)
        await modal.shows("Listo")
    world.let_last_reset_be_running("calling", minutes=3)
    world.whmcs.faults.add(WhmcsFault("result", "html"))
    async with world.bot():
        await world.whmcs.wait_for_call("result", count=2, timeout_seconds=40)
        assert world.audit() == [("STARTED", "")]
        world.let_last_reset_be_running("calling", minutes=6)
        await world.agent.direct_message(containing="No se sabe si se cambió la contraseña", timeout_seconds=40)
    assert world.audit() == [("STARTED", ""), ("UNKNOWN", "interrupted")]
