"""The process ends, by SIGKILL or by SIGTERM, while a request waits for a second agent or a reply is under way."""

import pytest
import pytest_asyncio

from sandbox.whmcs.tickets import Requestor
from tests.flows.replicas import Replica
from tests.reliability.case import Case
from tests.reliability.checks import expect_end, expect_nothing_left
from tests.reliability.follow_ups import CHANNEL_NAME, ENDS, ROWS, SETTINGS, SIGNED_IN_DEPARTMENT
from tests.reliability.row import Row
from tests.reliability.stage import Endings, Stage

pytestmark = pytest.mark.xdist_group("reliability-follow-ups")

_ENDS = {end.row.id: end for end in ENDS}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ended(stage: Stage, rows: list[Row]) -> Endings:
    """Everything happens here, to all rows at once; their tests tell how each ended."""
    endings = Endings()
    world = stage.world
    world.slack.add_channel(CHANNEL_NAME, stage.bystanders, has_bot=True)
    cases = [stage.cast(row) for row in rows]
    for case in cases:
        if _ENDS[case.row.id].has_ticket:
            _open_ticket(case)
    told = [case for case in cases if _ENDS[case.row.id].is_told]
    killed = [case for case in cases if case not in told]
    await _tell_to_end(await stage.start(**SETTINGS), endings, told)
    bot = await stage.start(**SETTINGS)
    await _bring_up(endings, killed)
    with world.locked():
        await endings.play(killed, lambda case: _ENDS[case.row.id].go_on(case))
        await bot.kill()
    await endings.play(killed, lambda case: _ENDS[case.row.id].after(case))
    world.slack.faults.drop()
    world.slack.faults.clear()
    await endings.play(killed, Case.lose_whmcs)
    world.whmcs.faults.clear()
    await endings.play(cases, Case.answered)
    stage.let_pass(minutes=3)
    await stage.start(**SETTINGS)
    await endings.play(cases, lambda case: _ENDS[case.row.id].then(case))
    await endings.play(cases, expect_end)
    return endings


def _open_ticket(case: Case) -> None:
    """By the user himself, signed in, which proves who asks: so nobody else has to approve."""
    user = case.world.whmcs.users[case.user_id]
    requestor = Requestor(user.fullname, user.email, "Owner")
    case.ticket = case.world.whmcs.desk.add_ticket(
        f"{case.client_id}00", requestor, client_id=case.client_id, department_id=SIGNED_IN_DEPARTMENT
    )


async def _bring_up(endings: Endings, cases: list[Case]) -> None:
    await endings.play(cases, lambda case: _ENDS[case.row.id].prepare(case))
    await endings.play(cases, lambda case: _ENDS[case.row.id].hold(case))


async def _tell_to_end(bot: Replica, endings: Endings, cases: list[Case]) -> None:
    await _bring_up(endings, cases)
    ending = bot.ends()
    bot.process.terminate()
    await cases[0].world.until(lambda: '"event": "stopping"' in bot.output, 20, every_seconds=0.05)
    await endings.play(cases, lambda case: _ENDS[case.row.id].go_on(case))
    assert await ending == 0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_bot_that_ends_leaves_what_another_one_brings_to_its_end_as_the_table_says(ended: Endings, row: Row) -> None:
    ended.raise_for(row)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("ended")
async def test_nothing_is_left_of_any_of_them(stage: Stage) -> None:
    await expect_nothing_left(stage.cases, stage.logs)
