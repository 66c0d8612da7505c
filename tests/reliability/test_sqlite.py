"""SQLite accepts no writes at every step of both methods, and recovers later."""

import pytest
import pytest_asyncio

from tests.harness.world import Mode
from tests.reliability.checks import expect_nothing_left
from tests.reliability.database_story import play
from tests.reliability.harness import IS_LONG, Endings, Harness
from tests.reliability.scenario import Scenario
from tests.reliability.sqlite_faults import FAULTS, SCENARIOS

pytestmark = pytest.mark.xdist_group("reliability")


@pytest.fixture(scope="module", params=["http", *(["socket"] if IS_LONG else [])])
def place(request: pytest.FixtureRequest) -> tuple[Mode, str]:
    return request.param, ""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def failed(harness: Harness, scenarios: list[Scenario], endings: Endings) -> Endings:
    """Play all scenarios, one fault after the other; each test reports the result of its own."""
    runs = [harness.cast(scenario) for scenario in scenarios]
    survivor = await harness.start()
    for fault, breaking in FAULTS.items():
        of_fault = [run for run in runs if run.scenario in fault.scenarios]
        await play(harness, endings, fault, breaking(harness), survivor, of_fault)
    return endings


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_an_unwritable_file_ends_as_documented(failed: Endings, scenario: Scenario) -> None:
    failed.raise_for(scenario)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("failed")
async def test_no_password_or_unfinished_job_is_left(harness: Harness) -> None:
    await expect_nothing_left(harness.runs, harness.logs)
