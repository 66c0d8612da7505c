import asyncio
from datetime import datetime

import pytest

from bot.domain.audit import Action, Happened
from bot.domain.lifecycle import LEASE
from bot.domain.references import Reference, make_reference
from bot.domain.resets import MessageRef
from bot.store.database import Database
from bot.store.jobs import Job, JobKind, JobStore
from bot.store.resets import ResetStore
from tests.store.samples import HOUR, MINUTE, NOW, SECOND, begin, events_in, make_event, make_message

pytestmark = pytest.mark.asyncio

DELETE = JobKind.DELETE_MESSAGE


async def add_messages(jobs: JobStore, *due_at: datetime) -> list[Reference]:
    references = [make_reference() for _ in due_at]
    for reference, at in zip(references, due_at, strict=True):
        await jobs.replace_message(make_message(reference, deletes_at=at))
    return references


async def take(jobs: JobStore, now: datetime = NOW, *, limit: int = 10) -> tuple[Job, ...]:
    return await jobs.take_due(JobKind, now, now + MINUTE, limit)


async def test_what_is_due_is_taken_the_most_overdue_first(jobs: JobStore) -> None:
    references = await add_messages(jobs, NOW - SECOND, NOW - HOUR, NOW, NOW + SECOND)
    taken = [job.reference for job in await take(jobs)]
    assert taken == [references[1], references[0], references[2]]


async def test_no_more_than_asked_for_are_taken_and_the_rest_next(jobs: JobStore) -> None:
    references = await add_messages(jobs, NOW - 3 * SECOND, NOW - 2 * SECOND, NOW - SECOND)
    assert [job.reference for job in await take(jobs, limit=2)] == references[:2]
    assert [job.reference for job in await take(jobs, limit=2)] == references[2:]


async def test_a_job_tells_what_it_is_about(jobs: JobStore) -> None:
    message = make_message(make_reference(), ts="1700000000.000100")
    await jobs.replace_message(message)
    [job] = await take(jobs)
    assert (job.kind, job.reference, job.place, job.due_at) == (DELETE, message.reference, message.place, NOW)
    assert (job.agent_id, job.agent_locale, job.attempts) == ("U1", "es-ES", 1)


async def test_a_leased_job_is_taken_by_nobody_else_until_its_lease_is_over(jobs: JobStore, replica: Database) -> None:
    await add_messages(jobs, NOW)
    assert len(await take(jobs)) == 1
    elsewhere = JobStore(replica)
    assert await take(elsewhere) == ()
    assert await take(elsewhere, NOW + MINUTE - SECOND) == ()
    [again] = await take(elsewhere, NOW + MINUTE)
    assert again.attempts == 2


async def test_of_twenty_who_look_at_the_same_moment_each_job_goes_to_one(jobs: JobStore, replica: Database) -> None:
    references = await add_messages(jobs, *[NOW] * 8)
    elsewhere = JobStore(replica)
    taken = await asyncio.gather(*(take(jobs if number % 2 else elsewhere, limit=1) for number in range(20)))
    assert sorted(job.reference for batch in taken for job in batch) == sorted(references)


async def test_a_postponed_job_is_due_again_at_its_time_and_remembers_when_it_was_due(jobs: JobStore) -> None:
    await add_messages(jobs, NOW - HOUR)
    [job] = await take(jobs)
    await jobs.postpone(job, NOW + 5 * SECOND)
    assert await take(jobs, NOW + 4 * SECOND) == ()
    [again] = await take(jobs, NOW + 5 * SECOND)
    assert (again.due_at, again.attempts) == (NOW - HOUR, 2)


async def test_a_job_is_postponed_with_its_event(jobs: JobStore, database: Database) -> None:
    await add_messages(jobs, NOW)
    [job] = await take(jobs)
    await jobs.postpone(job, NOW + MINUTE, make_event(action=Action.MESSAGE, outcome=Happened.OVERDUE))
    assert [event.outcome for event in await events_in(database)] == ["OVERDUE"]


async def test_a_job_is_completed_once_with_its_event(jobs: JobStore, replica: Database, database: Database) -> None:
    [reference] = await add_messages(jobs, NOW)
    place = await place_of(jobs, reference)
    event = make_event(action=Action.MESSAGE, outcome=Happened.DELETED, reference=reference)
    completed = await asyncio.gather(
        *(each.complete(DELETE, reference, place, event) for each in (jobs, JobStore(replica)) * 5)
    )
    assert sorted(completed) == [False] * 9 + [True]
    assert [event.outcome for event in await events_in(database)] == ["DELETED"]
    assert await take(jobs, NOW + HOUR) == ()


