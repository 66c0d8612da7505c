"""Hook through which each call is reported to the caller's metrics."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from whmcs.errors import WhmcsError

Observe = Callable[[str, str, float], None]
"""Called once per call with the action, the outcome and the duration in seconds, retries included.

The outcome is `ok`, `cancelled`, or the error's name in snake_case, such as `timed_out`.
"""


def ignore(action: str, outcome: str, seconds: float) -> None:
    """Discard the observation."""


@contextmanager
def observed(observe: Observe, action: str) -> Iterator[None]:
    """Observe the call made inside this context."""
    started_at = time.perf_counter()
    outcome = "ok"
    try:
        yield
    except WhmcsError as error:
        outcome = _name(error)
        raise
    except asyncio.CancelledError:
        outcome = "cancelled"
        raise
    finally:
        observe(action, outcome, time.perf_counter() - started_at)


def _name(error: WhmcsError) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__.removesuffix("Error")).lower()
