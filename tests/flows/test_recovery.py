"""What becomes of a reset whose process fell silent, or whose outcome was not known, and that its agent is told."""

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
from tests.flows.world import EMAIL, SET, World, fill_form
from tests.store.samples import LIMITS

pytestmark = pytest.mark.asyncio


async def let_it_be_asked_again(world: World, *, minutes: float, until: Callable[[], object]) -> None:
    """The companion is asked again, as long after the write as this."""
    for _ in range(5):
        await world.change(
            "UPDATE jobs SET lease_until = NULL WHERE kind = 'settle_reset'",
            f"UPDATE resets SET called_at = strftime('%Y-%m-%d %H:%M:%f000', 'now', '-{minutes} minutes')",  # noqa: S608 - a number of ours
        )
        with suppress(TimeoutError):
            await world.until(until, timeout_seconds=1.5)
            return
    raise AssertionError(world.audit())


async def submit_set_password(world: World) -> Modal:
    modal = await fill_form(world.agent, "ana@example.com", SET)
    await modal.submit()
    return modal


async def test_an_email_that_may_have_been_sent_is_told_with_a_link_to_the_clients_emails(http_world: World) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        await modal.submit()
        await modal.shows("Listo")
    world.let_last_reset_be_running("calling")
    async with world.bot():
        message = await world.agent.direct_message(containing="No se sabe si WHMCS envió")
    assert f"{world.whmcs.url}/admin/clientsemails.php?userid=42" in str(message.blocks)
    assert world.audit() == [("STARTED", ""), ("UNKNOWN", "interrupted")]


async def test_a_companion_that_answers_again_settles_what_was_unknown_and_the_agent_is_told(
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
        message = await world.agent.direct_message(containing="Ya se sabe: la contraseña de ana@example.com")
        assert "cámbiela otra vez" in message.visible_text
        again = await world.slack.deliver("view_submission", payload)
        assert "Ya se sabe" in str(again.json())
        await world.until(lambda: world.rows("SELECT * FROM jobs") == [])
    assert world.audit() == [("STARTED", ""), ("UNKNOWN", "connection_lost"), ("SETTLED", "not_delivered")]


async def test_what_the_companion_never_got_is_settled_as_not_done_once_it_can_not_come_any_more(
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


async def test_a_write_that_reaches_whmcs_after_it_was_said_not_to_have_is_told_all_the_same(
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


async def test_what_becomes_known_while_the_agent_is_being_told_is_told_after_it(http_world: World) -> None:
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
            assert await store.settle(reset, Settled.NOT_DELIVERED, now=now, actor=BOT, tell_at=now)
        world.slack.faults.release(telling)
        await world.agent.direct_message(containing="Ya se sabe: la contraseña de ana@example.com")
        await world.until(lambda: world.rows("SELECT * FROM jobs WHERE kind = 'tell_agent'") == [])
    assert world.audit() == [("STARTED", ""), ("FAILED", "interrupted"), ("SETTLED", "not_delivered")]


async def test_who_was_taken_over_and_knows_no_end_shows_the_one_that_was_recorded(http_world: World) -> None:
    world = http_world
    async with world.bot():
        world.whmcs.faults.add(WhmcsFault("set_password", "drop_before"))
        asking = WhmcsFault("result", "held_before")
        world.whmcs.faults.add(asking)
        modal = await submit_set_password(world)
        await world.whmcs.faults.wait_until_held(1, asking, timeout_seconds=10)
        async with elsewhere(world) as (store, reset, now):
            assert await store.finish(reset, Outcome.FAILED, Reason.INTERRUPTED, now=now, actor=BOT, tell_at=now)
        await world.agent.direct_message(containing="No se cambió nada.")
        world.whmcs.faults.drop()
        await modal.shows("No se cambió nada.", timeout_seconds=10)
        await world.until(lambda: world.rows("SELECT * FROM jobs WHERE kind = 'tell_agent'") == [])
    assert not any("No se sabe" in message.visible_text for message in world.agent.direct_messages)
    assert not any("No se sabe" in message.visible_text for message in world.agent.ephemeral_messages)
    assert world.audit() == [("STARTED", ""), ("FAILED", "interrupted")]


@asynccontextmanager
async def elsewhere(world: World) -> AsyncIterator[tuple[ResetStore, Reset, datetime]]:
    """Another replica has to do with the last reset."""
    database = Database.connect(world.settings["DATABASE_URL"])
    try:
        store = ResetStore(database, LIMITS)
        [row] = world.rows("SELECT reference FROM resets")
        reset = await store.find(Reference(str(row["reference"])))
        assert reset is not None
        yield store, reset, database.now()
    finally:
        await database.aclose()


async def test_an_agent_to_whom_slack_took_nothing_is_told_when_it_does(http_world: World) -> None:
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
        # It has been tried for months, so this is the last time.
        await world.agent.direct_message(containing="WHMCS envió a ana@example.com")
        await world.until(lambda: world.rows("SELECT * FROM jobs") == [])


async def test_an_agent_whose_bot_died_before_it_could_tell_is_told_by_the_next_one(http_world: World) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        await modal.submit()
        await modal.shows("Listo")
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
