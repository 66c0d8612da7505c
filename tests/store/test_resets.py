import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.audit import BOT, Action, AuditOutcome
from bot.domain.lifecycle import LEASE, WRITE_DEADLINE
from bot.domain.limits import LimitKind
from bot.domain.permissions import AgentId
from bot.domain.references import Reference, make_reference
from bot.domain.resets import Method, Outcome, Phase, Reason, Reset, Settled, Target
from bot.store.database import Database
from bot.store.errors import LeaseLostError, LimitReachedError, ReferenceUsedError, StoreError
from bot.store.jobs import Job, JobKind, JobStore
from bot.store.resets import ResetStore
from tests.store.samples import HOUR, LIMITS, MINUTE, NOW, SECOND, begin, events_in, make_message, make_request

pytestmark = pytest.mark.asyncio


async def finish(
    store: ResetStore, reset: Reset, outcome: Outcome, *, now: datetime = NOW, reason: Reason | None = None
) -> bool:
    return await store.finish_reset(reset, outcome, reason, now=now, actor=BOT)


async def take(jobs: JobStore, now: datetime) -> tuple[Job, ...]:
    return await jobs.lease_due_jobs(JobKind, now, now + MINUTE, 10)


async def refusal(store: ResetStore, agent: str = "U1", user_id: int = 7, *, now: datetime = NOW) -> LimitReachedError:
    with pytest.raises(LimitReachedError) as caught:
        await begin(store, agent, user_id, now=now)
    return caught.value


async def use_up_agent_hour(store: ResetStore, *, now: datetime = NOW) -> list[Reset]:
    return [await begin(store, "U1", 100 + number, now=now) for number in range(LIMITS.agent_resets_per_hour)]


async def test_a_started_reset_is_found_with_the_values_of_its_request(store: ResetStore) -> None:
    request = make_request(method=Method.SET_PASSWORD, ticket="ABC-123456")
    begun = await store.begin_reset(request, now=NOW)
    found = await store.find_reset(begun.reference)
    assert found == begun
    assert found is not None
    assert request.has_values_of(found)
    assert (found.phase, found.outcome, found.started_at) == (Phase.CHECKING, None, NOW)
    assert await store.find_reset(Reference("0000-0000")) is None


async def test_started_names_the_agent_and_the_target_in_the_audit(store: ResetStore, database: Database) -> None:
    reset = await begin(store)
    [event] = await events_in(database)
    assert (event.at, event.reference, event.actor, event.action, event.outcome) == (
        NOW,
        reset.reference,
        "U1",
        Action.RESET,
        AuditOutcome.STARTED,
    )
    assert (event.client_id, event.user_id, event.method) == (42, 7, "reset_email")


async def test_a_reset_whose_process_died_after_started_is_found_when_its_lease_ends(
    store: ResetStore, jobs: JobStore
) -> None:
    request = make_request()
    await store.begin_reset(request, now=NOW)
    assert await take(jobs, NOW + LEASE - SECOND) == ()
    [job] = await take(jobs, NOW + LEASE)
    assert (job.kind, job.reference, job.agent_id) == (JobKind.RECOVER_RESET, request.reference, "U1")
    assert job.agent_locale == "es-ES"


@pytest.mark.parametrize("outcome", Outcome)
async def test_an_outcome_is_recorded_once_and_removes_the_recovery_job(
    store: ResetStore, jobs: JobStore, database: Database, outcome: Outcome
) -> None:
    reset = await begin(store)
    assert await finish(store, reset, outcome, reason=Reason.TIMED_OUT)
    for other in Outcome:
        assert not await finish(store, reset, other)

    found = await store.find_reset(reset.reference)
    assert found is not None
    assert (found.outcome, found.reason, found.phase) == (outcome, Reason.TIMED_OUT, Phase.DONE)
    events = [(event.outcome, event.reason, event.actor) for event in await events_in(database)]
    assert events == [("STARTED", "", "U1"), (outcome, "timed_out", BOT)]
    assert await take(jobs, NOW + HOUR) == ()


