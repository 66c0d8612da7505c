"""Faults of the local Slack: their kind, the calls they affect, and how often."""

import json
from dataclasses import dataclass
from typing import Literal

from sandbox.held_requests import HeldRequests
from sandbox.slack.workspace import JsonObject

Kind = Literal[
    "slow_before",
    "slow_after",
    "held",
    "held_before",
    "held_after",
    "ratelimited",
    "status_500",
    "redirect",
    "drop_before",
    "drop_after",
    "error",
]


@dataclass(eq=False)
class Fault:
    """A fault of calls to the local Slack.

    `method` is a Web API method, "response_url" or "*" for all. `seconds` is the delay of the slow kinds, and the
    Retry-After of `ratelimited`. `times` is the number of affected calls (None: all). `error` is the code for `error`.
    `held` is `held_before`: the call waits for `faults.release()` before its work is done, `held_after` after it.
    `redirect` responds with `status` and `location`, before the work.
    In the `drop_` kinds the TCP connection ends without a response, before or after the work.
    `about` is contained in the arguments of the affected calls: the id of a person or view, or a text.
    """

    method: str
    kind: Kind
    seconds: float = 0.0
    times: int | None = None
    error: str = ""
    used: int = 0
    about: str = ""
    status: int = 307
    location: str = "https://elsewhere.example.com/api/"

    def meets(self, method: str, arguments: JsonObject) -> bool:
        """Return True if this fault affects the call."""
        if self.method not in {"*", method} or (self.times is not None and self.used >= self.times):
            return False
        return not self.about or self.about in json.dumps(arguments, ensure_ascii=False)


class Faults(HeldRequests):
    """The active faults. `swap_updates`: the view of an acknowledgement replaces that of a `views.update` right after it."""

    def __init__(self) -> None:
        super().__init__()
        self.swap_updates = False
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Activate a fault."""
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """End all faults and release held calls."""
        self._faults.clear()
        self.swap_updates = False
        self.release()

    def take(self, method: str, arguments: JsonObject) -> list[Fault]:
        """Return the faults that affect this call, and count it for each."""
        met = [fault for fault in self._faults if fault.meets(method, arguments)]
        for fault in met:
            fault.used += 1
        return met
