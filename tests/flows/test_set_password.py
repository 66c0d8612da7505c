"""*Set a password*, from a signed request to WHMCS, the direct message and its deletion."""

import asyncio
import json

import pytest

from sandbox.slack import Fault, LocalSlack, Person
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import LocalWhmcs
from tests.harness.world import EMAIL, GROUP, SET, World, complete_reset, fill_form, open_card

pytestmark = pytest.mark.asyncio


@pytest.mark.both_modes
async def test_only_the_requesting_agent_receives_the_password_that_whmcs_now_has(
    agent: Person, whmcs: LocalWhmcs, slack: LocalSlack, running: World
) -> None:
    slack.add_person("Curro Colega", groups=[GROUP])
    modal = await fill_form(agent, "ana@example.com", SET)
    await modal.submit()

    await modal.shows("se cambió. Está en un mensaje directo solo para usted")
    message = await agent.direct_message(containing="Contraseña nueva de ana@example.com")
    assert whmcs.opens("ana@example.com", message.password)
    assert slack.people_who_saw(message.password) == {agent}
    assert running.audit() == [("STARTED", ""), ("SUCCEEDED", "")]


@pytest.mark.both_databases
async def test_the_password_is_only_in_one_companion_request_and_one_message(
    agent: Person, whmcs: LocalWhmcs, slack: LocalSlack, running: World
) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    await modal.submit()
    message = await agent.direct_message(containing="Contraseña nueva")
    password = message.password
    await agent.ephemeral_message(containing="ana@example.com")

    to_whmcs = [call.action for call in whmcs.calls if password in json.dumps(dict(call.parameters), default=str)]
    to_slack = [call.method for call in slack.calls if password in json.dumps(dict(call.arguments), default=str)]
    assert to_whmcs == ["set_password"]
    assert to_slack == ["chat.update"]
    assert password not in message.text
    assert password.encode() not in running.read_all_of_the_database()