async def test_of_twenty_concurrent_outcomes_one_is_recorded(
    store: ResetStore, replica: Database, database: Database
) -> None:
    reset = await begin(store)
    elsewhere = ResetStore(replica, LIMITS)
    finished = await asyncio.gather(
        *(finish(store if number % 2 else elsewhere, reset, Outcome.SUCCEEDED) for number in range(20))
    )
    assert sorted(finished) == [False] * 19 + [True]
    assert len(await events_in(database)) == 2


async def test_of_twenty_concurrent_resets_of_one_user_in_two_processes_one_starts(
    store: ResetStore, replica: Database, database: Database
) -> None:
    elsewhere = ResetStore(replica, LIMITS)
    answers = await asyncio.gather(
        *(begin(store if number % 2 else elsewhere, f"U{number}") for number in range(20)), return_exceptions=True
    )
    [won] = [answer for answer in answers if isinstance(answer, Reset)]
    lost = [answer for answer in answers if isinstance(answer, LimitReachedError)]
    assert len(lost) == 19
    assert {(error.limit.kind, error.limit.until_at, error.limit.by) for error in lost} == {
        (LimitKind.USER_BUSY, None, won.agent_id)
    }
    assert [event.reference for event in await events_in(database)] == [won.reference]


async def test_of_twenty_concurrent_resets_by_one_agent_as_many_start_as_the_hour_allows(
    store: ResetStore, replica: Database
) -> None:
    elsewhere = ResetStore(replica, LIMITS)
    answers = await asyncio.gather(
        *(begin(store if number % 2 else elsewhere, user_id=number) for number in range(20)), return_exceptions=True
    )
    assert len([answer for answer in answers if isinstance(answer, Reset)]) == LIMITS.agent_resets_per_hour
    lost = [answer for answer in answers if isinstance(answer, LimitReachedError)]
    assert {error.limit.kind for error in lost} == {LimitKind.AGENT_HOUR}


async def test_of_twenty_concurrent_submissions_of_one_form_one_starts(store: ResetStore, replica: Database) -> None:
    reference = make_reference()
    elsewhere = ResetStore(replica, LIMITS)
    answers = await asyncio.gather(
        *(begin(store if number % 2 else elsewhere, reference=reference) for number in range(20)),
        return_exceptions=True,
    )
    assert len([answer for answer in answers if isinstance(answer, Reset)]) == 1
    assert len([answer for answer in answers if isinstance(answer, ReferenceUsedError)]) == 19


async def test_a_used_reference_returns_the_recorded_reset(store: ResetStore) -> None:
    first = await begin(store)
    await finish(store, first, Outcome.SUCCEEDED)
    with pytest.raises(ReferenceUsedError) as caught:
        await begin(store, "U2", 8, now=NOW + HOUR, reference=first.reference)
    assert (caught.value.reset.agent_id, caught.value.reset.user_id) == ("U1", 7)
    assert caught.value.reset.outcome is Outcome.SUCCEEDED


async def test_a_used_reference_takes_no_limit(store: ResetStore) -> None:
    first = await begin(store)
    await finish(store, first, Outcome.SUCCEEDED)
    for _ in range(5):
        with pytest.raises(ReferenceUsedError):
            await begin(store, "U2", 8, reference=first.reference)
    await begin(store, "U2", 8)


async def test_a_refused_reset_leaves_no_rows(store: ResetStore, database: Database, jobs: JobStore) -> None:
    await begin(store)
    reference = make_reference()
    with pytest.raises(LimitReachedError):
        await begin(store, "U2", reference=reference)
    assert await store.find_reset(reference) is None
    assert len(await events_in(database)) == 1
    assert len(await take(jobs, NOW + HOUR)) == 1


