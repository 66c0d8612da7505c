"""A second agent's word, without which some passwords are not set."""

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
    """Where a second agent is asked, about whose password, and until when he can answer."""

    place: MessageRef
    expires_at: datetime
    user_email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A reset that waits for a second agent."""

    reset: Reset
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of a request; `by` None: its time was over, nobody answered."""

    reset: Reset
    verdict: Verdict | None
    by: AgentId | None
    at: datetime
