"""Repeated submissions, limits, and database faults: the message and the audit events."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from sandbox.slack import Fault, LocalSlack, Person
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import LocalWhmcs
from tests.harness.world import EMAIL, GROUP, SET, World, complete_reset, fill_form

pytestmark = pytest.mark.asyncio


@pytest.mark.both_modes
@pytest.mark.both_databases
async def test_two_simultaneous_submissions_are_one_reset_that_both_show(
    agent: Person, whmcs: LocalWhmcs, slack: LocalSlack, running: World
) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    payload = slack.submission_payload(agent, modal)
    answers = await asyncio.gather(*(slack.deliver("view_submission", payload) for _ in range(5)))

    assert all("Listo" in str(answer.json()) for answer in answers)
    assert [call.action for call in whmcs.writes] == ["set_password"]
    assert running.audit() == [("STARTED", ""), ("SUCCEEDED", "")]
    assert len(agent.direct_messages) == 1


@pytest.mark.both_databases
async def test_the_same_submission_later_and_after_a_restart_shows_the_recorded_outcome(world: World) -> None:
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        payload = world.slack.submission_payload(world.agent, modal)
        await world.slack.deliver("view_submission", payload)
    async with world.bot():
        again = await world.slack.deliver("view_submission", payload)
    assert "WHMCS envió a ana@example.com" in str(again.json())
    assert len(world.whmcs.reset_emails) == 1
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]


async def test_the_same_form_with_other_values_is_tampering(
    agent: Person, whmcs: LocalWhmcs, slack: LocalSlack, running: World
) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    payload = slack.submission_payload(agent, modal)
    await slack.deliver("view_submission", payload)
    await modal.choose("Método", SET)
    answer = await slack.deliver("view_submission", slack.submission_payload(agent, modal))

    assert "ya se envió con otros valores" in str(answer.json())
    assert running.audit("form") == [("TAMPERED", "other_values")]
    assert len(whmcs.reset_emails) == 1
    assert "set_password" not in [call.action for call in whmcs.calls]


@pytest.mark.both_databases
async def test_a_second_agent_reads_who_reset_the_user_and_when(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    other = slack.add_person("Curro Colega", groups=[GROUP])
    mine = await fill_form(agent, "ana@example.com", EMAIL)
    theirs = await fill_form(other, "ana@example.com", EMAIL)
    await mine.submit()
    await mine.shows("Listo")
    await theirs.submit()

    assert "Sofía Soporte acaba de restablecer" in theirs.errors["Usuario"]
    assert "Será posible de nuevo a partir de esta hora" in theirs.errors["Usuario"]
    assert running.audit("limit") == [("REACHED", "user_cooldown")]
    assert len(whmcs.reset_emails) == 1


async def test_a_clock_that_jumps_back_an_hour_does_not_end_the_cool_down(http_world: World) -> None:
    world = http_world
    other = world.slack.add_person("Curro Colega", groups=[GROUP])
    async with world.bot():
        await complete_reset(world.agent, "ana@example.com", EMAIL)
        with time_machine.travel(datetime.now(UTC) - timedelta(hours=1), tick=True):
            theirs = await fill_form(other, "ana@example.com", EMAIL)
            await theirs.submit()
            assert "Sofía Soporte acaba de restablecer" in theirs.errors["Usuario"]
    assert len(world.whmcs.reset_emails) == 1


@pytest.mark.both_databases
async def test_a_user_with_a_running_reset_is_blocked_for_other_agents(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    other = slack.add_person("Curro Colega", groups=[GROUP])
    mine = await fill_form(agent, "ana@example.com", EMAIL)
    theirs = await fill_form(other, "ana@example.com", EMAIL)
    whmcs.faults.add(WhmcsFault("ResetPassword", "held_before", times=1))
    submitting = asyncio.ensure_future(mine.submit())
    await whmcs.wait_for_call("ResetPassword")
    await theirs.submit()

    assert "en este momento" in theirs.errors["Usuario"]
    whmcs.faults.clear()
    await submitting
    assert running.audit("limit") == [("REACHED", "user_busy")]


@pytest.mark.both_databases
async def test_the_hourly_limit_is_reported_with_the_time_it_ends(world: World) -> None:
    async with world.bot(AGENT_RESETS_PER_HOUR="1"):
        await complete_reset(world.agent, "#42", EMAIL)
        second = await fill_form(world.agent, "#51", EMAIL)
        await second.submit()
        assert "Será posible de nuevo a partir de esta hora" in second.errors["Usuario"]
    assert world.audit("limit") == [("REACHED", "agent_hour")]
    assert len(world.whmcs.reset_emails) == 1


async def test_the_limit_of_all_agents_is_reported_with_the_time_it_ends(http_world: World) -> None:
    world = http_world
    other = world.slack.add_person("Curro Colega", groups=[GROUP])
    async with world.bot(RESETS_PER_HOUR="1"):
        await complete_reset(world.agent, "#42", EMAIL)
        second = await fill_form(other, "#51", EMAIL)
        await second.submit()
        assert "Entre todos los agentes" in second.errors["Usuario"]
        assert "Será posible de nuevo a partir de esta hora" in second.errors["Usuario"]
    assert world.audit("limit") == [("REACHED", "workspace_hour")]
    assert len(world.whmcs.reset_emails) == 1


@pytest.mark.both_databases
async def test_nothing_is_done_if_the_audit_cannot_be_written(agent: Person, whmcs: LocalWhmcs, running: World) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    with running.locked():
        await modal.submit()
        await modal.shows("sin registro no se hace nada", timeout_seconds=10)
    assert whmcs.writes == []
    assert running.audit() == []


async def test_no_message_is_lost_when_slack_rate_limits(agent: Person, slack: LocalSlack, whmcs: LocalWhmcs) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    slack.faults.add(Fault("chat.update", "ratelimited", seconds=1, times=1))
    slack.faults.add(Fault("views.update", "ratelimited", seconds=1, times=1))
    await modal.submit()
    await modal.shows("Listo", timeout_seconds=10)
    message = await agent.direct_message(containing="Contraseña nueva")
    assert whmcs.opens("ana@example.com", message.password)


async def test_the_placeholder_is_retried_when_slack_rate_limits(agent: Person, slack: LocalSlack) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    slack.faults.add(Fault("chat.postMessage", "ratelimited", seconds=1, times=1))
    await modal.submit()
    await modal.shows("Listo", timeout_seconds=10)
    assert (await agent.direct_message(containing="Contraseña nueva")).password


@pytest.mark.both_databases
async def test_a_reset_whose_process_died_is_found_and_its_agent_notified(world: World) -> None:
    async with world.bot():
        await complete_reset(world.agent, "ana@example.com", EMAIL)
    world.let_last_reset_be_running("calling")
    async with world.bot():
        message = await world.agent.direct_message(containing="No se sabe si WHMCS envió")
    assert "ana@example.com" in message.visible_text
    assert world.audit()[-1] == ("UNKNOWN", "interrupted")
    assert world.audit_rows()[-1]["actor"] == "bot"


async def test_a_reset_whose_process_died_before_the_write_changed_nothing(world: World) -> None:
    async with world.bot():
        await complete_reset(world.agent, "ana@example.com", EMAIL)
    world.let_last_reset_be_running("checking")
    async with world.bot():
        await world.agent.direct_message(containing="No se cambió nada.")
    assert world.audit()[-1] == ("FAILED", "interrupted")


async def test_a_password_set_by_a_dead_process_is_reported_as_undelivered(world: World) -> None:
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", SET)
        await modal.submit()
        message = await world.agent.direct_message(containing="Contraseña nueva")
    world.let_last_reset_be_running("calling")
    async with world.bot():
        await message.shows("cámbiela otra vez")
    assert world.audit()[-1] == ("SUCCEEDED", "not_delivered")
    assert [call.action for call in world.whmcs.writes] == ["set_password"]


async def test_after_a_day_an_unknown_request_id_does_not_mean_not_done(world: World) -> None:
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", SET)
        await modal.submit()
        message = await world.agent.direct_message(containing="Contraseña nueva")
    world.let_last_reset_be_running("calling", minutes=24 * 60)
    world.whmcs.forget_requests()
    async with world.bot():
        await message.shows("No se sabe si")
    assert world.audit()[-1] == ("UNKNOWN", "interrupted")


async def test_recovery_posts_a_new_message_if_it_cannot_edit_the_old_one(world: World) -> None:
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", SET)
        await modal.submit()
        await world.agent.direct_message(containing="Contraseña nueva")
    world.let_last_reset_be_running("calling")
    world.slack.faults.add(Fault("chat.update", "error", error="cant_update_message"))
    async with world.bot():
        await world.agent.direct_message(containing="cámbiela otra vez")


@pytest.mark.both_databases
async def test_deleting_an_old_message_keeps_the_deletion_of_its_successor(
    agent: Person, whmcs: LocalWhmcs, slack: LocalSlack, running: World
) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    whmcs.faults.add(WhmcsFault("set_password", "held_before", times=1))
    slack.faults.add(Fault("chat.delete", "held_after", times=1))
    submitting = asyncio.ensure_future(modal.submit())
    await whmcs.wait_for_call("set_password")
    running.let_messages_be_due()
    await slack.wait_for_call("chat.delete", is_done=False)
    await agent.waits_until(lambda: not agent.direct_messages)
    whmcs.faults.clear()
    await submitting
    message = await agent.direct_message(containing="Contraseña nueva")
    slack.faults.release()

    await running.until(lambda: [job["ts"] for job in running.rows("SELECT ts FROM jobs")] == [message.ts])
    await message.press("Borrar ahora")
    await message.gone()


@pytest.mark.both_databases
async def test_an_outcome_that_cannot_be_recorded_at_once_is_recorded_later_unchanged(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    whmcs.faults.add(WhmcsFault("set_password", "held_after", times=1))
    submitting = asyncio.ensure_future(modal.submit())
    await whmcs.wait_for_call("set_password")
    with running.locked():
        whmcs.faults.clear()
        await submitting
        await modal.shows("Listo", timeout_seconds=10)
    await running.until(lambda: running.audit()[-1] == ("SUCCEEDED", ""), timeout_seconds=10)
    assert (await agent.direct_message(containing="Contraseña nueva")).password


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions", "actions": []},
        {"type": "view_submission", "view": None},
        {"type": "block_suggestion"},
        {"type": "never_heard_of"},
        {"event": {"user": 5}},
        {},
    ],
)
async def test_malformed_signed_payloads_are_no_server_error(
    slack: LocalSlack, running: World, payload: dict[str, object]
) -> None:
    answer = await slack.deliver("interactivity", payload)
    assert answer.status < 500
    assert running.audit() == []
