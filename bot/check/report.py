"""What a check comes to: a line for each thing that was looked at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Part(StrEnum):
    """The parts in the order in which they are shown."""

    SETTINGS = "settings"
    DATABASE = "database"
    SLACK = "slack"
    WHMCS = "whmcs"
    COMPANION = "companion"


@dataclass(frozen=True, slots=True)
class Line:
    """`check` is the part and the thing's own name, `slack.token`: scripts rely on it. `next`: the very next thing to do.

    `waits_for`: the check that must hold first; this one was not tried.
    """

    check: str
    state: State
    text: str
    next: str = ""
    waits_for: str = ""

    @property
    def part(self) -> Part:
        return Part(self.check.partition(".")[0])


Lines = tuple[Line, ...]


def ok(check: str, text: str, hint: str = "") -> Line:
    return Line(check, State.OK, text, hint)


def warning(check: str, text: str, then: str) -> Line:
    return Line(check, State.WARNING, text, then)


def failed(check: str, text: str, then: str) -> Line:
    return Line(check, State.FAILED, text, then)


def not_tried(checks: Iterable[str], first: str) -> Lines:
    """Say of checks that they wait for another one."""
    return tuple(Line(check, State.WARNING, "not tried", f"First solve {first}.", first) for check in checks)


def climb(rungs: Sequence[tuple[str, str]], stopped_at: Line | None) -> Lines:
    """Tell what one call proves in turn: each rung is a check and what to say if it holds.

    `stopped_at` is the line of the rung that does not hold; None: all do.
    """
    if stopped_at is None:
        return tuple(ok(check, text) for check, text in rungs)
    names = [check for check, _ in rungs]
    place = names.index(stopped_at.check)
    below = tuple(ok(check, text) for check, text in rungs[:place])
    return (*below, stopped_at, *not_tried(names[place + 1 :], stopped_at.check))
