"""Faults to order: what the local Slack does wrong, for which call, and how often."""

import json
from dataclasses import dataclass
from typing import Literal

from sandbox.holding import Holding
from sandbox.slack.workspace import JsonObject

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
    `about` stands somewhere in the arguments of the calls that are met: a person's id, a view's, a piece of text.
    """

    method: str
    kind: Kind
    seconds: float = 0.0
    times: int | None = None
    error: str = ""
    used: int = 0
    about: str = ""

    def meets(self, method: str, arguments: JsonObject) -> bool:
        """Tell whether this fault still concerns a call of this method."""
        if self.method not in {"*", method} or (self.times is not None and self.used >= self.times):
            return False
        return not self.about or self.about in json.dumps(arguments, ensure_ascii=False)


class Faults:
    """The faults in force. With `swap_updates`, an acknowledgement's view overdraws a `views.update` right after it."""

    def __init__(self) -> None:
        self.swap_updates = False
        self._faults: list[Fault] = []
        self._holding = Holding()

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force."""
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """End all faults and let held calls go on."""
        self._faults.clear()
        self.swap_updates = False
        self.release()

    def release(self, fault: Fault | None = None) -> None:
        """Let the calls that are held now go on, or those alone that this fault holds; later ones are held again."""
        self._holding.let_go(fault, goes_on=True)

    def drop(self, fault: Fault | None = None) -> None:
        """End the connections of the calls that are held now, or of those alone that this fault holds.

        `held_before`: its work is never done; `held_after`: it was.
        """
        self._holding.let_go(fault, goes_on=False)

    async def wait_until_held(self, fault: Fault | None = None, *, timeout_seconds: float = 5.0) -> None:
        """Return once a call is held, by this fault if one is named. Raises: TimeoutError."""
        await self._holding.wait_until(1, fault, timeout_seconds=timeout_seconds)

    def take(self, method: str, arguments: JsonObject) -> list[Fault]:
        """Return the faults that this call meets, counting it for each."""
        met = [fault for fault in self._faults if fault.meets(method, arguments)]
        for fault in met:
            fault.used += 1
        return met

    async def hold(self, fault: Fault) -> bool:
        """Wait until the call is let go. False: its connection is to end."""
        return await self._holding.hold(fault)
