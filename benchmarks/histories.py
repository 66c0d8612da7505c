"""Rows about a bot with a long history in its database. All take minutes."""

import asyncio
import itertools
import shutil
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.bench import Bench
from benchmarks.conversations import keep_sending, send_reset_email
from benchmarks.databases import count_old_resets, fill_audit, fill_deletions, fill_old_resets
from benchmarks.sides import BenchmarkError, Setup, Side, at_once

_DELETIONS: Final = 100_000
_EVENTS: Final = 1_000_000
_OLD_RESETS: Final = 1_000_000
_RESETS: Final = 10_000
_SAMPLES: Final = 40
_AGENTS: Final = 8
DATABASE: Final = "bot.db"


async def measure_rows(bench: Bench) -> Mapping[str, list[float]]:
    """Waiting time of a reset e-mail with 100,000 pending deletions, and with a million audit events; divided by none."""
    deletions, events = bench.work(_DELETIONS), bench.work(_EVENTS)
    sides = [
        await bench.side("bot"),
        await bench.side(
            "bot",
            called="bot with pending deletions",
            setup=Setup(fill=lambda database: fill_deletions(database, deletions)),
        ),
        await bench.side(
            "bot", called="bot with audit events", setup=Setup(fill=lambda database: fill_audit(database, events))
        ),
    ]
    number = bench.work(20)

    async def measure(side: Side) -> float:
        return await _median_wait(side, number)

    rounds = await bench.interleave("resets with a long history", 10, sides, measure)
    return {
        "deletions": [full / plain for plain, full, _ in rounds],
        "audit": [full / plain for plain, _, full in rounds],
    }


async def measure_pruning(bench: Bench) -> Mapping[str, list[float]]:
    """Waiting time of a reset e-mail while a million rows of old resets are deleted; divided by the same without them.

    The deletion begins at the start, so each round starts the bot, with a copy of the same database.
    """
    old_resets = bench.work(_OLD_RESETS)
    template = bench.folder / "old-resets.db"

    def fill(database: Path) -> None:
        if not template.exists():
            fill_old_resets(database, old_resets)
            shutil.copyfile(database, template)
        else:
            shutil.copyfile(template, database)

    number = bench.work(20)

    async def measure_pruning_bot() -> float:
        async with bench.fresh_side("bot", Setup(fill=fill)) as side:
            seconds = await _median_wait(side, number)
            if not await asyncio.to_thread(count_old_resets, side.folder / DATABASE):
                raise BenchmarkError("all old rows were deleted before the resets had ended")
            return seconds

    async def measure_plain_bot() -> float:
        async with bench.fresh_side("bot") as side:
            return await _median_wait(side, number)

    rounds = await bench.alternate("resets while old rows are deleted", 5, [measure_pruning_bot, measure_plain_bot])
    return {"ratio": [pruning / plain for pruning, plain in rounds]}


async def measure_growth(bench: Bench) -> Mapping[str, list[float]]:
    """Growth of the resident memory over the second half of 10,000 resets, as a factor.

    Each value is the growth between two samples that are a quarter of all resets apart, extrapolated to half of them.
    """
    number = max(bench.work(_RESETS) // _SAMPLES, 1)
    samples: list[int] = []
    async with bench.fresh_side("bot") as side:
        for sample in range(_SAMPLES):
            bench.report(f"memory: reset {sample * number} of {_SAMPLES * number}")
            await at_once(_AGENTS, _AGENTS, lambda agent: keep_sending(side, agent, max(number // _AGENTS, 1)))
            samples.append(side.memory_bytes)
            side.forget()
            await bench.forget()
    half, quarter = samples[_SAMPLES // 2 :], _SAMPLES // 4
    pairs = zip(half, itertools.islice(half, quarter, None), strict=False)
    return {"ratio": [1 + 2 * (late - early) / early for early, late in pairs]}


async def _median_wait(side: Side, number: int) -> float:
    await send_reset_email(side, 0)
    return statistics.median([await send_reset_email(side, 0) for _ in range(number)])
