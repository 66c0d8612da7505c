"""Waiting between attempts: exponential back-off with a longest wait."""

from dataclasses import dataclass

_MAX_DOUBLINGS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    first_seconds: float
    longest_seconds: float

    def decide_wait_seconds(self, attempts: int, *, jitter: float = 1.0) -> float:
        """Return how long to wait after so many attempts have failed; 0 if none has.

        `jitter`, from 0 to 1, spreads callers over the second half of that time; 1 waits for all of it.
        """
        if attempts <= 0:
            return 0.0
        wait = min(self.first_seconds * 2.0 ** min(attempts - 1, _MAX_DOUBLINGS), self.longest_seconds)
        return wait * (1 + jitter) / 2