async def test_a_refusal_by_the_hourly_limit_releases_the_user(store: ResetStore) -> None:
    await use_up_agent_hour(store)
    assert (await refusal(store)).limit.kind is LimitKind.AGENT_HOUR
    await begin(store, "U2")


async def test_a_refusal_by_the_users_limit_does_not_count_in_the_hour(store: ResetStore) -> None:
    await begin(store, "U2")
    for _ in range(10):
        assert (await refusal(store)).limit.kind is LimitKind.USER_BUSY
    await use_up_agent_hour(store)


async def test_the_hour_begins_with_its_first_reset(store: ResetStore) -> None:
    await begin(store, user_id=1, now=NOW)
    await begin(store, user_id=2, now=NOW + 50 * MINUTE)
    await begin(store, user_id=3, now=NOW + 55 * MINUTE)
    for at in (NOW + 56 * MINUTE, NOW + HOUR - SECOND):
        assert (await refusal(store, user_id=4, now=at)).limit.until_at == NOW + HOUR

    await begin(store, user_id=4, now=NOW + HOUR)
    await begin(store, user_id=5, now=NOW + HOUR)
    await begin(store, user_id=6, now=NOW + HOUR)
    assert (await refusal(store, user_id=8, now=NOW + HOUR)).limit.until_at == NOW + 2 * HOUR


async def test_after_an_idle_time_the_hour_begins_with_the_next_reset(store: ResetStore) -> None:
    await begin(store, user_id=1, now=NOW)
    later = NOW + 5 * HOUR + 17 * MINUTE
    await use_up_agent_hour(store, now=later)
    assert (await refusal(store, user_id=8, now=later + MINUTE)).limit.until_at == later + HOUR


async def test_each_agent_has_an_hour_of_their_own(store: ResetStore) -> None:
    await use_up_agent_hour(store)
    await begin(store, "U2", 200)


async def test_a_clock_set_back_does_not_lift_the_agents_limit(store: ResetStore) -> None:
    await use_up_agent_hour(store)
    assert (await refusal(store, now=NOW - 2 * HOUR)).limit.kind is LimitKind.AGENT_HOUR


async def test_a_clock_set_back_lifts_neither_the_users_nor_the_workspaces_limit(store: ResetStore) -> None:
    await finish(store, await begin(store, "U1"), Outcome.SUCCEEDED)
    jumped = NOW - HOUR
    assert (await refusal(store, "U2", now=jumped)).limit.kind is LimitKind.USER_COOLDOWN
    await use_up_workspace_hour_except(store, 1, now=jumped)
    assert (await refusal(store, "U99", 99, now=jumped)).limit.kind is LimitKind.WORKSPACE_HOUR
    await begin(store, "U99", 99, now=NOW + HOUR)


async def test_a_reset_started_before_the_clock_was_set_back_gives_back_only_its_own_share(store: ResetStore) -> None:
    begun = await use_up_agent_hour(store)
    later = await begin(store, "U2", 200, now=NOW - HOUR)
    for reset in begun:
        await finish(store, reset, Outcome.FAILED, now=NOW - HOUR)
    await finish(store, later, Outcome.FAILED, now=NOW - HOUR)
    await use_up_agent_hour(store, now=NOW - HOUR)
    assert (await refusal(store, now=NOW - HOUR)).limit.kind is LimitKind.AGENT_HOUR


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.REFUSED])
async def test_a_reset_that_changed_nothing_gives_both_limits_back(store: ResetStore, outcome: Outcome) -> None:
    for reset in await use_up_agent_hour(store):
        await finish(store, reset, outcome)
    for reset in await use_up_agent_hour(store):
        await finish(store, reset, outcome)
    await begin(store, "U2", 100)


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.UNKNOWN])
async def test_a_reset_that_may_have_changed_the_password_keeps_both_limits(
    store: ResetStore, outcome: Outcome
) -> None:
    for reset in await use_up_agent_hour(store):
        await finish(store, reset, outcome)
    assert (await refusal(store)).limit.kind is LimitKind.AGENT_HOUR
    assert (await refusal(store, "U2", 100)).limit.kind is LimitKind.USER_COOLDOWN


