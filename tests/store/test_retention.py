"""Retention: rows that are deleted, and rows that are kept."""

import asyncio

import pytest
from sqlalchemy import insert, select

from bot.domain.limits import LimitKind
from bot.domain.resets import Method, Outcome, Phase
from bot.store.database import Database
from bot.store.errors import LimitReachedError
from bot.store.jobs import JobStore
from bot.store.resets import ResetStore, write_reset
from bot.store.retention import Retention
from bot.store.schema import AgentHourRow, AuditRow, Base, ResetRow, UserHoldRow, WorkspaceHourRow
from tests.store.samples import HOUR, LIMITS, NOW, SECOND, begin, make_message, make_request

pytestmark = pytest.mark.asyncio

LATER = NOW + 24 * HOUR


@pytest.fixture
def retention(database: Database) -> Retention:
    return Retention(database)


async def rows(database: Database, table: type[Base]) -> int:
    async with database.read() as connection:
        return len((await connection.execute(select(table.__table__))).all())


async def test_ended_rows_are_deleted_and_the_audit_is_kept(
    store: ResetStore, retention: Retention, database: Database
) -> None:
    old = await begin(store, "U1", 1)
    await store.finish_reset(old, Outcome.SUCCEEDED, None, now=NOW, actor="U1")
    new = await begin(store, "U2", 2, now=LATER)
    await store.finish_reset(new, Outcome.SUCCEEDED, None, now=LATER, actor="U2")
    # The old reset, its agent's hour and its user; the workspace's hour has started again.
    assert await retention.delete_ended(NOW + 12 * HOUR) == 3
    assert await store.find_reset(old.reference) is None
    assert await store.find_reset(new.reference) is not None
    assert [await rows(database, table) for table in (AgentHourRow, UserHoldRow, WorkspaceHourRow)] == [1, 1, 1]
    assert await rows(database, AuditRow) == 4
    assert await retention.delete_ended(NOW + 12 * HOUR) == 0


async def test_rows_that_have_not_ended_are_kept_at_any_age(
    store: ResetStore, jobs: JobStore, retention: Retention, database: Database
) -> None:
    running = await begin(store, "U1", 1)
    unsettled = await store.begin_reset(make_request("U2", 2, method=Method.SET_PASSWORD), now=NOW)
    await store.finish_reset(unsettled, Outcome.UNKNOWN, None, now=NOW, actor="U2")
    undeleted = await begin(store, "U3", 3)
    await jobs.replace_secret_message(make_message(undeleted.reference))
    await store.finish_reset(undeleted, Outcome.SUCCEEDED, None, now=NOW, actor="U3")
    await retention.delete_ended(LATER)
    for reset in (running, unsettled, undeleted):
        assert await store.find_reset(reset.reference) is not None
    # A running reset holds its user; the other two are free.
    assert await rows(database, UserHoldRow) == 1
    assert await rows(database, ResetRow) == 3


async def test_a_limit_taken_again_is_kept(store: ResetStore, retention: Retention) -> None:
    await store.finish_reset(await begin(store, "U1", 1), Outcome.SUCCEEDED, None, now=NOW, actor="U1")
    for user_id in range(LIMITS.agent_resets_per_hour):
        await begin(store, "U1", user_id, now=LATER)
    await retention.delete_ended(LATER - SECOND)
    with pytest.raises(LimitReachedError) as caught:
        await begin(store, "U1", 99, now=LATER + SECOND)
    assert caught.value.limit.kind is LimitKind.AGENT_HOUR


async def test_any_number_of_rows_is_deleted_by_two_processes_at_once(
    store: ResetStore, retention: Retention, replica: Database, database: Database
) -> None:
    reset = write_reset(await begin(store)) | {"phase": Phase.DONE}
    async with database.write() as connection:
        await connection.execute(insert(ResetRow), [reset | {"reference": f"REF-{number}"} for number in range(1200)])
    removed = await asyncio.gather(retention.delete_ended(LATER), Retention(replica).delete_ended(LATER))
    # And the agent's hour and the workspace's.
    assert sum(removed) == 1202
    assert await rows(database, ResetRow) == 1
