"""Slack fails before or after its work at each call of a reset, or its socket falls silent."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from sandbox.slack import Fault as SlackFault
from tests.harness.world import Mode
from tests.reliability.checks import expect_end, expect_nothing_left
from tests.reliability.harness import APART_SECONDS, Endings, Harness, make_harness
from tests.reliability.scenario import Scenario
from tests.reliability.scenario_run import ScenarioRun
from tests.reliability.slack_away import SILENCES, TOKENS
from tests.reliability.slack_faults import CALLS

pytestmark = pytest.mark.xdist_group("reliability")

_TROUBLES: Final = {trouble.scenario.id: trouble for trouble in (*CALLS, *TOKENS)}
_SILENCES: Final = {silence.scenario.id: silence for silence in SILENCES}
SCENARIOS: Final = (
    *(trouble.scenario for trouble in _TROUBLES.values()),
    *(silence.scenario for silence in _SILENCES.values()),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def silent_harness(place: tuple[Mode, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """A second harness, always in Socket Mode, since only a socket can fall silent."""
    async with make_harness(tmp_path_factory.mktemp(f"silent_beside_{place[0]}"), "socket") as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(harness: Harness, silent_harness: Harness, scenarios: list[Scenario]) -> Endings:
    """Play all scenarios at the same time; each test reports the result of its own."""
    endings = Endings()
    runs = [harness.cast(scenario) for scenario in scenarios if scenario.id in _TROUBLES]
    silent = [silent_harness.cast(scenario) for scenario in scenarios if scenario.id in _SILENCES]
    await asyncio.gather(_go_wrong(harness, endings, runs), _fall_silent(silent_harness, endings, silent))
    return endings


async def _go_wrong(harness: Harness, endings: Endings, runs: list[ScenarioRun]) -> None:
    # Refusals before Slack has described the person are in the default language.
    await harness.start(DEFAULT_LOCALE="en")
    _revoke_token(harness)
    first = [run for run in runs if _TROUBLES[run.scenario.id].is_first]
    await endings.play(first, _tell)
    await endings.play([run for run in runs if run not in first], _tell, apart_seconds=APART_SECONDS)
    harness.world.slack.faults.clear()
    _revoke_token(harness)
    harness.let_pass(minutes=3)
    await endings.play([run for run in runs if _TROUBLES[run.scenario.id].is_late], _see_end)


async def _fall_silent(harness: Harness, endings: Endings, runs: list[ScenarioRun]) -> None:
    """Silence the socket until the bot detects it."""
    bot, sockets = await harness.start(), harness.world.slack.sockets
    late = [run for run in runs if _SILENCES[run.scenario.id].is_late]
    await endings.play(runs, ScenarioRun.fill_in)
    await endings.play(runs, lambda run: _SILENCES[run.scenario.id].before(run))
    sockets.connections[-1].is_silent = True
    sockets.refuses = True
    await endings.play(runs, lambda run: _SILENCES[run.scenario.id].after(run))
    await endings.play([run for run in runs if run not in late], expect_end)

    async def is_found() -> bool:
        answer = await bot.readiness()
        return answer.status_code == 503 and answer.json()["socket"].startswith("unusable: ")

    await harness.world.until(is_found, 30, every_seconds=0.1)
    sockets.refuses = False
    await bot.wait_until_ready()
    await endings.play(late, ScenarioRun.answered)
    await endings.play(late, expect_end)


def _revoke_token(harness: Harness) -> None:
    """Revoke the token only for the bot's periodic check; the calls of each row have their own faults."""
    harness.world.slack.faults.add(SlackFault("auth.test", "error", error="token_revoked"))


async def _tell(run: ScenarioRun) -> None:
    trouble = _TROUBLES[run.scenario.id]
    await trouble.reach(run)
    await trouble.go_on(run)
    await run.answered()
    if not trouble.is_late:
        await _see_end(run)


async def _see_end(run: ScenarioRun) -> None:
    await expect_end(run)
    # Delete each message early: a process deletes twenty at once, then one every two seconds.
    run.let_message_be_due()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_a_failing_slack_ends_as_documented(played: Endings, scenario: Scenario) -> None:
    played.raise_for(scenario)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("played")
async def test_no_password_or_unfinished_job_is_left(harness: Harness, silent_harness: Harness) -> None:
    harnesses = [each for each in (harness, silent_harness) if each.runs]
    await asyncio.gather(*(expect_nothing_left(each.runs, each.logs) for each in harnesses))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("played")
async def test_readiness_reports_a_revoked_token_and_the_bot_keeps_running(harness: Harness) -> None:
    [bot] = harness.bots

    async def names_it() -> bool:
        answer = await bot.readiness()
        return (answer.status_code, answer.json()["slack"]) == (503, "unusable: token_revoked")

    await harness.world.until(names_it, 30, every_seconds=0.1)
    assert await bot.ends() == 0
