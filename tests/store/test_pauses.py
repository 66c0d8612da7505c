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
from bot.store.models import PauseRow
from bot.store.pauses import PauseStore
from bot.store.resets import ResetStore
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
    assert await pauses.find() is None
    await begin(store)


async def test_a_pause_is_seen_by_every_process_at_once_and_until_it_is_ended(
    pauses: PauseStore, replica: Database
) -> None:
    elsewhere = PauseStore(replica)
    assert await pauses.begin(PAUSE) is None
    assert await elsewhere.find() == PAUSE
    assert await elsewhere.end("dora", NOW + HOUR) == PAUSE
    assert await pauses.find() is None


async def test_a_second_pause_changes_nothing_and_is_told_of_the_first(pauses: PauseStore, database: Database) -> None:
    await pauses.begin(PAUSE)
    assert await pauses.begin(OTHER) == PAUSE
    assert await pauses.find() == PAUSE
    assert len(await rows(database)) == 1


async def test_of_many_pauses_at_the_same_moment_one_is_in_force(pauses: PauseStore, replica: Database) -> None:
    elsewhere = PauseStore(replica)
    answers = await asyncio.gather(*(store.begin(pause) for store in (pauses, elsewhere) for pause in [PAUSE, OTHER]))
    assert answers.count(None) == 1
    assert len(await rows(replica)) == 1


async def test_ending_what_is_not_paused_does_nothing(pauses: PauseStore, database: Database) -> None:
    assert await pauses.end("dora", NOW) is None
    assert await rows(database) == []


async def test_who_paused_and_resumed_stays_on_record(pauses: PauseStore, database: Database) -> None:
    await pauses.begin(PAUSE)
    await pauses.end("dora", NOW + HOUR)
    await pauses.begin(OTHER)
    assert await rows(database) == [
        ("WHMCS is being updated", "berta", "dora", NOW + HOUR),
        ("Another reason", "curro", None, None),
    ]


async def test_while_paused_no_reset_begins_and_neither_limits_nor_audit_know_of_it(
    pauses: PauseStore, store: ResetStore, database: Database
) -> None:
    await pauses.begin(PAUSE)
    for _ in range(LIMITS.agent_resets_per_hour + 1):
        with pytest.raises(PausedError) as caught:
            await begin(store)
        assert caught.value.pause == PAUSE
    assert await events_in(database) == []
    await pauses.end("dora", NOW)
    for user_id in range(LIMITS.agent_resets_per_hour):
        await begin(store, user_id=user_id)


async def test_a_reset_that_has_begun_can_be_finished_and_shown_again_while_paused(
    pauses: PauseStore, store: ResetStore
) -> None:
    request = make_request()
    reset = await store.begin(request, now=NOW + MINUTE)
    await pauses.begin(PAUSE)
    await store.announce_call(reset, now=NOW)
    assert await store.finish(reset, Outcome.SUCCEEDED, None, now=NOW, actor="U1")
    with pytest.raises(ReferenceUsedError) as used:
        await store.begin(request, now=NOW + MINUTE)
    assert used.value.reset.outcome is Outcome.SUCCEEDED


@asynccontextmanager
async def pausing(replica: Database) -> AsyncIterator[AsyncConnection]:
    """Somebody else's transaction that is about to pause, committed on leaving."""
    async with replica.write() as other:
        if replica.dialect == "postgresql":
            await other.execute(text("LOCK TABLE pauses IN EXCLUSIVE MODE"))
        yield other


async def test_a_reset_that_waits_for_the_pause_to_be_committed_does_not_begin(
    store: ResetStore, database: Database, replica: Database
) -> None:
    """What it could have read before that is that nothing is paused."""
    async with pausing(replica) as other:
        waiting = asyncio.create_task(begin(store))
        # Many reads, in the time of which it has made whichever it makes before it waits.
        for _ in range(50):
            assert await PauseStore(database).find() is None
        await other.execute(insert(PauseRow).values(reason="x", paused_by="y", paused_at=NOW))
        assert not waiting.done()
    with pytest.raises(PausedError):
        await waiting
    assert await events_in(database) == []


async def test_of_resets_and_a_pause_at_the_same_moment_none_begins_after_the_pause(
    pauses: PauseStore, replica: Database, database: Database
) -> None:
    store = ResetStore(replica, LIMITS)

    async def pause() -> int:
        await pauses.begin(PAUSE)
        return len(await events_in(database))

    async def reset(number: int) -> Reset | None:
        try:
            return await begin(store, f"U{number}", number)
        except PausedError:
            return None

    begun_before, *resets = await asyncio.gather(pause(), *(reset(number) for number in range(20)))
    assert len([reset for reset in resets if reset is not None]) == begun_before
    assert len(await events_in(replica)) == begun_before


async def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    database = Database.connect(f"sqlite:///{tmp_path}/bot.db")
    for asked in (PauseStore(database).find(), PauseStore(database).begin(PAUSE), PauseStore(database).end("x", NOW)):
        with pytest.raises(StoreUnavailableError):
            await asked
    await database.aclose()
