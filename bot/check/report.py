"""The result of a check: one line for each thing that was checked."""

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
    """`check` is the part and the check's name, `slack.token`; scripts rely on it. `next`: what to do next.

    `waits_for`: the check that must pass first; this one was not tried.
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


def ok(check: str, text: str, advice: str = "") -> Line:
    return Line(check, State.OK, text, advice)


def warning(check: str, text: str, advice: str) -> Line:
    return Line(check, State.WARNING, text, advice)


def failed(check: str, text: str, advice: str) -> Line:
    return Line(check, State.FAILED, text, advice)


def not_tried(checks: Iterable[str], first: str) -> Lines:
    """Return the lines of checks that wait for another one."""
    return tuple(Line(check, State.WARNING, "not tried", f"First fix {first}.", first) for check in checks)


def report_chain(steps: Sequence[tuple[str, str]], failure: Line | None = None) -> Lines:
    """Return the lines of checks that one call passes in turn.

    Each step is a check and its text if it passed. `failure` is the line of the step that failed; the steps after it
    were not tried.
    """
    if failure is None:
        return tuple(ok(check, text) for check, text in steps)
    names = [check for check, _ in steps]
    place = names.index(failure.check)
    passed = tuple(ok(check, text) for check, text in steps[:place])
    return (*passed, failure, *not_tried(names[place + 1 :], failure.check))
