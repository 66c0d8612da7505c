"""Plays a fault of the database for resets at every step at the same time; one of two processes is killed in it."""

import json
from contextlib import AbstractAsyncContextManager

from tests.harness.process import Replica
from tests.harness.world import open_modal
from tests.reliability.checks import expect_end
from tests.reliability.database_faults import FOLLOWS, NO_RECORD, DatabaseFault, Step
from tests.reliability.harness import Endings, Harness
from tests.reliability.scenario_run import ScenarioRun


async def play(
    harness: Harness,
    endings: Endings,
    fault: DatabaseFault,
    breaking: AbstractAsyncContextManager[None],
    survivor: Replica,
    runs: list[ScenarioRun],
) -> None:
    """Play the runs of this fault. The survivor records its outcomes and settles the resets of the killed process."""
    if not runs:
        return
    early, called, done, killed = ([run for run in runs if fault.is_at(step, run.scenario)] for step in Step)
    doomed = await harness.start()
    await endings.play(killed, ScenarioRun.fill_in)
    await endings.play(killed, _submit_up_to_the_work)
    harness.talk_to(survivor)
    await endings.play([*early, *called, *done], ScenarioRun.fill_in)
    await endings.play(called, _submit_up_to_the_check)
    await endings.play(done, _submit_up_to_the_work)
    async with breaking:
        for run in (*called, *done, *killed):
            run.let_whmcs_go_on()
        await _look_in(harness)
        await endings.play(early, _read_that_nothing_is_done)
        await endings.play([*called, *done, *killed], _read_that_the_record_follows)
        await doomed.kill()
    await endings.play(runs, ScenarioRun.answered)
    await endings.play(killed, lambda run: _find_in_log(run, doomed))
    # Longer than a lease, shorter than a message's time.
    harness.let_pass(minutes=1)
    await endings.play(runs, expect_end)


async def _look_in(harness: Harness) -> None:
    """Check that agents can open a form and that others are refused, without a traceback."""
    modal = await open_modal(harness.bystanders[0], "/reset-password")
    await modal.shows("Client")
    await modal.close()
    stranger = harness.world.slack.add_person(f"Stranger {len(harness.bots)}", locale="en-US")
    await stranger.sends("/reset-password")
    await stranger.ephemeral_message(containing="You don’t have permission to reset passwords", timeout_seconds=30)


async def _submit_up_to_the_check(run: ScenarioRun) -> None:
    held = run.break_whmcs("GetClientsDetails", "held_after", times=1)
    run.submit()
    await run.held_by_whmcs(held)


async def _submit_up_to_the_work(run: ScenarioRun) -> None:
    held = run.break_whmcs(run.write, "held_after", times=1)
    run.submit()
    await run.held_by_whmcs(held)


async def _read_that_nothing_is_done(run: ScenarioRun) -> None:
    run.submit()
    await run.form.shows(NO_RECORD, timeout_seconds=30)


async def _read_that_the_record_follows(run: ScenarioRun) -> None:
    await run.form.shows(FOLLOWS, timeout_seconds=30)
    await run.agent.direct_message(containing=FOLLOWS, timeout_seconds=30)


async def _find_in_log(run: ScenarioRun, bot: Replica) -> None:
    """Check that the killed process logged its outcome, which the database lacks."""
    lines = [json.loads(line) for line in bot.output.splitlines() if '"recorded": false' in line]
    [line] = [line for line in lines if line["reference"] == run.reference]
    assert (line["action"], line["outcome"], line["actor"]) == ("reset", "SUCCEEDED", run.agent.id)
