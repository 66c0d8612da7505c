import asyncio

import pytest

from bot.domain.audit import Action, AuditEvent, Happened, Step
from bot.domain.permissions import AgentId
from bot.domain.resets import Outcome
from bot.store.database import Database
from bot.store.homes import HomeStore
from bot.store.resets import ResetStore
from tests.store.samples import HOUR, MINUTE, NOW, begin, events_in, make_event

pytestmark = pytest.mark.asyncio

ANA, CURRO = AgentId("U1"), AgentId("U2")


@pytest.fixture
def homes(database: Database) -> HomeStore:
    return HomeStore(database)


def denial(actor: str = "U3", hours: float = 0) -> AuditEvent:
    return make_event(
        NOW + hours * HOUR,
        actor=actor,
        action=Action.ACCESS,
        outcome=Happened.DENIED,
        reason="not_an_agent",
        step=Step.HOME,
    )


async def test_who_has_opened_it_is_known_to_every_replica_until_forgotten(homes: HomeStore, replica: Database) -> None:
    assert not await homes.is_known(ANA)
    await homes.remember(ANA, NOW)
    await homes.remember(ANA, NOW + MINUTE)
    assert await HomeStore(replica).is_known(ANA)
    assert not await homes.is_known(CURRO)
    await homes.forget(ANA)
    assert not await HomeStore(replica).is_known(ANA)


async def test_a_refusal_is_recorded_once_a_person_and_day(homes: HomeStore, database: Database) -> None:
    assert await homes.record_denial(denial())
    assert not await homes.record_denial(denial(hours=23))
    assert await homes.record_denial(denial("U4", hours=23))
    assert await homes.record_denial(denial(hours=24))
    assert not await homes.record_denial(denial(hours=47))
    assert [event.actor for event in await events_in(database)] == ["U3", "U4", "U3"]


async def test_a_clock_that_is_turned_back_records_no_second_one(homes: HomeStore, database: Database) -> None:
    await homes.record_denial(denial())
    assert not await homes.record_denial(denial(hours=-48))
    assert len(await events_in(database)) == 1


async def test_of_twenty_at_once_at_two_replicas_one_is_recorded(
    homes: HomeStore, database: Database, replica: Database
) -> None:
    other = HomeStore(replica)
    won = await asyncio.gather(*(store.record_denial(denial()) for store in (homes, other) for _ in range(10)))
    assert sum(won) == 1
    assert len(await events_in(database)) == 1


async def test_an_agents_newest_resets_come_newest_first_and_no_one_elses(store: ResetStore) -> None:
    mine = [await begin(store, "U1", number, now=NOW + number * HOUR) for number in range(1, 4)]
    await begin(store, "U2", 9, now=NOW)
    await store.finish(mine[2], Outcome.REFUSED, None, now=NOW + 4 * HOUR, actor="U1")
    found = await store.list_recent(ANA, 2)
    assert [(reset.reference, reset.outcome) for reset in found] == [
        (mine[2].reference, Outcome.REFUSED),
        (mine[1].reference, None),
    ]
