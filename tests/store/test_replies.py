import asyncio
from datetime import datetime

import pytest

from bot.domain.audit import Action, AuditEvent, AuditOutcome
from bot.domain.permissions import AgentId
from bot.domain.references import Reference, make_reference
from bot.domain.replies import ReplyReason
from bot.domain.resets import Method, Phase, Reset, Target
from bot.store.database import Database
from bot.store.errors import LeaseLostError
from bot.store.jobs import JobKind, JobStore
from bot.store.replies import Attempt, ReplyLease, ReplyStore, SentReply
from tests.store.samples import HOUR, MINUTE, NOW, SECOND, events_in, make_event

pytestmark = pytest.mark.asyncio

LEASE = 2 * MINUTE


@pytest.fixture
def replies(database: Database) -> ReplyStore:
    return ReplyStore(database)


@pytest.fixture
def reference() -> Reference:
    return make_reference()


async def take(store: ReplyStore, reference: Reference, now: datetime = NOW) -> ReplyLease:
    lease = await store.acquire_lease(reference, now=now, lease_until=now + LEASE)
    assert isinstance(lease, ReplyLease)
    return lease


def attempt(content: ReplyReason, after_id: int) -> Attempt:
    return Attempt(content=content, after_id=after_id, settles_at=NOW + LEASE)


def make_reset(reference: Reference) -> Reset:
    return Reset(
        reference=reference,
        agent_id=AgentId("U1"),
        agent_locale="es-ES",
        target=Target(client_id=42, user_id=7, method=Method.SET_PASSWORD, ticket="516757"),
        phase=Phase.DONE,
        started_at=NOW,
    )


def event(outcome: AuditOutcome, reason: ReplyReason, at: datetime = NOW) -> AuditEvent:
    return make_event(at, action=Action.REPLY, outcome=outcome, reason=reason)


async def test_of_many_concurrent_submissions_one_gets_the_lease(
    replies: ReplyStore, replica: Database, reference: Reference
) -> None:
    stores = [replies, ReplyStore(replica)] * 10
    taken = await asyncio.gather(
        *(store.acquire_lease(reference, now=NOW, lease_until=NOW + LEASE) for store in stores)
    )
    assert len([lease for lease in taken if lease is not None]) == 1


async def test_each_reset_has_a_lease_of_its_own(replies: ReplyStore, reference: Reference) -> None:
    await take(replies, reference)
    assert (await take(replies, make_reference())).attempt is None


async def test_later_submissions_get_the_sent_reply(
    replies: ReplyStore, replica: Database, reference: Reference
) -> None:
    lease = await take(replies, reference)
    await replies.commit_attempt(lease, attempt(ReplyReason.NOTE, 7), make_reset(reference))
    assert await replies.record_sent(lease, ReplyReason.NOTE, event(AuditOutcome.SENT, ReplyReason.NOTE, NOW + SECOND))
    sent = SentReply(content=ReplyReason.NOTE, sent_at=NOW + SECOND)
    elsewhere = ReplyStore(replica)
    assert await elsewhere.acquire_lease(reference, now=NOW + 10 * LEASE, lease_until=NOW + 11 * LEASE) == sent
    assert await elsewhere.find_sent_reply(reference) == sent
    [recorded] = await events_in(replica)
    assert (recorded.action, recorded.outcome, recorded.reason) == (Action.REPLY, AuditOutcome.SENT, "note")


async def test_a_reply_that_certainly_failed_can_be_sent_at_once(
    replies: ReplyStore, database: Database, reference: Reference
) -> None:
    lease = await take(replies, reference)
    assert await replies.release_failed(lease, event(AuditOutcome.FAILED, ReplyReason.TICKET_CLOSED))
    assert (await take(replies, reference)).attempt is None
    assert [(found.outcome, found.reason) for found in await events_in(database)] == [("FAILED", "ticket_closed")]


async def test_an_unresolved_attempt_is_handed_to_the_next_holder(replies: ReplyStore, reference: Reference) -> None:
    lease = await take(replies, reference)
    await replies.commit_attempt(lease, attempt(ReplyReason.WITH_PASSWORD, 701), make_reset(reference))
    assert await replies.release_unresolved(lease, event(AuditOutcome.FAILED, ReplyReason.NOT_KNOWN), now=NOW)
    again = await take(replies, reference)
    assert again.attempt == attempt(ReplyReason.WITH_PASSWORD, 701)
    assert (await take(replies, reference, NOW + LEASE)).attempt == again.attempt


async def test_a_process_that_died_during_the_write_is_found_when_its_lease_ends(
    replies: ReplyStore, reference: Reference
) -> None:
    lease = await take(replies, reference)
    await replies.commit_attempt(lease, attempt(ReplyReason.PUBLIC, 0), make_reset(reference))
    just_before = NOW + LEASE - SECOND
    assert await replies.acquire_lease(reference, now=just_before, lease_until=just_before + LEASE) is None
    assert (await take(replies, reference, NOW + LEASE)).attempt == attempt(ReplyReason.PUBLIC, 0)


async def test_a_holder_that_lost_its_lease_neither_writes_nor_records(
    replies: ReplyStore, database: Database, reference: Reference
) -> None:
    slow = await take(replies, reference)
    await take(replies, reference, NOW + LEASE)
    with pytest.raises(LeaseLostError):
        await replies.commit_attempt(slow, attempt(ReplyReason.PUBLIC, 0), make_reset(reference))
    assert not await replies.record_sent(slow, ReplyReason.PUBLIC, event(AuditOutcome.SENT, ReplyReason.PUBLIC))
    assert not await replies.release_failed(slow, event(AuditOutcome.FAILED, ReplyReason.TICKET_CLOSED))
    assert await events_in(database) == []
    assert await replies.find_sent_reply(reference) is None


async def test_an_unresolved_reply_is_a_job_once_it_can_no_longer_arrive(
    replies: ReplyStore, jobs: JobStore, reference: Reference
) -> None:
    lease = await take(replies, reference)
    await replies.commit_attempt(lease, attempt(ReplyReason.PUBLIC, 0), make_reset(reference))
    assert await jobs.lease_due_jobs(JobKind, NOW + LEASE - SECOND, NOW + HOUR, 5) == ()
    assert await replies.release_unresolved(lease, event(AuditOutcome.FAILED, ReplyReason.NOT_KNOWN), now=NOW)
    [job] = await jobs.lease_due_jobs(JobKind, NOW + LEASE, NOW + HOUR, 5)
    assert (job.kind, job.reference, job.agent_id) == (JobKind.SETTLE_REPLY, reference, "U1")


@pytest.mark.parametrize("is_sent", [True, False])
async def test_a_settled_reply_is_no_longer_a_job(
    replies: ReplyStore, jobs: JobStore, reference: Reference, *, is_sent: bool
) -> None:
    lease = await take(replies, reference)
    await replies.commit_attempt(lease, attempt(ReplyReason.PUBLIC, 0), make_reset(reference))
    if is_sent:
        assert await replies.record_sent(lease, ReplyReason.PUBLIC, event(AuditOutcome.SENT, ReplyReason.PUBLIC))
    else:
        assert await replies.release_failed(lease, event(AuditOutcome.FAILED, ReplyReason.NOT_ARRIVED))
    assert await jobs.lease_due_jobs(JobKind, NOW + HOUR, NOW + 2 * HOUR, 5) == ()
