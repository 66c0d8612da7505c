"""Retries of reads. Writes are never retried."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from whmcs.errors import (
    NotAnsweringError,
    RefusedError,
    TimedOutError,
    UnreachableError,
    UnusableAnswerError,
    WhmcsError,
)

MAX_RETRIES = 2
FIRST_WAIT_SECONDS = 0.1
MAX_RETRY_AFTER_SECONDS = 3

T = TypeVar("T")


def decide_wait(error: WhmcsError, attempt: int, jitter: float = 0.5) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up.

    `attempt` counts the attempts made, so 1 after the first; `jitter` from 0 to 1 spreads the callers. Transient failures
    are retried: no connection, a lost one, and a 429 or 503 with Retry-After. Other refusals are not: repeated wrong
    credentials can get us banned.
    """
    if attempt > MAX_RETRIES:
        return None
    spread = FIRST_WAIT_SECONDS * 3 ** (attempt - 1) * (0.5 + jitter)
    match error:
        case NotAnsweringError():
            return None
        case TimedOutError():
            return spread if error.is_connecting else None
        case UnreachableError():
            return None if error.reason == "tls" else spread
        case RefusedError(retry_after_seconds=int(after)) | UnusableAnswerError(retry_after_seconds=int(after)):
            return after + spread if after <= MAX_RETRY_AFTER_SECONDS else None
        case _:
            return None


async def read_with_retries(ask: Callable[[float], Awaitable[T]], deadline_seconds: float) -> T:
    """Call `ask`, and retry it if that may help, within one deadline.

    `ask` receives the deadline on the event loop's clock.
    """
    clock = asyncio.get_running_loop().time
    ends_at = clock() + deadline_seconds
    attempt = 0
    while True:
        attempt += 1
        try:
            return await ask(ends_at)
        except WhmcsError as error:
            wait = decide_wait(error, attempt, random.random())  # noqa: S311 - jitter, not a secret
            if wait is None or clock() + wait >= ends_at:
                raise
        await asyncio.sleep(wait)
