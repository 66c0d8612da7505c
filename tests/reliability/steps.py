"""Steps of a run on its way to a fault, and after it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.slack.faults import Kind as SlackKind
from sandbox.whmcs import FaultKind
from tests.reliability.scenario import Scenario
from tests.reliability.scenario_run import ScenarioRun

Do: TypeAlias = Callable[[ScenarioRun], Awaitable[None]]


async def nothing(_: ScenarioRun) -> None:
    pass


async def submit(run: ScenarioRun) -> None:
    run.submit()


async def finish(run: ScenarioRun) -> None:
    run.submit()
    await run.form.shows("Done", timeout_seconds=20)


async def let_message_be_due(run: ScenarioRun) -> None:
    run.let_message_be_due()


async def let_whmcs_go_on(run: ScenarioRun) -> None:
    run.let_whmcs_go_on()


def held_by_whmcs(kind: FaultKind, action: str = "") -> Do:
    """Return a step that submits until WHMCS holds the write, or this action."""

    async def hold(run: ScenarioRun) -> None:
        fault = run.break_whmcs(action or run.write, kind)
        run.submit()
        await run.held_by_whmcs(fault)

    return hold


def held_by_slack(method: str, kind: SlackKind) -> Do:
    async def hold(run: ScenarioRun) -> None:
        fault = run.break_slack(method, kind)
        run.submit()
        await run.held_by_slack(fault)

    return hold


def held_deletion(kind: SlackKind) -> Do:
    async def hold(run: ScenarioRun) -> None:
        fault = run.break_slack("chat.delete", kind)
        run.let_message_be_due()
        await run.held_by_slack(fault)

    return hold


async def with_progress(run: ScenarioRun) -> None:
    """Submit and wait for the progress view, so that the result comes after the acknowledgement."""
    await held_by_whmcs("held_after")(run)
    await run.form.shows("One moment", timeout_seconds=20)


async def held_result(run: ScenarioRun) -> None:
    """Let WHMCS do its work until the outcome is committed, and hold it from form and channel."""
    held = [run.break_slack("views.update", "held_before"), run.break_slack("response_url", "held_before")]
    run.let_whmcs_go_on()
    for fault in held:
        await run.held_by_slack(fault)


async def up_to_progress(run: ScenarioRun) -> None:
    """Submit until the form shows progress, and hold all later updates."""
    run.break_slack("views.update", "held_before")
    run.submit()
    await run.form.shows("One moment", timeout_seconds=20)


@dataclass(frozen=True)
class Stop:
    """The steps of a killed process: `prepare` and `hold` bring a reset to the point at which it is killed.

    `first` and `go_on` happen while the database accepts no writes, `after` while no process runs, `then` when another
    one does, and `late` after it has notified the agent.
    """

    scenario: Scenario
    prepare: Do = nothing
    hold: Do = nothing
    first: Do = nothing
    go_on: Do = nothing
    after: Do = nothing
    then: Do = nothing
    late: Do = nothing
