import asyncio
from datetime import datetime

import pytest

from bot.domain.audit import Action, AuditOutcome
from bot.domain.lifecycle import LEASE
from bot.domain.references import Reference, make_reference
from bot.domain.resets import NO_MESSAGE, MessageRef
from bot.store.database import Database
from bot.store.jobs import Job, JobKind, JobStore
from bot.store.resets import ResetStore
from tests.store.samples import HOUR, MINUTE, NOW, SECOND, begin, events_in, make_event, make_message

pytestmark = pytest.mark.asyncio

DELETE = JobKind.DELETE_MESSAGE


async def add_messages(jobs: JobStore, *due_at: datetime) -> list[Reference]:
    references = [make_reference() for _ in due_at]
    for reference, at in zip(references, due_at, strict=True):
        await jobs.replace_secret_message(make_message(reference, deletes_at=at))
    return references


async def take(jobs: JobStore, now: datetime = NOW, *, limit: int = 10) -> tuple[Job, ...]:
    return await jobs.lease_due_jobs(JobKind, now, now + MINUTE, limit)


async def test_due_jobs_are_leased_the_most_overdue_first(jobs: JobStore) -> None:
    references = await add_messages(jobs, NOW - SECOND, NOW - HOUR, NOW, NOW + SECOND)
    taken = [job.reference for job in await take(jobs)]
    assert taken == [references[1], references[0], references[2]]


async def test_no_more_jobs_than_the_limit_are_leased_and_the_rest_next_time(jobs: JobStore) -> None:
    references = await add_messages(jobs, NOW - 3 * SECOND, NOW - 2 * SECOND, NOW - SECOND)
    assert [job.reference for job in await take(jobs, limit=2)] == references[:2]
    assert [job.reference for job in await take(jobs, limit=2)] == references[2:]


async def test_a_job_holds_its_agent_message_and_due_time(jobs: JobStore) -> None:
    message = make_message(make_reference(), ts="1700000000.000100")
    await jobs.replace_secret_message(message)
    [job] = await take(jobs)
    assert (job.kind, job.reference, job.place, job.due_at) == (DELETE, message.reference, message.place, NOW)
    assert (job.agent_id, job.agent_locale, job.attempts) == ("U1", "es-ES", 1)


async def test_a_leased_job_is_not_leased_again_before_its_lease_ends(jobs: JobStore, replica: Database) -> None:
    await add_messages(jobs, NOW)
    assert len(await take(jobs)) == 1
    elsewhere = JobStore(replica)
    assert await take(elsewhere) == ()
    assert await take(elsewhere, NOW + MINUTE - SECOND) == ()
    [again] = await take(elsewhere, NOW + MINUTE)
    assert again.attempts == 2


async def test_of_twenty_concurrent_workers_each_job_goes_to_one(jobs: JobStore, replica: Database) -> None:
    references = await add_messages(jobs, *[NOW] * 8)
    elsewhere = JobStore(replica)
    taken = await asyncio.gather(*(take(jobs if number % 2 else elsewhere, limit=1) for number in range(20)))
    assert sorted(job.reference for batch in taken for job in batch) == sorted(references)


async def test_a_postponed_job_is_due_again_at_its_time_and_keeps_its_first_due_time(jobs: JobStore) -> None:
    await add_messages(jobs, NOW - HOUR)
    [job] = await take(jobs)
    await jobs.postpone_job(job, NOW + 5 * SECOND)
    assert await take(jobs, NOW + 4 * SECOND) == ()
    [again] = await take(jobs, NOW + 5 * SECOND)
    assert (again.due_at, again.attempts) == (NOW - HOUR, 2)


async def test_a_job_is_postponed_with_its_event(jobs: JobStore, database: Database) -> None:
    await add_messages(jobs, NOW)
    [job] = await take(jobs)
    await jobs.postpone_job(job, NOW + MINUTE, make_event(action=Action.MESSAGE, outcome=AuditOutcome.OVERDUE))
    assert [event.outcome for event in await events_in(database)] == ["OVERDUE"]


async def test_a_job_is_completed_once_with_its_event(jobs: JobStore, replica: Database, database: Database) -> None:
    [reference] = await add_messages(jobs, NOW)
    place = await place_of(jobs, reference)
    event = make_event(action=Action.MESSAGE, outcome=AuditOutcome.DELETED, reference=reference)
    completed = await asyncio.gather(
        *(each.complete_job(DELETE, reference, place, event) for each in (jobs, JobStore(replica)) * 5)
    )
    assert sorted(completed) == [False] * 9 + [True]
    assert [event.outcome for event in await events_in(database)] == ["DELETED"]
    assert await take(jobs, NOW + HOUR) == ()


async def test_completing_one_kind_of_job_leaves_the_other(store: ResetStore, jobs: JobStore) -> None:
    reset = await begin(store)
    await store.commit_call(reset, make_message(reset.reference, deletes_at=NOW), now=NOW)
    assert await jobs.complete_job(JobKind.RECOVER_RESET, reset.reference, NO_MESSAGE)
    assert await jobs.find_secret_message(reset.reference) is not None


