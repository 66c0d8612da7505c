"""The two-person rule: another agent approves before a password is set, in a channel, and never the one who asks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from sandbox.slack import Fault, Message, Modal, Person
from sandbox.whmcs import Fault as WhmcsFault
from tests.flows.world import CALLED_BACK, GROUP, SET, World

pytestmark = pytest.mark.asyncio

NOTHING = "No se cambió nada."
SETTINGS = {"TICKET_DEPARTMENTS_SIGNED_IN": "2", "PROTECTED_CLIENT_GROUPS": "1"}


@dataclass
class Team:
    """The one who asks, two who can approve, and where."""

    world: World
    agent: Person
    second: Person
    third: Person
    channel: str

    @property
    def settings(self) -> dict[str, str]:
        return SETTINGS | {"APPROVAL_CHANNEL": self.channel}

    async def question(self, person: Person | None = None) -> Message:
        return await (person or self.second).channel_message("¿Lo aprueba?", self.channel)

    def approvals(self) -> list[tuple[str, str]]:
        """Outcome and actor of each event of the approval."""
        rows = [row for row in self.world.audit_rows() if row["action"] == "approval"]
        return [(str(row["outcome"]), str(row["actor"])) for row in rows]


@pytest_asyncio.fixture
async def team(http_world: World) -> Team:
    slack = http_world.slack
    second = slack.add_person("Berta Segunda", groups=[GROUP])
    third = slack.add_person("Teo Tercero", groups=[GROUP])
    channel = slack.add_channel("aprobaciones", [http_world.agent, second, third], has_bot=True)
    return Team(http_world, http_world.agent, second, third, channel)


@pytest_asyncio.fixture
async def running(team: Team) -> AsyncIterator[Team]:
    async with team.world.bot(**team.settings):
        yield team


async def confirm(agent: Person, whom: str = "ana@example.com", user: str | None = None) -> Modal:
    """As far as the confirmation of the last step, which asks the second agent."""
    modal = await agent.types(f"/reset-password {whom}")
    await modal.shows("Id del cliente")
    if user is not None:
        await modal.choose("Usuario", user)
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    await modal.submit()
    await modal.shows("Confirmar")
    await modal.submit()
    return modal


async def test_without_strong_proof_a_second_agent_approves_and_the_password_goes_to_the_first_alone(
    running: Team,
) -> None:
    team, world = running, running.world
    modal = await team.agent.types("/reset-password ana@example.com")
    await modal.shows("Id del cliente")
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    await modal.submit()
    await modal.shows("Un segundo agente tiene que aprobarlo")
    await modal.submit()
    await modal.shows("A la espera de aprobación")
    assert world.whmcs.writes == []
    assert world.audit() == [("STARTED", "")]

    question = await team.question()
    for told in ("Sofía Soporte", "ana@example.com", "#42", CALLED_BACK):
        assert told in question.visible_text
    await question.press("Aprobar")
    message = await team.agent.direct_message(containing="Contraseña nueva de ana@example.com")
    assert world.whmcs.opens("ana@example.com", message.password)
    assert world.slack.people_who_saw(message.password) == {team.agent}
    await question.shows("Berta Segunda aprobó la contraseña nueva para ana@example.com que pidió Sofía Soporte")
    assert "Aprobar" not in question.buttons
    await world.until(lambda: world.audit() == [("STARTED", ""), ("SUCCEEDED", "")])
    assert team.approvals() == [("REQUESTED", team.agent.id), ("GRANTED", team.second.id)]
    reset = world.rows("SELECT * FROM resets")[0]
    assert reset["approved_by"] == team.second.id


async def test_strong_proof_needs_no_second_agent_unless_the_client_is_protected(running: Team) -> None:
    for ticket, is_waiting in (("ABC-123456", False), ("VIP-000110", True)):
        modal = await running.agent.types(f"/reset-password {ticket}")
        await modal.shows("Prueba sólida")
        await modal.choose("Método", SET)
        await modal.submit()
        await modal.shows("Confirmar")
        await modal.submit()
        await modal.shows("A la espera de aprobación" if is_waiting else "Listo")
        await modal.close()
    question = await running.question()
    assert "un cliente de un grupo protegido" in question.visible_text


async def test_the_reset_email_needs_no_second_agent(running: Team) -> None:
    modal = await running.agent.types("/reset-password #110")
    await modal.shows("Id del cliente")
    await modal.choose("Usuario", "Vera")
    await modal.choose("Método", "Enviar correo")
    await modal.submit()
    await modal.shows("Listo")


async def test_who_asks_can_not_approve(running: Team) -> None:
    await confirm(running.agent)
    question = await running.question(running.agent)
    for button in ("Aprobar", "Rechazar"):
        await question.press(button)
        await running.agent.ephemeral_message(containing="tiene que aprobarlo otro agente")
    assert running.world.audit("access") == [("DENIED", "own_request")] * 2
    assert running.world.whmcs.writes == []
    assert running.world.audit() == [("STARTED", "")]


async def test_of_two_who_answer_at_the_same_moment_one_counts(running: Team) -> None:
    await confirm(running.agent)
    mine, theirs = await running.question(running.second), await running.question(running.third)
    await asyncio.gather(mine.press("Aprobar"), theirs.press("Rechazar"))
    await running.world.until(lambda: len(running.world.audit()) == 2)
    assert len(running.approvals()) == 2
    [decision] = running.approvals()[1:]
    late = running.third if decision[0] == "GRANTED" else running.second
    await late.ephemeral_message(containing="ya no está a la espera")
    writes = [call.action for call in running.world.whmcs.writes]
    assert writes == (["set_password"] if decision[0] == "GRANTED" else [])


async def test_two_approvals_at_the_same_moment_set_one_password(running: Team) -> None:
    await confirm(running.agent)
    questions = [await running.question(person) for person in (running.second, running.third)]
    await asyncio.gather(*(question.press("Aprobar") for question in questions))
    await running.agent.direct_message(containing="Contraseña nueva")
    await running.world.until(lambda: running.world.audit()[-1:] == [("SUCCEEDED", "")])
    assert [call.action for call in running.world.whmcs.writes] == ["set_password"]


async def test_a_rejection_ends_it_and_the_agent_is_told(running: Team) -> None:
    await confirm(running.agent)
    question = await running.question()
    await question.press("Rechazar")
    await question.shows("Berta Segunda rechazó")
    message = await running.agent.direct_message(containing="El segundo agente lo rechazó")
    assert NOTHING in message.visible_text
    assert running.world.audit() == [("STARTED", ""), ("REFUSED", "approval_rejected")]
    assert running.approvals()[1:] == [("REJECTED", running.second.id)]
    assert running.world.whmcs.writes == []
    again = await confirm(running.agent)
    await again.shows("A la espera de aprobación")


async def test_an_approval_after_its_time_sets_nothing_and_the_agent_is_told(running: Team) -> None:
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
            message for message in team.second.channel_messages(team.channel) if "¿Lo aprueba?" in message.visible_text
        ]
    async with team.world.bot(**team.settings):
        await first.press("Aprobar")
        await team.agent.direct_message(containing="Contraseña nueva de ana@example.com")
        team.world.execute("UPDATE jobs SET due_at = '2026-01-01 00:00:00.000000' WHERE kind = 'expire_approval'")
        await second.shows("Nadie respondió a tiempo")


@pytest.mark.parametrize("who", ["second", "requester"])
async def test_who_left_the_group_meanwhile_neither_approves_nor_gets_a_password(team: Team, who: str) -> None:
    """The bot starts anew in between, so that nothing is left of what it had read of the group."""
    world = team.world
    async with world.bot(**team.settings):
        await confirm(team.agent)
        question = await team.question()
    world.slack.remove_from_group(GROUP, team.second if who == "second" else team.agent)
    async with world.bot(**team.settings):
        await question.press("Aprobar")
        if who == "second":
            await team.second.ephemeral_message(containing="Usted no puede restablecer contraseñas")
            assert world.audit("access") == [("DENIED", "not_an_agent")]
            assert world.audit() == [("STARTED", "")]
        else:
            await team.agent.direct_message(containing="usted ya no estaba entre quienes pueden cambiar contraseñas")
            assert world.audit() == [("STARTED", ""), ("REFUSED", "no_longer_allowed")]
    assert world.whmcs.writes == []


async def test_who_may_not_set_passwords_may_not_approve_them(team: Team) -> None:
    async with team.world.bot(**team.settings, SET_PASSWORD_USERS=f"{team.agent.id},{team.third.id}"):
        await confirm(team.agent)
        question = await team.question()
        await question.press("Aprobar")
        await team.second.ephemeral_message(containing="tampoco puede aprobarlas")
        assert team.world.audit("access") == [("DENIED", "may_not_set_passwords")]
        assert team.world.whmcs.writes == []


async def test_everything_is_looked_at_again_when_it_is_approved(running: Team) -> None:
    world = running.world
    await confirm(running.agent)
    question = await running.question()
    user = next(user for user in world.whmcs.users.values() if user.email == "ana@example.com")
    world.whmcs.remove_user_from_client(user.id, 42)
    await question.press("Aprobar")
    await world.until(lambda: world.audit()[-1] == ("REFUSED", "not_a_user_of_client"))
    await running.agent.direct_message(containing="ya no pertenece al cliente #42")
    assert world.whmcs.writes == []


async def test_limits_count_at_the_request(team: Team) -> None:
    async with team.world.bot(**team.settings, AGENT_RESETS_PER_HOUR="1"):
        await confirm(team.agent)
        modal = await confirm(team.agent, "#51")
        await modal.shows("Usted alcanzó el límite de restablecimientos")
        assert len(team.second.channel_messages(team.channel)) == 1
        other = await confirm(team.third)
        await other.shows("Sofía Soporte está restableciendo")


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
    modal = await running.agent.types("/reset-password ana@example.com")
    await modal.shows("Id del cliente")
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    await modal.submit()
    await modal.shows("Confirmar")
    payload = world.slack.submission_payload(running.agent, modal)
    payload["view"]["private_metadata"] = payload["view"]["private_metadata"].replace(
        '"needs_approval":true', '"needs_approval":false'
    )
    await world.slack.deliver("view_submission", payload)
    await world.until(lambda: world.audit()[-1:] == [("REFUSED", "needs_approval")])
    assert world.whmcs.writes == []


async def test_the_same_confirmation_sent_twice_asks_once(running: Team) -> None:
    world = running.world
    modal = await running.agent.types("/reset-password ana@example.com")
    await modal.shows("Id del cliente")
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    await modal.submit()
    await modal.shows("Confirmar")
    payload = world.slack.submission_payload(running.agent, modal)
    answers = await asyncio.gather(*(world.slack.deliver("view_submission", payload) for _ in range(3)))
    assert all("A la espera de aprobación" in str(answer.json()) for answer in answers)
    assert len(running.second.channel_messages(running.channel)) == 1
    assert running.approvals() == [("REQUESTED", running.agent.id)]


async def test_a_pause_keeps_what_waits_from_being_approved(running: Team) -> None:
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


async def test_a_question_that_slack_does_not_take_after_started_is_given_up_and_said(running: Team) -> None:
    world = running.world
    world.slack.faults.add(Fault("chat.update", "error", error="cant_update_message"))
    modal = await confirm(running.agent)
    await modal.shows("No se pudo pedir la aprobación de un segundo agente")
    assert world.audit() == [("STARTED", ""), ("FAILED", "approval_channel")]
    assert world.rows("SELECT * FROM jobs WHERE kind = 'expire_approval'") == []
    assert world.rows("SELECT * FROM user_holds") == []


async def test_whmcs_that_fails_after_the_approval_is_told_to_who_asked(running: Team) -> None:
    world = running.world
    await confirm(running.agent)
    question = await running.question()
    world.whmcs.faults.add(WhmcsFault("set_password", "companion_rate_limited", retry_after_seconds=60))
    await question.press("Aprobar")
    await running.agent.direct_message(containing="demasiadas peticiones")
    await world.until(lambda: world.audit()[-1] == ("FAILED", "busy"))


async def test_what_waits_stands_in_the_home_of_who_may_approve_it_and_goes_when_it_is_decided(running: Team) -> None:
    home = await running.second.opens_home()
    mine = await running.agent.opens_home()
    assert "A la espera de un segundo agente" not in home.text
    await confirm(running.agent)
    await home.shows("A la espera de un segundo agente")
    assert "ana@example.com · cliente #42" in home.text
    await mine.shows("A la espera de aprobación")
    assert "Responda en el canal" not in mine.text
    await (await running.question()).press("Aprobar")
    await mine.shows("Listo")
    await running.second.waits_until(lambda: "A la espera de un segundo agente" not in home.text)


async def test_an_answer_that_comes_before_slack_says_that_it_was_asked_for_leaves_the_reset_to_recovery(
    running: Team,
) -> None:
    """Else it would hold its user for ever, if its process died."""
    world = running.world
    asking = world.slack.faults.add(Fault("chat.update", "held_after", about="¿Lo aprueba?", times=1))
    writing = world.whmcs.faults.add(WhmcsFault("set_password", "held_after"))
    modal = await confirm(running.agent)
    await world.slack.faults.wait_until_held(asking)
    await (await running.question()).press("Aprobar")
    await world.whmcs.faults.wait_until_held(fault=writing)
    world.slack.faults.release(asking)
    await modal.shows("A la espera de aprobación")
    assert len(world.rows("SELECT * FROM jobs WHERE kind = 'recover_reset'")) == 1
    world.whmcs.faults.release(writing)
    await running.agent.direct_message(containing="Contraseña nueva")


async def test_a_request_that_was_answered_before_asking_failed_goes_its_way(running: Team) -> None:
    """It must not be said to have changed nothing while its password is being set."""
    world = running.world
    asking = world.slack.faults.add(Fault("chat.update", "held_after", about="¿Lo aprueba?", times=1))
    writing = world.whmcs.faults.add(WhmcsFault("set_password", "held_after"))
    modal = await confirm(running.agent)
    await world.slack.faults.wait_until_held(asking)
    await (await running.question()).press("Aprobar")
    await world.whmcs.faults.wait_until_held(fault=writing)
    world.slack.faults.add(Fault("chat.update", "error", error="cant_update_message", about="¿Lo aprueba?"))
    world.slack.faults.drop(asking)
    await modal.shows("A la espera de aprobación")
    assert world.audit() == [("STARTED", "")]
    assert len(world.rows("SELECT * FROM user_holds")) == 1
    world.whmcs.faults.release(writing)
    await running.agent.direct_message(containing="Contraseña nueva")
    await world.until(lambda: world.audit() == [("STARTED", ""), ("SUCCEEDED", "")])
