"""WHMCS fails before or after its work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
import pytest_asyncio

from bot.domain.resets import Method
from sandbox.whmcs import Fault as WhmcsFault
from tests.harness.world import World
from tests.reliability.checks import expect_end, expect_nothing_left
from tests.reliability.harness import Endings, Harness
from tests.reliability.scenario import EMAIL, SET, Scenario
from tests.reliability.scenario_run import ScenarioRun
from tests.reliability.steps import submit
from tests.reliability.whmcs_faults import FAULTS, INSECURE, NAMELESS, REFUSED, SCENARIOS, SILENT

pytestmark = pytest.mark.xdist_group("reliability")

_FAULTS: Final = {fault.scenario.id: fault for fault in FAULTS}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(harness: Harness, scenarios: list[Scenario], endings: Endings) -> Endings:
    """Play all scenarios; each test reports the result of its own."""
    runs = [harness.cast(scenario) for scenario in scenarios]
    nameless, insecure, refused, silent = (_of(runs, group) for group in (NAMELESS, INSECURE, REFUSED, SILENT))
    single = [run for run in runs if run.scenario.id in _FAULTS]
    url = harness.world.whmcs.url.replace("http:", "https:")
    elsewhere = {"WHMCS_URL": "https://whmcs.invalid", "WHMCS_COMPANION_URL": harness.world.whmcs.companion_url}
    await _open_with(harness, endings, nameless, **elsewhere)
    await _open_with(harness, endings, insecure, WHMCS_URL=url)
    await harness.start()
    await endings.play([*single, *refused, *_with(EMAIL, silent)], ScenarioRun.fill_in)
    await _break_each(harness, endings, single)
    await _refuse_connections(harness.world, endings, refused)
    await _fall_silent(harness, endings, silent)
    return endings


async def _open_with(harness: Harness, endings: Endings, runs: list[ScenarioRun], **settings: str) -> None:
    """Open the forms on a separate bot with these settings."""
    if runs:
        bot = await harness.start(**settings)
        await endings.play(runs, _open)
        assert await bot.ends() == 0


async def _break_each(harness: Harness, endings: Endings, runs: list[ScenarioRun]) -> None:
    """Play each run with its own fault; then WHMCS recovers, and the unknown outcomes are settled."""
    async with _answers_between(harness.world):
        for run in runs:
            _FAULTS[run.scenario.id].order(run)
            await endings.play([run], _submit_up_to_whmcs)
        settled = [run for run in runs if _FAULTS[run.scenario.id].is_settled]
        await endings.play(settled, lambda run: run.until_audit(*run.scenario.audit[:-1]))
        await endings.play([run for run in runs if run not in settled], expect_end)
    harness.world.whmcs.faults.drop()
    harness.world.whmcs.faults.clear()
    harness.let_pass(minutes=12)
    await endings.play(settled, expect_end)


async def _refuse_connections(world: World, endings: Endings, runs: list[ScenarioRun]) -> None:
    """Stop WHMCS before the check of an e-mail, and after that of a password."""
    await endings.play(_with(SET, runs), _submit_and_check)
    await world.whmcs.stop()
    await endings.play(_with(EMAIL, runs), submit)
    world.slack.faults.clear()
    await endings.play(runs, expect_end)
    await world.whmcs.start()


async def _fall_silent(harness: Harness, endings: Endings, runs: list[ScenarioRun]) -> None:
    """Open the circuit: three people search, with two calls each, and no later call waits."""
    world = harness.world
    world.whmcs.faults.add(WhmcsFault("*", "held_before"))
    modals = await asyncio.gather(*(person.types("/reset-password ana") for person in harness.bystanders))
    await asyncio.gather(*(modal.shows("WHMCS did not answer in time", timeout_seconds=30) for modal in modals))
    await endings.play(_with(EMAIL, runs), submit)
    await endings.play(_with(EMAIL, runs), expect_end)
    await endings.play(_with(SET, runs), _open)
    world.whmcs.faults.drop()
    world.whmcs.faults.clear()


@asynccontextmanager
async def _answers_between(world: World) -> AsyncIterator[None]:
    """Type into the type-ahead meanwhile, so that successful calls keep the circuit closed."""
    modal = await world.agent.types("/reset-password")

    async def search() -> None:
        while True:
            await modal.suggestions("Cliente", "ana")
            # As fast as a person types.
            await asyncio.sleep(0.1)

    searching = asyncio.create_task(search())
    try:
        yield
    finally:
        searching.cancel()
        await asyncio.gather(searching, return_exceptions=True)


async def _submit_up_to_whmcs(run: ScenarioRun) -> None:
    checks = len(run.checks)
    run.submit()
    await run.world.whmcs.changes.wait_until(lambda: len(run.checks) > checks, 20)


async def _submit_and_check(run: ScenarioRun) -> None:
    """Submit until the client is checked and Slack holds the placeholder, so that the write is the next call."""
    held = run.break_slack("chat.postMessage", "held_before")
    await _submit_up_to_whmcs(run)
    await run.held_by_slack(held)
    await run.world.whmcs.changes.wait_until(lambda: run.checks[-1].is_done, 20)


async def _open(run: ScenarioRun) -> None:
    run.modal = await run.agent.types(f"/reset-password #{run.client_id}")
    await expect_end(run)


def _of(runs: list[ScenarioRun], scenarios: tuple[Scenario, ...]) -> list[ScenarioRun]:
    return [run for run in runs if run.scenario in scenarios]


def _with(method: Method, runs: list[ScenarioRun]) -> list[ScenarioRun]:
    return [run for run in runs if run.scenario.method is method]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_a_failing_whmcs_ends_as_documented(played: Endings, scenario: Scenario) -> None:
    played.raise_for(scenario)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("played")
async def test_no_password_or_unfinished_job_is_left(harness: Harness) -> None:
    await expect_nothing_left(harness.runs, harness.logs)
