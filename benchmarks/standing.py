"""Rows about the process itself: start, memory, idling."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Final

from benchmarks.bench import Bench
from benchmarks.databases import fill_deletions
from benchmarks.sides import Setup, Side, at_once
from benchmarks.whmcs import USERS

_LOAD: Final = 300
_CONCURRENCY: Final = 16
_IDLE_SECONDS: Final = 4.0
_DELETIONS: Final = 100_000


async def measure_fresh(bench: Bench) -> Mapping[str, list[float]]:
    """Start a process, and let it open modals: seconds until it is ready, and resident memory afterwards."""

    async def measure(name: str) -> tuple[float, float]:
        async with bench.fresh_load_side(name) as side:
            await at_once(bench.work(_LOAD), _CONCURRENCY, lambda index: side.send(index % USERS))
            return side.ready_seconds, side.memory_bytes

    rounds = await bench.alternate("starting", 3, [partial(measure, name) for name in ("bot", "tuned Bolt")])
    return {
        "start": [bot[0] / bolt[0] for bot, bolt in rounds],
        "memory": [bot[1] / bolt[1] for bot, bolt in rounds],
    }


async def measure_idle(bench: Bench) -> Mapping[str, list[float]]:
    """CPU time while nothing happens, in per cent of one core; also of a bot with 100,000 pending deletions."""
    deletions = bench.work(_DELETIONS)
    idle = [
        await bench.side("bot"),
        await bench.side(
            "bot",
            called="bot with pending deletions",
            setup=Setup(fill=lambda database: fill_deletions(database, deletions)),
        ),
    ]
    percents: list[list[float]] = []
    for number in range(bench.rounds(3)):
        bench.report(f"idling: round {number + 1} of {bench.rounds(3)}")
        percents.append(await _idle(idle, max(_IDLE_SECONDS * bench.size.work, 1.0)))
    return {
        "idle": [plain for plain, _ in percents],
        "deletions": [full for _, full in percents],
    }


async def _idle(sides: list[Side], seconds: float) -> list[float]:
    """Return the CPU time of each in per cent of the elapsed time, both at the same time."""
    # What a request left behind has ended by then.
    await asyncio.sleep(1)
    before, began_at = [side.cpu_seconds for side in sides], time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed_seconds = time.perf_counter() - began_at
    return [100 * (side.cpu_seconds - then) / elapsed_seconds for side, then in zip(sides, before, strict=True)]
