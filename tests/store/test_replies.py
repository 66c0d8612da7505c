import asyncio
from datetime import datetime

import pytest

from bot.domain.audit import Action, AuditEvent, Happened
from bot.domain.permissions import AgentId
from bot.domain.references import Reference, make_reference
from bot.domain.replies import ReplyReason
from bot.domain.resets import Method, Phase, Reset
from bot.store.database import Database
from bot.store.errors import NotOursError
from bot.store.jobs import JobKind, JobStore
from bot.store.replies import Attempt, ReplyStore, SentReply, Turn
from tests.store.samples import HOUR, MINUTE, NOW, SECOND, events_in, make_event

pytestmark = pytest.mark.asyncio

LEASE = 2 * MINUTE


@pytest.fixture
def replies(database: Database) -> ReplyStore:
    return ReplyStore(database)


@pytest.fixture
def reference() -> Reference:
    return make_reference()


async def take(store: ReplyStore, reference: Reference, now: datetime = NOW) -> Turn:
    turn = await store.take(reference, now=now, lease_until=now + LEASE)
    assert isinstance(turn, Turn)
    return turn


def attempt(content: ReplyReason, after_id: int) -> Attempt:
    return Attempt(content=content, after_id=after_id, settles_at=NOW + LEASE)


def make_reset(reference: Reference) -> Reset:
    return Reset(
        reference=reference,
        agent_id=AgentId("U1"),
        agent_locale="es-ES",
        client_id=42,
        user_id=7,
        method=Method.SET_PASSWORD,
        ticket="516757",
        phase=Phase.DONE,
        started_at=NOW,
    )


def event(outcome: Happened, reason: ReplyReason, at: datetime = NOW) -> AuditEvent:
    return make_event(at, action=Action.REPLY, outcome=outcome, reason=reason)


async def test_of_many_who_press_at_the_same_moment_one_has_the_turn(
    replies: ReplyStore, replica: Database, reference: Reference
) -> None:
    stores = [replies, ReplyStore(replica)] * 10
    taken = await asyncio.gather(*(store.take(reference, now=NOW, lease_until=NOW + LEASE) for store in stores))
    assert len([turn for turn in taken if turn is not None]) == 1


async def test_each_reset_has_a_reply_of_its_own(replies: ReplyStore, reference: Reference) -> None:
    await take(replies, reference)
    assert (await take(replies, make_reference())).attempt is None


async def test_what_was_sent_is_told_to_everybody_who_comes_later(
    replies: ReplyStore, replica: Database, reference: Reference
) -> None:
    turn = await take(replies, reference)
    await replies.announce(turn, attempt(ReplyReason.NOTE, 7), make_reset(reference))
    assert await replies.finish(turn, ReplyReason.NOTE, event(Happened.SENT, ReplyReason.NOTE, NOW + SECOND))
    sent = SentReply(content=ReplyReason.NOTE, sent_at=NOW + SECOND)
    elsewhere = ReplyStore(replica)
    assert await elsewhere.take(reference, now=NOW + 10 * LEASE, lease_until=NOW + 11 * LEASE) == sent
    assert await elsewhere.find_sent(reference) == sent
    [recorded] = await events_in(replica)
    assert (recorded.action, recorded.outcome, recorded.reason) == (Action.REPLY, Happened.SENT, "note")


async def test_what_was_certainly_not_sent_can_be_sent_at_once(
    replies: ReplyStore, database: Database, reference: Reference
) -> None:
    turn = await take(replies, reference)
    assert await replies.give_up(turn, event(Happened.FAILED, ReplyReason.TICKET_CLOSED))
    assert (await take(replies, reference)).attempt is None
    assert [(found.outcome, found.reason) for found in await events_in(database)] == [("FAILED", "ticket_closed")]


async def test_what_nobody_knows_is_handed_to_the_next_one_with_all_that_settles_it(
    replies: ReplyStore, reference: Reference
) -> None:
    turn = await take(replies, reference)
    await replies.announce(turn, attempt(ReplyReason.WITH_PASSWORD, 701), make_reset(reference))
    assert await replies.leave_open(turn, event(Happened.FAILED, ReplyReason.NOT_KNOWN), now=NOW)
    again = await take(replies, reference)
    assert again.attempt == attempt(ReplyReason.WITH_PASSWORD, 701)
    assert (await take(replies, reference, NOW + LEASE)).attempt == again.attempt


async def test_a_process_that_died_while_it_wrote_is_found_when_its_lease_is_over(
    replies: ReplyStore, reference: Reference
) -> None:
    turn = await take(replies, reference)
    await replies.announce(turn, attempt(ReplyReason.PUBLIC, 0), make_reset(reference))
    just_before = NOW + LEASE - SECOND
    assert await replies.take(reference, now=just_before, lease_until=just_before + LEASE) is None
    assert (await take(replies, reference, NOW + LEASE)).attempt == attempt(ReplyReason.PUBLIC, 0)


async def test_who_lost_the_turn_neither_writes_nor_records(
    replies: ReplyStore, database: Database, reference: Reference
) -> None:
    slow = await take(replies, reference)
    await take(replies, reference, NOW + LEASE)
    with pytest.raises(NotOursError):
        await replies.announce(slow, attempt(ReplyReason.PUBLIC, 0), make_reset(reference))
    assert not await replies.finish(slow, ReplyReason.PUBLIC, event(Happened.SENT, ReplyReason.PUBLIC))
    assert not await replies.give_up(slow, event(Happened.FAILED, ReplyReason.TICKET_CLOSED))
    assert await events_in(database) == []
    assert await replies.find_sent(reference) is None


async def test_a_reply_of_which_nobody_knows_is_a_job_from_when_it_can_not_arrive_any_more(
    replies: ReplyStore, jobs: JobStore, reference: Reference
) -> None:
    turn = await take(replies, reference)
    await replies.announce(turn, attempt(ReplyReason.PUBLIC, 0), make_reset(reference))
    assert await jobs.take_due(JobKind, NOW + LEASE - SECOND, NOW + HOUR, 5) == ()
    assert await replies.leave_open(turn, event(Happened.FAILED, ReplyReason.NOT_KNOWN), now=NOW)
    [job] = await jobs.take_due(JobKind, NOW + LEASE, NOW + HOUR, 5)
    assert (job.kind, job.reference, job.agent_id) == (JobKind.SETTLE_REPLY, reference, "U1")


@pytest.mark.parametrize("is_sent", [True, False])
async def test_what_is_settled_is_no_job_any_more(
    replies: ReplyStore, jobs: JobStore, reference: Reference, *, is_sent: bool
) -> None:
    turn = await take(replies, reference)
    await replies.announce(turn, attempt(ReplyReason.PUBLIC, 0), make_reset(reference))
    if is_sent:
        assert await replies.finish(turn, ReplyReason.PUBLIC, event(Happened.SENT, ReplyReason.PUBLIC))
    else:
        assert await replies.give_up(turn, event(Happened.FAILED, ReplyReason.NOT_ARRIVED))
    assert await jobs.take_due(JobKind, NOW + HOUR, NOW + 2 * HOUR, 5) == ()
