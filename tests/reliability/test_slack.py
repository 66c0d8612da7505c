"""Slack does not do what it is asked, or does it and does not say so, at each call that a reset makes; or falls silent."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from sandbox.slack import Fault as SlackFault
from tests.flows.world import Mode
from tests.reliability.case import Case
from tests.reliability.checks import expect_end, expect_nothing_left
from tests.reliability.row import Row
from tests.reliability.slack_away import SILENCES, TOKENS
from tests.reliability.slack_faults import CALLS
from tests.reliability.stage import Endings, Stage, make_stage

pytestmark = pytest.mark.xdist_group("reliability-slack")

_TROUBLES: Final = {trouble.row.id: trouble for trouble in (*CALLS, *TOKENS)}
_SILENCES: Final = {silence.row.id: silence for silence in SILENCES}
ROWS: Final = (*(trouble.row for trouble in _TROUBLES.values()), *(silence.row for silence in _SILENCES.values()))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def silent_stage(place: tuple[Mode, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Beside the other one, and over a socket wherever that one is: over HTTP nothing can fall silent."""
    async with make_stage(tmp_path_factory.mktemp(f"silent_beside_{place[0]}"), "socket") as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(stage: Stage, silent_stage: Stage, rows: list[Row]) -> Endings:
    """Everything happens here, to all rows at once; their tests tell how each ended."""
    endings = Endings()
    cases = [stage.cast(row) for row in rows if row.id in _TROUBLES]
    silent = [silent_stage.cast(row) for row in rows if row.id in _SILENCES]
    await asyncio.gather(_go_wrong(stage, endings, cases), _fall_silent(silent_stage, endings, silent))
    return endings


async def _go_wrong(stage: Stage, endings: Endings, cases: list[Case]) -> None:
    # What is refused before Slack has told who asks is said in the default language.
    await stage.start(DEFAULT_LOCALE="en")
    _revoke_token(stage)
    first = [case for case in cases if _TROUBLES[case.row.id].is_first]
    await endings.play(first, _tell)
    await endings.play([case for case in cases if case not in first], _tell)
    stage.world.slack.faults.clear()
    _revoke_token(stage)
    stage.let_pass(minutes=3)
    await endings.play([case for case in cases if _TROUBLES[case.row.id].is_late], _see_end)


async def _fall_silent(stage: Stage, endings: Endings, cases: list[Case]) -> None:
    """The socket takes nothing and says nothing any more, until the bot has found that out."""
    bot, sockets = await stage.start(), stage.world.slack.sockets
    late = [case for case in cases if _SILENCES[case.row.id].is_late]
    await endings.play(cases, Case.fill_in)
    await endings.play(cases, lambda case: _SILENCES[case.row.id].before(case))
    sockets.connections[-1].is_silent = True
    sockets.refuses = True
    await endings.play(cases, lambda case: _SILENCES[case.row.id].after(case))
    await endings.play([case for case in cases if case not in late], expect_end)

    async def is_found() -> bool:
        answer = await bot.readiness()
        return answer.status_code == 503 and answer.json()["socket"].startswith("unusable: ")

    await stage.world.until(is_found, 30, every_seconds=0.1)
    sockets.refuses = False
    await bot.wait_until_ready()
    await endings.play(late, Case.answered)
    await endings.play(late, expect_end)


def _revoke_token(stage: Stage) -> None:
    """For the question alone that the bot asks every 20 s: each row's calls have faults of their own."""
    stage.world.slack.faults.add(SlackFault("auth.test", "error", error="token_revoked"))


async def _tell(case: Case) -> None:
    trouble = _TROUBLES[case.row.id]
    await trouble.reach(case)
    await trouble.go_on(case)
    await case.answered()
    if not trouble.is_late:
        await _see_end(case)


async def _see_end(case: Case) -> None:
    await expect_end(case)
    # Not all at the end: a process deletes twenty at once, and then one every other second.
    case.let_message_be_due()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_an_unwell_slack_leaves_what_the_table_says(told: Endings, row: Row) -> None:
    told.raise_for(row)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("told")
async def test_nothing_is_left_of_any_of_them(stage: Stage, silent_stage: Stage) -> None:
    stages = [each for each in (stage, silent_stage) if each.cases]
    await asyncio.gather(*(expect_nothing_left(each.cases, each.logs) for each in stages))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("told")
async def test_readiness_names_a_revoked_token_and_the_bot_goes_on_until_it_is_told_to_end(stage: Stage) -> None:
    [bot] = stage.bots

    async def names_it() -> bool:
        answer = await bot.readiness()
        return (answer.status_code, answer.json()["slack"]) == (503, "unusable: token_revoked")

    await stage.world.until(names_it, 30, every_seconds=0.1)
    assert await bot.ends() == 0
