"""Work that goes on after the acknowledgement. Every task has this owner, which waits for it at the end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from bot.slack.errors import SlackError

_logger = structlog.stdlib.get_logger(__name__)

T = TypeVar("T")


class Tasks:
    """Not a TaskGroup: there, one exception would cancel every other reset."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Start the work. Who does not await the task need not: a failure is logged, and ends there."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def drain(self, seconds: float) -> int:
        """Wait for all tasks, also those that they start; what is not done then is cancelled. Returns how many."""
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
            _logger.warning("task cancelled", task=task.get_name())
        elif isinstance(error := task.exception(), SlackError):
            # What Slack does not do is nothing that a traceback explains.
            _logger.warning("task given up", task=task.get_name(), error=str(error))
        elif error is not None and not getattr(error, "is_expected", False):
            _logger.error("task failed", task=task.get_name(), exc_info=error)
