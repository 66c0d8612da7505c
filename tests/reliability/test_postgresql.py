"""PostgreSQL accepts no writes at every step of both methods, and recovers later."""

from collections.abc import Iterator

import pytest
import pytest_asyncio

from tests.harness.world import Mode
from tests.postgresql import PostgresServer
from tests.reliability.checks import expect_nothing_left
from tests.reliability.database_story import play
from tests.reliability.harness import IS_LONG, Endings, Harness
from tests.reliability.postgresql_faults import FAULTS, SCENARIOS
from tests.reliability.scenario import Scenario

pytestmark = pytest.mark.xdist_group("reliability")


@pytest.fixture(scope="module", params=["http", *(["socket"] if IS_LONG else [])])
def place(request: pytest.FixtureRequest, postgresql: PostgresServer) -> Iterator[tuple[Mode, str]]:
    with postgresql.database() as name:
        yield request.param, postgresql.url(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def failed(harness: Harness, scenarios: list[Scenario], endings: Endings, postgresql: PostgresServer) -> Endings:
    """Play all scenarios, one fault after the other; each test reports the result of its own."""
    runs = [harness.cast(scenario) for scenario in scenarios]
    survivor = await harness.start()
    database = harness.world.postgresql.rpartition("/")[2]
    for fault, breaking in FAULTS.items():
        of_fault = [run for run in runs if run.scenario in fault.scenarios]
        await play(harness, endings, fault, breaking(postgresql, database), survivor, of_fault)
    return endings


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_an_unwritable_server_ends_as_documented(failed: Endings, scenario: Scenario) -> None:
    failed.raise_for(scenario)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("failed")
async def test_no_password_or_unfinished_job_is_left(harness: Harness) -> None:
    await expect_nothing_left(harness.runs, harness.logs)
