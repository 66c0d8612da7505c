"""What is removed after a while, and what never is."""

import asyncio
from dataclasses import asdict

import pytest
from sqlalchemy import insert, select

from bot.domain.resets import LimitKind, Method, Outcome, Phase
from bot.store.database import Database
from bot.store.errors import LimitReachedError
from bot.store.jobs import JobStore
from bot.store.models import AgentHourRow, AuditRow, Base, ResetRow, UserHoldRow, WorkspaceHourRow
from bot.store.pruning import Pruning
from bot.store.resets import ResetStore
from tests.store.samples import HOUR, LIMITS, NOW, SECOND, begin, make_message, make_request

pytestmark = pytest.mark.asyncio

LATER = NOW + 24 * HOUR


@pytest.fixture
def pruning(database: Database) -> Pruning:
    return Pruning(database)


async def rows(database: Database, table: type[Base]) -> int:
    async with database.read() as connection:
        return len((await connection.execute(select(table.__table__))).all())


async def test_what_was_over_before_that_time_is_removed_and_the_audit_stays(
    store: ResetStore, pruning: Pruning, database: Database
) -> None:
    old = await begin(store, "U1", 1)
    await store.finish(old, Outcome.SUCCEEDED, None, now=NOW, actor="U1")
    new = await begin(store, "U2", 2, now=LATER)
    await store.finish(new, Outcome.SUCCEEDED, None, now=LATER, actor="U2")
    # The old reset, its agent's hour and its user; the workspace's hour has begun anew.
    assert await pruning.prune(NOW + 12 * HOUR) == 3
    assert await store.find(old.reference) is None
    assert await store.find(new.reference) is not None
    assert [await rows(database, table) for table in (AgentHourRow, UserHoldRow, WorkspaceHourRow)] == [1, 1, 1]
    assert await rows(database, AuditRow) == 4
    assert await pruning.prune(NOW + 12 * HOUR) == 0


async def test_what_is_not_over_stays_however_old_it_is(
    store: ResetStore, jobs: JobStore, pruning: Pruning, database: Database
) -> None:
    running = await begin(store, "U1", 1)
    unsettled = await store.begin(make_request("U2", 2, method=Method.SET_PASSWORD), now=NOW)
    await store.finish(unsettled, Outcome.UNKNOWN, None, now=NOW, actor="U2")
    undeleted = await begin(store, "U3", 3)
    await jobs.replace_message(make_message(undeleted.reference))
    await store.finish(undeleted, Outcome.SUCCEEDED, None, now=NOW, actor="U3")
    await pruning.prune(LATER)
    for reset in (running, unsettled, undeleted):
        assert await store.find(reset.reference) is not None
    # A running reset holds its user; the other two are free.
    assert await rows(database, UserHoldRow) == 1
    assert await rows(database, ResetRow) == 3


async def test_a_limit_that_was_taken_anew_stays(store: ResetStore, pruning: Pruning) -> None:
    await store.finish(await begin(store, "U1", 1), Outcome.SUCCEEDED, None, now=NOW, actor="U1")
    for user_id in range(LIMITS.agent_resets_per_hour):
        await begin(store, "U1", user_id, now=LATER)
    await pruning.prune(LATER - SECOND)
    with pytest.raises(LimitReachedError) as caught:
        await begin(store, "U1", 99, now=LATER + SECOND)
    assert caught.value.limit.kind is LimitKind.AGENT_HOUR


async def test_any_number_are_removed_and_by_two_at_the_same_time(
    store: ResetStore, pruning: Pruning, replica: Database, database: Database
) -> None:
    reset = asdict(await begin(store)) | {"phase": Phase.DONE}
    async with database.write() as connection:
        await connection.execute(insert(ResetRow), [reset | {"reference": f"REF-{number}"} for number in range(1200)])
    removed = await asyncio.gather(pruning.prune(LATER), Pruning(replica).prune(LATER))
    # And the agent's hour and the workspace's.
    assert sum(removed) == 1202
    assert await rows(database, ResetRow) == 1
