"""The bot's host clock jumps an hour forward or back during a reset or before a password is deleted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from tests.reliability.checks import expect_end
from tests.reliability.clock import Clock
from tests.reliability.harness import Endings, Harness
from tests.reliability.scenario import EMAIL, SET, Message, Scenario, done, form
from tests.reliability.scenario_run import ScenarioRun
from tests.reliability.steps import Do, finish, held_by_whmcs, let_whmcs_go_on, nothing, submit


@dataclass(frozen=True)
class Jump:
    """A jump by `hours`, with the steps `before` and `after` it."""

    scenario: Scenario
    hours: float
    before: Do = nothing
    after: Do = nothing


def let_go_without_placeholder(*events: str) -> Do:
    """Return a step that waits for these events, in which the placeholder has expired by the new clock."""

    async def let_go(run: ScenarioRun) -> None:
        await run.until_audit(*events)
        run.let_whmcs_go_on()

    return let_go


_SENT: Final = Scenario(
    name="ahead_sent",
    method=EMAIL,
    fault="The host’s clock is an hour ahead when the form is submitted over HTTP, so Slack’s signature looks too old",
    reads=form("We had some trouble connecting. Try again?"),
    audit=(),
    again=True,
)
HTTP_ALONE: Final = (_SENT, replace(_SENT, method=SET))

_CHECKING: Final = "The host’s clock jumps forward an hour while the user is checked"
_ASKED_ON: Final = "The host’s clock jumps forward an hour during the call to WHMCS"
_ASKED_BACK: Final = "The host’s clock jumps back an hour during the call to WHMCS"
_WAITING_ON: Final = "The host’s clock jumps forward an hour while a message holds the password"
_WAITING_BACK: Final = "The host’s clock jumps back an hour while a message holds the password"
_held: Final = held_by_whmcs("held_after")

ON_BOTH: Final = (
    *(Jump(scenario, 1, after=submit) for scenario in HTTP_ALONE),
    Jump(
        done("ahead_checking", EMAIL, _CHECKING),
        1,
        before=held_by_whmcs("held_before", "GetClientsDetails"),
        after=let_whmcs_go_on,
    ),
    Jump(
        Scenario(
            name="ahead_checking",
            method=SET,
            fault=_CHECKING,
            reads=form("The clocks of the bot and of WHMCS differ too much", "Nothing was changed."),
            message=Message.NOTICE,
            audit=("STARTED", "FAILED companion_clock"),
        ),
        1,
        before=held_by_whmcs("held_before", "GetClientsDetails"),
        after=let_whmcs_go_on,
    ),
    Jump(done("ahead_asked", EMAIL, _ASKED_ON), 1, before=_held, after=let_whmcs_go_on),
    *(
        Jump(done("behind_asked", method, _ASKED_BACK), -1, before=_held, after=let_whmcs_go_on)
        for method in (EMAIL, SET)
    ),
    Jump(done("behind_waiting", SET, _WAITING_BACK), -1, before=finish),
)
BY_HOST: Final = (
    Jump(
        replace(
            done("ahead_asked_host", SET, f"{_ASKED_ON}; the database uses the same clock (SQLite)"),
            audit=("STARTED", "message DELETED", "SUCCEEDED"),
        ),
        1,
        before=_held,
        after=let_go_without_placeholder("STARTED", "message DELETED"),
    ),
    Jump(
        replace(
            done("ahead_waiting_host", SET, f"{_WAITING_ON}; the database uses the same clock (SQLite)"),
            message=Message.DELETED,
            audit=("STARTED", "SUCCEEDED", "message DELETED"),
        ),
        1,
        before=finish,
    ),
)
BY_SERVER: Final = (
    Jump(
        done("ahead_asked_server", SET, f"{_ASKED_ON}; PostgreSQL’s clock is right"),
        1,
        before=_held,
        after=let_whmcs_go_on,
    ),
    Jump(done("ahead_waiting_server", SET, f"{_WAITING_ON}; PostgreSQL’s clock is right"), 1, before=finish),
)
JUMPS: Final = (*ON_BOTH, *BY_HOST, *BY_SERVER)
SCENARIOS: Final = tuple(jump.scenario for jump in JUMPS)
SERVER_SCENARIOS: Final = tuple(jump.scenario for jump in BY_SERVER)
_JUMPS: Final = {jump.scenario.id: jump for jump in JUMPS}


async def play(harness: Harness, endings: Endings, runs: Iterable[ScenarioRun]) -> None:
    """Move the clock forward and reset it, then back and reset it."""
    runs = [run for run in runs if harness.world.mode == "http" or run.scenario not in HTTP_ALONE]
    if not runs:
        return
    jumps = {run.scenario.id: _JUMPS[run.scenario.id] for run in runs}
    clock = Clock(harness.world.database.with_name("clock"))
    await harness.start(**clock.settings)
    await endings.play(runs, ScenarioRun.fill_in)
    for hours in (1, -1):
        these = [run for run in runs if jumps[run.scenario.id].hours == hours]
        await endings.play(these, lambda run: jumps[run.scenario.id].before(run))
        await clock.set_ahead(harness.world, hours=hours)
        await endings.play(these, lambda run: jumps[run.scenario.id].after(run))
        await endings.play(these, ScenarioRun.answered)
        await endings.play([run for run in these if not run.scenario.again], expect_end)
        await clock.set_ahead(harness.world, hours=0)
        await endings.play(these, expect_end)
