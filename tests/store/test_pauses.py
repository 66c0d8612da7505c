import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.pauses import Pause
from bot.domain.resets import Outcome, Reset
from bot.store.database import Database
from bot.store.errors import PausedError, ReferenceUsedError, StoreUnavailableError
from bot.store.pauses import PauseStore
from bot.store.resets import ResetStore
from bot.store.schema import PauseRow
from tests.store.samples import HOUR, LIMITS, MINUTE, NOW, begin, events_in, make_request

pytestmark = pytest.mark.asyncio

PAUSE = Pause(reason="WHMCS is being updated", by="berta", paused_at=NOW)
OTHER = Pause(reason="Another reason", by="curro", paused_at=NOW + MINUTE)


@pytest.fixture
def pauses(database: Database) -> PauseStore:
    return PauseStore(database)


async def rows(database: Database) -> list[tuple[object, ...]]:
    query = select(PauseRow.reason, PauseRow.paused_by, PauseRow.resumed_by, PauseRow.resumed_at).order_by(PauseRow.id)
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(query)]


async def test_at_first_nothing_is_paused(pauses: PauseStore, store: ResetStore) -> None:
    assert await pauses.find_pause() is None
    await begin(store)


async def test_every_process_sees_a_pause_at_once_until_it_ends(pauses: PauseStore, replica: Database) -> None:
    elsewhere = PauseStore(replica)
    assert await pauses.begin_pause(PAUSE) is None
    assert await elsewhere.find_pause() == PAUSE
    assert await elsewhere.end_pause("dora", NOW + HOUR) == PAUSE
    assert await pauses.find_pause() is None


async def test_a_second_pause_changes_nothing_and_returns_the_first(pauses: PauseStore, database: Database) -> None:
    await pauses.begin_pause(PAUSE)
    assert await pauses.begin_pause(OTHER) == PAUSE
    assert await pauses.find_pause() == PAUSE
    assert len(await rows(database)) == 1


async def test_of_many_concurrent_pauses_one_is_in_force(pauses: PauseStore, replica: Database) -> None:
    elsewhere = PauseStore(replica)
    answers = await asyncio.gather(
        *(store.begin_pause(pause) for store in (pauses, elsewhere) for pause in [PAUSE, OTHER])
    )
    assert answers.count(None) == 1
    assert len(await rows(replica)) == 1


async def test_ending_without_a_pause_changes_nothing(pauses: PauseStore, database: Database) -> None:
    assert await pauses.end_pause("dora", NOW) is None
    assert await rows(database) == []


async def test_past_pauses_keep_the_names_of_their_operators(pauses: PauseStore, database: Database) -> None:
    await pauses.begin_pause(PAUSE)
    await pauses.end_pause("dora", NOW + HOUR)
    await pauses.begin_pause(OTHER)
    assert await rows(database) == [
        ("WHMCS is being updated", "berta", "dora", NOW + HOUR),
        ("Another reason", "curro", None, None),
    ]


async def test_a_reset_refused_by_a_pause_leaves_no_limits_and_no_audit_events(
    pauses: PauseStore, store: ResetStore, database: Database
) -> None:
    await pauses.begin_pause(PAUSE)
    for _ in range(LIMITS.agent_resets_per_hour + 1):
        with pytest.raises(PausedError) as caught:
            await begin(store)
        assert caught.value.pause == PAUSE
    assert await events_in(database) == []
    await pauses.end_pause("dora", NOW)
    for user_id in range(LIMITS.agent_resets_per_hour):
        await begin(store, user_id=user_id)


async def test_a_running_reset_can_be_finished_and_shown_again_during_a_pause(
    pauses: PauseStore, store: ResetStore
) -> None:
    request = make_request()
    reset = await store.begin_reset(request, now=NOW + MINUTE)
    await pauses.begin_pause(PAUSE)
    await store.commit_call(reset, now=NOW)
    assert await store.finish_reset(reset, Outcome.SUCCEEDED, None, now=NOW, actor="U1")
    with pytest.raises(ReferenceUsedError) as used:
        await store.begin_reset(request, now=NOW + MINUTE)
    assert used.value.reset.outcome is Outcome.SUCCEEDED


@asynccontextmanager
async def pausing(replica: Database) -> AsyncIterator[AsyncConnection]:
    """Another process's transaction with a pause, committed on leaving."""
    async with replica.write() as other:
        if replica.dialect == "postgresql":
            await other.execute(text("LOCK TABLE pauses IN EXCLUSIVE MODE"))
        yield other


async def test_a_reset_that_waits_for_a_pauses_commit_does_not_start(
    store: ResetStore, database: Database, replica: Database
) -> None:
    """Before that commit it could read that there is no pause."""
    async with pausing(replica) as other:
        waiting = asyncio.create_task(begin(store))
        # These reads take longer than all that the reset does before it waits.
        for _ in range(50):
            assert await PauseStore(database).find_pause() is None
        await other.execute(insert(PauseRow).values(reason="x", paused_by="y", paused_at=NOW))
        assert not waiting.done()
    with pytest.raises(PausedError):
        await waiting
    assert await events_in(database) == []


async def test_of_resets_concurrent_with_a_pause_none_starts_after_it(
    pauses: PauseStore, replica: Database, database: Database
) -> None:
    store = ResetStore(replica, LIMITS)

    async def pause() -> int:
        await pauses.begin_pause(PAUSE)
        return len(await events_in(database))

    async def reset(number: int) -> Reset | None:
        try:
            return await begin(store, f"U{number}", number)
        except PausedError:
            return None

    begun_before, *resets = await asyncio.gather(pause(), *(reset(number) for number in range(20)))
    assert len([reset for reset in resets if reset is not None]) == begun_before
    assert len(await events_in(replica)) == begun_before


async def test_an_unavailable_database_is_reported(tmp_path: Path) -> None:
    database = Database.connect(f"sqlite:///{tmp_path}/bot.db")
    for asked in (
        PauseStore(database).find_pause(),
        PauseStore(database).begin_pause(PAUSE),
        PauseStore(database).end_pause("x", NOW),
    ):
        with pytest.raises(StoreUnavailableError):
            await asked
    await database.aclose()
