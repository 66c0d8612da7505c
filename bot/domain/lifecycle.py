"""Reset lifecycle: allowed transitions, and the decisions about resets whose process died or whose outcome is unknown.

Each phase is committed, with a lease, before the step that it announces. The recorded phase is therefore an upper bound
on a reset's progress, and once the lease has ended its first process sends WHMCS nothing more. docs/architecture.md has
a diagram.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.resets import Outcome, Phase, Reason, Reset, Result, Settled

LEASE: Final = timedelta(seconds=40)
"""Recovery ignores a reset until its lease ends; the reset's process renews it every LEASE_RENEWED_EVERY."""

LEASE_RENEWED_EVERY: Final = timedelta(seconds=10)

WRITE_DEADLINE: Final = timedelta(seconds=30)
"""From CALLING on: nothing is sent after it. The lease, renewed with CALLING, is longer, so that no process takes over a
reset whose write may still be sent."""

NOT_DONE_TRUSTED_AFTER: Final = timedelta(minutes=2)
"""From CALLING on: until then, the companion may still be processing a request that it reports as not done."""

RESULT_FINAL_AFTER: Final = timedelta(minutes=11)
"""From CALLING on: the companion refuses requests signed more than 300 s ago by its clock, which may lag ours by as much.
What it has not done by then it can no longer do."""

COMPANION_RETENTION: Final = timedelta(hours=23)
"""From CALLING on: the companion forgets its results after a day."""

_SILENCE_TOLERATED: Final = timedelta(minutes=5)
_QUERY_EVERY: Final = timedelta(seconds=15)
_LONGEST_WAIT: Final = timedelta(hours=1)

TRANSITIONS: Final[Mapping[Phase, frozenset[Phase]]] = {
    Phase.WAITING: frozenset({Phase.CHECKING, Phase.DONE}),
    Phase.CHECKING: frozenset({Phase.CALLING, Phase.DONE}),
    Phase.CALLING: frozenset({Phase.DONE}),
    Phase.DONE: frozenset({Phase.SETTLED}),
    Phase.SETTLED: frozenset(),
}


class CompanionAnswer(StrEnum):
    """The companion's answer about a reset.

    UNSURE: it was emptied since the reset began, or has begun to write. SILENT: no usable answer. ABSENT: no companion is
    configured.
    """

    DONE = "done"
    NOT_DONE = "not_done"
    UNSURE = "unsure"
    SILENT = "silent"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class QueryCompanion:
    """The decision depends on the companion's answer."""


@dataclass(frozen=True, slots=True)
class RetryLater:
    """It can't be decided before `after` has passed."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    outcome: Outcome
    reason: Reason


@dataclass(frozen=True, slots=True)
class Settle:
    settled: Settled


@dataclass(frozen=True, slots=True)
class Keep:
    """The recorded outcome stays."""


def list_sources(phase: Phase) -> tuple[Phase, ...]:
    """Return the phases from which a reset can enter this one."""
    return tuple(source for source, goals in TRANSITIONS.items() if phase in goals)


def decide_recovery(
    reset: Reset, now: datetime, answer: CompanionAnswer | None = None
) -> QueryCompanion | RetryLater | RecordOutcome:
    """Decide about a reset without an outcome whose lease has ended. `answer` None: the companion was not queried yet.

    The reset is never repeated: its password was only in the process that died, and a second e-mail would be wrong.
    """
    if reset.phase in {Phase.WAITING, Phase.CHECKING}:
        # A waiting reset has a lease only until the second agent has been asked.
        return RecordOutcome(Outcome.FAILED, Reason.INTERRUPTED)
    age = _age(reset, now)
    if age < WRITE_DEADLINE:
        # A clock was set back; without that, the write ends before the lease.
        return RetryLater(WRITE_DEADLINE - age)
    if not reset.method.has_result:
        return RecordOutcome(Outcome.UNKNOWN, Reason.INTERRUPTED)
    match answer:
        case None:
            return QueryCompanion()
        case CompanionAnswer.DONE:
            return RecordOutcome(Outcome.SUCCEEDED, Reason.NOT_DELIVERED)
        case CompanionAnswer.NOT_DONE | CompanionAnswer.UNSURE if age < NOT_DONE_TRUSTED_AFTER:
            return RetryLater(_QUERY_EVERY)
        case CompanionAnswer.NOT_DONE if age < COMPANION_RETENTION:
            return RecordOutcome(Outcome.FAILED, Reason.INTERRUPTED)
        case CompanionAnswer.SILENT if age < _SILENCE_TOLERATED:
            return RetryLater(_QUERY_EVERY)
        case _:
            return RecordOutcome(Outcome.UNKNOWN, Reason.INTERRUPTED)


def is_shown_by_password_message(result: Result) -> bool:
    """Return True if the direct message with the password is all that the agent needs to know the outcome."""
    return result.reset.method.hands_out_access and result.outcome is Outcome.SUCCEEDED and result.reason is None


def needs_settlement(reset: Reset, outcome: Outcome, reason: Reason | None) -> bool:
    """Return True if the companion has to be queried after this outcome.

    That includes a failure inferred from NOT_DONE: a request can be delayed on its way for longer than recovery waits.
    """
    if not reset.method.has_result:
        return False
    is_inferred = outcome is Outcome.FAILED and reason is Reason.INTERRUPTED and reset.phase is Phase.CALLING
    return outcome is Outcome.UNKNOWN or is_inferred


def decide_settlement(
    reset: Reset, now: datetime, answer: CompanionAnswer | None = None
) -> QueryCompanion | RetryLater | Settle | Keep:
    """Decide about a reset whose outcome may not be final. `answer` None: the companion was not queried yet."""
    age = _age(reset, now)
    if age >= COMPANION_RETENTION:
        return Keep()
    match answer:
        case None:
            return QueryCompanion()
        case CompanionAnswer.DONE:
            return Settle(Settled.NOT_DELIVERED)
        case CompanionAnswer.NOT_DONE if age >= RESULT_FINAL_AFTER:
            return Settle(Settled.NOT_DONE) if reset.outcome is Outcome.UNKNOWN else Keep()
        case _:
            # Back off with the reset's age.
            return RetryLater(min(max(age / 2, _QUERY_EVERY), _LONGEST_WAIT))


def decide_late_outcome(recorded: Reset, outcome: Outcome, reason: Reason | None) -> Settle | Keep:
    """Decide about an outcome that the reset's own process reports after another outcome was recorded."""
    if outcome is Outcome.SUCCEEDED and recorded.outcome in {Outcome.UNKNOWN, Outcome.FAILED}:
        return Settle(Settled.NOT_DELIVERED if reason is Reason.NOT_DELIVERED else Settled.DONE)
    if outcome in {Outcome.REFUSED, Outcome.FAILED} and recorded.outcome is Outcome.UNKNOWN:
        return Settle(Settled.NOT_DONE)
    return Keep()


def _age(reset: Reset, now: datetime) -> timedelta:
    return now - (reset.called_at or reset.started_at)
