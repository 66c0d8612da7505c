"""A reset's life: what leads from phase to phase, and what becomes of one whose process fell silent.

Each phase is committed before the step that it announces, under a lease. So whoever takes a reset over knows at least
how far it can have come, and that its first process sends WHMCS nothing more. docs/architecture.md draws it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.resets import Method, Outcome, Phase, Reason, Reset, Result, Settled

LEASE: Final = timedelta(seconds=40)
"""For how long a reset without a sign of life is left alone; its process gives one every RENEWAL."""

RENEWAL: Final = timedelta(seconds=10)

WRITE_TIME: Final = timedelta(seconds=30)
"""The write's own deadline, from CALLING on: after it nothing is sent any more. The lease, which begins anew with
CALLING, is longer, so that nobody takes over a reset whose write may still be sent."""

NOT_DONE_COUNTS: Final = timedelta(minutes=2)
"""From CALLING on: before that, what the companion does not know may be at work in it."""

CERTAIN: Final = timedelta(minutes=11)
"""From CALLING on: the companion refuses what was signed more than 300 s ago by its clock, which may be as much behind
ours. What it does not know by then it can't do any more, wherever it was held up."""

REMEMBERED: Final = timedelta(hours=23)
"""From CALLING on: the companion forgets what it did after a day."""

_PATIENCE: Final = timedelta(minutes=5)
_ASKED_EVERY: Final = timedelta(seconds=15)
_LONGEST_WAIT: Final = timedelta(hours=1)

TRANSITIONS: Final[Mapping[Phase, frozenset[Phase]]] = {
    Phase.WAITING: frozenset({Phase.CHECKING, Phase.DONE}),
    Phase.CHECKING: frozenset({Phase.CALLING, Phase.DONE}),
    Phase.CALLING: frozenset({Phase.DONE}),
    Phase.DONE: frozenset({Phase.SETTLED}),
    Phase.SETTLED: frozenset(),
}


class CompanionAnswer(StrEnum):
    """What the companion says of a reset. SILENT: nothing that could be used. ABSENT: there is none to ask."""

    DONE = "done"
    NOT_DONE = "not_done"
    SILENT = "silent"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Ask:
    """The companion's answer decides."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It can't be decided yet."""

    time: timedelta


@dataclass(frozen=True, slots=True)
class Conclude:
    outcome: Outcome
    reason: Reason


@dataclass(frozen=True, slots=True)
class Settle:
    settled: Settled


@dataclass(frozen=True, slots=True)
class Leave:
    """It stays as it is recorded."""


def list_sources(phase: Phase) -> tuple[Phase, ...]:
    """The phases from which a reset can come into this one."""
    return tuple(source for source, goals in TRANSITIONS.items() if phase in goals)


def decide_recovery(reset: Reset, now: datetime, answer: CompanionAnswer | None = None) -> Ask | Wait | Conclude:
    """What becomes of a reset that has no outcome and whose lease is over. `answer` None: not asked yet.

    It is never done again: nobody else has the password, and a second e-mail would be one too many.
    """
    if reset.phase in {Phase.WAITING, Phase.CHECKING}:
        # One that waits has a lease only until the second agent has been asked.
        return Conclude(Outcome.FAILED, Reason.INTERRUPTED)
    age = _age(reset, now)
    if age < WRITE_TIME:
        # A clock was set back; by the lease alone the write would be over.
        return Wait(WRITE_TIME - age)
    if reset.method is Method.RESET_EMAIL:
        return Conclude(Outcome.UNKNOWN, Reason.INTERRUPTED)
    match answer:
        case None:
            return Ask()
        case CompanionAnswer.DONE:
            return Conclude(Outcome.SUCCEEDED, Reason.NOT_DELIVERED)
        case CompanionAnswer.NOT_DONE if age < NOT_DONE_COUNTS:
            return Wait(_ASKED_EVERY)
        case CompanionAnswer.NOT_DONE if age < REMEMBERED:
            return Conclude(Outcome.FAILED, Reason.INTERRUPTED)
        case CompanionAnswer.SILENT if age < _PATIENCE:
            return Wait(_ASKED_EVERY)
        case _:
            return Conclude(Outcome.UNKNOWN, Reason.INTERRUPTED)


def is_told_by_its_message(result: Result) -> bool:
    """Whether the agent knows how it ended by the direct message alone: it holds the password."""
    return result.reset.method is Method.SET_PASSWORD and result.outcome is Outcome.SUCCEEDED and result.reason is None


def is_to_be_settled(reset: Reset, outcome: Outcome, reason: Reason | None) -> bool:
    """Whether the companion is still asked after this outcome.

    Also after *nothing was changed* where that rests on its *not known*: a request can be held up on its way to WHMCS
    for longer than that is waited for.
    """
    if reset.method is not Method.SET_PASSWORD:
        return False
    is_concluded = outcome is Outcome.FAILED and reason is Reason.INTERRUPTED and reset.phase is Phase.CALLING
    return outcome is Outcome.UNKNOWN or is_concluded


def decide_settlement(
    reset: Reset, now: datetime, answer: CompanionAnswer | None = None
) -> Ask | Wait | Settle | Leave:
    """What becomes of a reset after an outcome that may not have been the last word. `answer` None: not asked yet."""
    age = _age(reset, now)
    if age >= REMEMBERED:
        return Leave()
    match answer:
        case None:
            return Ask()
        case CompanionAnswer.DONE:
            return Settle(Settled.NOT_DELIVERED)
        case CompanionAnswer.NOT_DONE if age >= CERTAIN:
            return Settle(Settled.NOT_DONE) if reset.outcome is Outcome.UNKNOWN else Leave()
        case _:
            # The longer it has been so, the less often.
            return Wait(min(max(age / 2, _ASKED_EVERY), _LONGEST_WAIT))


def decide_late_outcome(recorded: Reset, outcome: Outcome, reason: Reason | None) -> Settle | Leave:
    """What an outcome changes that its own process learnt after another one had been recorded for it."""
    if outcome is Outcome.SUCCEEDED and recorded.outcome in {Outcome.UNKNOWN, Outcome.FAILED}:
        return Settle(Settled.NOT_DELIVERED if reason is Reason.NOT_DELIVERED else Settled.DONE)
    if outcome in {Outcome.REFUSED, Outcome.FAILED} and recorded.outcome is Outcome.UNKNOWN:
        return Settle(Settled.NOT_DONE)
    return Leave()


def _age(reset: Reset, now: datetime) -> timedelta:
    return now - (reset.called_at or reset.started_at)