async def test_a_failure_gives_nothing_back_in_a_later_hour(store: ResetStore) -> None:
    old = await begin(store, user_id=1, now=NOW)
    later = NOW + 2 * HOUR
    await use_up_agent_hour(store, now=later)
    await finish(store, old, Outcome.FAILED, now=later)
    assert (await refusal(store, now=later)).limit.kind is LimitKind.AGENT_HOUR


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.UNKNOWN])
async def test_the_cool_down_begins_with_the_outcome_and_names_the_other_agent(
    store: ResetStore, outcome: Outcome
) -> None:
    reset = await begin(store, "U1")
    ended_at = NOW + 20 * SECOND
    await finish(store, reset, outcome, now=ended_at)
    for at in (ended_at, ended_at + MINUTE - SECOND):
        limit = (await refusal(store, "U2", now=at)).limit
        assert (limit.kind, limit.until_at, limit.by) == (LimitKind.USER_COOLDOWN, ended_at + MINUTE, AgentId("U1"))
    await begin(store, "U2", now=ended_at + MINUTE)


async def test_a_running_reset_holds_its_user_however_long_it_takes(store: ResetStore) -> None:
    await begin(store, "U1")
    limit = (await refusal(store, "U2", now=NOW + 24 * HOUR)).limit
    assert (limit.kind, limit.until_at, limit.by) == (LimitKind.USER_BUSY, None, AgentId("U1"))


async def test_a_late_outcome_does_not_release_a_user_held_by_another_reset(store: ResetStore) -> None:
    first = await begin(store, "U1")
    await finish(store, first, Outcome.SUCCEEDED)
    await begin(store, "U2", now=NOW + MINUTE)
    assert not await finish(store, first, Outcome.FAILED, now=NOW + MINUTE)
    assert (await refusal(store, "U3", now=NOW + MINUTE)).limit.kind is LimitKind.USER_BUSY


async def test_without_a_cool_down_the_next_reset_starts_at_once(database: Database) -> None:
    store = ResetStore(database, replace(LIMITS, user_cooldown=timedelta(0)))
    await finish(store, await begin(store), Outcome.SUCCEEDED)
    await begin(store, "U2")


async def test_a_committed_call_is_recorded_with_the_user_and_the_message_to_delete(
    store: ResetStore, jobs: JobStore
) -> None:
    reset = await begin(store)
    message = make_message(reset.reference, deletes_at=NOW + 15 * MINUTE)
    known = replace(reset, user_email="ana@example.com", language="x")
    called = await store.commit_call(known, message, now=NOW + SECOND)
    found = await store.find_reset(reset.reference)
    assert found == called
    assert (called.phase, called.user_email, called.language) == (Phase.CALLING, "ana@example.com", "x")
    assert called.called_at == NOW + SECOND
    assert await jobs.find_secret_message(reset.reference) == message


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNKNOWN])
async def test_after_recovery_has_recorded_an_outcome_no_call_is_committed(
    store: ResetStore, jobs: JobStore, outcome: Outcome
) -> None:
    reset = await begin(store)
    await finish(store, reset, outcome, reason=Reason.INTERRUPTED)
    with pytest.raises(LeaseLostError):
        await store.commit_call(reset, make_message(reset.reference), now=NOW)
    assert await jobs.find_secret_message(reset.reference) is None


async def test_a_call_is_committed_once(store: ResetStore) -> None:
    reset = await begin(store)
    await store.commit_call(reset, now=NOW)
    with pytest.raises(LeaseLostError):
        await store.commit_call(reset, now=NOW)


