"""The phases of a reset, and the recovery of resets whose process stopped."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.lifecycle import (
    COMPANION_RETENTION,
    LEASE,
    LEASE_RENEWED_EVERY,
    NOT_DONE_TRUSTED_AFTER,
    RESULT_FINAL_AFTER,
    TRANSITIONS,
    WRITE_DEADLINE,
    CompanionAnswer,
    Keep,
    QueryCompanion,
    RecordOutcome,
    RetryLater,
    Settle,
    decide_late_outcome,
    decide_recovery,
    decide_settlement,
    is_shown_by_password_message,
    list_sources,
    needs_settlement,
)
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import Failure, Method, Outcome, Phase, Reason, Reset, Result, Settled, Target

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
INTERRUPTED = RecordOutcome(Outcome.FAILED, Reason.INTERRUPTED)
NOT_KNOWN = RecordOutcome(Outcome.UNKNOWN, Reason.INTERRUPTED)
answers = pytest.mark.parametrize("answer", CompanionAnswer)


def make_reset(
    method: Method = Method.SET_PASSWORD,
    phase: Phase = Phase.CALLING,
    *,
    outcome: Outcome | None = None,
    called_at: datetime | None = NOW,
) -> Reset:
    return Reset(
        reference=Reference("7K3M-Q9XD"),
        agent_id=AgentId("U1"),
        agent_locale="es-ES",
        target=Target(client_id=42, user_id=7, method=method),
        phase=phase,
        started_at=NOW - HOUR,
        called_at=called_at,
        outcome=outcome,
    )


def test_every_phase_is_reachable_and_no_phase_repeats() -> None:
    reached = [Phase.WAITING]
    for phase in reached:
        reached += sorted(TRANSITIONS[phase] - set(reached))
    assert set(reached) == set(Phase) == set(TRANSITIONS)
    order = list(Phase)
    assert all(order.index(source) < order.index(goal) for source in Phase for goal in TRANSITIONS[source])
    assert list_sources(Phase.WAITING) == ()
    assert list_sources(Phase.CHECKING) == (Phase.WAITING,)
    assert list_sources(Phase.DONE) == (Phase.WAITING, Phase.CHECKING, Phase.CALLING)


def test_the_lease_outlasts_the_write_and_two_missed_signs_of_life() -> None:
    assert LEASE > WRITE_DEADLINE
    assert LEASE > 3 * LEASE_RENEWED_EVERY


@pytest.mark.parametrize("method", Method)
def test_a_reset_interrupted_before_the_write_changed_nothing(method: Method) -> None:
    reset = make_reset(method, Phase.CHECKING, called_at=None)
    assert decide_recovery(reset, NOW) == INTERRUPTED


def test_an_email_that_may_have_been_sent_stays_unknown() -> None:
    for age in (WRITE_DEADLINE, HOUR, 48 * HOUR):
        assert decide_recovery(make_reset(Method.RESET_EMAIL), NOW + age) == NOT_KNOWN


@pytest.mark.parametrize("method", Method)
def test_nothing_is_asked_or_decided_before_the_writes_deadline(method: Method) -> None:
    for age in (WRITE_DEADLINE - SECOND, timedelta(0), -HOUR):
        assert decide_recovery(make_reset(method), NOW + age) == RetryLater(WRITE_DEADLINE - age)


def test_after_the_writes_deadline_the_companion_is_asked() -> None:
    assert decide_recovery(make_reset(), NOW + WRITE_DEADLINE) == QueryCompanion()


def test_the_deadline_of_an_older_versions_reset_counts_from_its_start() -> None:
    assert decide_recovery(make_reset(called_at=None), NOW - HOUR + WRITE_DEADLINE) == QueryCompanion()


@pytest.mark.parametrize("age", [WRITE_DEADLINE, HOUR, 48 * HOUR])
def test_a_write_that_the_companion_confirms_is_done_and_not_delivered(age: timedelta) -> None:
    decision = decide_recovery(make_reset(), NOW + age, CompanionAnswer.DONE)
    assert decision == RecordOutcome(Outcome.SUCCEEDED, Reason.NOT_DELIVERED)


def test_the_companions_denial_counts_only_between_a_delay_and_its_retention() -> None:
    def decide(age: timedelta) -> object:
        return decide_recovery(make_reset(), NOW + age, CompanionAnswer.NOT_DONE)

    assert isinstance(decide(NOT_DONE_TRUSTED_AFTER - SECOND), RetryLater)
    assert decide(NOT_DONE_TRUSTED_AFTER) == INTERRUPTED
    assert decide(COMPANION_RETENTION - SECOND) == INTERRUPTED
    assert decide(COMPANION_RETENTION) == NOT_KNOWN


def test_a_companion_that_cannot_tell_leaves_it_unknown() -> None:
    def decide(age: timedelta) -> object:
        return decide_recovery(make_reset(), NOW + age, CompanionAnswer.UNSURE)

    assert isinstance(decide(NOT_DONE_TRUSTED_AFTER - SECOND), RetryLater)
    assert decide(NOT_DONE_TRUSTED_AFTER) == NOT_KNOWN
    unknown = make_reset(phase=Phase.DONE, outcome=Outcome.UNKNOWN)
    assert isinstance(decide_settlement(unknown, NOW + HOUR, CompanionAnswer.UNSURE), RetryLater)


def test_a_silent_companion_is_asked_for_five_minutes() -> None:
    def decide(age: timedelta) -> object:
        return decide_recovery(make_reset(), NOW + age, CompanionAnswer.SILENT)

    assert decide(299 * SECOND) == RetryLater(15 * SECOND)
    assert decide(300 * SECOND) == NOT_KNOWN


def test_without_a_companion_it_stays_unknown() -> None:
    assert decide_recovery(make_reset(), NOW + WRITE_DEADLINE, CompanionAnswer.ABSENT) == NOT_KNOWN


def test_only_passwords_with_a_provisional_outcome_are_checked_again() -> None:
    assert needs_settlement(make_reset(), Outcome.UNKNOWN, Reason.TIMED_OUT)
    assert needs_settlement(make_reset(), Outcome.FAILED, Reason.INTERRUPTED)
    assert not needs_settlement(make_reset(phase=Phase.CHECKING), Outcome.FAILED, Reason.INTERRUPTED)
    assert not needs_settlement(make_reset(), Outcome.FAILED, Reason.UNREACHABLE)
    assert not needs_settlement(make_reset(), Outcome.SUCCEEDED, None)
    assert not needs_settlement(make_reset(Method.RESET_EMAIL), Outcome.UNKNOWN, Reason.TIMED_OUT)


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.FAILED])
def test_a_later_confirmation_by_the_companion_settles_the_outcome(outcome: Outcome) -> None:
    reset = make_reset(phase=Phase.DONE, outcome=outcome)
    assert decide_settlement(reset, NOW + HOUR) == QueryCompanion()
    assert decide_settlement(reset, NOW + HOUR, CompanionAnswer.DONE) == Settle(Settled.NOT_DELIVERED)


def test_a_final_denial_settles_unknown_and_confirms_failed() -> None:
    unknown = make_reset(phase=Phase.DONE, outcome=Outcome.UNKNOWN)
    failed = make_reset(phase=Phase.DONE, outcome=Outcome.FAILED)
    assert isinstance(
        decide_settlement(unknown, NOW + RESULT_FINAL_AFTER - SECOND, CompanionAnswer.NOT_DONE), RetryLater
    )
    assert decide_settlement(unknown, NOW + RESULT_FINAL_AFTER, CompanionAnswer.NOT_DONE) == Settle(Settled.NOT_DONE)
    assert decide_settlement(failed, NOW + RESULT_FINAL_AFTER, CompanionAnswer.NOT_DONE) == Keep()


@pytest.mark.parametrize("answer", [CompanionAnswer.SILENT, CompanionAnswer.ABSENT])
def test_a_silent_companion_is_asked_less_and_less_often_for_a_day(answer: CompanionAnswer) -> None:
    reset, at, waits = make_reset(phase=Phase.DONE, outcome=Outcome.UNKNOWN), NOW, list[timedelta]()
    while isinstance(decision := decide_settlement(reset, at, answer), RetryLater):
        waits.append(decision.after)
        at += decision.after
    assert decision == Keep()
    assert at - NOW >= COMPANION_RETENTION
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (15 * SECOND, HOUR)
    assert len(waits) < 50


@answers
def test_after_a_day_the_recorded_outcome_is_final(answer: CompanionAnswer) -> None:
    reset = make_reset(phase=Phase.DONE, outcome=Outcome.UNKNOWN)
    assert decide_settlement(reset, NOW + COMPANION_RETENTION) == Keep()
    assert decide_settlement(reset, NOW + COMPANION_RETENTION, answer) == Keep()


@pytest.mark.parametrize(
    ("recorded", "found", "reason", "decision"),
    [
        (Outcome.UNKNOWN, Outcome.SUCCEEDED, None, Settle(Settled.DONE)),
        (Outcome.UNKNOWN, Outcome.SUCCEEDED, Reason.NOT_DELIVERED, Settle(Settled.NOT_DELIVERED)),
        (Outcome.UNKNOWN, Outcome.FAILED, Reason.UNREACHABLE, Settle(Settled.NOT_DONE)),
        (Outcome.UNKNOWN, Outcome.REFUSED, Reason.USER_NOT_FOUND, Settle(Settled.NOT_DONE)),
        (Outcome.UNKNOWN, Outcome.UNKNOWN, Reason.TIMED_OUT, Keep()),
        (Outcome.FAILED, Outcome.SUCCEEDED, None, Settle(Settled.DONE)),
        (Outcome.FAILED, Outcome.FAILED, Reason.INTERRUPTED, Keep()),
        (Outcome.FAILED, Outcome.UNKNOWN, Reason.TIMED_OUT, Keep()),
        (Outcome.SUCCEEDED, Outcome.SUCCEEDED, None, Keep()),
        (Outcome.SUCCEEDED, Outcome.UNKNOWN, Reason.TIMED_OUT, Keep()),
    ],
)
def test_a_late_outcome_replaces_only_a_less_certain_one(
    recorded: Outcome, found: Outcome, reason: Reason | None, decision: Settle | Keep
) -> None:
    assert decide_late_outcome(make_reset(phase=Phase.DONE, outcome=recorded), found, reason) == decision


def test_only_a_delivered_password_shows_the_outcome_in_its_message() -> None:
    for method in Method:
        for outcome in Outcome:
            for reason in (Reason.NOT_DELIVERED, Reason.INTERNAL):
                result = Result(reset=make_reset(method), failure=Failure(outcome, reason))
                assert not is_shown_by_password_message(result)
        assert is_shown_by_password_message(Result(reset=make_reset(method))) == (method is Method.SET_PASSWORD)
