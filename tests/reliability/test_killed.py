"""The process is killed at every step of both methods; another one finishes its resets."""

from dataclasses import replace
from typing import Final

import pytest
import pytest_asyncio

from bot.domain.resets import Method
from tests.reliability.checks import expect_end, expect_nothing_left
from tests.reliability.harness import Endings, Harness
from tests.reliability.scenario import EMAIL, SET, Message, Scenario, Whmcs, form, message
from tests.reliability.scenario_run import PLACEHOLDER, ScenarioRun
from tests.reliability.steps import (
    Stop,
    finish,
    held_by_slack,
    held_by_whmcs,
    held_deletion,
    held_result,
    let_message_be_due,
    let_whmcs_go_on,
    nothing,
    submit,
    up_to_progress,
    with_progress,
)

pytestmark = pytest.mark.xdist_group("reliability")

INTERRUPTED: Final = message("The bot was interrupted before WHMCS changed anything. Start again. Nothing was changed.")


async def with_placeholder(run: ScenarioRun) -> None:
    """Submit until WHMCS holds the check of the user and the placeholder is posted."""
    await held_by_whmcs("held_before", "GetClientsDetails")(run)
    await run.agent.direct_message(containing=PLACEHOLDER, timeout_seconds=20)


def nothing_changed(name: str, method: Method, fault: str, held: Message = Message.NOTICE) -> Scenario:
    audit = ("STARTED", "FAILED interrupted")
    return Scenario(name=name, method=method, fault=fault, reads=INTERRUPTED, message=held, audit=audit)


def not_known(name: str, fault: str, whmcs: Whmcs) -> Scenario:
    return Scenario(
        name=name,
        method=EMAIL,
        fault=fault,
        whmcs=whmcs,
        reads=message("It is not known whether WHMCS sent the e-mail"),
        message=Message.NOTICE,
        audit=("STARTED", "UNKNOWN interrupted"),
    )


def not_delivered(name: str, fault: str) -> Scenario:
    return Scenario(
        name=name,
        method=SET,
        fault=fault,
        whmcs=Whmcs.PASSWORD,
        reads=message("was changed, but the new one could not be delivered to you: set it again."),
        message=Message.NOTICE,
        audit=("STARTED", "SUCCEEDED not_delivered"),
    )


def deleted(name: str, fault: str) -> Scenario:
    return Scenario(
        name=name,
        method=SET,
        fault=fault,
        whmcs=Whmcs.PASSWORD,
        reads=form("Done"),
        message=Message.DELETED,
        audit=("STARTED", "SUCCEEDED", "message DELETED"),
    )