async def test_a_call_for_a_reset_that_never_started_is_not_committed(store: ResetStore, database: Database) -> None:
    elsewhere = Reset(
        reference=make_reference(),
        agent_id=AgentId("U1"),
        agent_locale="",
        target=Target(client_id=42, user_id=7, method=Method.RESET_EMAIL),
        phase=Phase.CHECKING,
        started_at=NOW,
    )
    with pytest.raises(StoreError):
        await store.commit_call(elsewhere, now=NOW)
    assert not await finish(store, elsewhere, Outcome.SUCCEEDED)
    assert await events_in(database) == []


async def test_a_committed_call_renews_the_lease_for_longer_than_the_write_may_take(
    store: ResetStore, jobs: JobStore
) -> None:
    reset = await begin(store)
    called_at = NOW + LEASE - SECOND
    await store.commit_call(reset, now=called_at)
    assert await take(jobs, called_at + WRITE_DEADLINE) == ()
    assert [job.kind for job in await take(jobs, called_at + LEASE)] == [JobKind.RECOVER_RESET]


@pytest.mark.parametrize("outcome", Outcome)
async def test_an_outcome_unknown_to_its_agent_comes_with_a_job_to_notify_them(
    store: ResetStore, jobs: JobStore, outcome: Outcome
) -> None:
    reset = await begin(store)
    await store.finish_reset(reset, outcome, Reason.INTERNAL, now=NOW, actor="U1", tell_at=NOW + MINUTE)
    assert await take(jobs, NOW + MINUTE - SECOND) == ()
    [job] = await take(jobs, NOW + MINUTE)
    assert (job.kind, job.reference, job.agent_id) == (JobKind.TELL_AGENT, reset.reference, "U1")


async def test_an_unknown_set_password_is_queried_again_and_an_unknown_email_is_not(
    store: ResetStore, jobs: JobStore
) -> None:
    mail = await begin(store, user_id=1)
    password = await store.begin_reset(make_request(user_id=2, method=Method.SET_PASSWORD), now=NOW)
    for reset in (mail, password):
        await finish(store, reset, Outcome.UNKNOWN)
    assert [(job.kind, job.reference) for job in await take(jobs, NOW + HOUR)] == [
        (JobKind.SETTLE_RESET, password.reference)
    ]


async def test_an_unknown_reset_is_settled_once_and_its_agent_notified_of_that_instead(
    store: ResetStore, replica: Database, jobs: JobStore, database: Database
) -> None:
    reset = await store.begin_reset(make_request(method=Method.SET_PASSWORD), now=NOW)
    await store.finish_reset(reset, Outcome.UNKNOWN, Reason.TIMED_OUT, now=NOW, actor="U1", tell_at=NOW)
    stores = (store, ResetStore(replica, LIMITS)) * 5
    settled = await asyncio.gather(
        *(each.settle_reset(reset, Settled.NOT_DONE, now=NOW, actor=BOT, tell_at=NOW + MINUTE) for each in stores)
    )
    assert sorted(settled) == [False] * 9 + [True]
    found = await store.find_reset(reset.reference)
    assert found is not None
    assert (found.outcome, found.settled, found.phase) == (Outcome.UNKNOWN, Settled.NOT_DONE, Phase.SETTLED)
    events = [(event.outcome, event.reason, event.actor) for event in await events_in(database)]
    assert events[1:] == [("UNKNOWN", "timed_out", "U1"), ("SETTLED", "not_done", BOT)]
    assert await take(jobs, NOW + MINUTE - SECOND) == ()
    assert [job.kind for job in await take(jobs, NOW + MINUTE)] == [JobKind.TELL_AGENT]


async def test_a_reset_without_an_outcome_is_not_settled(store: ResetStore, database: Database) -> None:
    reset = await begin(store)
    assert not await store.settle_reset(reset, Settled.DONE, now=NOW, actor=BOT)
    await store.commit_call(reset, now=NOW)
    assert not await store.settle_reset(reset, Settled.DONE, now=NOW, actor=BOT)
    assert len(await events_in(database)) == 1