async def test_a_replacing_message_is_deleted_instead_at_its_own_time(jobs: JobStore) -> None:
    reference = make_reference()
    await jobs.replace_secret_message(make_message(reference, ts="1.0", deletes_at=NOW))
    await take(jobs)
    second = make_message(reference, ts="2.0", deletes_at=NOW + MINUTE)
    await jobs.replace_secret_message(second)
    assert await jobs.find_secret_message(reference) == second
    assert await take(jobs, NOW + MINUTE - SECOND) == ()
    [job] = await take(jobs, NOW + MINUTE)
    assert (job.place.ts, job.attempts) == ("2.0", 1)


async def test_a_forgotten_message_is_not_deleted(jobs: JobStore) -> None:
    forgotten, kept = await add_messages(jobs, NOW, NOW)
    await jobs.forget_secret_message(forgotten)
    assert await jobs.find_secret_message(forgotten) is None
    assert [job.reference for job in await take(jobs)] == [kept]


async def test_overdue_messages_are_counted_until_they_are_deleted(store: ResetStore, jobs: JobStore) -> None:
    await begin(store, now=NOW - HOUR)
    first, _second, _third = await add_messages(jobs, NOW - HOUR, NOW - SECOND, NOW)
    assert (await jobs.count_jobs(NOW)).overdue_messages == 2
    await take(jobs)
    assert (await jobs.count_jobs(NOW)).overdue_messages == 2
    await jobs.complete_job(DELETE, first, await place_of(jobs, first))
    assert (await jobs.count_jobs(NOW)).overdue_messages == 1
    assert (await jobs.count_jobs(NOW + HOUR)).overdue_messages == 2


async def test_a_reset_with_a_renewed_lease_is_not_recovered(store: ResetStore, jobs: JobStore) -> None:
    alive, dead = await begin(store, "U1", 1), await begin(store, "U2", 2)
    await store.renew_leases({alive.reference}, now=NOW + MINUTE - SECOND)
    assert [job.reference for job in await take(jobs, NOW + MINUTE)] == [dead.reference]
    assert await take(jobs, NOW + MINUTE) == ()
    assert [job.reference for job in await take(jobs, NOW + MINUTE - SECOND + LEASE, limit=1)] == [alive.reference]


async def test_renewing_a_lease_does_not_delay_the_deletion_of_a_message(store: ResetStore, jobs: JobStore) -> None:
    reset = await begin(store)
    await store.commit_call(reset, make_message(reset.reference, deletes_at=NOW), now=NOW)
    await store.renew_leases({reset.reference}, now=NOW)
    assert [job.kind for job in await take(jobs)] == [DELETE]


async def test_renewing_no_leases_changes_nothing(store: ResetStore, jobs: JobStore) -> None:
    reset = await begin(store)
    await store.renew_leases((), now=NOW + HOUR)
    assert [job.reference for job in await take(jobs, NOW + MINUTE)] == [reset.reference]


async def test_a_message_replaced_during_its_deletion_leaves_its_successors_job(
    jobs: JobStore, database: Database
) -> None:
    reference = make_reference()
    await jobs.replace_secret_message(make_message(reference, ts="1.0", deletes_at=NOW))
    [job] = await take(jobs)
    await jobs.replace_secret_message(make_message(reference, ts="2.0", deletes_at=NOW + MINUTE))
    event = make_event(action=Action.MESSAGE, outcome=AuditOutcome.DELETED, reference=reference)

    assert not await jobs.complete_job(job.kind, job.reference, job.place, event)
    assert (await place_of(jobs, reference)).ts == "2.0"
    assert await events_in(database) == []


async def place_of(jobs: JobStore, reference: Reference) -> MessageRef:
    message = await jobs.find_secret_message(reference)
    assert message is not None
    return message.place


async def test_a_clock_set_back_delays_a_deletion_and_loses_none(jobs: JobStore) -> None:
    [reference] = await add_messages(jobs, NOW)
    await take(jobs)
    assert await take(jobs, NOW - HOUR) == ()
    assert [job.reference for job in await take(jobs, NOW + MINUTE)] == [reference]


async def test_kinds_are_due_from_their_time_on_unless_they_are_leased(jobs: JobStore, store: ResetStore) -> None:
    await begin(store)
    await add_messages(jobs, NOW)
    assert await jobs.list_due_kinds(NOW - SECOND) == frozenset()
    assert await jobs.list_due_kinds(NOW) == {DELETE}
    assert await jobs.list_due_kinds(NOW + LEASE) == {DELETE, JobKind.RECOVER_RESET}
    await take(jobs, NOW)
    assert await jobs.list_due_kinds(NOW + MINUTE - SECOND) == {JobKind.RECOVER_RESET}
    assert await jobs.list_due_kinds(NOW + MINUTE) == {DELETE, JobKind.RECOVER_RESET}
