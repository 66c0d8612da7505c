"""A short load with a kill in it: nothing is lost and nothing is done twice. How fast it is does not matter."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.domain.resets import Method
from tests.load.figures import render
from tests.load.load import Plan, Report, run
from tests.postgresql import PostgresServer

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("load")]

PLAN = Plan(seconds=8, rate=3, kills=1, seed=5, rivals=0.3, doubles=0.3, homes=0.3, jumps=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def report(postgresql: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Report]:
    yield await run(PLAN, tmp_path_factory.mktemp("load"), postgresql)


async def test_under_load_a_killed_replica_loses_nothing_and_does_nothing_twice(
    report: Report,
) -> None:
    assert [str(broken) for broken in report.broken] == [], render(report)
    assert len(report.evidence.stories) > PLAN.rate * PLAN.seconds / 2
    assert {story.method for story in report.evidence.stories.values()} == set(Method)
    [kill] = report.kills
    assert kill.ready_at is not None
    assert kill.phases.get("calling"), "nothing was under way when it was killed"
    assert any(story.is_recovered for story in report.evidence.stories.values())
    # Their time was over, so that all of them are gone.
    assert report.evidence.holding
    assert all(message.is_deleted for messages in report.evidence.holding.values() for message in messages)


async def test_the_table_tells_what_was_carried_and_what_was_killed(report: Report) -> None:
    table = render(report)
    for words in ("flows ended within that time", "acknowledged: command", "replica", "rules broken"):
        assert words in table
