"""Acknowledgements that carry an answer, and their deadline."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from bot.views.blocks import View

Answer = dict[str, Any]
"""Arguments of an acknowledgement."""

_LEAST_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an acknowledgement must be on its way. `at`: in the event loop's time."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        return cls(asyncio.get_running_loop().time() + seconds)

    @property
    def seconds_left(self) -> float:
        """Return the seconds for a call to another server: never so few that it can't be tried."""
        return max(self.at - asyncio.get_running_loop().time(), _LEAST_SECONDS)

    async def allows(self, task: asyncio.Task[Any]) -> bool:
        """Wait for the task until the deadline. Returns True if it is done."""
        await asyncio.wait({task}, timeout=max(self.at - asyncio.get_running_loop().time(), 0))
        return task.done()


def update(view: View) -> Answer:
    return {"response_action": "update", "view": view}


def field_errors(errors: Mapping[str, str]) -> Answer:
    """`errors` by block_id."""
    return {"response_action": "errors", "errors": dict(errors)}
