"""The limits on resets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.permissions import AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    agent_resets_per_hour: int
    resets_per_hour: int
    user_cooldown: timedelta


class LimitKind(StrEnum):
    """The limits, as the `reason` of a `limit REACHED` event."""

    AGENT_HOUR = "agent_hour"
    WORKSPACE_HOUR = "workspace_hour"
    USER_COOLDOWN = "user_cooldown"
    USER_BUSY = "user_busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReached:
    """A limit that stops a reset. `until_at`: when it ends; `by`: the agent who holds the user.

    USER_BUSY has `until_at` only if a request for approval holds the user, as the latest time. Otherwise a reset of the
    user is running, which takes a minute at most.
    """

    kind: LimitKind
    until_at: datetime | None = None
    by: AgentId | None = None
