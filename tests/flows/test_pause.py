"""`pause` and `resume` while the bot runs: the messages to agents, and what continues during a pause."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest
import pytest_asyncio

from bot.domain.pauses import Pause
from bot.store.database import Database
from bot.store.pauses import PauseStore
from sandbox.slack import LocalSlack, Person
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import LocalWhmcs
from tests.flows.test_access import forge
from tests.harness.world import EMAIL, GROUP, SET, World, complete_reset, fill_form
from tests.test_command_line import run_bot

pytestmark = pytest.mark.asyncio

NOTHING = "No se cambió nada."
PAUSED = "Berta puso en pausa los restablecimientos el "
REASON = "Motivo: «WHMCS se actualiza»."

Operate: TypeAlias = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def operate(running: World, tmp_path: Path) -> Operate:
    """Run a command in a separate process, as an operator does, and return its output."""

    async def run(*arguments: str) -> str:
        address = running.settings["DATABASE_URL"]
        answer = await asyncio.to_thread(run_bot, tmp_path, *arguments, DATABASE_URL=address)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    return run


@pytest_asyncio.fixture
async def pauses(world: World) -> AsyncIterator[PauseStore]:
    """The store that the commands write to, on a separate connection; this saves starting a process each time."""
    database = Database.connect(world.settings["DATABASE_URL"])
    yield PauseStore(database)
    await database.aclose()


async def pause(pauses: PauseStore) -> None:
    await pauses.begin_pause(Pause(reason="WHMCS se actualiza", by="Berta", paused_at=datetime.now(UTC)))


async def resume(pauses: PauseStore) -> None:
    await pauses.end_pause("Berta", datetime.now(UTC))


async def test_a_paused_command_reports_who_paused_and_why_and_opens_no_form(
    running: World, agent: Person, whmcs: LocalWhmcs, operate: Operate
) -> None:
    await operate("pause", "--reason", "WHMCS se actualiza", "--by", "Berta")
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
    await complete_reset(agent, "ana@example.com", EMAIL)


async def test_an_english_agent_reads_the_pause_in_english(
    slack: LocalSlack, agent: Person, pauses: PauseStore
) -> None:
    english = slack.add_person("Edith Example", locale="en-GB", groups=[GROUP])
    modal = await english.types("/reset-password ana@example.com")
    await modal.shows("Client id")
    await modal.choose("Method", "Send a password-reset e-mail")
    await pause(pauses)
    await modal.submit()
    await english.sends("/reset-password")

    answer = await english.ephemeral_message(containing="Berta paused resets on ")
    for text in (answer.visible_text, modal.errors["User"]):
        assert "Reason: “WHMCS se actualiza”. Try again when they are resumed. Nothing was changed." in text
    assert agent.ephemeral_messages == ()


async def test_help_is_available_while_paused_and_begins_with_the_pause(agent: Person, pauses: PauseStore) -> None:
    await pause(pauses)
    await agent.sends("/reset-password help")
    answer = await agent.ephemeral_message(containing="/reset-password #42")
    assert answer.visible_text.startswith(PAUSED)
    assert agent.modals == ()


@pytest.mark.parametrize("method", [EMAIL, SET])
async def test_a_form_opened_before_the_pause_is_refused_until_resume(
    running: World, agent: Person, whmcs: LocalWhmcs, pauses: PauseStore, method: str
) -> None:
    modal = await fill_form(agent, "ana@example.com", method)
    reference = modal.text.partition("Referencia: ")[2][:9]
    await pause(pauses)
    await modal.submit()

    # The last step of a set password has no fields, so the pause is shown above it.
    said = modal.errors["Usuario"] if method == EMAIL else modal.text.splitlines()[1]
    assert said.startswith(PAUSED)
    assert REASON in said
    assert said.endswith(NOTHING)
    assert f"Referencia: {reference}" in modal.text
    assert whmcs.writes == []
    assert agent.direct_messages == ()
    assert running.audit() == running.audit("limit") == running.audit("access") == []
    assert running.rows("SELECT * FROM resets") == running.rows("SELECT * FROM jobs") == []

    await resume(pauses)
    await modal.submit()
    await modal.shows("Listo")
    rows = [row for row in running.audit_rows() if row["action"] == "reset"]
    assert [(row["outcome"], row["reference"]) for row in rows] == [("STARTED", reference), ("SUCCEEDED", reference)]


async def test_the_pause_is_reported_even_if_passwords_cannot_be_set(world: World, pauses: PauseStore) -> None:
    """The other refusal suggests the reset e-mail, which the pause would refuse as well."""
    async with world.bot(WHMCS_COMPANION_SECRET=""):
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        payload = world.slack.submission_payload(world.agent, modal)
        forge(payload, "method", "set_password")
        await pause(pauses)
        answer = await world.slack.deliver("view_submission", payload)
    [error] = answer.json()["errors"].values()
    assert error.startswith(PAUSED)


async def test_during_a_pause_searching_works_and_an_incomplete_form_is_refused(
    agent: Person, pauses: PauseStore
) -> None:
    modal = await agent.types("/reset-password")
    await pause(pauses)
    assert (await modal.submit(even_if_incomplete=True)).errors["Cliente"].startswith(PAUSED)
    await modal.picks("Cliente", "cinco", "#61")
    await modal.shows("Id del cliente")
    await modal.choose("Método", EMAIL)
    assert (await modal.submit(even_if_incomplete=True)).errors["Cliente"].startswith(PAUSED)
    await resume(pauses)
    assert "Elija un usuario" in (await modal.submit(even_if_incomplete=True)).errors["Usuario"]


async def test_messages_with_a_password_are_deleted_while_paused(
    running: World, agent: Person, pauses: PauseStore
) -> None:
    passwords = []
    for client in ("ana@example.com", "#51"):
        modal = await complete_reset(agent, client, SET)
        passwords.append(agent.direct_messages[-1])
        await modal.close()
    await pause(pauses)
    by_hand, by_time = passwords
    await by_hand.press("Borrar ahora")
    await by_hand.gone()
    running.let_messages_be_due()
    await by_time.gone()
    await running.until(lambda: running.audit("message") == [("DELETED", ""), ("DELETED", "")])


async def test_a_running_reset_completes_and_can_be_shown_again_while_paused(
    running: World, agent: Person, whmcs: LocalWhmcs, slack: LocalSlack, pauses: PauseStore
) -> None:
    whmcs.faults.add(WhmcsFault("ResetPassword", "held_before", times=1))
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    payload = slack.submission_payload(agent, modal)
    await modal.submit()
    await whmcs.faults.wait_until_held()
    await pause(pauses)
    whmcs.faults.release()
    await modal.shows("Listo")
    assert running.audit() == [("STARTED", ""), ("SUCCEEDED", "")]

    again = await slack.deliver("view_submission", payload)
    assert "WHMCS envió a ana@example.com" in str(again.json())
    assert [call.action for call in whmcs.calls].count("ResetPassword") == 1


async def test_a_pause_at_the_moment_of_submission_is_decided_by_the_database(
    running: World, agent: Person, whmcs: LocalWhmcs, slack: LocalSlack
) -> None:
    """The pause is committed after the submission began and before it can write."""
    modal = await fill_form(agent, "ana@example.com", SET)
    asked = [call.method for call in slack.calls].count("usergroups.users.list")
    with running.locked() as execute:
        sending = asyncio.create_task(modal.submit())
        # Permission is the last check before STARTED.
        await slack.wait_for_call("usergroups.users.list", count=asked + 1)
        execute("INSERT INTO pauses (reason, paused_by, paused_at) VALUES ('Ahora', 'Berta', '2026-03-01 12:00:00')")
    await sending
    assert PAUSED in modal.text
    assert whmcs.writes == []
    assert running.audit() == []


async def test_an_operators_reason_is_shown_literally_on_one_line(agent: Person, operate: Operate) -> None:
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


async def test_an_unreadable_database_refuses_the_submission_and_not_the_command(
    running: World, agent: Person, whmcs: LocalWhmcs
) -> None:
    running.execute("ALTER TABLE pauses RENAME TO elsewhere")
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    await modal.submit()
    assert "no se pudo registrar" in modal.errors["Usuario"]
    assert whmcs.writes == []