async def use_up_workspace_hour(store: ResetStore, *, now: datetime = NOW) -> list[Reset]:
    return [await begin(store, f"U{number}", 100 + number, now=now) for number in range(LIMITS.resets_per_hour)]


async def use_up_workspace_hour_except(store: ResetStore, less: int, *, now: datetime) -> None:
    for number in range(LIMITS.resets_per_hour - less):
        await begin(store, f"U{number + 10}", 100 + number, now=now)


async def test_the_workspaces_hour_begins_with_its_first_reset(store: ResetStore) -> None:
    await use_up_workspace_hour(store)
    limit = (await refusal(store, "U99", 99, now=NOW + HOUR - SECOND)).limit
    assert (limit.kind, limit.until_at, limit.by) == (LimitKind.WORKSPACE_HOUR, NOW + HOUR, None)
    await begin(store, "U99", 99, now=NOW + HOUR)


async def test_of_forty_concurrent_agents_in_two_processes_as_many_start_as_the_workspace_allows(
    store: ResetStore, replica: Database
) -> None:
    elsewhere = ResetStore(replica, LIMITS)
    answers = await asyncio.gather(
        *(begin(store if number % 2 else elsewhere, f"U{number}", number) for number in range(40)),
        return_exceptions=True,
    )
    assert len([answer for answer in answers if isinstance(answer, Reset)]) == LIMITS.resets_per_hour
    lost = [answer for answer in answers if isinstance(answer, LimitReachedError)]
    assert {error.limit.kind for error in lost} == {LimitKind.WORKSPACE_HOUR}


async def test_a_refusal_by_the_workspaces_hour_costs_neither_the_agents_nor_the_users_limit(store: ResetStore) -> None:
    begun = await use_up_workspace_hour(store)
    for _ in range(5):
        assert (await refusal(store, "U99", 99)).limit.kind is LimitKind.WORKSPACE_HOUR
    for reset in begun:
        await finish(store, reset, Outcome.FAILED)
    for user_id in range(LIMITS.agent_resets_per_hour):
        await begin(store, "U99", 99 + user_id)
    assert (await refusal(store, "U99", 7)).limit.kind is LimitKind.AGENT_HOUR


async def test_only_a_reset_that_changed_nothing_gives_the_workspaces_hour_back(store: ResetStore) -> None:
    first, second, *_ = await use_up_workspace_hour(store)
    await finish(store, first, Outcome.UNKNOWN)
    assert (await refusal(store, "U99", 99)).limit.kind is LimitKind.WORKSPACE_HOUR
    await finish(store, second, Outcome.REFUSED)
    await begin(store, "U99", 99)
    assert (await refusal(store, "U98", 98)).limit.kind is LimitKind.WORKSPACE_HOUR


async def test_a_refusal_by_the_agents_limit_does_not_count_in_the_workspaces_hour(store: ResetStore) -> None:
    await use_up_agent_hour(store)
    for _ in range(5):
        assert (await refusal(store)).limit.kind is LimitKind.AGENT_HOUR
    for number in range(LIMITS.resets_per_hour - LIMITS.agent_resets_per_hour):
        await begin(store, f"U{number + 10}", 200 + number)
    assert (await refusal(store, "U99", 99)).limit.kind is LimitKind.WORKSPACE_HOUR


async def test_recovery_ends_a_reset_only_in_the_phase_in_which_it_was_read(
    store: ResetStore, database: Database
) -> None:
    """Recovery has read that WHMCS was not called, and then the reset's process resumes and calls."""
    reset = await begin(store)
    await store.commit_call(reset, now=NOW)
    is_ended = await store.finish_reset(
        reset, Outcome.FAILED, Reason.INTERRUPTED, now=NOW, actor="bot", only_from=Phase.CHECKING
    )
    assert not is_ended
    assert [event.outcome for event in await events_in(database)] == [AuditOutcome.STARTED]
