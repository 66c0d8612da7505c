"""The two-person rule: another agent approves in a channel before a password is set, never the requester."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from sandbox.slack import Fault, Message
from sandbox.whmcs import Fault as WhmcsFault
from tests.flows.team import Team, confirm
from tests.harness.world import CALLED_BACK, GROUP, SET, open_card
from tests.metadata import reseal

pytestmark = pytest.mark.asyncio

NOTHING = "No se cambió nada."


@pytest_asyncio.fixture
async def running(team: Team) -> AsyncIterator[Team]:
    async with team.world.bot(**team.settings):
        yield team


async def test_a_second_agent_approves_and_only_the_requester_gets_the_password(
    running: Team,
) -> None:
    team, world = running, running.world
    modal = await open_card(team.agent, "ana@example.com")
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    await modal.submit()
    await modal.shows("Un segundo agente tiene que aprobarlo")
    await modal.submit()
    await modal.shows("Pendiente de aprobación")
    assert world.whmcs.writes == []
    assert world.audit() == [("STARTED", "")]

    question = await team.question()
    for text in ("Sofía Soporte", "ana@example.com", "#42", CALLED_BACK):
        assert text in question.visible_text
    await question.press("Aprobar")
    message = await team.agent.direct_message(containing="Contraseña nueva de ana@example.com")
    assert world.whmcs.opens("ana@example.com", message.password)
    assert world.slack.people_who_saw(message.password) == {team.agent}
    await question.shows("Berta Segunda aprobó la contraseña nueva para ana@example.com que solicitó Sofía Soporte")
    assert "Aprobar" not in question.buttons
    await world.until(lambda: world.audit() == [("STARTED", ""), ("SUCCEEDED", "")])
    assert team.approvals() == [("REQUESTED", team.agent.id), ("GRANTED", team.second.id)]
    reset = world.rows("SELECT * FROM resets")[0]
    assert reset["approved_by"] == team.second.id
    [line] = [line.description for line in world.whmcs.activity if "set a new password" in line.description]
    assert f"{team.agent.id} set a new password" in line
    assert line.endswith(f", approved by {team.second.id}")


async def test_strong_proof_needs_no_second_agent_unless_the_client_is_protected(running: Team) -> None:
    for ticket, is_waiting in (("ABC-123456", False), ("VIP-000110", True)):
        modal = await running.agent.types(f"/reset-password {ticket}")
        await modal.shows("Prueba sólida")
        await modal.choose("Método", SET)
        await modal.submit()
        await modal.shows("Confirmar")
        await modal.submit()
        await modal.shows("Pendiente de aprobación" if is_waiting else "Listo")
        await modal.close()
    question = await running.question()
    assert "un cliente de un grupo protegido" in question.visible_text


async def test_the_reset_email_needs_no_second_agent(running: Team) -> None:
    modal = await open_card(running.agent, "#110")
    await modal.choose("Usuario", "Vera")
    await modal.choose("Método", "Enviar correo")
    await modal.submit()
    await modal.shows("Listo")


async def test_the_requester_cannot_approve(running: Team) -> None:
    await confirm(running.agent)
    question = await running.question(running.agent)
    for button in ("Aprobar", "Rechazar"):
        await question.press(button)
        await running.agent.ephemeral_message(containing="tiene que aprobarla otro agente")
    assert running.world.audit("access") == [("DENIED", "own_request")] * 2
    assert running.world.whmcs.writes == []
    assert running.world.audit() == [("STARTED", "")]


def mentions_in(message: Message) -> list[str]:
    """Return the texts that contain a mention in any notation that Slack reads as markup."""
    texts = [element for block in message.blocks for element in [block.get("text"), *block.get("elements", [])]]
    marked = [text["text"] for text in texts if text and text.get("type") == "mrkdwn"]
    return [text for text in marked if "<@" in text or "<!" in text.replace("<!date", "")]


async def test_a_requester_with_another_agents_name_is_shown_by_id_and_full_name(running: Team) -> None:
    agent, second = running.agent, running.second
    agent.member.display_name = "Teo Tercero"

    await confirm(agent)
    question = await running.question()

    assert "Teo Tercero" not in json.dumps(question.blocks, ensure_ascii=False)
    assert "Sofía Soporte solicita cambiar una contraseña" in question.visible_text
    assert mentions_in(question) == [f"Solicitante: <@{agent.id}>"]

    second.member.display_name = "Sofía Soporte"
    await question.press("Aprobar")
    await question.shows("Berta Segunda aprobó la contraseña nueva para ana@example.com que solicitó Sofía Soporte")
    assert mentions_in(question) == [f"Solicitante: <@{agent.id}>. Respondió: <@{second.id}>."]


@pytest.mark.parametrize("name", ["<!channel>", "<@U0TEOTERCERO>", "*Teo* & <https://example.com|Teo>", "\u202eoeT"])
async def test_a_full_name_is_never_markup(running: Team, name: str) -> None:
    running.agent.member.name = name

    await confirm(running.agent)
    question = await running.question()

    assert mentions_in(question) == [f"Solicitante: <@{running.agent.id}>"]


async def test_the_requesters_id_stays_after_a_rejection_or_expiry(running: Team) -> None:
    await confirm(running.agent)
    rejected = await running.question()
    await rejected.press("Rechazar")
    await rejected.shows("Berta Segunda rechazó")
    assert mentions_in(rejected) == [f"Solicitante: <@{running.agent.id}>. Respondió: <@{running.second.id}>."]

    await confirm(running.agent)
    expired = await running.question()
    running.world.execute("UPDATE jobs SET due_at = '2026-01-01 00:00:00.000000' WHERE kind = 'expire_approval'")
    await expired.shows("Nadie respondió a tiempo")
    assert mentions_in(expired) == [f"Solicitante: <@{running.agent.id}>"]


async def test_a_blocked_agent_reads_the_full_name_of_the_agent_who_holds_the_user(running: Team) -> None:
    running.agent.member.display_name = "Teo Tercero"
    await confirm(running.agent)
    modal = await confirm(running.second)
    assert "Sofía Soporte" in str(modal.errors) + modal.text
    assert "Teo Tercero" not in str(modal.errors) + modal.text


async def test_one_of_two_simultaneous_answers_counts(running: Team) -> None:
    await confirm(running.agent)
    mine, theirs = await running.question(running.second), await running.question(running.third)
    await asyncio.gather(mine.press("Aprobar"), theirs.press("Rechazar"))
    await running.world.until(lambda: len(running.world.audit()) == 2)
    assert len(running.approvals()) == 2
    [decision] = running.approvals()[1:]
    late = running.third if decision[0] == "GRANTED" else running.second
    await late.ephemeral_message(containing="ya no está pendiente")
    writes = [call.action for call in running.world.whmcs.writes]
    assert writes == (["set_password"] if decision[0] == "GRANTED" else [])


async def test_two_approvals_at_the_same_moment_set_one_password(running: Team) -> None:
    await confirm(running.agent)
    questions = [await running.question(person) for person in (running.second, running.third)]
    await asyncio.gather(*(question.press("Aprobar") for question in questions))
    await running.agent.direct_message(containing="Contraseña nueva")
    await running.world.until(lambda: running.world.audit()[-1:] == [("SUCCEEDED", "")])
    assert [call.action for call in running.world.whmcs.writes] == ["set_password"]


async def test_a_rejection_ends_the_request_and_notifies_the_agent(running: Team) -> None:
    await confirm(running.agent)
    question = await running.question()
    await question.press("Rechazar")
    await question.shows("Berta Segunda rechazó")
    message = await running.agent.direct_message(containing="El segundo agente rechazó la solicitud")
    assert NOTHING in message.visible_text
    assert running.world.audit() == [("STARTED", ""), ("REFUSED", "approval_rejected")]
    assert running.approvals()[1:] == [("REJECTED", running.second.id)]
    assert running.world.whmcs.writes == []
    again = await confirm(running.agent)
    await again.shows("Pendiente de aprobación")


async def test_an_expired_approval_sets_nothing_and_notifies_the_agent(running: Team) -> None:
    world = running.world
    await confirm(running.agent)
    question = await running.question()
    world.execute("UPDATE jobs SET due_at = '2026-01-01 00:00:00.000000' WHERE kind = 'expire_approval'")
    await question.press("Aprobar")
    await running.agent.direct_message(containing="Ningún segundo agente respondió a tiempo")
    await question.shows("Nadie respondió a tiempo")
    assert world.audit() == [("STARTED", ""), ("REFUSED", "approval_expired")]
    assert running.approvals()[1:] == [("EXPIRED", "bot")]
    assert world.whmcs.writes == []


async def test_a_request_outlives_a_restart_and_so_does_its_expiry(team: Team) -> None:
    async with team.world.bot(**team.settings):
        await confirm(team.agent)
        await confirm(team.agent, "#51")
        first, second = [
            message
            for message in team.second.channel_messages(team.channel)
            if "¿Aprueba la solicitud?" in message.visible_text
        ]
    async with team.world.bot(**team.settings):
        await first.press("Aprobar")
        await team.agent.direct_message(containing="Contraseña nueva de ana@example.com")
        team.world.execute("UPDATE jobs SET due_at = '2026-01-01 00:00:00.000000' WHERE kind = 'expire_approval'")
        await second.shows("Nadie respondió a tiempo")


@pytest.mark.parametrize("who", ["second", "requester"])
async def test_agents_who_left_the_group_neither_approve_nor_get_a_password(team: Team, who: str) -> None:
    """The bot restarts in between, so that its cache of the group is empty."""
    world = team.world
    async with world.bot(**team.settings):
        await confirm(team.agent)
        question = await team.question()
    world.slack.remove_from_group(GROUP, team.second if who == "second" else team.agent)
    async with world.bot(**team.settings):
        await question.press("Aprobar")
        if who == "second":
            await team.second.ephemeral_message(containing="Usted no tiene permiso para restablecer contraseñas")
            assert world.audit("access") == [("DENIED", "not_an_agent")]
            assert world.audit() == [("STARTED", "")]
        else:
            await team.agent.direct_message(containing="usted ya no tenía permiso para cambiar contraseñas")
            assert world.audit() == [("STARTED", ""), ("REFUSED", "no_longer_allowed")]
    assert world.whmcs.writes == []


async def test_agents_who_may_not_set_passwords_may_not_approve_them(team: Team) -> None:
    async with team.world.bot(**team.settings, SET_PASSWORD_USERS=f"{team.agent.id},{team.third.id}"):
        await confirm(team.agent)
        question = await team.question()
        await question.press("Aprobar")
        await team.second.ephemeral_message(containing="tampoco puede aprobarlas")
        assert team.world.audit("access") == [("DENIED", "may_not_set_passwords")]
        assert team.world.whmcs.writes == []


async def test_everything_is_checked_again_at_the_approval(running: Team) -> None:
    world = running.world
    await confirm(running.agent)
    question = await running.question()
    user = next(user for user in world.whmcs.users.values() if user.email == "ana@example.com")
    world.whmcs.remove_user_from_client(user.id, 42)
    await question.press("Aprobar")
    await world.until(lambda: world.audit()[-1] == ("REFUSED", "not_a_user_of_client"))
    await running.agent.direct_message(containing="ya no pertenece al cliente #42")
    assert world.whmcs.writes == []


async def test_limits_apply_at_the_request(team: Team) -> None:
    async with team.world.bot(**team.settings, AGENT_RESETS_PER_HOUR="1"):
        await confirm(team.agent)
        modal = await confirm(team.agent, "#51")
        await modal.shows("Usted alcanzó el límite de restablecimientos")
        assert len(team.second.channel_messages(team.channel)) == 1
        other = await confirm(team.third)
        await other.shows(
            "Sofía Soporte solicitó cambiar la contraseña de este usuario y la solicitud está pendiente de aprobación"
        )


async def test_a_user_held_by_a_request_is_reported_with_the_time_it_expires(team: Team) -> None:
    async with team.world.bot(**team.settings, APPROVAL_TTL_SECONDS="7200"):
        waiting = await confirm(team.agent)
        await waiting.shows("Pendiente de aprobación")
        shown = clock_times(waiting.text)
        other, again = await confirm(team.third), await confirm(team.agent)
        await other.shows("Sofía Soporte solicitó cambiar la contraseña de este usuario")
        await again.shows("Usted ya solicitó cambiar la contraseña de este usuario")

        now = datetime.now(ZoneInfo("Europe/Madrid"))
        latest = {f"{now + timedelta(minutes=minutes):%-H:%M}" for minutes in (119, 120, 121)}
        for modal in (other, again):
            assert clock_times(modal.text) <= latest
            assert clock_times(modal.text)
            assert "en un minuto" not in modal.text
        assert shown <= latest
        assert team.world.audit("limit") == [("REACHED", "user_busy")] * 2


async def test_an_approved_request_is_no_longer_reported_as_pending(running: Team) -> None:
    world = running.world
    await confirm(running.agent)
    question = await running.question()
    world.whmcs.faults.add(WhmcsFault("set_password", "held_before"))
    await question.press("Aprobar")
    await world.whmcs.wait_for_call("set_password")
    other = await confirm(running.third)
    await other.shows("Sofía Soporte está restableciendo la contraseña de este usuario en este momento")
    world.whmcs.faults.clear()
    await running.agent.direct_message(containing="Contraseña nueva de ana@example.com")


async def test_an_overdue_request_is_no_longer_reported_as_pending(running: Team) -> None:
    await confirm(running.agent)
    running.world.execute(
        "UPDATE jobs SET due_at = '2026-01-01 00:00:00.000000', lease_until = '2999-01-01 00:00:00.000000'"
        " WHERE kind = 'expire_approval'"
    )
    other = await confirm(running.third)
    await other.shows("Sofía Soporte está restableciendo la contraseña de este usuario en este momento")


def clock_times(text: str) -> set[str]:
    return set(re.findall(r"\b\d{1,2}:\d\d\b", text))


async def test_a_channel_without_the_bot_refuses_before_anything_is_recorded(team: Team) -> None:
    closed = team.world.slack.add_channel("sin-bot", [team.agent, team.second], has_bot=False)
    async with team.world.bot(**team.settings | {"APPROVAL_CHANNEL": closed}):
        modal = await confirm(team.agent)
        await modal.shows("el bot no puede escribir en el canal")
        assert NOTHING in modal.text
        assert "Confirmar" in modal.text
    assert team.world.audit() == []


async def test_a_forged_last_step_that_claims_to_need_no_approval_is_refused(running: Team) -> None:
    world = running.world
    modal = await open_card(running.agent, "ana@example.com")
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    await modal.submit()
    await modal.shows("Confirmar")
    payload = world.slack.submission_payload(running.agent, modal)
    reseal(payload["view"], needs_approval=False)
    await world.slack.deliver("view_submission", payload)
    await world.until(lambda: world.audit()[-1:] == [("REFUSED", "needs_approval")])
    assert world.whmcs.writes == []


async def test_the_same_confirmation_sent_twice_asks_once(running: Team) -> None:
    world = running.world
    modal = await open_card(running.agent, "ana@example.com")
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    await modal.submit()
    await modal.shows("Confirmar")
    payload = world.slack.submission_payload(running.agent, modal)
    answers = await asyncio.gather(*(world.slack.deliver("view_submission", payload) for _ in range(3)))
    assert all("Pendiente de aprobación" in str(answer.json()) for answer in answers)
    assert len(running.second.channel_messages(running.channel)) == 1
    assert running.approvals() == [("REQUESTED", running.agent.id)]


async def test_pending_requests_cannot_be_approved_during_a_pause(running: Team) -> None:
    world = running.world
    await confirm(running.agent)
    question = await running.question()
    world.execute("INSERT INTO pauses (reason, paused_by, paused_at) VALUES ('Ahora', 'Berta', '2026-03-01 12:00:00')")
    await question.press("Aprobar")
    await running.second.ephemeral_message(containing="puso en pausa")
    assert world.audit() == [("STARTED", "")]
    world.execute("UPDATE pauses SET resumed_at = '2026-03-01 12:00:01'")
    await question.press("Aprobar")
    await running.agent.direct_message(containing="Contraseña nueva")


async def test_a_request_that_slack_refuses_after_started_is_cancelled_and_reported(running: Team) -> None:
    world = running.world
    world.slack.faults.add(Fault("chat.update", "error", error="cant_update_message"))
    modal = await confirm(running.agent)
    await modal.shows("No se pudo solicitar la aprobación de un segundo agente")
    assert world.audit() == [("STARTED", ""), ("FAILED", "approval_channel")]
    assert world.rows("SELECT * FROM jobs WHERE kind = 'expire_approval'") == []
    assert world.rows("SELECT * FROM user_holds") == []


async def test_the_requester_reads_that_whmcs_failed_after_the_approval(running: Team) -> None:
    world = running.world
    await confirm(running.agent)
    question = await running.question()
    world.whmcs.faults.add(WhmcsFault("set_password", "companion_rate_limited", retry_after_seconds=60))
    await question.press("Aprobar")
    await running.agent.direct_message(containing="limitando las solicitudes del bot")
    await world.until(lambda: world.audit()[-1] == ("FAILED", "busy"))


async def test_pending_approvals_are_in_the_approvers_home_until_they_are_decided(running: Team) -> None:
    home = await running.second.opens_home()
    mine = await running.agent.opens_home()
    assert "Pendiente de un segundo agente" not in home.text
    await confirm(running.agent)
    await home.shows("Pendiente de un segundo agente")
    assert "ana@example.com · cliente #42" in home.text
    await mine.shows("Pendiente de aprobación")
    assert "Responda en el canal" not in mine.text
    await (await running.question()).press("Aprobar")
    await mine.shows("Listo")
    await running.second.waits_until(lambda: "Pendiente de un segundo agente" not in home.text)


async def test_an_approval_before_slack_confirms_the_question_leaves_the_reset_to_recovery(
    running: Team,
) -> None:
    """Otherwise it would hold its user forever if its process died."""
    world = running.world
    asking = world.slack.faults.add(Fault("chat.update", "held_after", about="¿Aprueba la solicitud?", times=1))
    writing = world.whmcs.faults.add(WhmcsFault("set_password", "held_after"))
    modal = await confirm(running.agent)
    await world.slack.faults.wait_until_held(asking)
    await (await running.question()).press("Aprobar")
    await world.whmcs.faults.wait_until_held(fault=writing)
    world.slack.faults.release(asking)
    await modal.shows("Pendiente de aprobación")
    assert len(world.rows("SELECT * FROM jobs WHERE kind = 'recover_reset'")) == 1
    world.whmcs.faults.release(writing)
    await running.agent.direct_message(containing="Contraseña nueva")


async def test_a_request_answered_before_its_message_failed_continues(running: Team) -> None:
    """It must not be reported as unchanged while its password is being set."""
    world = running.world
    asking = world.slack.faults.add(Fault("chat.update", "held_after", about="¿Aprueba la solicitud?", times=1))
    writing = world.whmcs.faults.add(WhmcsFault("set_password", "held_after"))
    modal = await confirm(running.agent)
    await world.slack.faults.wait_until_held(asking)
    await (await running.question()).press("Aprobar")
    await world.whmcs.faults.wait_until_held(fault=writing)
    world.slack.faults.add(Fault("chat.update", "error", error="cant_update_message", about="¿Aprueba la solicitud?"))
    world.slack.faults.drop(asking)
    await modal.shows("Pendiente de aprobación")
    assert world.audit() == [("STARTED", "")]
    assert len(world.rows("SELECT * FROM user_holds")) == 1
    world.whmcs.faults.release(writing)
    await running.agent.direct_message(containing="Contraseña nueva")
    await world.until(lambda: world.audit() == [("STARTED", ""), ("SUCCEEDED", "")])
