"""An event loop that skips waiting, for tests in which every party runs in that one loop.

The bot, the local Slack and the local WHMCS talk over loopback sockets and wait for each other with `asyncio` timers: a
view is drawn late after 0.6 s, a worker looks for jobs every second, a failed call is repeated after a back-off. In this
loop such a wait costs nothing. `loop.time()` and the time of day stand still while there is anything to do, and leap to
the next timer when there is nothing: a deadline of two seconds means two seconds of this time, however slow the machine.

Time leaps only when nothing is under way that could come before the timer:

- no callback is ready and no socket is readable or writable, also not a moment later, since the kernel delivers over
  loopback by itself;
- no thread owes the loop a result: those of aiosqlite's connections, and those of `run_in_executor()`, `to_thread()` and
  the resolver;
- no process runs that this loop has started.

While a thread is at work or a process runs that was started here, time passes as it does outside: a thread that waits two
seconds for a lock of SQLite's waits two seconds. Where the clock is somebody else's, as PostgreSQL's is, `stop_leaping()`.

Only what reads the time from the loop, from `datetime` or from `time.time()` goes along. `time.monotonic()` stays the real
one, and so does SQLite's `now`.
"""

import asyncio
import contextvars
import datetime as dt
import selectors
import sys
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar, TypeVarTuple

import time_machine

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_MOMENT: Final = 0.001
"""Seconds in which the kernel delivers over loopback what was sent; epoll can't wait for less."""

_LONGEST_LEAP: Final = 1.0
"""Seconds at most at once: should something have been under way after all, it is late by no more than this."""

_THREADED: Final = "aiosqlite.core"
"""The module whose futures are completed by a thread."""


class _Selector(selectors.DefaultSelector):
    """Wait for sockets as the loop asks, and tell it how much time has passed."""

    def __init__(self, loop: "VirtualTimeLoop") -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if timeout is None or not self._loop.can_leap():
            began_at = time.monotonic()
            ready = super().select(timeout)
            self._loop.pass_time(time.monotonic() - began_at)
            return ready
        ready = super().select(_MOMENT)
        if not ready:
            self._loop.pass_time(min(timeout, _LONGEST_LEAP))
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Give it to `asyncio.Runner(loop_factory=…)`. From its making until it is closed the time of day is its own, too."""

    def __init__(self, beginning: dt.datetime | None = None) -> None:
        """The time of day begins at `beginning`, or now."""
        self._seconds = 0.0
        self._owed: set[asyncio.Future[Any]] = set()
        self._processes: list[Callable[[], int | None]] = []
        self.leaps = True
        super().__init__(_Selector(self))
        self._travel = time_machine.travel(beginning or dt.datetime.now(dt.UTC), tick=False)
        self._clock = self._travel.start()

    def time(self) -> float:
        return self._seconds

    def pass_time(self, seconds: float) -> None:
        """Let this time be over at once, for everybody; what should have happened in it is late."""
        self._seconds += seconds
        self._clock.shift(dt.timedelta(seconds=seconds))

    def close(self) -> None:
        if not self.is_closed():
            self._travel.stop()
        super().close()

    def create_future(self) -> asyncio.Future[Any]:
        future = super().create_future()
        if sys._getframe(1).f_globals.get("__name__") == _THREADED:  # noqa: SLF001 - who asks tells who will complete it
            self._owed.add(future)
        return future

    def run_in_executor(self, executor: Any, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._owed.add(future)
        return future

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        handle = super().call_soon_threadsafe(callback, *args, context=context)
        # The thread's part is done, whenever the loop gets to the callback.
        self._owed.difference_update(arg for arg in args if isinstance(arg, asyncio.Future))
        return handle

    async def subprocess_exec(self, *args: Any, **options: Any) -> Any:
        transport, protocol = await super().subprocess_exec(*args, **options)
        self.keep_pace_with(transport.get_returncode)
        return transport, protocol

    def keep_pace_with(self, returncode: Callable[[], int | None]) -> None:
        """Let time pass as it does outside until this process has a return code."""
        self._processes.append(returncode)

    def can_leap(self) -> bool:
        """Return False while a thread or a process is at work on something that the loop may be waiting for."""
        for future in tuple(self._owed):
            if future.done():
                self._owed.discard(future)
        self._processes = [returncode for returncode in self._processes if returncode() is None]
        return self.leaps and not self._owed and not self._processes


def stop_leaping() -> None:
    """Let time in the running loop pass as it does outside, from now on; in another loop it does so anyway."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, VirtualTimeLoop):
        loop.leaps = False
