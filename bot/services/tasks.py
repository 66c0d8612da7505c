"""Background tasks with one owner, which waits for them at shutdown."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from bot.slack.errors import SlackError

_logger = structlog.stdlib.get_logger(__name__)

T = TypeVar("T")


@dataclass(kw_only=True)
class Tasks:
    """Not a TaskGroup, where one exception would cancel every other reset."""

    _tasks: set[asyncio.Task[Any]] = field(init=False, default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Start the work. Callers need not await the task; failures are logged."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def drain(self, seconds: float) -> int:
        """Wait for all tasks, including those they start, and cancel the rest. Returns how many were cancelled."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._tasks and loop.time() < deadline:
            await asyncio.wait(set(self._tasks), timeout=deadline - loop.time())
        unfinished = set(self._tasks)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        return len(unfinished)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            _logger.warning("task.cancelled", task=task.get_name())
        elif isinstance(error := task.exception(), SlackError):
            # A refusal by Slack needs no traceback.
            _logger.warning("task.given_up", task=task.get_name(), error=str(error))
        elif error is not None and not getattr(error, "is_expected", False):
            _logger.error("task.crashed", task=task.get_name(), exc_info=error)
