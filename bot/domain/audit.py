"""Vocabulary of the audit trail. Events consist of fixed words, never of free text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.resets import Reset, ResetRequest

BOT: Final = "bot"
"""The actor of events that the bot causes itself."""


class Action(StrEnum):
    RESET = "reset"
    ACCESS = "access"
    FORM = "form"
    LIMIT = "limit"
    MESSAGE = "message"
    REPLY = "reply"
    APPROVAL = "approval"
    SETTINGS = "settings"


class AuditOutcome(StrEnum):
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


GRAMMAR: Final[Mapping[Action, frozenset[AuditOutcome]]] = {
    Action.RESET: frozenset(
        {
            AuditOutcome.STARTED,
            AuditOutcome.SUCCEEDED,
            AuditOutcome.REFUSED,
            AuditOutcome.FAILED,
            AuditOutcome.UNKNOWN,
            AuditOutcome.SETTLED,
        }
    ),
    Action.ACCESS: frozenset({AuditOutcome.DENIED}),
    Action.FORM: frozenset({AuditOutcome.TAMPERED}),
    Action.LIMIT: frozenset({AuditOutcome.REACHED}),
    Action.MESSAGE: frozenset({AuditOutcome.DELETED, AuditOutcome.OVERDUE}),
    Action.REPLY: frozenset({AuditOutcome.SENT, AuditOutcome.FAILED, AuditOutcome.REDACTED}),
    Action.APPROVAL: frozenset(
        {AuditOutcome.REQUESTED, AuditOutcome.GRANTED, AuditOutcome.REJECTED, AuditOutcome.EXPIRED}
    ),
    Action.SETTINGS: frozenset({AuditOutcome.LOADED}),
}


class Step(StrEnum):
    """Where in the conversation an event happened: one step per kind of Slack request."""

    COMMAND = "command"
    SHORTCUT = "shortcut"
    HOME = "home"
    SUGGESTION = "suggestion"
    CHOICE = "choice"
    SUBMISSION = "submission"
    BUTTON = "button"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One row of the audit trail. `at` is timezone-aware; an empty text means that the column does not apply."""

    at: datetime
    actor: str
    action: Action
    outcome: AuditOutcome
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


def build_event(
    subject: ResetRequest | Reset,
    action: Action,
    outcome: AuditOutcome,
    *,
    at: datetime,
    actor: str,
    reason: str = "",
    step: str = "",
) -> AuditEvent:
    """Build an event about a reset. Only resets and approvals carry the proof and the verification that allow them."""
    target = subject.target
    has_grounds = action in {Action.RESET, Action.APPROVAL}
    return AuditEvent(
        at=at,
        actor=actor,
        action=action,
        outcome=outcome,
        reference=subject.reference,
        reason=reason,
        step=step,
        client_id=target.client_id,
        user_id=target.user_id,
        method=target.method,
        ticket=target.ticket,
        proof=target.proof if has_grounds else "",
        verification=target.verification if has_grounds else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """The filters of `audit list`; None and empty match any value."""

    agent: str = ""
    client_id: int | None = None
    user_id: int | None = None
    reference: str = ""
    ticket: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
