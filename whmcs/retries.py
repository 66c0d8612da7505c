"""Whether a read is asked again. Writes never come here."""

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

REPEATS = 2
FIRST_WAIT_SECONDS = 0.1
LONGEST_RETRY_AFTER_SECONDS = 3

T = TypeVar("T")


def decide_wait(error: WhmcsError, attempt: int, jitter: float = 0.5) -> float | None:
    """Return how many seconds to wait before asking again, or None to give up.

    `attempt` counts the attempts made, so 1 after the first; `jitter` from 0 to 1 spreads the callers. Asked again is
    what may pass by itself: no connection, a lost one, and a 429 or 503 that says when to come back. A refusal is a
    refusal: a repeated wrong credential can get us banned.
    """
    if attempt > REPEATS:
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
            return after + spread if after <= LONGEST_RETRY_AFTER_SECONDS else None
        case _:
            return None


async def read(ask: Callable[[float], Awaitable[T]], deadline_seconds: float) -> T:
    """Ask, and ask again where that may help, all within one deadline.

    `ask` is given the moment, on the event loop's clock, at which everything must have ended.
    """
    clock = asyncio.get_running_loop().time
    ends_at = clock() + deadline_seconds
    attempt = 0
    while True:
        attempt += 1
        try:
            return await ask(ends_at)
        except WhmcsError as error:
            wait = decide_wait(error, attempt, random.random())  # noqa: S311 - spreads callers, hides nothing
            if wait is None or clock() + wait >= ends_at:
                raise
        await asyncio.sleep(wait)
