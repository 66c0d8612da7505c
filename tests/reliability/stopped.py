"""The process is told to end at every step of both methods, all in one moment; what it does not bring to an end is found."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from tests.reliability.case import Case
from tests.reliability.checks import expect_end
from tests.reliability.row import EMAIL, SET, Message, Row, Whmcs, done, form, message
from tests.reliability.stage import Endings, Stage
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
"""Who ends it this way kills it after so long."""


@dataclass(frozen=True)
class Stop:
    """`prepare`, then `hold`: how a reset is brought to its step. `after`: the process has ended, and no other is there yet.

    `goes_on`: what holds it lets it go once the process has begun to end.
    """

    row: Row
    prepare: Do = nothing
    hold: Do = nothing
    after: Do = nothing
    goes_on: bool = True


AFTERWARDS: Final = Row(
    name="afterwards",
    method=EMAIL,
    fault="Before the form is sent, which it is when the process has ended",
    reads=form("We had some trouble connecting. Try again?"),
    audit=(),
    again=True,
)
STOPS: Final = (
    Stop(AFTERWARDS, after=submit, goes_on=False),
    Stop(replace(AFTERWARDS, method=SET), after=submit, goes_on=False),
    *(
        Stop(
            done("user_being_checked", method, "While the user is checked"),
            hold=held_by_whmcs("held_before", "GetClientsDetails"),
        )
        for method in (EMAIL, SET)
    ),
    Stop(
        done("placeholder", SET, "While the placeholder is posted"),
        hold=held_by_slack("chat.postMessage", "held_before"),
    ),
    *(
        Stop(done("asked", method, "While WHMCS is asked, before its work"), hold=held_by_whmcs("held_before"))
        for method in (EMAIL, SET)
    ),
    *(
        Stop(done("answering", method, "While WHMCS is asked, after its work"), hold=held_by_whmcs("held_after"))
        for method in (EMAIL, SET)
    ),
    Stop(
        done("being_filled", SET, "While the password is put into the message"),
        hold=held_by_slack("chat.update", "held_before"),
    ),
    *(
        Stop(done("result_being_shown", method, "While the result is shown"), prepare=with_progress, hold=held_result)
        for method in (EMAIL, SET)
    ),
    Stop(
        replace(
            done("being_deleted", SET, "While the message is deleted, whose time is over"),
            message=Message.DELETED,
            audit=("STARTED", "SUCCEEDED", "message DELETED"),
        ),
        prepare=finish,
        hold=held_deletion("held_before"),
    ),
    Stop(
        Row(
            name="never",
            method=EMAIL,
            fault="While WHMCS is asked, which never answers",
            reads=message("It is not known whether WHMCS sent the e-mail"),
            message=Message.NOTICE,
            audit=("STARTED", "UNKNOWN interrupted"),
        ),
        hold=held_by_whmcs("held_before"),
        goes_on=False,
    ),
    Stop(
        Row(
            name="never",
            method=SET,
            fault="While the password is put into the message, to which Slack never answers",
            whmcs=Whmcs.PASSWORD,
            reads=message("was changed, but the new one could not be delivered to you: set it again."),
            message=Message.NOTICE,
            audit=("STARTED", "SUCCEEDED not_delivered"),
        ),
        hold=held_by_slack("chat.update", "held_before"),
        goes_on=False,
    ),
)
ROWS: Final = tuple(stop.row for stop in STOPS)
_STOPS: Final = {stop.row.id: stop for stop in STOPS}


async def tell(stage: Stage, endings: Endings, cases: list[Case]) -> None:
    if not cases:
        return
    world = stage.world
    bot = await stage.start()
    stops = {case.row.id: _STOPS[case.row.id] for case in cases}
    await endings.play(cases, Case.fill_in)
    await endings.play(cases, lambda case: stops[case.row.id].prepare(case))
    going_on = [case for case in cases if stops[case.row.id].goes_on]
    await endings.play(going_on, lambda case: stops[case.row.id].hold(case))
    # So that nothing but the resets themselves is left to wait for.
    await endings.play(going_on, Case.answered)
    # Last, since who never gets an answer gives up by itself half a minute later.
    await endings.play([case for case in cases if case not in going_on], lambda case: stops[case.row.id].hold(case))
    bot.process.terminate()
    await world.until(bot.is_stopping, 20)
    for case in going_on:
        case.let_whmcs_go_on()
        case.let_slack_go_on()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await bot.process.wait() == 0
    await endings.play(going_on, expect_end)
    await endings.play(cases, lambda case: stops[case.row.id].after(case))
    await endings.play(cases, Case.lose_whmcs)
    world.slack.faults.drop()
    world.slack.faults.clear()
    await endings.play(cases, Case.answered)
    stage.let_pass(minutes=3)
    await stage.start()
    await endings.play(cases, expect_end)
