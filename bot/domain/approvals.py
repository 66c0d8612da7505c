"""Approval by a second agent."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.permissions import AgentId
from bot.domain.resets import MessageRef, Reset


class Verdict(StrEnum):
    GRANTED = "granted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for approval: where it is shown, for which user, until when."""

    place: MessageRef
    expires_at: datetime
    user_email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A reset that waits for a second agent."""

    reset: Reset
    asked: Asked

    @property
    def question(self) -> str:
        """Return a hash of what the second agent is shown. It travels in the button, not in the database."""
        return hashlib.sha256(self.reset.shown.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decision about a request. `by` None: it expired without an answer."""

    reset: Reset
    verdict: Verdict | None
    by: AgentId | None
    at: datetime
