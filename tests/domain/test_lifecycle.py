"""A reset's life, and what becomes of one whose process fell silent."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.lifecycle import (
    CERTAIN,
    LEASE,
    NOT_DONE_COUNTS,
    REMEMBERED,
    RENEWAL,
    TRANSITIONS,
    WRITE_TIME,
    Ask,
    CompanionAnswer,
    Conclude,
    Leave,
    Settle,
    Wait,
    decide_late_outcome,
    decide_recovery,
    decide_settlement,
    is_to_be_settled,
    is_told_by_its_message,
    list_sources,
)
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import Method, Outcome, Phase, Reason, Reset, Result, Settled

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
INTERRUPTED = Conclude(Outcome.FAILED, Reason.INTERRUPTED)
NOT_KNOWN = Conclude(Outcome.UNKNOWN, Reason.INTERRUPTED)
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
        client_id=42,
        user_id=7,
        method=method,
        ticket="",
        phase=phase,
        started_at=NOW - HOUR,
        called_at=called_at,
        outcome=outcome,
    )


def test_every_phase_is_reached_from_the_first_one_and_none_is_come_back_to() -> None:
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
    assert LEASE > WRITE_TIME
    assert LEASE > 3 * RENEWAL


@pytest.mark.parametrize("method", Method)
def test_before_whmcs_was_asked_nothing_was_changed_and_nobody_has_to_be_asked(method: Method) -> None:
    reset = make_reset(method, Phase.CHECKING, called_at=None)
    assert decide_recovery(reset, NOW) == INTERRUPTED


def test_an_email_that_may_have_been_sent_stays_unknown() -> None:
    for age in (WRITE_TIME, HOUR, 48 * HOUR):
        assert decide_recovery(make_reset(Method.RESET_EMAIL), NOW + age) == NOT_KNOWN


@pytest.mark.parametrize("method", Method)
def test_nothing_is_asked_or_decided_before_the_writes_own_deadline(method: Method) -> None:
    for age in (WRITE_TIME - SECOND, timedelta(0), -HOUR):
        assert decide_recovery(make_reset(method), NOW + age) == Wait(WRITE_TIME - age)


def test_after_it_the_companion_is_asked() -> None:
    assert decide_recovery(make_reset(), NOW + WRITE_TIME) == Ask()


def test_a_reset_that_an_older_version_began_counts_from_its_beginning() -> None:
    assert decide_recovery(make_reset(called_at=None), NOW - HOUR + WRITE_TIME) == Ask()


@pytest.mark.parametrize("age", [WRITE_TIME, HOUR, 48 * HOUR])
def test_what_the_companion_has_done_is_done_and_not_delivered(age: timedelta) -> None:
    decision = decide_recovery(make_reset(), NOW + age, CompanionAnswer.DONE)
    assert decision == Conclude(Outcome.SUCCEEDED, Reason.NOT_DELIVERED)


def test_what_the_companion_has_not_done_counts_after_a_while_and_until_it_forgets() -> None:
    def decide(age: timedelta) -> object:
        return decide_recovery(make_reset(), NOW + age, CompanionAnswer.NOT_DONE)

    assert isinstance(decide(NOT_DONE_COUNTS - SECOND), Wait)
    assert decide(NOT_DONE_COUNTS) == INTERRUPTED
    assert decide(REMEMBERED - SECOND) == INTERRUPTED
    assert decide(REMEMBERED) == NOT_KNOWN


def test_a_silent_companion_is_asked_for_five_minutes() -> None:
    def decide(age: timedelta) -> object:
        return decide_recovery(make_reset(), NOW + age, CompanionAnswer.SILENT)

    assert decide(299 * SECOND) == Wait(15 * SECOND)
    assert decide(300 * SECOND) == NOT_KNOWN


def test_without_a_companion_it_stays_unknown() -> None:
    assert decide_recovery(make_reset(), NOW + WRITE_TIME, CompanionAnswer.ABSENT) == NOT_KNOWN


def test_only_a_password_is_asked_for_again_and_only_where_the_outcome_may_not_be_the_last_word() -> None:
    assert is_to_be_settled(make_reset(), Outcome.UNKNOWN, Reason.TIMED_OUT)
    assert is_to_be_settled(make_reset(), Outcome.FAILED, Reason.INTERRUPTED)
    assert not is_to_be_settled(make_reset(phase=Phase.CHECKING), Outcome.FAILED, Reason.INTERRUPTED)
    assert not is_to_be_settled(make_reset(), Outcome.FAILED, Reason.UNREACHABLE)
    assert not is_to_be_settled(make_reset(), Outcome.SUCCEEDED, None)
    assert not is_to_be_settled(make_reset(Method.RESET_EMAIL), Outcome.UNKNOWN, Reason.TIMED_OUT)


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.FAILED])
def test_a_companion_that_turns_out_to_have_done_it_settles_it(outcome: Outcome) -> None:
    reset = make_reset(phase=Phase.DONE, outcome=outcome)
    assert decide_settlement(reset, NOW + HOUR) == Ask()
    assert decide_settlement(reset, NOW + HOUR, CompanionAnswer.DONE) == Settle(Settled.NOT_DELIVERED)


def test_a_companion_that_can_not_do_it_any_more_settles_what_was_unknown_and_confirms_what_was_not() -> None:
    unknown = make_reset(phase=Phase.DONE, outcome=Outcome.UNKNOWN)
    failed = make_reset(phase=Phase.DONE, outcome=Outcome.FAILED)
    assert isinstance(decide_settlement(unknown, NOW + CERTAIN - SECOND, CompanionAnswer.NOT_DONE), Wait)
    assert decide_settlement(unknown, NOW + CERTAIN, CompanionAnswer.NOT_DONE) == Settle(Settled.NOT_DONE)
    assert decide_settlement(failed, NOW + CERTAIN, CompanionAnswer.NOT_DONE) == Leave()


@pytest.mark.parametrize("answer", [CompanionAnswer.SILENT, CompanionAnswer.ABSENT])
def test_a_companion_that_tells_nothing_is_asked_less_and_less_often_for_a_day(answer: CompanionAnswer) -> None:
    reset, at, waits = make_reset(phase=Phase.DONE, outcome=Outcome.UNKNOWN), NOW, list[timedelta]()
    while isinstance(decision := decide_settlement(reset, at, answer), Wait):
        waits.append(decision.time)
        at += decision.time
    assert decision == Leave()
    assert at - NOW >= REMEMBERED
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (15 * SECOND, HOUR)
    assert len(waits) < 50


@answers
def test_after_a_day_it_stays_as_it_is_recorded(answer: CompanionAnswer) -> None:
    reset = make_reset(phase=Phase.DONE, outcome=Outcome.UNKNOWN)
    assert decide_settlement(reset, NOW + REMEMBERED) == Leave()
    assert decide_settlement(reset, NOW + REMEMBERED, answer) == Leave()


@pytest.mark.parametrize(
    ("recorded", "found", "reason", "decision"),
    [
        (Outcome.UNKNOWN, Outcome.SUCCEEDED, None, Settle(Settled.DONE)),
        (Outcome.UNKNOWN, Outcome.SUCCEEDED, Reason.NOT_DELIVERED, Settle(Settled.NOT_DELIVERED)),
        (Outcome.UNKNOWN, Outcome.FAILED, Reason.UNREACHABLE, Settle(Settled.NOT_DONE)),
        (Outcome.UNKNOWN, Outcome.REFUSED, Reason.USER_NOT_FOUND, Settle(Settled.NOT_DONE)),
        (Outcome.UNKNOWN, Outcome.UNKNOWN, Reason.TIMED_OUT, Leave()),
        (Outcome.FAILED, Outcome.SUCCEEDED, None, Settle(Settled.DONE)),
        (Outcome.FAILED, Outcome.FAILED, Reason.INTERRUPTED, Leave()),
        (Outcome.FAILED, Outcome.UNKNOWN, Reason.TIMED_OUT, Leave()),
        (Outcome.SUCCEEDED, Outcome.SUCCEEDED, None, Leave()),
        (Outcome.SUCCEEDED, Outcome.UNKNOWN, Reason.TIMED_OUT, Leave()),
    ],
)
def test_an_outcome_that_comes_late_changes_only_what_it_knows_better(
    recorded: Outcome, found: Outcome, reason: Reason | None, decision: Settle | Leave
) -> None:
    assert decide_late_outcome(make_reset(phase=Phase.DONE, outcome=recorded), found, reason) == decision


def test_only_a_delivered_password_tells_by_itself_how_it_ended() -> None:
    for method in Method:
        for outcome in Outcome:
            for reason in (None, Reason.NOT_DELIVERED, Reason.INTERNAL):
                result = Result(reset=make_reset(method), outcome=outcome, reason=reason)
                is_delivered = (method, outcome, reason) == (Method.SET_PASSWORD, Outcome.SUCCEEDED, None)
                assert is_told_by_its_message(result) == is_delivered
