"""Rows about the slash command without a text: acknowledge it and open a modal."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.bench import Bench
from benchmarks.conversations import CARD, PATIENCE_SECONDS
from benchmarks.sides import BenchmarkError, LoadSide, at_once
from benchmarks.statistics import percentile
from benchmarks.whmcs import email_of

MANY: Final = 64
FEW: Final = 8
SEARCHES: Final = 40
HANGING_SECONDS: Final = 5.0
COMMANDS_PER_SECOND: Final = 100
_BUSY: Final = 0.7


@dataclass(frozen=True)
class _Commands:
    p50_seconds: float
    p99_seconds: float
    cpu_seconds: float
    """Of the bot, for each command."""


async def measure_one_at_a_time(bench: Bench) -> Mapping[str, list[float]]:
    """One after the other: time until the acknowledgement, and CPU time including the opened modal."""
    sides = await bench.load_sides("bot", "bolt", "tuned Bolt", "endpoint")
    number = bench.work(200)

    async def measure(side: LoadSide) -> _Commands:
        await warm_up(side, FEW)
        cpu_seconds = side.cpu_seconds
        seconds = [await side.send(index % FEW) for index in range(number)]
        return _Commands(percentile(seconds, 0.5), percentile(seconds, 0.99), (side.cpu_seconds - cpu_seconds) / number)

    rounds = await bench.interleave("commands, one at a time", 6, sides, measure)
    return {
        "p50": [bot.p50_seconds / bolt.p50_seconds for bot, bolt, *_ in rounds],
        "p99": [bot.p99_seconds / bolt.p99_seconds for bot, bolt, *_ in rounds],
        "cpu": [bot.cpu_seconds / bolt.cpu_seconds for bot, bolt, *_ in rounds],
        "tuned cpu": [tuned.cpu_seconds / bolt.cpu_seconds for _, bolt, tuned, _ in rounds],
        "endpoint p50": [endpoint.p50_seconds / bolt.p50_seconds for _, bolt, _, endpoint in rounds],
        "tuned p50": [tuned.p50_seconds / bolt.p50_seconds for _, bolt, tuned, _ in rounds],
    }


async def measure_capacity(bench: Bench) -> Mapping[str, list[float]]:
    """Commands per second while 64 agents each send the next one when the modal of the last one is open.

    Raises: BenchmarkError: it is the benchmark that is at work all the time, and so the limit.
    """
    sides = await bench.load_sides("bot", "bolt", "tuned Bolt")
    number = bench.work(600)

    async def measure(side: LoadSide) -> float:
        await warm_up(side, MANY)
        began_at, own_seconds = time.perf_counter(), time.process_time()
        await at_once(number, MANY, lambda index: side.send(index % MANY))
        seconds = time.perf_counter() - began_at
        if (time.process_time() - own_seconds) / seconds > _BUSY:
            raise BenchmarkError(f"the benchmark itself was too busy to measure {side.name}")
        return number / seconds

    rounds = await bench.interleave("commands, 64 at once", 5, sides, measure)
    return {
        "ratio": [bot / bolt for bot, bolt, _ in rounds],
        "tuned": [tuned / bolt for _, bolt, tuned in rounds],
    }


async def measure_while_whmcs_hangs(bench: Bench) -> Mapping[str, list[float]]:
    """Time to the acknowledgement, p99, while 40 searches wait for WHMCS; divided by the same while nobody else is there."""
    side = await bench.side("bot")
    number = bench.work(200)

    async def send_commands() -> float:
        agents = [side.agents[index % FEW] for index in range(number)]
        return percentile([await side.open_form(agent) for agent in agents], 0.99)

    async def measure_busy() -> float:
        await at_once(FEW, FEW, lambda index: side.open_form(side.agents[index]))
        await bench.whmcs.delay(HANGING_SECONDS)
        began_at = time.perf_counter()
        searching = side.agents[FEW : FEW + SEARCHES]
        for agent_number, agent in enumerate(searching, FEW):
            await side.open_form(agent, email_of(agent_number))
        p99_seconds = await send_commands()
        if time.perf_counter() - began_at > HANGING_SECONDS:
            raise BenchmarkError("the commands took longer than the searches that they were measured beside")
        await bench.whmcs.delay(0)
        for agent in searching:
            await agent.modals[-1].shows(CARD, PATIENCE_SECONDS)
        return p99_seconds

    rounds = await bench.alternate("commands beside 40 hanging searches", 3, [measure_busy, send_commands])
    return {"ratio": [busy / idle for busy, idle in rounds]}


async def measure_open_loop(bench: Bench) -> Mapping[str, list[float]]:
    """Time to the acknowledgement, p99, of commands that come 100 times a second, however many are under way.

    It counts from the moment at which the command was due.
    """
    sides = await bench.load_sides("bot", "tuned")
    number = bench.work(200)

    async def measure(side: LoadSide) -> float:
        await warm_up(side, MANY)
        first_at = time.perf_counter() + 0.05
        return percentile(
            await asyncio.gather(
                *(_send_at(side, index % MANY, first_at + index / COMMANDS_PER_SECOND) for index in range(number))
            ),
            0.99,
        )

    rounds = await bench.interleave("100 commands per second", 4, sides, measure)
    return {"ratio": [bot / tuned for bot, tuned in rounds]}


async def _send_at(side: LoadSide, number: int, at: float) -> float:
    await asyncio.sleep(max(at - time.perf_counter(), 0))
    late_seconds = time.perf_counter() - at
    return late_seconds + await side.send(number)


async def warm_up(side: LoadSide, agents: int) -> None:
    """Let each agent send one, so that connections are open and the bot knows who they are."""
    await at_once(agents, FEW, side.send)
