"""A token bucket, which keeps a backlog of calls within Slack's rate limits and leaves room for interactive calls."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class TokenBucket:
    """A bucket of `at_once` tokens, refilled at `per_minute`. `clock` returns monotonic seconds.

    Each replica has its own bucket. Slack counts per workspace, so several replicas together can exceed its limit; Slack
    then refuses, and they pause for as long as it asks.
    """

    per_minute: float
    at_once: int
    clock: Callable[[], float]
    _tokens: float = field(init=False)
    _refilled_at: float = field(init=False)
    _paused_until: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._tokens = float(self.at_once)
        self._refilled_at = self.clock()

    def count_free(self) -> int:
        """Return the number of calls that can be made now."""
        now = self.clock()
        self._tokens = min(float(self.at_once), self._tokens + (now - self._refilled_at) * self.per_minute / 60)
        self._refilled_at = now
        return int(self._tokens) if now >= self._paused_until else 0

    def spend(self, calls: int) -> None:
        """Take one token per call."""
        self._tokens -= calls

    def hold(self, seconds: float) -> None:
        """Pause for `seconds` after a 429 from Slack."""
        self._paused_until = max(self._paused_until, self.clock() + seconds)