BEFORE_STARTED: Final = Scenario(
    name="before_started",
    method=EMAIL,
    fault="Before STARTED is committed",
    reads=form("We had some trouble connecting. Try again?"),
    audit=(),
    again=True,
)
STOPS: Final = (
    Stop(BEFORE_STARTED, go_on=submit),
    Stop(replace(BEFORE_STARTED, method=SET), go_on=submit),
    Stop(
        Scenario(
            name="progress_before_started",
            method=EMAIL,
            fault="Before STARTED is committed, after the form has already shown progress",
            reads=form("One moment", "If neither appears within five minutes, start again."),
            audit=(),
        ),
        first=up_to_progress,
    ),
    Stop(
        nothing_changed("user_being_checked", EMAIL, "While the user is checked"),
        hold=held_by_whmcs("held_before", "GetClientsDetails"),
    ),
    Stop(
        nothing_changed("user_being_checked", SET, "While the user is checked, before the placeholder is posted"),
        hold=held_by_slack("chat.postMessage", "held_before"),
    ),
    Stop(
        nothing_changed("call_not_announced", EMAIL, "After the check, before *calling* is committed"),
        hold=held_by_whmcs("held_before", "GetClientsDetails"),
        go_on=let_whmcs_go_on,
    ),
    Stop(
        nothing_changed(
            "call_not_announced",
            SET,
            "After the placeholder is posted, before *calling* is committed",
            Message.PLACEHOLDER,
        ),
        hold=with_placeholder,
        go_on=let_whmcs_go_on,
    ),
    Stop(
        not_known("call_announced", "After *calling* is committed; WHMCS never executes the call", Whmcs.AS_BEFORE),
        hold=held_by_whmcs("held_before"),
    ),
    Stop(
        nothing_changed("call_announced", SET, "After *calling* is committed; WHMCS never executes the call"),
        hold=held_by_whmcs("held_before"),
    ),
    Stop(
        not_known("done_after_the_kill", "During the call; WHMCS executes it afterwards", Whmcs.MAIL),
        hold=held_by_whmcs("held_before"),
        after=let_whmcs_go_on,
    ),
    Stop(
        not_delivered("done_after_the_kill", "During the call; WHMCS executes it afterwards"),
        hold=held_by_whmcs("held_before"),
        after=let_whmcs_go_on,
    ),
    Stop(
        Scenario(
            name="done_after_recovery",
            method=SET,
            fault="During the call; WHMCS executes it minutes later, after the bot reported that it did not",
            whmcs=Whmcs.PASSWORD,
            reads=message("Update: the password of"),
            message=Message.NOTICE,
            audit=("STARTED", "FAILED interrupted", "SETTLED not_delivered"),
        ),
        hold=held_by_whmcs("held_before"),
        late=let_whmcs_go_on,
    ),
    Stop(
        not_known("answer_not_read", "After WHMCS executed the call, before its answer is read", Whmcs.MAIL),
        hold=held_by_whmcs("held_after"),
    ),
    Stop(
        not_delivered("answer_not_read", "After WHMCS executed the call, before its answer is read"),
        hold=held_by_whmcs("held_after"),
    ),
    Stop(
        not_delivered("message_not_filled", "After the answer is read, before the password is in the message"),
        hold=held_by_slack("chat.update", "held_before"),
    ),
    Stop(
        not_known("outcome_not_committed", "After the answer is read, before the outcome is committed", Whmcs.MAIL),
        hold=held_by_whmcs("held_after"),
        go_on=let_whmcs_go_on,
    ),
    Stop(
        not_delivered("outcome_not_committed", "After the password is in the message, before the outcome is committed"),
        hold=held_by_slack("chat.update", "held_after"),
    ),
    Stop(
        Scenario(
            name="result_not_shown",
            method=EMAIL,
            fault="After the outcome is committed, before it is shown",
            whmcs=Whmcs.MAIL,
            reads=message("WHMCS sent a password-reset e-mail"),
            message=Message.NOTICE,
            audit=("STARTED", "SUCCEEDED"),
        ),
        prepare=with_progress,
        hold=held_result,
    ),
    Stop(
        Scenario(
            name="result_not_shown",
            method=SET,
            fault="After the outcome is committed, before it is shown",
            whmcs=Whmcs.PASSWORD,
            reads=message("New password of"),
            message=Message.PASSWORD,
            audit=("STARTED", "SUCCEEDED"),
        ),
        prepare=with_progress,
        hold=held_result,
    ),
    Stop(
        deleted("deletion_due", "Before the message is due; it becomes due while no bot runs"),
        prepare=finish,
        after=let_message_be_due,
    ),
    Stop(
        deleted("deletion_asked", "During the call that deletes the message; Slack never executes it"),
        prepare=finish,
        hold=held_deletion("held_before"),
    ),
    Stop(
        deleted("deletion_done", "After Slack deleted the message, before that is committed"),
        prepare=finish,
        hold=held_deletion("held_after"),
    ),
)
SCENARIOS: Final = tuple(stop.scenario for stop in STOPS)
_STOPS: Final = {stop.scenario.id: stop for stop in STOPS}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def killed(harness: Harness, scenarios: list[Scenario], endings: Endings) -> Endings:
    """Play all scenarios at the same time; each test reports the result of its own."""
    world = harness.world
    # Over HTTP on PostgreSQL a second replica, to which Slack sends nothing, survives; otherwise the next process takes over.
    survivor = await harness.start() if world.postgresql and world.mode == "http" else None
    bot = await harness.start()
    runs = [harness.cast(scenario) for scenario in scenarios]
    stops = {run.scenario.id: _STOPS[run.scenario.id] for run in runs}
    await endings.play(runs, ScenarioRun.fill_in)
    await endings.play(runs, lambda run: stops[run.scenario.id].prepare(run))
    await endings.play(runs, lambda run: stops[run.scenario.id].hold(run))
    with world.locked():
        await endings.play(runs, lambda run: stops[run.scenario.id].first(run))
        await endings.play(runs, lambda run: stops[run.scenario.id].go_on(run))
        await bot.kill()
    await endings.play(runs, lambda run: stops[run.scenario.id].after(run))
    world.slack.faults.drop()
    world.slack.faults.clear()
    late = [run for run in runs if stops[run.scenario.id].late is not nothing]
    await endings.play([run for run in runs if run not in late], ScenarioRun.lose_whmcs)
    await endings.play(runs, ScenarioRun.answered)
    harness.let_pass(minutes=3)
    if survivor is not None:
        harness.talk_to(survivor)
    else:
        await harness.start()
    await endings.play(late, lambda run: run.until_audit("STARTED", "FAILED interrupted"))
    await endings.play(late, ScenarioRun.until_asked_on)
    await endings.play(late, lambda run: stops[run.scenario.id].late(run))
    harness.let_pass(minutes=5)
    await endings.play(runs, expect_end)
    return endings


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_another_bot_finishes_the_resets_of_a_killed_one_as_documented(killed: Endings, scenario: Scenario) -> None:
    killed.raise_for(scenario)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("killed")
async def test_no_password_or_unfinished_job_is_left(harness: Harness) -> None:
    await expect_nothing_left(harness.runs, harness.logs)
