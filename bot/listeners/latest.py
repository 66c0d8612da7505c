"""Questions of which only the newest matters: a type-ahead asks anew at every pause in the typing."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """One question at a time for each key."""

    def __init__(self) -> None:
        self._asking: dict[str, asyncio.Task[T]] = {}

    async def ask(self, key: str, work: Coroutine[Any, Any, T]) -> T | None:
        """Do the work, and break off what is still done for this key. None: this one was broken off by a newer one."""
        older = self._asking.get(key)
        if older is not None:
            older.cancel()
        task = asyncio.create_task(work)
        self._asking[key] = task
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            if self._asking.get(key) is task:
                del self._asking[key]
        return None if task.cancelled() else task.result()
