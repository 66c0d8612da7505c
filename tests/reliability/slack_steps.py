"""Steps that lead a run to a call of Slack and break it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.slack.faults import Fault, Kind
from tests.harness.world import open_modal
from tests.reliability.scenario import Scenario
from tests.reliability.scenario_run import ScenarioRun
from tests.reliability.steps import Do, finish, submit

Break: TypeAlias = Callable[[ScenarioRun], object]


@dataclass(frozen=True)
class Trouble:
    """A fault of Slack. `reach` leads to the button that begins the reset, or to an earlier fault; `go_on` from there on.

    `is_late`: the result appears only after Slack recovers. `is_first`: the fault affects everybody, so the run ends
    before the others begin.
    """

    scenario: Scenario
    reach: Do = ScenarioRun.fill_in
    go_on: Do = submit
    is_late: bool = False
    is_first: bool = False


def broken(method: str, kind: Kind, *, times: int | None = None, error: str = "") -> Break:
    return lambda run: run.break_slack(method, kind, times=times, seconds=1, error=error)


def _order(run: ScenarioRun, breaks: Iterable[Break]) -> None:
    for each in breaks:
        each(run)


def at_the_command(*breaks: Break) -> Do:
    """Return a step that only sends the command; the form may not open."""

    async def send(run: ScenarioRun) -> None:
        _order(run, breaks)
        await run.agent.sends(f"/reset-password #{run.client_id}")

    return send


def at_the_button(*breaks: Break) -> Do:
    async def press(run: ScenarioRun) -> None:
        _order(run, breaks)
        run.submit()

    return press


def after_progress(*breaks: Break) -> Do:
    """Return a step in which the result comes after the acknowledgement, so that a call must update the view."""

    async def go_on(run: ScenarioRun) -> None:
        await show_progress(run)
        _order(run, breaks)
        run.let_whmcs_go_on()

    return go_on


def when_deleted(*breaks: Break) -> Do:
    async def go_on(run: ScenarioRun) -> None:
        await finish(run)
        _order(run, breaks)
        run.let_message_be_due()

    return go_on


async def show_progress(run: ScenarioRun) -> None:
    fault = run.break_whmcs(run.write, "held_before", times=1)
    run.submit()
    await run.held_by_whmcs(fault)
    await run.form.shows("One moment", timeout_seconds=20)


async def lose_groups(run: ScenarioRun) -> None:
    """Rate-limit the next read of the group, which serves all agents."""
    run.world.slack.faults.add(Fault("usergroups.users.list", "ratelimited", seconds=1, times=1))
    run.submit()


async def find_form(run: ScenarioRun) -> None:
    run.modal = await run.agent.modal()


async def draw_last_step_late(run: ScenarioRun) -> None:
    """Submit the form while WHMCS takes longer than an acknowledgement may."""
    run.modal = await open_modal(run.agent, f"/reset-password #{run.client_id}")
    await run.form.shows("Client id", timeout_seconds=20)
    await run.form.choose("Method", "Set a password")
    fault = run.break_whmcs("GetClientsDetails", "held_before", times=1)
    await run.form.submit()
    await run.held_by_whmcs(fault)
    run.break_slack("views.update", "status_500")
    run.let_whmcs_go_on()


async def close_form(run: ScenarioRun) -> None:
    await show_progress(run)
    await run.form.close()
    run.let_whmcs_go_on()


async def place_late(run: ScenarioRun) -> None:
    """Let Slack carry out the first attempt after it answered the second one."""
    fault = run.break_slack("chat.postMessage", "held_before", times=1)
    await finish(run)
    run.world.slack.faults.release(fault)


async def lose_and_refuse(run: ScenarioRun) -> None:
    """Lose the response to the first attempt, which delivers the password, and refuse the second one."""
    lost = run.break_slack("chat.update", "drop_after", times=1)
    run.submit()
    await run.world.slack.changes.wait_until(lambda: lost.used, 20)
    run.break_slack("chat.update", "error", error="cant_update_message")


async def lose_the_second_message(run: ScenarioRun) -> None:
    """Refuse to edit the placeholder, and lose the response to the message that replaces it."""
    refused = run.break_slack("chat.update", "error", error="cant_update_message")
    held = run.break_whmcs(run.write, "held_before", times=1)
    run.submit()
    await run.held_by_whmcs(held)
    run.break_slack("chat.postMessage", "drop_after")
    run.let_whmcs_go_on()
    await run.world.slack.changes.wait_until(lambda: refused.used, 20)


def deleted_again(*breaks: Break) -> Do:
    """Return a step like `when_deleted` whose second attempt is due at once."""

    async def go_on(run: ScenarioRun) -> None:
        await when_deleted(*breaks)(run)
        await run.try_deletion_again()

    return go_on


async def overdue(run: ScenarioRun) -> None:
    await deleted_again(broken("chat.delete", "status_500", times=2))(run)
    await run.try_deletion_again()
