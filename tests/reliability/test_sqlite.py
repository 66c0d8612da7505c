"""SQLite takes nothing, at every step of both methods, and does so again later."""

import pytest
import pytest_asyncio

from tests.flows.world import Mode
from tests.reliability.checks import expect_nothing_left
from tests.reliability.database_story import tell
from tests.reliability.row import Row
from tests.reliability.sqlite_faults import FAULTS, ROWS
from tests.reliability.stage import IS_LONG, Endings, Stage

pytestmark = pytest.mark.xdist_group("reliability-sqlite")


@pytest.fixture(scope="module", params=["http", *(["socket"] if IS_LONG else [])])
def place(request: pytest.FixtureRequest) -> tuple[Mode, str]:
    return request.param, ""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def failed(stage: Stage, rows: list[Row], endings: Endings) -> Endings:
    """Everything happens here, one fault after the other; the rows' tests tell how each ended."""
    cases = [stage.cast(row) for row in rows]
    survivor = await stage.start()
    for fault, breaking in FAULTS.items():
        of_fault = [case for case in cases if case.row in fault.rows]
        await tell(stage, endings, fault, breaking(stage), survivor, of_fault)
    return endings


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_file_that_takes_nothing_leaves_what_the_table_says(failed: Endings, row: Row) -> None:
    failed.raise_for(row)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("failed")
async def test_nothing_is_left_of_any_of_them(stage: Stage) -> None:
    await expect_nothing_left(stage.cases, stage.logs)
