"""The process receives SIGTERM at every step of both methods; the next one finds the resets that it did not complete."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from tests.reliability.checks import expect_end
from tests.reliability.harness import Endings, Harness
from tests.reliability.scenario import EMAIL, SET, Message, Scenario, Whmcs, done, form, message
from tests.reliability.scenario_run import ScenarioRun
from tests.reliability.steps import (
    Do,
    finish,
    held_by_slack,
    held_by_whmcs,
    held_deletion,
    held_result,
    nothing,
    submit,
    with_progress,
)

PATIENCE_SECONDS: Final = 30
"""The time after which a supervisor kills a process that it has stopped."""


@dataclass(frozen=True)
class Stop:
    """The steps of a stopped process: `prepare` and `hold` bring a reset to its step; `after` runs between processes.

    `goes_on`: the held calls are released once the process has begun to stop.
    """

    scenario: Scenario
    prepare: Do = nothing
    hold: Do = nothing
    after: Do = nothing
    goes_on: bool = True


AFTERWARDS: Final = Scenario(
    name="afterwards",
    method=EMAIL,
    fault="SIGTERM before the form is submitted; it is submitted when the process has ended",
    reads=form("We had some trouble connecting. Try again?"),
    audit=(),
    again=True,
)
STOPS: Final = (
    Stop(AFTERWARDS, after=submit, goes_on=False),
    Stop(replace(AFTERWARDS, method=SET), after=submit, goes_on=False),
    *(
        Stop(
            done("user_being_checked", method, "SIGTERM while the user is checked"),
            hold=held_by_whmcs("held_before", "GetClientsDetails"),
        )
        for method in (EMAIL, SET)
    ),
    Stop(
        done("placeholder", SET, "SIGTERM while the placeholder is posted"),
        hold=held_by_slack("chat.postMessage", "held_before"),
    ),
    *(
        Stop(
            done("asked", method, "SIGTERM during the call, before WHMCS executes it"),
            hold=held_by_whmcs("held_before"),
        )
        for method in (EMAIL, SET)
    ),
    *(
        Stop(
            done("answering", method, "SIGTERM during the call, after WHMCS executed it"),
            hold=held_by_whmcs("held_after"),
        )
        for method in (EMAIL, SET)
    ),
    Stop(
        done("being_filled", SET, "SIGTERM while the password is put into the message"),
        hold=held_by_slack("chat.update", "held_before"),
    ),
    *(
        Stop(
            done("result_being_shown", method, "SIGTERM while the result is shown"),
            prepare=with_progress,
            hold=held_result,
        )
        for method in (EMAIL, SET)
    ),
    Stop(
        replace(
            done("being_deleted", SET, "SIGTERM while a due message is deleted"),
            message=Message.DELETED,
            audit=("STARTED", "SUCCEEDED", "message DELETED"),
        ),
        prepare=finish,
        hold=held_deletion("held_before"),
    ),
    Stop(
        Scenario(
            name="never",
            method=EMAIL,
            fault="SIGTERM during the call; WHMCS never answers",
            reads=message("It is not known whether WHMCS sent the e-mail"),
            message=Message.NOTICE,
            audit=("STARTED", "UNKNOWN interrupted"),
        ),
        hold=held_by_whmcs("held_before"),
        goes_on=False,
    ),
    Stop(
        Scenario(
            name="never",
            method=SET,
            fault="SIGTERM while the password is put into the message; Slack never answers",
            whmcs=Whmcs.PASSWORD,
            reads=message("was changed, but the new one could not be delivered to you: set it again."),
            message=Message.NOTICE,
            audit=("STARTED", "SUCCEEDED not_delivered"),
        ),
        hold=held_by_slack("chat.update", "held_before"),
        goes_on=False,
    ),
)
SCENARIOS: Final = tuple(stop.scenario for stop in STOPS)
_STOPS: Final = {stop.scenario.id: stop for stop in STOPS}


async def play(harness: Harness, endings: Endings, runs: list[ScenarioRun]) -> None:
    if not runs:
        return
    world = harness.world
    bot = await harness.start()
    stops = {run.scenario.id: _STOPS[run.scenario.id] for run in runs}
    await endings.play(runs, ScenarioRun.fill_in)
    await endings.play(runs, lambda run: stops[run.scenario.id].prepare(run))
    going_on = [run for run in runs if stops[run.scenario.id].goes_on]
    await endings.play(going_on, lambda run: stops[run.scenario.id].hold(run))
    # After this only the held resets can delay the stop.
    await endings.play(going_on, ScenarioRun.answered)
    # These are last, since calls without a response time out after half a minute.
    await endings.play([run for run in runs if run not in going_on], lambda run: stops[run.scenario.id].hold(run))
    bot.process.terminate()
    await world.until(bot.is_stopping, 20)
    for run in going_on:
        run.let_whmcs_go_on()
        run.let_slack_go_on()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await bot.process.wait() == 0
    await endings.play(going_on, expect_end)
    await endings.play(runs, lambda run: stops[run.scenario.id].after(run))
    await endings.play(runs, ScenarioRun.lose_whmcs)
    world.slack.faults.drop()
    world.slack.faults.clear()
    await endings.play(runs, ScenarioRun.answered)
    harness.let_pass(minutes=3)
    await harness.start()
    await endings.play(runs, expect_end)
