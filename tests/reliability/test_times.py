"""The process is stopped, a clock jumps, or old data are restored, each with its own harness."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.harness.world import Mode
from tests.postgresql import PostgresServer
from tests.reliability import moved_clock, old_data, stopped
from tests.reliability.checks import expect_nothing_left
from tests.reliability.harness import IS_LONG, Endings, Harness, make_harness
from tests.reliability.scenario import Scenario

pytestmark = pytest.mark.xdist_group("reliability")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["http", *(["socket"] if IS_LONG else [])])
async def harnesses(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgresql: PostgresServer
) -> AsyncIterator[list[Harness]]:
    """Four harnesses, the last one on PostgreSQL."""
    mode: Mode = request.param
    async with AsyncExitStack() as stack:
        name = stack.enter_context(postgresql.database())
        yield [
            await stack.enter_async_context(make_harness(tmp_path_factory.mktemp("stage"), mode, address))
            for address in ("", "", "", postgresql.url(name))
        ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(harnesses: list[Harness], scenarios: list[Scenario], endings: Endings) -> Endings:
    """Play all scenarios; each test reports the result of its own."""
    of_stop, of_past, of_clock, on_server = harnesses
    # Alone, since WHMCS holds answers until the last reset has come to its step, and the bot gives up after 8 s.
    await stopped.play(
        of_stop, endings, [of_stop.cast(scenario) for scenario in scenarios if scenario in stopped.SCENARIOS]
    )
    await asyncio.gather(
        old_data.play(
            of_past, endings, [of_past.cast(scenario) for scenario in scenarios if scenario in old_data.SCENARIOS]
        ),
        moved_clock.play(
            of_clock,
            endings,
            [
                of_clock.cast(scenario)
                for scenario in scenarios
                if scenario in moved_clock.SCENARIOS and scenario not in moved_clock.SERVER_SCENARIOS
            ],
        ),
        moved_clock.play(
            on_server,
            endings,
            [on_server.cast(scenario) for scenario in scenarios if scenario in moved_clock.SERVER_SCENARIOS],
        ),
    )
    return endings


@pytest.mark.parametrize(
    "scenario", [*stopped.SCENARIOS, *moved_clock.SCENARIOS, *old_data.SCENARIOS], ids=lambda scenario: scenario.id
)
def test_stops_clock_jumps_and_old_data_end_as_documented(
    played: Endings, harnesses: list[Harness], scenario: Scenario
) -> None:
    if scenario in moved_clock.HTTP_ALONE and harnesses[0].world.mode != "http":
        pytest.skip("a socket has no signatures")
    played.raise_for(scenario)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("played")
async def test_no_password_or_unfinished_job_is_left(harnesses: list[Harness]) -> None:
    for harness in filter(lambda harness: harness.runs, harnesses):
        await expect_nothing_left(harness.runs, harness.logs)
