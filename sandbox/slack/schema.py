"""Building blocks for schemas: checks that report each fault with its position."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from sandbox.slack.workspace import JsonObject

Report: TypeAlias = list[str]
Check: TypeAlias = Callable[[object, str, Report], None]


def fault(report: Report, at: str, message: str) -> None:
    """Report a fault in the format of Slack's response_metadata.messages."""
    report.append(f"[ERROR] {message} [json-pointer:{at}]")


def string(limit: int, *, least: int = 1) -> Check:
    """Accept a string of least to limit characters."""

    def check(value: object, at: str, report: Report) -> None:
        if not isinstance(value, str):
            fault(report, at, "must be a string")
        elif len(value) > limit:
            fault(report, at, f"must be less than {limit + 1} characters")
        elif len(value) < least or (least and not value.strip()):
            fault(report, at, f"must be more than {least - 1} characters")

    return check


def integer(least: int, most: int) -> Check:
    """Accept an integer within bounds."""

    def check(value: object, at: str, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            fault(report, at, "must be an integer")
        elif not least <= value <= most:
            fault(report, at, f"must be from {least} to {most}")

    return check


def boolean(value: object, at: str, report: Report) -> None:
    """Accept a boolean."""
    if not isinstance(value, bool):
        fault(report, at, "must be a boolean")


def one_of(*allowed: str) -> Check:
    """Accept one of these strings."""

    def check(value: object, at: str, report: Report) -> None:
        if value not in allowed:
            fault(report, at, f"must be one of: {', '.join(allowed)}")

    return check


def list_of(item: Check, *, least: int, most: int) -> Check:
    """Accept a list of least to most items, each of which passes the check."""

    def check(value: object, at: str, report: Report) -> None:
        if not isinstance(value, list):
            fault(report, at, "must be an array")
            return
        if len(value) > most:
            fault(report, at, f"no more than {most} items allowed")
        if len(value) < least:
            fault(report, at, f"must have at least {least} item{'s' if least > 1 else ''}")
        for index, part in enumerate(value):
            item(part, f"{at}/{index}", report)

    return check


def fields(required: dict[str, Check], optional: dict[str, Check], *rules: Check) -> Check:
    """Accept an object with these fields and no others. The rules are applied if each field passes."""
    known = {**required, **optional}

    def check(value: object, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            fault(report, at, "must be an object")
            return
        before = len(report)
        for name in required:
            if value.get(name) is None:
                fault(report, at, f"missing required field: {name}")
        for name, part in value.items():
            if name not in known:
                fault(report, at, f"no more fields allowed: {name}")
            elif part is not None:
                known[name](part, f"{at}/{name}", report)
        if len(report) == before:
            for rule in rules:
                rule(value, at, report)

    return check


def by_type(kind: str, table: dict[str, Check], allowed: Iterable[str] | None = None) -> Check:
    """Accept an object whose `type` is in the table (and in `allowed`) and that passes the check for it."""
    names = set(table if allowed is None else allowed)

    def check(value: object, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            fault(report, at, "must be an object")
            return
        name = value.get("type")
        if not isinstance(name, str) or name not in table:
            fault(report, at, f"unsupported {kind} type: {name}")
        elif name not in names:
            fault(report, at, f"{kind} type not allowed here: {name}")
        else:
            table[name](value, at, report)

    return check


def anything(value: object, at: str, report: Report) -> None:
    """Accept anything: another check covers it, or Slack does not check it."""


def rule(holds: Callable[[JsonObject], bool], message: str) -> Check:
    """Return a check that reports the message if `holds` is false."""

    def check(value: object, at: str, report: Report) -> None:
        if isinstance(value, dict) and not holds(value):
            fault(report, at, message)

    return check
