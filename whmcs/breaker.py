"""Circuit breaker: after five consecutive timeouts, only one probe every five seconds is sent to WHMCS.

Calls to a server that does not answer fill its queue and keep agents waiting. The API and the companion, which are one
server, share one breaker.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

TIMEOUTS = 5
PROBE_EVERY_SECONDS = 5.0
MIN_COUNTED_SECONDS = 6.0
"""Shorter deadlines (type-ahead, health probes) are the caller's own limit and don't count as WHMCS timeouts."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Consecutive timeouts: their number, when the first was sent, and when the last probe started.

    `probed_at` is in monotonic seconds.
    """

    timeouts: int = 0
    since: datetime | None = None
    probed_at: float = 0.0

    @property
    def is_open(self) -> bool:
        return self.timeouts >= TIMEOUTS


def count_timeout(silence: Silence, sent_at: datetime, now: float) -> Silence:
    """Count a timeout; the fifth opens the circuit, after which only probes are sent."""
    timeouts = silence.timeouts + 1
    return Silence(timeouts, silence.since or sent_at, now if timeouts == TIMEOUTS else silence.probed_at)


def may_send(silence: Silence, now: float, *, is_write: bool) -> bool:
    """Return True if a request may be sent. A write is never a probe, since its outcome would stay unknown."""
    if not silence.is_open:
        return True
    return not is_write and now - silence.probed_at >= PROBE_EVERY_SECONDS


class Breaker:
    """`clock` returns monotonic seconds, `now` the time of day for display.

    `min_counted_seconds`: the shortest deadline whose timeout counts.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        min_counted_seconds: float = MIN_COUNTED_SECONDS,
    ) -> None:
        self._min_counted_seconds = min_counted_seconds
        self._clock = clock
        self._now = now
        self._silence = Silence()

    @property
    def silent_since(self) -> datetime | None:
        """Time since which WHMCS has not answered; None while the circuit is closed."""
        return self._silence.since if self._silence.is_open else None

    @property
    def silent_seconds(self) -> float:
        """Seconds since then; 0 while the circuit is closed."""
        since = self.silent_since
        return max((self._now() - since).total_seconds(), 0.0) if since is not None else 0.0

    def find_refusal(self, *, is_write: bool) -> datetime | None:
        """Return None to send the request, or the time since which WHMCS has not answered."""
        now = self._clock()
        if not may_send(self._silence, now, is_write=is_write):
            return self.silent_since
        if self._silence.is_open:
            self._silence = Silence(self._silence.timeouts, self._silence.since, now)
        return None

    def note_timeout(self, sent_at: datetime, waited_seconds: float) -> None:
        if waited_seconds >= self._min_counted_seconds:
            self._silence = count_timeout(self._silence, sent_at, self._clock())

    def note_answer(self) -> None:
        """Close the circuit. Any answer counts, as does a refused connection: neither is a timeout."""
        self._silence = Silence()

    def now(self) -> datetime:
        return self._now()
