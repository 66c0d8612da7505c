"""The process is stopped, a clock jumps, and old data come back: each on a stage of its own, all at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.flows.world import Mode
from tests.postgresql import PostgresServer
from tests.reliability import moved_clock, old_data, stopped
from tests.reliability.checks import expect_nothing_left
from tests.reliability.row import Row
from tests.reliability.stage import IS_LONG, Endings, Stage, make_stage

pytestmark = pytest.mark.xdist_group("reliability-times")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["http", *(["socket"] if IS_LONG else [])])
async def stages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgresql: PostgresServer
) -> AsyncIterator[list[Stage]]:
    """The last one is on PostgreSQL."""
    mode: Mode = request.param
    async with AsyncExitStack() as stack:
        name = stack.enter_context(postgresql.database())
        yield [
            await stack.enter_async_context(make_stage(tmp_path_factory.mktemp("stage"), mode, address))
            for address in ("", "", "", postgresql.url(name))
        ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(stages: list[Stage], rows: list[Row], endings: Endings) -> Endings:
    """Everything happens here; the rows' tests tell how each ended."""
    of_stop, of_past, of_clock, on_server = stages
    await asyncio.gather(
        stopped.tell(of_stop, endings, [of_stop.cast(row) for row in rows if row in stopped.ROWS]),
        old_data.tell(of_past, endings, [of_past.cast(row) for row in rows if row in old_data.ROWS]),
        moved_clock.tell(
            of_clock,
            endings,
            [of_clock.cast(row) for row in rows if row in moved_clock.ROWS and row not in moved_clock.SERVER_ROWS],
        ),
        moved_clock.tell(on_server, endings, [on_server.cast(row) for row in rows if row in moved_clock.SERVER_ROWS]),
    )
    return endings


@pytest.mark.parametrize("row", [*stopped.ROWS, *moved_clock.ROWS, *old_data.ROWS], ids=lambda row: row.id)
def test_whatever_the_time_does_the_end_is_what_the_table_says(told: Endings, stages: list[Stage], row: Row) -> None:
    if row in moved_clock.HTTP_ALONE and stages[0].world.mode != "http":
        pytest.skip("a socket has no signatures")
    told.raise_for(row)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("told")
async def test_nothing_is_left_of_any_of_them(stages: list[Stage]) -> None:
    for stage in filter(lambda stage: stage.cases, stages):
        await expect_nothing_left(stage.cases, stage.logs)
