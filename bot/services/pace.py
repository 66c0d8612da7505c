"""How fast a kind of call may be made, so that a backlog is worked off within Slack's limits and leaves room for people."""

from collections.abc import Callable


class Pace:
    """At most `at_once` together, and `per_minute` in the long run. `clock`: seconds that only go on.

    Each replica has its own: Slack counts for the whole workspace, so what several of them do beyond its limit it
    refuses, and they wait as long as it says.
    """

    def __init__(self, *, per_minute: float, at_once: int, clock: Callable[[], float]) -> None:
        self._per_second = per_minute / 60
        self._at_once = float(at_once)
        self._clock = clock
        self._free = self._at_once
        self._counted_at = clock()
        self._held_until = 0.0

    def count_free(self) -> int:
        """How many calls may be made now."""
        now = self._clock()
        self._free = min(self._at_once, self._free + (now - self._counted_at) * self._per_second)
        self._counted_at = now
        return int(self._free) if now >= self._held_until else 0

    def spend(self, calls: int) -> None:
        """Say that so many are made now."""
        self._free -= calls

    def hold(self, seconds: float) -> None:
        """Make none for so long: Slack says that there were too many."""
        self._held_until = max(self._held_until, self._clock() + seconds)
