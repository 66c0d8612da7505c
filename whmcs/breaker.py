"""Whether WHMCS is asked at all: after five time-outs in a row one request every five seconds tries.

Whoever waits for a server that does not answer takes its place in a queue there, and keeps an agent waiting for nothing.
One breaker serves the API and the companion, which are one server.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

TIMEOUTS = 5
TRY_EVERY_SECONDS = 5.0
FAIR_SECONDS = 6.0
"""Whoever waited less (a type-ahead, a look whether it is there) was in a hurry himself: that is no time-out of WHMCS."""


@dataclass(frozen=True, slots=True)
class Silence:
    """How many time-outs there were in a row, when the first of them was sent, and when the last try began.

    `tried_at` is on a clock that only goes on.
    """

    timeouts: int = 0
    since: datetime | None = None
    tried_at: float = 0.0

    @property
    def is_long(self) -> bool:
        return self.timeouts >= TIMEOUTS


def count_timeout(silence: Silence, sent_at: datetime, now: float) -> Silence:
    """One more; the fifth begins the time in which only a try is sent."""
    timeouts = silence.timeouts + 1
    return Silence(timeouts, silence.since or sent_at, now if timeouts == TIMEOUTS else silence.tried_at)


def may_send(silence: Silence, now: float, *, is_write: bool) -> bool:
    """A write is no try: it would be one whose end nobody knows. The read that goes before it is."""
    if not silence.is_long:
        return True
    return not is_write and now - silence.tried_at >= TRY_EVERY_SECONDS


class Breaker:
    """`clock`: seconds that only go on; `now`: the time of day, for people. `fair_seconds`: what counts as waiting."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        fair_seconds: float = FAIR_SECONDS,
    ) -> None:
        self._fair_seconds = fair_seconds
        self._clock = clock
        self._now = now
        self._silence = Silence()

    @property
    def silent_since(self) -> datetime | None:
        """Since when WHMCS has not answered; None: it is asked as always."""
        return self._silence.since if self._silence.is_long else None

    @property
    def silent_seconds(self) -> float:
        """For how long that has been so; 0: it is asked as always."""
        since = self.silent_since
        return max((self._now() - since).total_seconds(), 0.0) if since is not None else 0.0

    def find_refusal(self, *, is_write: bool) -> datetime | None:
        """None: send the request. Else don't: WHMCS has not answered since then."""
        now = self._clock()
        if not may_send(self._silence, now, is_write=is_write):
            return self.silent_since
        if self._silence.is_long:
            self._silence = Silence(self._silence.timeouts, self._silence.since, now)
        return None

    def note_timeout(self, sent_at: datetime, waited_seconds: float) -> None:
        if waited_seconds >= self._fair_seconds:
            self._silence = count_timeout(self._silence, sent_at, self._clock())

    def note_answer(self) -> None:
        """Whatever it was, also that nobody listens: it was no time-out."""
        self._silence = Silence()

    def now(self) -> datetime:
        return self._now()