@pytest.mark.both_databases
async def test_the_message_and_its_deletion_are_recorded_before_the_password_is_set(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    whmcs.faults.add(WhmcsFault("set_password", "held_before"))
    modal = await fill_form(agent, "ana@example.com", SET)
    submitting = asyncio.ensure_future(modal.submit())
    await whmcs.wait_for_call("set_password")

    [job] = running.rows("SELECT * FROM jobs WHERE kind = 'delete_message'")
    assert (job["channel"], job["ts"]) == (agent.direct_messages[-1].channel, agent.direct_messages[-1].ts)
    whmcs.faults.clear()
    await submitting
    await modal.shows("Listo")


async def test_the_placeholder_explains_the_state_and_contains_no_secret(agent: Person, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(WhmcsFault("set_password", "held_before"))
    modal = await fill_form(agent, "ana@example.com", SET)
    submitting = asyncio.ensure_future(modal.submit())

    message = await agent.direct_message(containing="Un momento")
    assert "Contraseña nueva" not in message.visible_text
    whmcs.faults.clear()
    await submitting
    await message.shows("Contraseña nueva de ana@example.com")


@pytest.mark.both_modes
@pytest.mark.both_databases
async def test_delete_now_deletes_the_message_and_is_in_the_audit(agent: Person, running: World) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    await modal.submit()
    message = await agent.direct_message(containing="Contraseña nueva")
    await message.press("Borrar ahora")
    await message.gone()

    await running.until(lambda: running.audit("message") == [("DELETED", "")])
    assert running.audit_rows()[-1]["actor"] == agent.id
    assert running.rows("SELECT * FROM jobs") == []


@pytest.mark.both_databases
async def test_the_message_is_deleted_when_its_time_is_over(world: World) -> None:
    async with world.bot(PASSWORD_TTL_SECONDS="30"):
        modal = await fill_form(world.agent, "ana@example.com", SET)
        await modal.submit()
        message = await world.agent.direct_message(containing="Contraseña nueva")
        world.let_messages_be_due()
        await message.gone()
        await world.until(lambda: world.audit("message") == [("DELETED", "")])
    assert world.audit_rows()[-1]["actor"] == "bot"


@pytest.mark.both_databases
async def test_a_message_that_expires_while_the_bot_is_down_is_deleted_at_the_next_start(world: World) -> None:
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", SET)
        await modal.submit()
        message = await world.agent.direct_message(containing="Contraseña nueva")
    world.let_messages_be_due()
    assert not message.is_deleted
    async with world.bot():
        await message.gone()


async def test_a_failed_deletion_is_retried(agent: Person, slack: LocalSlack, running: World) -> None:
    slack.faults.add(Fault("chat.delete", "status_500", times=1))
    modal = await fill_form(agent, "ana@example.com", SET)
    await modal.submit()
    message = await agent.direct_message(containing="Contraseña nueva")
    running.let_messages_be_due()
    await message.gone(timeout_seconds=15)
    assert [call.method for call in slack.calls].count("chat.delete") == 2


async def test_a_lost_response_to_the_placeholder_never_leads_to_two_passwords(
    agent: Person, slack: LocalSlack
) -> None:
    slack.faults.add(Fault("chat.postMessage", "drop_after", times=1))
    await complete_reset(agent, "ana@example.com", SET)
    message = await agent.direct_message(containing="Contraseña nueva")

    assert len(agent.direct_messages) == 2
    with_password = [seen for seen in agent.direct_messages if message.password in str(seen.blocks)]
    assert with_password == [message]


async def test_a_lost_response_to_the_password_is_retried_in_the_same_message(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs
) -> None:
    slack.faults.add(Fault("chat.update", "drop_after", times=1))
    await complete_reset(agent, "ana@example.com", SET)

    [message] = agent.direct_messages
    assert whmcs.opens("ana@example.com", message.password)


async def test_without_a_direct_message_no_password_is_set(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    slack.faults.add(Fault("chat.postMessage", "error", error="messages_tab_disabled"))
    modal = await fill_form(agent, "ana@example.com", SET)
    await modal.submit()

    await modal.shows("Slack no aceptó el mensaje directo")
    await modal.shows("No se cambió nada.")
    assert "set_password" not in [call.action for call in whmcs.calls]
    assert running.audit()[-1] == ("FAILED", "direct_message")


async def test_a_placeholder_that_cannot_be_edited_is_replaced_by_one_message(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    slack.faults.add(Fault("chat.update", "error", error="cant_update_message"))
    await complete_reset(agent, "ana@example.com", SET)

    message = await agent.direct_message(containing="Contraseña nueva")
    assert whmcs.opens("ana@example.com", message.password)
    [job] = running.rows("SELECT ts FROM jobs WHERE kind = 'delete_message'")
    assert job["ts"] == message.ts


async def test_an_undelivered_password_is_reported_with_what_to_do(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    whmcs.faults.add(WhmcsFault("set_password", "held_after"))
    modal = await fill_form(agent, "ana@example.com", SET)
    submitting = asyncio.ensure_future(modal.submit())
    await whmcs.wait_for_call("set_password")
    slack.faults.add(Fault("chat.update", "error", error="cant_update_message"))
    slack.faults.add(Fault("chat.postMessage", "error", error="channel_not_found"))
    whmcs.faults.clear()
    await submitting

    await modal.shows("cámbiela otra vez")
    assert running.audit()[-1] == ("SUCCEEDED", "not_delivered")


@pytest.mark.parametrize("times", [1, None], ids=["settled by repeating", "settled by asking for the result"])
async def test_the_password_arrives_although_responses_of_whmcs_are_lost(
    agent: Person, whmcs: LocalWhmcs, running: World, times: int | None
) -> None:
    whmcs.faults.add(WhmcsFault("set_password", "drop_after", times=times))
    await complete_reset(agent, "ana@example.com", SET)

    message = await agent.direct_message(containing="Contraseña nueva")
    assert whmcs.opens("ana@example.com", message.password)
    assert running.audit()[-1] == ("SUCCEEDED", "")


async def test_a_companion_that_keeps_failing_is_reported_as_having_changed_nothing(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    whmcs.faults.add(WhmcsFault("set_password", "internal"))
    modal = await fill_form(agent, "ana@example.com", SET)
    await modal.submit()

    await modal.shows("No se cambió nada.", timeout_seconds=10)
    message = await agent.direct_message(containing="No se cambió nada.")
    assert "Contraseña nueva" not in message.visible_text
    assert running.audit()[-1][0] == "FAILED"
    await running.until(lambda: running.rows("SELECT * FROM jobs") == [])


async def test_an_outcome_that_cannot_be_found_is_reported_as_unknown(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    whmcs.faults.add(WhmcsFault("set_password", "drop_after"))
    whmcs.faults.add(WhmcsFault("result", "html"))
    modal = await fill_form(agent, "ana@example.com", SET)
    await modal.submit()

    await modal.shows("No se sabe si se cambió la contraseña", timeout_seconds=10)
    await modal.shows("cámbiela otra vez")
    assert running.audit()[-1] == ("UNKNOWN", "connection_lost")


async def test_a_write_that_may_still_arrive_is_never_reported_as_unchanged(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    whmcs.faults.add(WhmcsFault("set_password", "drop_before"))
    modal = await fill_form(agent, "ana@example.com", SET)
    await modal.submit()

    await modal.shows("No se sabe si se cambió la contraseña", timeout_seconds=10)
    assert "No se cambió nada." not in modal.text
    assert running.audit()[-1] == ("UNKNOWN", "connection_lost")


async def test_without_a_companion_no_set_password_is_offered_and_the_form_explains_it(
    world: World,
) -> None:
    async with world.bot(WHMCS_COMPANION_SECRET=""):
        modal = await open_card(world.agent, "ana@example.com")
        assert SET not in modal.options("Método")
        assert EMAIL in modal.options("Método")
        assert "el módulo complementario no está instalado" in modal.text
        assert "Equipo de sistemas" in modal.text


async def test_a_companion_that_does_not_respond_at_start_is_reported(world: World) -> None:
    world.whmcs.faults.add(WhmcsFault("ping", "drop_before"))
    async with world.bot():
        modal = await open_card(world.agent, "ana@example.com")
        assert "el módulo complementario de WHMCS no responde" in modal.text


async def test_other_clients_of_users_and_the_last_sign_in_are_shown(agent: Person) -> None:
    modal = await open_card(agent, "#63")
    assert "accede a 1 cliente más" in modal.text
    assert "último inicio de sesión" in modal.text


@pytest.mark.both_databases
async def test_a_new_message_that_cannot_be_recorded_or_deleted_is_recorded_later(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    whmcs.faults.add(WhmcsFault("set_password", "held_after", times=1))
    modal = await fill_form(agent, "ana@example.com", SET)
    submitting = asyncio.ensure_future(modal.submit())
    await whmcs.wait_for_call("set_password")
    slack.faults.add(Fault("chat.update", "error", error="cant_update_message"))
    slack.faults.add(Fault("chat.delete", "error", error="internal_error", times=1))
    with running.locked():
        whmcs.faults.clear()
        await submitting
        await slack.wait_for_call("chat.delete")
    await modal.shows("Listo", timeout_seconds=10)

    message = await agent.direct_message(containing="Contraseña nueva")
    [job] = running.rows("SELECT ts FROM jobs WHERE kind = 'delete_message'")
    assert job["ts"] == message.ts
    assert running.audit()[-1] == ("SUCCEEDED", "")
