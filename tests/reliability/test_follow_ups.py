"""The process is killed or stopped while a request waits for a second agent or a reply is being sent."""

import pytest
import pytest_asyncio

from sandbox.whmcs.tickets import Requestor
from tests.harness.process import Replica
from tests.reliability.checks import expect_end, expect_nothing_left
from tests.reliability.follow_ups import CHANNEL_NAME, ENDS, SCENARIOS, SETTINGS, SIGNED_IN_DEPARTMENT
from tests.reliability.harness import Endings, Harness
from tests.reliability.scenario import Scenario
from tests.reliability.scenario_run import ScenarioRun

pytestmark = pytest.mark.xdist_group("reliability")

_ENDS = {end.scenario.id: end for end in ENDS}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ended(harness: Harness, scenarios: list[Scenario]) -> Endings:
    """Play all scenarios at the same time; each test reports the result of its own."""
    endings = Endings()
    world = harness.world
    world.slack.add_channel(CHANNEL_NAME, harness.bystanders, has_bot=True)
    runs = [harness.cast(scenario) for scenario in scenarios]
    for run in runs:
        if _ENDS[run.scenario.id].has_ticket:
            _open_ticket(run)
    played = [run for run in runs if _ENDS[run.scenario.id].is_graceful]
    killed = [run for run in runs if run not in played]
    await _tell_to_end(await harness.start(**SETTINGS), endings, played)
    bot = await harness.start(**SETTINGS)
    await _bring_up(endings, killed)
    with world.locked():
        await endings.play(killed, lambda run: _ENDS[run.scenario.id].go_on(run))
        await bot.kill()
    await endings.play(killed, lambda run: _ENDS[run.scenario.id].after(run))
    world.slack.faults.drop()
    world.slack.faults.clear()
    await endings.play(killed, ScenarioRun.lose_whmcs)
    world.whmcs.faults.clear()
    await endings.play(runs, ScenarioRun.answered)
    harness.let_pass(minutes=3)
    await harness.start(**SETTINGS)
    await endings.play(runs, lambda run: _ENDS[run.scenario.id].then(run))
    await endings.play(runs, expect_end)
    return endings


def _open_ticket(run: ScenarioRun) -> None:
    """Open a ticket as the signed-in user, which is strong proof, so that no approval is needed."""
    user = run.world.whmcs.users[run.user_id]
    requestor = Requestor(user.fullname, user.email, "Owner")
    run.ticket = run.world.whmcs.desk.add_ticket(
        f"{run.client_id}00", requestor, client_id=run.client_id, department_id=SIGNED_IN_DEPARTMENT
    )


async def _bring_up(endings: Endings, runs: list[ScenarioRun]) -> None:
    await endings.play(runs, lambda run: _ENDS[run.scenario.id].prepare(run))
    await endings.play(runs, lambda run: _ENDS[run.scenario.id].hold(run))


async def _tell_to_end(bot: Replica, endings: Endings, runs: list[ScenarioRun]) -> None:
    await _bring_up(endings, runs)
    ending = bot.ends()
    bot.process.terminate()
    await runs[0].world.until(lambda: '"event": "bot.stopping"' in bot.output, 20, every_seconds=0.05)
    await endings.play(runs, lambda run: _ENDS[run.scenario.id].go_on(run))
    assert await ending == 0


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_another_bot_finishes_open_requests_and_replies_as_documented(ended: Endings, scenario: Scenario) -> None:
    ended.raise_for(scenario)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("ended")
async def test_no_password_or_unfinished_job_is_left(harness: Harness) -> None:
    await expect_nothing_left(harness.runs, harness.logs)
