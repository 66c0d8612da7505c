"""Rows that compare the bot with itself: set a password, Socket Mode, PostgreSQL, replicas. They have no targets."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from benchmarks.bench import Bench
from benchmarks.conversations import keep_sending, send_reset_email, set_password
from benchmarks.sides import COMMAND, BenchmarkError, Setup, Side, at_once
from sandbox.postgresql import PostgresServer

_AGENTS: Final = 16
_AFTERWARDS_SECONDS: Final = 0.3

Reset = Callable[[Side, int], Awaitable[float]]


@dataclass(frozen=True)
class _Resets:
    cpu_seconds: float
    wait_seconds: float


async def measure_set_password(bench: Bench) -> Mapping[str, list[float]]:
    """CPU and waiting time of *set a password*; divided by a reset e-mail."""
    side = await bench.side("bot")
    rounds = await bench.alternate(
        "set a password",
        5,
        [lambda: _measure(side, bench.work(10), set_password), lambda: _measure(side, bench.work(10))],
    )
    return _divide(rounds)


async def measure_socket_mode(bench: Bench) -> Mapping[str, list[float]]:
    """CPU and waiting time of a reset e-mail in Socket Mode, and the time of acknowledging; divided by HTTP."""
    sides = [await bench.side("bot", called="bot in Socket Mode", setup=Setup(is_socket_mode=True))]
    sides.append(await bench.side("bot"))

    async def measure(side: Side) -> tuple[_Resets, float]:
        resets = await _measure(side, bench.work(10))
        acknowledge = _acknowledge if side is sides[0] else _open_form
        return resets, statistics.median([await acknowledge(side, 0) for _ in range(bench.work(50))])

    rounds = await bench.interleave("Socket Mode", 5, sides, measure)
    return {
        **_divide([[socket[0], http[0]] for socket, http in rounds]),
        "acknowledge": [socket[1] / http[1] for socket, http in rounds],
    }


async def measure_postgresql(bench: Bench) -> Mapping[str, list[float]]:
    """CPU and waiting time of a reset e-mail with PostgreSQL; divided by SQLite. The server's own CPU is not counted."""
    async with _postgresql() as server:
        with server.database_from("template0") as name:
            async with bench.fresh_side("bot", Setup(database_url=server.url(name))) as side:
                sides = [side, await bench.side("bot")]
                rounds = await bench.interleave("PostgreSQL", 5, sides, lambda side: _measure(side, bench.work(10)))
    return _divide(rounds)


async def measure_replicas(bench: Bench) -> Mapping[str, list[float]]:
    """Reset e-mails per second by 16 agents, with 2 and 4 processes on one PostgreSQL; divided by 1 process."""
    numbers = (1, 2, 4)
    async with _postgresql() as server:

        async def measure(replicas: int) -> float:
            with server.database_from("template0") as name:
                setup = Setup(database_url=server.url(name), replicas=replicas)
                async with bench.fresh_side("bot", setup) as side:
                    await at_once(_AGENTS, _AGENTS, lambda agent: send_reset_email(side, agent))
                    each = bench.work(6)
                    began_at = time.perf_counter()
                    await at_once(_AGENTS, _AGENTS, lambda agent: keep_sending(side, agent, each))
                    return each * _AGENTS / (time.perf_counter() - began_at)

        rounds = await bench.alternate("replicas", 5, [partial(measure, replicas) for replicas in numbers])
    return {
        "2": [two / one for one, two, _ in rounds],
        "4": [four / one for one, _, four in rounds],
    }


@asynccontextmanager
async def _postgresql() -> AsyncIterator[PostgresServer]:
    server = await asyncio.to_thread(PostgresServer.make)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.remove)


async def _measure(side: Side, number: int, reset: Reset = send_reset_email) -> _Resets:
    await reset(side, 0)
    await asyncio.sleep(_AFTERWARDS_SECONDS)
    cpu_seconds = side.cpu_seconds
    waits = [await reset(side, 0) for _ in range(number)]
    await asyncio.sleep(_AFTERWARDS_SECONDS)
    return _Resets((side.cpu_seconds - cpu_seconds) / number, statistics.median(waits))


async def _open_form(side: Side, number: int) -> float:
    return await side.open_form(side.agents[number])


async def _acknowledge(side: Side, number: int) -> float:
    """Send the command over the local Slack's socket until its modal is open; return the seconds to the acknowledgement."""
    answer = await side.agents[number].sends(COMMAND)
    if answer.error:
        raise BenchmarkError(f"the command was not acknowledged: {answer.error} {answer.body}")
    await side.agents[number].modal()
    return answer.seconds


def _divide(rounds: list[list[_Resets]]) -> dict[str, list[float]]:
    return {
        "cpu": [variant.cpu_seconds / usual.cpu_seconds for variant, usual in rounds],
        "wait": [variant.wait_seconds / usual.wait_seconds for variant, usual in rounds],
    }
