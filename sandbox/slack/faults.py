"""Faults to order: what the local Slack does wrong, for which call, and how often."""

import asyncio
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "slow_before",
    "slow_after",
    "held",
    "held_before",
    "held_after",
    "ratelimited",
    "status_500",
    "drop_before",
    "drop_after",
    "error",
]


@dataclass(eq=False)
class Fault:
    """One thing that goes wrong.

    `method` is a Web API method, "response_url" or "*" for all. `seconds` is how long the slow kinds wait, and the
    Retry-After of `ratelimited`. `times` is how many calls it meets (None: all). `error` is the code that `error` answers.
    `held` is `held_before`: the call waits for `faults.release()` before its work is done, `held_after` after it.
    In the `drop_` kinds the TCP connection ends without an answer, before or after the work.
    """

    method: str
    kind: Kind
    seconds: float = 0.0
    times: int | None = None
    error: str = ""
    used: int = 0

    def meets(self, method: str) -> bool:
        """Tell whether this fault still concerns a call of this method."""
        return self.method in {"*", method} and (self.times is None or self.used < self.times)


class Faults:
    """The faults in force. With `swap_updates`, an acknowledgement's view overdraws a `views.update` right after it."""

    def __init__(self) -> None:
        self.swap_updates = False
        self._faults: list[Fault] = []
        self._released = asyncio.Event()

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force."""
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """End all faults and let held calls go on."""
        self._faults.clear()
        self.swap_updates = False
        self.release()

    def release(self) -> None:
        """Let the calls that are held now go on; later ones are held again."""
        self._released.set()
        self._released = asyncio.Event()

    def take(self, method: str) -> list[Fault]:
        """Return the faults that this call meets, counting it for each."""
        met = [fault for fault in self._faults if fault.meets(method)]
        for fault in met:
            fault.used += 1
        return met

    async def held(self) -> None:
        """Wait for the next release."""
        await self._released.wait()
