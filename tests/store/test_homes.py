import asyncio

import pytest

from bot.domain.audit import Action, AuditEvent, AuditOutcome, Step
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
        outcome=AuditOutcome.DENIED,
        reason="not_an_agent",
        step=Step.HOME,
    )


async def test_every_replica_knows_the_agents_who_opened_their_home_until_they_are_forgotten(
    homes: HomeStore, replica: Database
) -> None:
    assert not await homes.has_home(ANA)
    await homes.remember_home(ANA, NOW)
    await homes.remember_home(ANA, NOW + MINUTE)
    assert await HomeStore(replica).has_home(ANA)
    assert not await homes.has_home(CURRO)
    await homes.forget_home(ANA)
    assert not await HomeStore(replica).has_home(ANA)


async def test_a_refused_visit_is_recorded_once_per_person_and_day(homes: HomeStore, database: Database) -> None:
    assert await homes.record_home_denial(denial())
    assert not await homes.record_home_denial(denial(hours=23))
    assert await homes.record_home_denial(denial("U4", hours=23))
    assert await homes.record_home_denial(denial(hours=24))
    assert not await homes.record_home_denial(denial(hours=47))
    assert [event.actor for event in await events_in(database)] == ["U3", "U4", "U3"]


async def test_a_clock_set_back_records_no_second_refusal(homes: HomeStore, database: Database) -> None:
    await homes.record_home_denial(denial())
    assert not await homes.record_home_denial(denial(hours=-48))
    assert len(await events_in(database)) == 1


async def test_of_twenty_concurrent_refusals_on_two_replicas_one_is_recorded(
    homes: HomeStore, database: Database, replica: Database
) -> None:
    other = HomeStore(replica)
    won = await asyncio.gather(*(store.record_home_denial(denial()) for store in (homes, other) for _ in range(10)))
    assert sum(won) == 1
    assert len(await events_in(database)) == 1


async def test_an_agents_newest_resets_are_listed_newest_first_without_those_of_others(store: ResetStore) -> None:
    mine = [await begin(store, "U1", number, now=NOW + number * HOUR) for number in range(1, 4)]
    await begin(store, "U2", 9, now=NOW)
    await store.finish_reset(mine[2], Outcome.REFUSED, None, now=NOW + 4 * HOUR, actor="U1")
    found = await store.list_recent_resets(ANA, 2)
    assert [(reset.reference, reset.outcome) for reset in found] == [
        (mine[2].reference, Outcome.REFUSED),
        (mine[1].reference, None),
    ]
