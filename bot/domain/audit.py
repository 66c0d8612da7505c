"""The audit's vocabulary: an event is made of fixed words, never of free text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

BOT: Final = "bot"
"""The actor of what the bot does by itself."""


class Action(StrEnum):
    RESET = "reset"
    ACCESS = "access"
    FORM = "form"
    LIMIT = "limit"
    MESSAGE = "message"
    REPLY = "reply"
    APPROVAL = "approval"
    SETTINGS = "settings"


class Happened(StrEnum):
    """The `outcome` column."""

    STARTED = "STARTED"
    SUCCEEDED = "SUCCEEDED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    SETTLED = "SETTLED"
    DENIED = "DENIED"
    TAMPERED = "TAMPERED"
    REACHED = "REACHED"
    DELETED = "DELETED"
    OVERDUE = "OVERDUE"
    SENT = "SENT"
    REDACTED = "REDACTED"
    REQUESTED = "REQUESTED"
    GRANTED = "GRANTED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    LOADED = "LOADED"


GRAMMAR: Final[Mapping[Action, frozenset[Happened]]] = {
    Action.RESET: frozenset(
        {
            Happened.STARTED,
            Happened.SUCCEEDED,
            Happened.REFUSED,
            Happened.FAILED,
            Happened.UNKNOWN,
            Happened.SETTLED,
        }
    ),
    Action.ACCESS: frozenset({Happened.DENIED}),
    Action.FORM: frozenset({Happened.TAMPERED}),
    Action.LIMIT: frozenset({Happened.REACHED}),
    Action.MESSAGE: frozenset({Happened.DELETED, Happened.OVERDUE}),
    Action.REPLY: frozenset({Happened.SENT, Happened.FAILED, Happened.REDACTED}),
    Action.APPROVAL: frozenset({Happened.REQUESTED, Happened.GRANTED, Happened.REJECTED, Happened.EXPIRED}),
    Action.SETTINGS: frozenset({Happened.LOADED}),
}


class Step(StrEnum):
    """Where in the conversation it happened: one for each kind of thing that Slack can send."""

    COMMAND = "command"
    SHORTCUT = "shortcut"
    HOME = "home"
    SUGGESTION = "suggestion"
    CHOICE = "choice"
    SUBMISSION = "submission"
    BUTTON = "button"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One row of the audit. `at` is timezone-aware; empty text stands for *does not apply*."""

    at: datetime
    actor: str
    action: Action
    outcome: Happened
    reference: str = ""
    reason: str = ""
    step: str = ""
    client_id: int | None = None
    user_id: int | None = None
    method: str = ""
    ticket: str = ""
    proof: str = ""
    verification: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in GRAMMAR[self.action]:
            raise ValueError(f"{self.action} can't be {self.outcome}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What `audit list` is asked for; None and empty mean *any*."""

    agent: str = ""
    client_id: int | None = None
    user_id: int | None = None
    reference: str = ""
    ticket: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
