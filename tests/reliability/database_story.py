"""How one fault of the database is told: resets at every step meet it at once, and one process does not outlive it."""

import json
from contextlib import AbstractAsyncContextManager

from tests.flows.replicas import Replica
from tests.reliability.case import Case
from tests.reliability.checks import expect_end
from tests.reliability.database_faults import FOLLOWS, NO_RECORD, DatabaseFault, Step
from tests.reliability.stage import Endings, Stage


async def tell(
    stage: Stage,
    endings: Endings,
    fault: DatabaseFault,
    breaking: AbstractAsyncContextManager[None],
    survivor: Replica,
    cases: list[Case],
) -> None:
    """`cases`: those of this fault. The survivor records what it did, and settles what the other one leaves."""
    if not cases:
        return
    early, called, done, killed = ([case for case in cases if fault.is_at(step, case.row)] for step in Step)
    doomed = await stage.start()
    await endings.play(killed, Case.fill_in)
    await endings.play(killed, _submit_up_to_the_work)
    stage.talk_to(survivor)
    await endings.play([*early, *called, *done], Case.fill_in)
    await endings.play(called, _submit_up_to_the_check)
    await endings.play(done, _submit_up_to_the_work)
    async with breaking:
        for case in (*called, *done, *killed):
            case.let_whmcs_go_on()
        await _look_in(stage)
        await endings.play(early, _read_that_nothing_is_done)
        await endings.play([*called, *done, *killed], _read_that_the_record_follows)
        await doomed.kill()
    await endings.play(cases, Case.answered)
    await endings.play(killed, lambda case: _find_in_log(case, doomed))
    # Longer than a lease, shorter than a message's time.
    stage.let_pass(minutes=1)
    await endings.play(cases, expect_end)


async def _look_in(stage: Stage) -> None:
    """Who opens a form can, and who may not is told so; neither is worth a traceback."""
    modal = await stage.bystanders[0].types("/reset-password")
    await modal.shows("Client")
    await modal.close()
    stranger = stage.world.slack.add_person(f"Stranger {len(stage.bots)}", locale="en-US")
    await stranger.sends("/reset-password")
    await stranger.ephemeral_message(containing="You may not reset passwords", timeout_seconds=30)


async def _submit_up_to_the_check(case: Case) -> None:
    held = case.break_whmcs("GetClientsDetails", "held_after", times=1)
    case.submit()
    await case.held_by_whmcs(held)


async def _submit_up_to_the_work(case: Case) -> None:
    held = case.break_whmcs(case.write, "held_after", times=1)
    case.submit()
    await case.held_by_whmcs(held)


async def _read_that_nothing_is_done(case: Case) -> None:
    case.submit()
    await case.form.shows(NO_RECORD, timeout_seconds=30)


async def _read_that_the_record_follows(case: Case) -> None:
    await case.form.shows(FOLLOWS, timeout_seconds=30)
    await case.agent.direct_message(containing=FOLLOWS, timeout_seconds=30)


async def _find_in_log(case: Case, bot: Replica) -> None:
    """What the dead process knew, which no database has."""
    lines = [json.loads(line) for line in bot.output.splitlines() if '"recorded": false' in line]
    [line] = [line for line in lines if line["reference"] == case.reference]
    assert (line["action"], line["outcome"], line["actor"]) == ("reset", "SUCCEEDED", case.agent.id)
