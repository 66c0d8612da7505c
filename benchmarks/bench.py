"""A run: the processes that it started, how much is measured, and the interleaved rounds."""

import asyncio
import gc
import itertools
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from benchmarks.sides import LoadSide, RunningBot, Setup, Side, run_load_side, run_side
from benchmarks.whmcs import WhmcsProcess

T = TypeVar("T")
S = TypeVar("S", bound=RunningBot)


@dataclass(frozen=True)
class Size:
    """How much is measured. `rounds` and `work` are factors for the numbers that a measurement asks for."""

    rounds: float = 1.0
    work: float = 1.0


@dataclass
class Bench:
    """The processes of a run. A side is started when it is first needed and warmed up by whoever needs it."""

    folder: Path
    size: Size
    report: Callable[[str], None]
    whmcs: WhmcsProcess = field(default_factory=WhmcsProcess)
    _sides: dict[str, Side] = field(default_factory=dict)
    _load_sides: dict[str, LoadSide] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        # A collection in the middle of a round would be counted as the bot's time; see `interleave`.
        gc.disable()
        await self._exits.enter_async_context(self.whmcs)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._exits.aclose()
        gc.enable()

    def rounds(self, wanted: int) -> int:
        return max(round(wanted * self.size.rounds), 1)

    def work(self, wanted: int) -> int:
        """Return the number of repetitions within a round, or of rows in a database."""
        return max(round(wanted * self.size.work), 1)

    async def sides(self, *names: str) -> list[Side]:
        """Return these running bots; those that are needed for the first time are started now, at the same time."""
        return await asyncio.gather(*(self.side(name) for name in names))

    async def side(self, name: str, *, called: str = "", setup: Setup | None = None) -> Side:
        """Return the running bot `name`, started now if it is the first time.

        `called`: another process of the same bot, run in another way.
        """
        key = called or name
        if key not in self._sides:
            self.report(f"starting {key}")
            folder = self.folder / key.replace(" ", "-")
            self._sides[key] = await self._exits.enter_async_context(run_side(name, self.whmcs, folder, setup))
        return self._sides[key]

    async def load_sides(self, *names: str) -> list[LoadSide]:
        """Return these bots as they run for commands only; those that are needed for the first time are started now."""
        missing = [name for name in names if name not in self._load_sides]
        self.report(f"starting {', '.join(missing)}" if missing else "")
        started = await asyncio.gather(
            *(self._exits.enter_async_context(self.fresh_load_side(name)) for name in missing)
        )
        self._load_sides.update(zip(missing, started, strict=True))
        return [self._load_sides[name] for name in names]

    def fresh_load_side(self, name: str) -> AbstractAsyncContextManager[LoadSide]:
        """Return a context in which a new process of this bot runs for commands only."""
        return run_load_side(name, self.whmcs, self.folder / f"load-{next(self._numbers)}")

    def fresh_side(self, name: str, setup: Setup | None = None) -> AbstractAsyncContextManager[Side]:
        """Return a context in which a new process of this bot runs."""
        return run_side(name, self.whmcs, self.folder / f"fresh-{next(self._numbers)}", setup)

    async def interleave(
        self, what: str, rounds: int, sides: Sequence[S], measure: Callable[[S], Awaitable[T]]
    ) -> list[list[T]]:
        """Measure each side once a round, in alternating order; return a list of rounds, in the order of `sides`.

        Between the measurements the local servers forget their history, so that no round is slower than the one before.
        """
        return await self.alternate(what, rounds, [partial(measure, side) for side in sides])

    async def alternate(self, what: str, rounds: int, steps: Sequence[Callable[[], Awaitable[T]]]) -> list[list[T]]:
        """The same for any steps."""
        measured: list[list[T]] = []
        number_of_rounds = self.rounds(rounds)
        for number in range(number_of_rounds):
            self.report(f"{what}: round {number + 1} of {number_of_rounds}")
            order = list(range(len(steps)))
            found: dict[int, T] = {}
            for index in reversed(order) if number % 2 else order:
                found[index] = await steps[index]()
                await self.forget()
            measured.append([found[index] for index in order])
        return measured

    async def forget(self) -> None:
        """Drop the history of the local servers, and collect this process's garbage."""
        for side in self._sides.values():
            side.forget()
        await self.whmcs.forget()
        gc.collect()
