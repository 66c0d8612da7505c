"""`pause` and `resume` beside the running bot: what agents are told, what goes on all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest
import pytest_asyncio

from sandbox.slack import LocalSlack, Person
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import LocalWhmcs
from tests.flows.test_access import forge
from tests.flows.world import EMAIL, GROUP, SET, World, fill_form
from tests.test_command_line import run_bot

pytestmark = pytest.mark.asyncio

NOTHING = "No se cambió nada."
PAUSED = "Berta puso en pausa los restablecimientos el "
REASON = "Motivo: «WHMCS se actualiza»."

Operate: TypeAlias = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def operate(running: World, tmp_path: Path) -> Operate:
    """Run a command as an operator does, in a process of its own; gives what it prints."""

    async def run(*arguments: str) -> str:
        address = running.settings["DATABASE_URL"]
        answer = await asyncio.to_thread(run_bot, tmp_path, *arguments, DATABASE_URL=address)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    return run


async def pause(operate: Operate, reason: str = "WHMCS se actualiza") -> None:
    await operate("pause", "--reason", reason, "--by", "Berta")


async def test_the_command_says_who_paused_and_why_and_opens_nothing_until_resume(
    running: World, agent: Person, whmcs: LocalWhmcs, operate: Operate
) -> None:
    await pause(operate)
    before = len(whmcs.calls)
    await agent.sends("/reset-password ana@example.com")

    answer = await agent.ephemeral_message(containing=PAUSED)
    assert REASON in answer.visible_text
    assert f"Inténtelo de nuevo cuando se reanuden. {NOTHING}" in answer.visible_text
    assert "Equipo de sistemas" in answer.visible_text
    assert agent.modals == ()
    assert len(whmcs.calls) == before
    assert [row for row in running.audit_rows() if row["action"] != "settings"] == []

    await operate("resume")
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    await modal.submit()
    await modal.shows("Listo")


async def test_an_english_agent_is_told_in_english(slack: LocalSlack, agent: Person, operate: Operate) -> None:
    english = slack.add_person("Edith Example", locale="en-GB", groups=[GROUP])
    modal = await english.types("/reset-password ana@example.com")
    await modal.shows("Client id")
    await modal.choose("Method", "Send a password-reset e-mail")
    await pause(operate)
    await modal.submit()
    await english.sends("/reset-password")

    answer = await english.ephemeral_message(containing="Berta paused resets on ")
    for text in (answer.visible_text, modal.errors["User"]):
        assert "Reason: “WHMCS se actualiza”. Try again when they are resumed. Nothing was changed." in text
    assert agent.ephemeral_messages == ()


async def test_help_is_given_while_paused_and_says_so_first(agent: Person, operate: Operate) -> None:
    await pause(operate)
    await agent.sends("/reset-password help")
    answer = await agent.ephemeral_message(containing="/reset-password #42")
    assert answer.visible_text.startswith(PAUSED)
    assert agent.modals == ()


@pytest.mark.parametrize("method", [EMAIL, SET])
async def test_a_form_that_was_drawn_before_is_refused_in_a_field_and_works_after_resume(
    running: World, agent: Person, whmcs: LocalWhmcs, operate: Operate, method: str
) -> None:
    modal = await fill_form(agent, "ana@example.com", method)
    reference = modal.text.partition("Referencia: ")[2][:9]
    await pause(operate)
    await modal.submit()

    # The last step of a set password has no field, so that it is said above it.
    said = modal.errors["Usuario"] if method == EMAIL else modal.text.splitlines()[1]
    assert said.startswith(PAUSED)
    assert REASON in said
    assert said.endswith(NOTHING)
    assert f"Referencia: {reference}" in modal.text
    assert whmcs.writes == []
    assert agent.direct_messages == ()
    assert running.audit() == running.audit("limit") == running.audit("access") == []
    assert running.rows("SELECT * FROM resets") == running.rows("SELECT * FROM jobs") == []

    await operate("resume")
    await modal.submit()
    await modal.shows("Listo")
    rows = [row for row in running.audit_rows() if row["action"] == "reset"]
    assert [(row["outcome"], row["reference"]) for row in rows] == [("STARTED", reference), ("SUCCEEDED", reference)]


async def test_where_passwords_can_not_be_set_the_pause_is_what_one_is_told(world: World, tmp_path: Path) -> None:
    """The other answer, to send an e-mail instead, would lead to the next refusal."""
    async with world.bot(WHMCS_COMPANION_SECRET=""):
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        payload = world.slack.submission_payload(world.agent, modal)
        forge(payload, "method", "set_password")
        address = world.settings["DATABASE_URL"]
        await asyncio.to_thread(run_bot, tmp_path, "pause", "--reason", "x", "--by", "Berta", DATABASE_URL=address)
        answer = await world.slack.deliver("view_submission", payload)
    [error] = answer.json()["errors"].values()
    assert error.startswith(PAUSED)


async def test_one_searches_and_chooses_while_paused_and_an_incomplete_form_is_refused_as_well(
    agent: Person, operate: Operate
) -> None:
    modal = await agent.types("/reset-password")
    await pause(operate)
    assert (await modal.submit(even_if_incomplete=True)).errors["Cliente"].startswith(PAUSED)
    await modal.picks("Cliente", "cinco", "#61")
    await modal.shows("Id del cliente")
    await modal.choose("Método", EMAIL)
    assert (await modal.submit(even_if_incomplete=True)).errors["Cliente"].startswith(PAUSED)
    await operate("resume")
    assert "Elija un usuario" in (await modal.submit(even_if_incomplete=True)).errors["Usuario"]


async def test_messages_with_a_password_are_deleted_while_paused(
    running: World, agent: Person, operate: Operate
) -> None:
    passwords = []
    for client in ("ana@example.com", "#51"):
        modal = await fill_form(agent, client, SET)
        await modal.submit()
        await modal.shows("Listo")
        passwords.append(agent.direct_messages[-1])
        await modal.close()
    await pause(operate)
    by_hand, by_time = passwords
    await by_hand.press("Borrar ahora")
    await by_hand.gone()
    running.let_messages_be_due()
    await by_time.gone()
    await running.until(lambda: running.audit("message") == [("DELETED", ""), ("DELETED", "")])


async def test_a_reset_that_runs_comes_to_its_end_and_is_shown_again_while_paused(
    running: World, agent: Person, whmcs: LocalWhmcs, slack: LocalSlack, operate: Operate
) -> None:
    whmcs.faults.add(WhmcsFault("ResetPassword", "held_before", times=1))
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    payload = slack.submission_payload(agent, modal)
    await modal.submit()
    await whmcs.faults.wait_until_held()
    await pause(operate)
    whmcs.faults.release()
    await modal.shows("Listo")
    assert running.audit() == [("STARTED", ""), ("SUCCEEDED", "")]

    again = await slack.deliver("view_submission", payload)
    assert "WHMCS envió a ana@example.com" in str(again.json())
    assert [call.action for call in whmcs.calls].count("ResetPassword") == 1


async def test_a_form_that_is_sent_at_the_moment_of_the_pause_is_decided_by_the_database(
    running: World, agent: Person, whmcs: LocalWhmcs, slack: LocalSlack
) -> None:
    """The pause is committed while the submission is on its way, and before it can write."""
    modal = await fill_form(agent, "ana@example.com", SET)
    asked = [call.method for call in slack.calls].count("usergroups.users.list")
    with running.locked() as execute:
        sending = asyncio.create_task(modal.submit())
        # Permission is asked for last before STARTED.
        await slack.wait_for_call("usergroups.users.list", count=asked + 1)
        execute("INSERT INTO pauses (reason, paused_by, paused_at) VALUES ('Ahora', 'Berta', '2026-03-01 12:00:00')")
    await sending
    assert PAUSED in modal.text
    assert whmcs.writes == []
    assert running.audit() == []


async def test_what_an_operator_writes_is_drawn_literally_on_one_line(agent: Person, operate: Operate) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    hostile = "<!channel> *x*\n<http://evil.example|aquí> \u202e {reason} &amp; @everyone"
    await operate("pause", "--reason", hostile, "--by", "<@U0BERTA>\n_B_")
    await modal.submit()
    await agent.sends("/reset-password")
    answer = await agent.ephemeral_message(containing="puso en pausa")
    await agent.sends("/reset-password help")
    help_answer = await agent.ephemeral_message(containing="#42")

    said = "Motivo: «<!channel> *x* <http://evil.example|aquí> {reason} &amp; @everyone»."
    for text in (answer.visible_text, help_answer.visible_text, modal.errors["Usuario"]):
        [line] = [line for line in text.splitlines() if "puso en pausa" in line]
        assert line.startswith("<@U0BERTA> _B_ puso en pausa")
        assert said in line
    for message in (answer, help_answer):
        [block] = [block for block in message.blocks if "evil" in str(block)]
        assert (block["text"]["type"], block["text"]["emoji"]) == ("plain_text", False)
        assert "evil" not in message.text


async def test_a_database_that_can_not_be_read_refuses_the_submission_and_not_the_command(
    running: World, agent: Person, whmcs: LocalWhmcs
) -> None:
    running.execute("ALTER TABLE pauses RENAME TO elsewhere")
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    await modal.submit()
    assert "no se pudo registrar" in modal.errors["Usuario"]
    assert whmcs.writes == []
