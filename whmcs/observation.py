"""How calls went, for whoever keeps figures."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from whmcs.errors import WhmcsError

Observe = Callable[[str, str, float], None]
"""Is told of each call: the action, the outcome and the seconds that it took, repetitions included.

The outcome is `ok`, `cancelled`, or the error's name in snake_case, such as `timed_out`.
"""


def ignore(action: str, outcome: str, seconds: float) -> None:
    """Keep no figures."""


@contextmanager
def observed(observe: Observe, action: str) -> Iterator[None]:
    """Tell of the call that is made inside."""
    began_at = time.perf_counter()
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
        observe(action, outcome, time.perf_counter() - began_at)


def _name(error: WhmcsError) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__.removesuffix("Error")).lower()
