"""Slack does not do what it is asked, or does it and does not say so, at each call that a reset makes."""

import pytest
import pytest_asyncio

from sandbox.slack import Fault as SlackFault
from tests.reliability.case import Case
from tests.reliability.checks import expect_end, expect_nothing_left
from tests.reliability.row import Row
from tests.reliability.slack_faults import ROWS, TROUBLES
from tests.reliability.stage import Endings, Stage

pytestmark = pytest.mark.xdist_group("reliability-slack")

_TROUBLES = {trouble.row.id: trouble for trouble in TROUBLES}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(stage: Stage, rows: list[Row], endings: Endings) -> Endings:
    """Everything happens here, to all rows at once; their tests tell how each ended."""
    # What is refused before Slack has told who asks is said in the default language.
    await stage.start(DEFAULT_LOCALE="en")
    _revoke_token(stage)
    cases = [stage.cast(row) for row in rows]
    late = [case for case in cases if _TROUBLES[case.row.id].is_late]
    await endings.play(cases, _tell)
    await endings.play([case for case in cases if case not in late], expect_end)
    stage.world.slack.faults.clear()
    _revoke_token(stage)
    stage.let_pass(minutes=3)
    await endings.play(late, expect_end)
    # More than one process may delete at once.
    stage.world.let_messages_be_due()
    return endings


def _revoke_token(stage: Stage) -> None:
    """For the question alone that the bot asks every 20 s: each row's calls have faults of their own."""
    stage.world.slack.faults.add(SlackFault("auth.test", "error", error="token_revoked"))


async def _tell(case: Case) -> None:
    trouble = _TROUBLES[case.row.id]
    await trouble.reach(case)
    await trouble.go_on(case)
    await case.answered()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_an_unwell_slack_leaves_what_the_table_says(told: Endings, row: Row) -> None:
    told.raise_for(row)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("told")
async def test_readiness_names_a_revoked_token_and_the_bot_goes_on_until_it_is_told_to_end(stage: Stage) -> None:
    [bot] = stage.bots

    async def names_it() -> bool:
        answer = await bot.readiness()
        return (answer.status_code, answer.json()["slack"]) == (503, "unusable: token_revoked")

    await stage.world.until(names_it, 30, every_seconds=0.1)
    assert await bot.ends() == 0


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("told")
async def test_nothing_is_left_of_any_of_them(stage: Stage) -> None:
    stage.world.slack.faults.clear()
    await stage.start()
    await expect_nothing_left(stage.cases, stage.logs)
