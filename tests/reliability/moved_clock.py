"""The clock of the bot's host jumps an hour on or back while a reset is under way, or while a password waits."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from tests.reliability.case import Case
from tests.reliability.checks import expect_end
from tests.reliability.clock import Clock
from tests.reliability.row import EMAIL, SET, Message, Row, done, form
from tests.reliability.stage import Endings, Stage
from tests.reliability.steps import Do, finish, held_by_whmcs, let_whmcs_go_on, nothing, submit


@dataclass(frozen=True)
class Jump:
    """`hours`: how far the clock is off after it. `before` and `after` the jump, then `right`: it is right again."""

    row: Row
    hours: float
    before: Do = nothing
    after: Do = nothing
    right: Do = nothing


def let_go_without_placeholder(*events: str) -> Do:
    """The placeholder's time is over by the new clock."""

    async def let_go(case: Case) -> None:
        await case.until_audit(*events)
        case.let_whmcs_go_on()

    return let_go


_SENT: Final = Row(
    name="ahead_sent",
    method=EMAIL,
    fault="The host’s clock is an hour ahead when the form is sent over HTTP, so that Slack’s signature looks too old",
    reads=form("We had some trouble connecting. Try again?"),
    audit=(),
    again=True,
)
HTTP_ALONE: Final = (_SENT, replace(_SENT, method=SET))

_CHECKING: Final = "The host’s clock jumps an hour on while the user is checked"
_ASKED_ON: Final = "The host’s clock jumps an hour on while WHMCS is asked"
_ASKED_BACK: Final = "The host’s clock jumps an hour back while WHMCS is asked"
_WAITING_ON: Final = "The host’s clock jumps an hour on while the password waits"
_WAITING_BACK: Final = "The host’s clock jumps an hour back while the password waits"
_held: Final = held_by_whmcs("held_after")

ON_BOTH: Final = (
    *(Jump(row, 1, after=submit) for row in HTTP_ALONE),
    Jump(
        done("ahead_checking", EMAIL, _CHECKING),
        1,
        before=held_by_whmcs("held_before", "GetClientsDetails"),
        after=let_whmcs_go_on,
    ),
    Jump(
        Row(
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
            done("ahead_asked_host", SET, f"{_ASKED_ON}, and is the database’s as well (SQLite)"),
            audit=("STARTED", "message DELETED", "SUCCEEDED"),
        ),
        1,
        before=_held,
        after=let_go_without_placeholder("STARTED", "message DELETED"),
    ),
    Jump(
        replace(
            done("ahead_waiting_host", SET, f"{_WAITING_ON}, and is the database’s as well (SQLite)"),
            message=Message.DELETED,
            audit=("STARTED", "SUCCEEDED", "message DELETED"),
        ),
        1,
        before=finish,
    ),
)
BY_SERVER: Final = (
    Jump(done("ahead_asked_server", SET, f"{_ASKED_ON}; PostgreSQL’s stays"), 1, before=_held, after=let_whmcs_go_on),
    Jump(done("ahead_waiting_server", SET, f"{_WAITING_ON}; PostgreSQL’s stays"), 1, before=finish),
)
JUMPS: Final = (*ON_BOTH, *BY_HOST, *BY_SERVER)
ROWS: Final = tuple(jump.row for jump in JUMPS)
SERVER_ROWS: Final = tuple(jump.row for jump in BY_SERVER)
_JUMPS: Final = {jump.row.id: jump for jump in JUMPS}


async def tell(stage: Stage, endings: Endings, cases: Iterable[Case]) -> None:
    """On, and right again; back, and right again."""
    cases = [case for case in cases if stage.world.mode == "http" or case.row not in HTTP_ALONE]
    if not cases:
        return
    jumps = {case.row.id: _JUMPS[case.row.id] for case in cases}
    clock = Clock(stage.world.database.with_name("clock"))
    await stage.start(**clock.settings)
    await endings.play(cases, Case.fill_in)
    for hours in (1, -1):
        these = [case for case in cases if jumps[case.row.id].hours == hours]
        await endings.play(these, lambda case: jumps[case.row.id].before(case))
        await clock.set_ahead(stage.world, hours=hours)
        await endings.play(these, lambda case: jumps[case.row.id].after(case))
        await endings.play(these, Case.answered)
        await endings.play([case for case in these if not case.row.again], expect_end)
        await clock.set_ahead(stage.world, hours=0)
        await endings.play(these, expect_end)
