"""The process is killed at every step of both methods, all in one moment; another one finds what it left."""

from dataclasses import replace
from typing import Final

import pytest
import pytest_asyncio

from bot.domain.resets import Method
from tests.reliability.case import PLACEHOLDER, Case
from tests.reliability.checks import expect_end, expect_nothing_left
from tests.reliability.row import EMAIL, SET, Message, Row, Whmcs, form, message
from tests.reliability.stage import Endings, Stage
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

pytestmark = pytest.mark.xdist_group("reliability-killed")

INTERRUPTED: Final = message(
    "The bot was interrupted before WHMCS had done anything. Start again. Nothing was changed."
)


async def with_placeholder(case: Case) -> None:
    """The user is being checked, and the placeholder is there."""
    await held_by_whmcs("held_before", "GetClientsDetails")(case)
    await case.agent.direct_message(containing=PLACEHOLDER, timeout_seconds=20)


def nothing_changed(name: str, method: Method, fault: str, held: Message = Message.NOTICE) -> Row:
    audit = ("STARTED", "FAILED interrupted")
    return Row(name=name, method=method, fault=fault, reads=INTERRUPTED, message=held, audit=audit)


def not_known(name: str, fault: str, whmcs: Whmcs) -> Row:
    return Row(
        name=name,
        method=EMAIL,
        fault=fault,
        whmcs=whmcs,
        reads=message("It is not known whether WHMCS sent the e-mail"),
        message=Message.NOTICE,
        audit=("STARTED", "UNKNOWN interrupted"),
    )


def not_delivered(name: str, fault: str) -> Row:
    return Row(
        name=name,
        method=SET,
        fault=fault,
        whmcs=Whmcs.PASSWORD,
        reads=message("was changed, but the new one could not be delivered to you: set it again."),
        message=Message.NOTICE,
        audit=("STARTED", "SUCCEEDED not_delivered"),
    )


def deleted(name: str, fault: str) -> Row:
    return Row(
        name=name,
        method=SET,
        fault=fault,
        whmcs=Whmcs.PASSWORD,
        reads=form("Done"),
        message=Message.DELETED,
        audit=("STARTED", "SUCCEEDED", "message DELETED"),
    )


BEFORE_STARTED: Final = Row(
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
        Row(
            name="progress_before_started",
            method=EMAIL,
            fault="Before STARTED is committed, which takes so long that the form says meanwhile that it goes on",
            reads=form("One moment", "If neither has come after five minutes, start again."),
            audit=(),
        ),
        first=up_to_progress,
    ),
    Stop(
        nothing_changed("user_being_checked", EMAIL, "While the user is checked"),
        hold=held_by_whmcs("held_before", "GetClientsDetails"),
    ),
    Stop(
        nothing_changed("user_being_checked", SET, "While the user is checked, before a placeholder is posted"),
        hold=held_by_slack("chat.postMessage", "held_before"),
    ),
    Stop(
        nothing_changed("call_not_announced", EMAIL, "After the check, before the call is announced"),
        hold=held_by_whmcs("held_before", "GetClientsDetails"),
        go_on=let_whmcs_go_on,
    ),
    Stop(
        nothing_changed(
            "call_not_announced",
            SET,
            "After the placeholder is posted, before its place and the call are committed",
            Message.PLACEHOLDER,
        ),
        hold=with_placeholder,
        go_on=let_whmcs_go_on,
    ),
    Stop(
        not_known("call_announced", "After the call is announced; WHMCS never does it", Whmcs.AS_BEFORE),
        hold=held_by_whmcs("held_before"),
    ),
    Stop(
        nothing_changed("call_announced", SET, "After the call is announced; WHMCS never does it"),
        hold=held_by_whmcs("held_before"),
    ),
    Stop(
        not_known("done_after_the_kill", "While WHMCS is asked, which does it afterwards", Whmcs.MAIL),
        hold=held_by_whmcs("held_before"),
        after=let_whmcs_go_on,
    ),
    Stop(
        not_delivered("done_after_the_kill", "While WHMCS is asked, which does it afterwards"),
        hold=held_by_whmcs("held_before"),
        after=let_whmcs_go_on,
    ),
    Stop(
        Row(
            name="done_after_recovery",
            method=SET,
            fault="While WHMCS is asked, which does it minutes later, after the agent was told that it did not",
            whmcs=Whmcs.PASSWORD,
            reads=message("It is known now: the password of"),
            message=Message.NOTICE,
            audit=("STARTED", "FAILED interrupted", "SETTLED not_delivered"),
        ),
        hold=held_by_whmcs("held_before"),
        late=let_whmcs_go_on,
    ),
    Stop(
        not_known("answer_not_read", "After WHMCS did it, before its answer is read", Whmcs.MAIL),
        hold=held_by_whmcs("held_after"),
    ),
    Stop(
        not_delivered("answer_not_read", "After WHMCS did it, before its answer is read"),
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
        Row(
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
        Row(
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
        deleted("deletion_due", "Before the message's time is over, which is while no bot runs"),
        prepare=finish,
        after=let_message_be_due,
    ),
    Stop(
        deleted("deletion_asked", "When Slack is asked to delete, which it never does"),
        prepare=finish,
        hold=held_deletion("held_before"),
    ),
    Stop(
        deleted("deletion_done", "When Slack has deleted, before that is committed"),
        prepare=finish,
        hold=held_deletion("held_after"),
    ),
)
ROWS: Final = tuple(stop.row for stop in STOPS)
_STOPS: Final = {stop.row.id: stop for stop in STOPS}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def killed(stage: Stage, rows: list[Row], endings: Endings) -> Endings:
    """Everything happens here, to all rows at once; their tests tell how each ended."""
    world = stage.world
    # A replica that lives on, where there can be one that Slack does not talk to; else the next process takes over.
    survivor = await stage.start() if world.postgresql and world.mode == "http" else None
    bot = await stage.start()
    cases = [stage.cast(row) for row in rows]
    stops = {case.row.id: _STOPS[case.row.id] for case in cases}
    await endings.play(cases, Case.fill_in)
    await endings.play(cases, lambda case: stops[case.row.id].prepare(case))
    await endings.play(cases, lambda case: stops[case.row.id].hold(case))
    with world.locked():
        await endings.play(cases, lambda case: stops[case.row.id].first(case))
        await endings.play(cases, lambda case: stops[case.row.id].go_on(case))
        await bot.kill()
    await endings.play(cases, lambda case: stops[case.row.id].after(case))
    world.slack.faults.drop()
    world.slack.faults.clear()
    late = [case for case in cases if stops[case.row.id].late is not nothing]
    await endings.play([case for case in cases if case not in late], Case.lose_whmcs)
    await endings.play(cases, Case.answered)
    stage.let_pass(minutes=3)
    if survivor is not None:
        stage.talk_to(survivor)
    else:
        await stage.start()
    await endings.play(late, lambda case: case.until_audit("STARTED", "FAILED interrupted"))
    await endings.play(late, Case.until_asked_on)
    await endings.play(late, lambda case: stops[case.row.id].late(case))
    stage.let_pass(minutes=5)
    await endings.play(cases, expect_end)
    return endings


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_killed_bot_leaves_what_another_one_ends_as_the_table_says(killed: Endings, row: Row) -> None:
    killed.raise_for(row)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("killed")
async def test_nothing_is_left_of_any_of_them(stage: Stage) -> None:
    await expect_nothing_left(stage.cases, stage.logs)
