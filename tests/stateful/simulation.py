"""An event loop in virtual time (`tests/virtual_time.py`) in which a part of the program can be killed or frozen like a process.

Not one line of the program knows of it.
"""

import asyncio
import contextvars
import datetime as dt
import gc
import logging
import sqlite3
import sys
import warnings
import weakref
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, TypeVarTuple

import structlog
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from tests.virtual_time import VirtualTimeLoop

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Process = int

BEGINNING: Final = dt.datetime(2030, 1, 7, 8, 0, tzinfo=dt.UTC)
_NOBODY: Final = 0
_process: contextvars.ContextVar[Process] = contextvars.ContextVar("process", default=_NOBODY)
"""Whose code runs. Tasks, timers and connections hand it on to whatever they begin."""


@dataclass
class _Owned:
    """What is a process's own. `held_back`: what it would have done next, had it not been stopped."""

    tasks: weakref.WeakSet[asyncio.Task[Any]] = field(default_factory=weakref.WeakSet)
    servers: list[asyncio.AbstractServer] = field(default_factory=list)
    transports: weakref.WeakSet[asyncio.Transport] = field(default_factory=weakref.WeakSet)
    held_back: list[tuple[contextvars.Context, Callable[..., object], tuple[Any, ...]]] = field(default_factory=list)


class SimulatedLoop(VirtualTimeLoop):
    """`with simulated() as loop`. What `spawn()` starts is a process of its own: it can be killed, frozen and thawed."""

    def __init__(self, databases: "_Databases") -> None:
        self._stopped: set[Process] = set()
        self._owned: defaultdict[Process, _Owned] = defaultdict(_Owned)
        self._databases = databases
        super().__init__(BEGINNING)
        self.set_exception_handler(lambda _loop, _context: None)

    # Time

    async def ticks(self, number: int) -> None:
        """Let everybody go on for a very little while, in which no time passes."""
        for _ in range(number):
            await asyncio.sleep(0)

    # Processes

    def spawn(self, process: Process, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        context = contextvars.copy_context()
        context.run(_process.set, process)
        task: asyncio.Task[T] = self.create_task(work, context=context)
        return task

    def is_writing(self, process: Process) -> bool:
        """Whether it holds a connection of its database, and so perhaps a lock."""
        return self._databases.is_at_work(process)

    def freeze(self, process: Process) -> None:
        """As SIGSTOP: its connections stay, and nobody answers."""
        self._stopped.add(process)

    def thaw(self, process: Process) -> None:
        self._stopped.discard(process)
        held_back, self._owned[process].held_back = self._owned[process].held_back, []
        for context, callback, arguments in held_back:
            self.call_soon(callback, *arguments, context=context)

    async def kill(self, process: Process) -> None:
        """As SIGKILL: not one more line of it runs, its connections end, what it had not committed is undone."""
        self._stopped.add(process)
        for server in self._owned[process].servers:
            server.close()
        for transport in list(self._owned[process].transports):
            transport.abort()
        await self._databases.cut(process)

    async def bury(self, process: Process) -> None:
        """Give the memory of a killed process back, once nobody looks any more."""
        self.thaw(process)
        tasks = list(self._owned.pop(process).tasks)
        for task in tasks:
            task.cancel()
        await asyncio.wait([asyncio.gather(*tasks, return_exceptions=True)], timeout=60)

    # What asyncio does, with a process beside it

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        context = contextvars.copy_context() if context is None else context
        return super().call_soon(self._run, context, callback, args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        context = contextvars.copy_context() if context is None else context
        return super().call_at(when, self._run, context, callback, args, context=context)

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """A thread that outlives the simulation is told nothing."""
        if self.is_closed():
            return asyncio.Handle(callback, args, self, context)
        return super().call_soon_threadsafe(callback, *args, context=context)

    def create_task(self, coro: Any, *, name: Any = None, context: contextvars.Context | None = None) -> Any:
        task = super().create_task(coro, name=name, context=context)
        owner = _process.get() if context is None else context.get(_process, _NOBODY)
        self._owned[owner].tasks.add(task)
        return task

    async def create_server(self, *args: Any, **options: Any) -> Any:
        server = await super().create_server(*args, **options)
        self._owned[_process.get()].servers.append(server)
        return server

    def _make_socket_transport(self, *args: Any, **options: Any) -> asyncio.Transport:
        # asyncio's own name for where every connection begins, whichever side began it.
        transport: asyncio.Transport = super()._make_socket_transport(*args, **options)  # type: ignore[misc]
        self._owned[_process.get()].transports.add(transport)
        return transport

    def _run(self, context: contextvars.Context, callback: Callable[[*Ts], object], args: tuple[*Ts]) -> None:
        process = context.get(_process, _NOBODY)
        if process in self._stopped:
            self._owned[process].held_back.append((context, callback, args))
        else:
            callback(*args)


class _Databases:
    """The connections to SQLite, each with a thread of its own, and which of them are in use."""

    def __init__(self) -> None:
        self._made: defaultdict[Process, list[Any]] = defaultdict(list)
        self._used: set[tuple[Process, int]] = set()

    def is_at_work(self, process: Process) -> bool:
        return any(user == process for user, _ in self._used)

    async def cut(self, process: Process) -> None:
        """Each ends as soon as its thread has done what it is at."""
        for connection in self._made.pop(process, []):
            # Closing would keep its locks for as long as the killed process refers to a cursor.
            with suppress(ValueError, sqlite3.Error):
                await connection.rollback()
            await connection.close()
        self._used = {used for used in self._used if used[0] != process}

    @contextmanager
    def watched(self) -> Iterator[None]:
        told: list[tuple[str, Callable[..., Any]]] = [
            ("connect", self._note_made),
            ("checkout", self._note_used),
            ("checkin", self._note_free),
        ]
        for name, listener in told:
            event.listen(Pool, name, listener)
        try:
            yield
        finally:
            for name, listener in told:
                event.remove(Pool, name, listener)

    def _note_made(self, connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info["process"] = _process.get()
        self._made[_process.get()].append(connection.driver_connection)

    def _note_used(self, _connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        self._used.add((entry.info["process"], id(entry)))

    def _note_free(self, _connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        self._used.discard((entry.info.get("process", _NOBODY), id(entry)))


@contextmanager
def simulated() -> Iterator[SimulatedLoop]:
    """A loop that begins on a Monday morning, and is the only one while it lasts."""
    databases = _Databases()
    with _nothing_said(), databases.watched():
        loop = SimulatedLoop(databases)
        asyncio.set_event_loop(loop)
        try:
            yield loop
        finally:
            asyncio.set_event_loop(None)
            loop.close()


@contextmanager
def _nothing_said() -> Iterator[None]:
    """Who was killed has closed nothing, which several libraries would complain of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable()
        # What a killed process was at ends when it is collected, without a loop to end in.
        told, sys.unraisablehook = sys.unraisablehook, lambda _: None
        before = structlog.get_config()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        try:
            yield
        finally:
            gc.collect()
            sys.unraisablehook = told
            structlog.configure(**before)
            logging.disable(logging.NOTSET)
