"""Resets as the audit tells them, and the rules that each of them must keep."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.domain.audit import BOT
from bot.domain.resets import Method
from tests.harness.agent_notifications import Truth

ENDS: Final = ("SUCCEEDED", "REFUSED", "FAILED", "UNKNOWN")
_TRUTHS: Final = {"SUCCEEDED": Truth.CHANGED, "REFUSED": Truth.UNCHANGED, "FAILED": Truth.UNCHANGED}


@dataclass(frozen=True)
class Event:
    at: datetime
    actor: str
    outcome: str
    reason: str

    def __str__(self) -> str:
        return f"{self.outcome}({self.reason})" if self.reason else self.outcome


@dataclass
class Story:
    reference: str
    agent_id: str
    client_id: int
    user_id: int
    method: Method
    events: list[Event]

    @property
    def started_at(self) -> datetime:
        return self.events[0].at

    @property
    def ends(self) -> list[Event]:
        return [event for event in self.events if event.outcome in ENDS]

    @property
    def end(self) -> Event | None:
        return next(iter(self.ends), None)

    @property
    def settled(self) -> str:
        return next((event.reason for event in self.events if event.outcome == "SETTLED"), "")

    @property
    def truth(self) -> Truth:
        """Return what the last word of the audit says about the user."""
        if self.settled:
            return Truth.UNCHANGED if self.settled == "not_done" else Truth.CHANGED
        return Truth.UNKNOWN if self.end is None else _TRUTHS.get(self.end.outcome, Truth.UNKNOWN)

    @property
    def is_counted(self) -> bool:
        """Return True if limits count it."""
        return self.end is None or self.end.outcome in {"SUCCEEDED", "UNKNOWN"}

    @property
    def is_recovered(self) -> bool:
        """Return True if another process recorded its end."""
        return any(event.actor == BOT for event in self.ends)

    @property
    def is_delivered(self) -> bool:
        """Return True if the audit says that the agent has the password."""
        is_done = any((event.outcome, event.reason) == ("SUCCEEDED", "") for event in self.events)
        return self.method is Method.SET_PASSWORD and is_done

    def find_grammar_fault(self) -> str:
        """Return how the events break the order STARTED, at most one end, and SETTLED only after an open end; or empty."""
        ends = [event.outcome for event in self.ends]
        expected = ["STARTED", *ends, *(["SETTLED"] if self.settled else [])]
        if len(ends) > 1 or [event.outcome for event in self.events] != expected:
            return f"one STARTED, one end and at most one SETTLED are expected: {self}"
        if self.settled and ends not in (["UNKNOWN"], ["FAILED"]):
            return f"settled a known outcome: {self}"
        return ""

    def __str__(self) -> str:
        events = " ".join(map(str, self.events))
        return f"{self.reference} {self.method.value} of user {self.user_id} by {self.agent_id}: {events}"


def read_stories(audit: Iterable[Mapping[str, object]]) -> dict[str, Story]:
    """Return the resets by reference, in the order in which they began; `audit` holds its rows in order."""
    stories: dict[str, Story] = {}
    for row in audit:
        if row["action"] != "reset":
            continue
        event = Event(read_time(row["at"]), str(row["actor"]), str(row["outcome"]), str(row["reason"]))
        user = (int(str(row["client_id"])), int(str(row["user_id"])), Method(str(row["method"])))
        reference = str(row["reference"])
        stories.setdefault(reference, Story(reference, event.actor, *user, [])).events.append(event)
    return stories


def read_time(value: object) -> datetime:
    """Return a time of the database; SQLite gives it as text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