async def test_completing_one_kind_leaves_the_other(store: ResetStore, jobs: JobStore) -> None:
    reset = await begin(store)
    await store.announce_call(reset, make_message(reset.reference, deletes_at=NOW), now=NOW)
    assert await jobs.complete(JobKind.RECOVER_RESET, reset.reference, MessageRef(channel="", ts=""))
    assert await jobs.find_secret_message(reset.reference) is not None


async def test_a_message_that_replaces_another_one_is_the_one_to_delete_at_its_own_time(jobs: JobStore) -> None:
    reference = make_reference()
    await jobs.replace_message(make_message(reference, ts="1.0", deletes_at=NOW))
    await take(jobs)
    second = make_message(reference, ts="2.0", deletes_at=NOW + MINUTE)
    await jobs.replace_message(second)
    assert await jobs.find_secret_message(reference) == second
    assert await take(jobs, NOW + MINUTE - SECOND) == ()
    [job] = await take(jobs, NOW + MINUTE)
    assert (job.place.ts, job.attempts) == ("2.0", 1)


async def test_a_forgotten_message_is_not_deleted(jobs: JobStore) -> None:
    forgotten, kept = await add_messages(jobs, NOW, NOW)
    await jobs.forget_message(forgotten)
    assert await jobs.find_secret_message(forgotten) is None
    assert [job.reference for job in await take(jobs)] == [kept]


async def test_overdue_messages_are_counted_while_they_are_there(store: ResetStore, jobs: JobStore) -> None:
    await begin(store, now=NOW - HOUR)
    first, _second, _third = await add_messages(jobs, NOW - HOUR, NOW - SECOND, NOW)
    assert (await jobs.count(NOW)).overdue_messages == 2
    await take(jobs)
    assert (await jobs.count(NOW)).overdue_messages == 2
    await jobs.complete(DELETE, first, await place_of(jobs, first))
    assert (await jobs.count(NOW)).overdue_messages == 1
    assert (await jobs.count(NOW + HOUR)).overdue_messages == 2


async def test_a_reset_that_says_it_still_runs_is_not_recovered(store: ResetStore, jobs: JobStore) -> None:
    alive, dead = await begin(store, "U1", 1), await begin(store, "U2", 2)
    await store.renew({alive.reference}, now=NOW + MINUTE - SECOND)
    assert [job.reference for job in await take(jobs, NOW + MINUTE)] == [dead.reference]
    assert await take(jobs, NOW + MINUTE) == ()
    assert [job.reference for job in await take(jobs, NOW + MINUTE - SECOND + LEASE, limit=1)] == [alive.reference]


async def test_renewing_does_not_put_off_the_deletion_of_a_message(store: ResetStore, jobs: JobStore) -> None:
    reset = await begin(store)
    await store.announce_call(reset, make_message(reset.reference, deletes_at=NOW), now=NOW)
    await store.renew({reset.reference}, now=NOW)
    assert [job.kind for job in await take(jobs)] == [DELETE]


async def test_renewing_nothing_changes_nothing(store: ResetStore, jobs: JobStore) -> None:
    reset = await begin(store)
    await store.renew((), now=NOW + HOUR)
    assert [job.reference for job in await take(jobs, NOW + MINUTE)] == [reset.reference]


async def test_a_message_that_was_replaced_while_it_was_being_deleted_keeps_its_successors_job(
    jobs: JobStore, database: Database
) -> None:
    reference = make_reference()
    await jobs.replace_message(make_message(reference, ts="1.0", deletes_at=NOW))
    [job] = await take(jobs)
    await jobs.replace_message(make_message(reference, ts="2.0", deletes_at=NOW + MINUTE))
    event = make_event(action=Action.MESSAGE, outcome=Happened.DELETED, reference=reference)

    assert not await jobs.complete(job.kind, job.reference, job.place, event)
    assert (await place_of(jobs, reference)).ts == "2.0"
    assert await events_in(database) == []


async def place_of(jobs: JobStore, reference: Reference) -> MessageRef:
    message = await jobs.find_secret_message(reference)
    assert message is not None
    return message.place


async def test_a_clock_that_jumps_back_puts_a_deletion_off_and_loses_none(jobs: JobStore) -> None:
    [reference] = await add_messages(jobs, NOW)
    await take(jobs)
    assert await take(jobs, NOW - HOUR) == ()
    assert [job.reference for job in await take(jobs, NOW + MINUTE)] == [reference]
