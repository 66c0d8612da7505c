"""Rows about a whole reset e-mail, from the command to the result."""

import asyncio
from collections.abc import Mapping
from typing import Final

from benchmarks.bench import Bench
from benchmarks.conversations import keep_sending, send_reset_email
from benchmarks.sides import Side
from benchmarks.statistics import percentile
from sandbox.slack import Fault

SLACK_SECONDS: Final = 0.06
WHMCS_SECONDS: Final = 0.15
SERIAL: Final = (
    ("views.open", SLACK_SECONDS),
    ("GetClients, and GetUsers at the same time", WHMCS_SECONDS),
    ("GetClientsDetails, and the companion's users at the same time", WHMCS_SECONDS),
    ("views.update", SLACK_SECONDS),
    ("GetClientsDetails, after the submission", WHMCS_SECONDS),
    ("ResetPassword", WHMCS_SECONDS),
)
"""The calls that must follow one another before the agent reads the result."""
SERIAL_SECONDS: Final = sum(seconds for _, seconds in SERIAL)

_AFTERWARDS_SECONDS: Final = 0.3


async def measure_cpu(bench: Bench) -> Mapping[str, list[float]]:
    """CPU time of the bot for each reset, one after the other, with what it does after the result."""
    return await _compare_cpu(bench, "bot", 10)


async def measure_tutorial_cpu(bench: Bench) -> Mapping[str, list[float]]:
    """The same of the tutorial's bot, which is so slow that a few resets are enough."""
    return await _compare_cpu(bench, "tutorial", 4)


async def measure_waiting(bench: Bench) -> Mapping[str, list[float]]:
    """The agent's waiting time while each answer of Slack takes 60 ms and each of WHMCS 150 ms.

    One agent at a time: others would wait for the local servers, which share the processors with the bot.
    """
    sides = await bench.sides("bot", "tuned")
    number = bench.work(6)

    async def measure(side: Side) -> list[float]:
        await send_reset_email(side, 0)
        side.slack.faults.add(Fault("*", "slow_before", seconds=SLACK_SECONDS))
        await bench.whmcs.delay(WHMCS_SECONDS)
        waits = await keep_sending(side, 0, number)
        await asyncio.sleep(_AFTERWARDS_SECONDS)
        side.slack.faults.clear()
        await bench.whmcs.delay(0)
        return waits

    rounds = await bench.interleave("waiting for slow answers", 4, sides, measure)
    return {
        f"{name} p{share:.0f}": [percentile(waits[index], share / 100) / SERIAL_SECONDS for waits in rounds]
        for index, name in enumerate(("bot", "tuned"))
        for share in (50.0, 99.0)
    }


async def _compare_cpu(bench: Bench, name: str, number: int) -> Mapping[str, list[float]]:
    sides = await bench.sides(name, "tuned")

    async def measure(side: Side) -> float:
        return await read_cpu_of_resets(side, bench.work(number))

    rounds = await bench.interleave(f"reset e-mails, one at a time, {name}", 6, sides, measure)
    return {"ratio": [compared / tuned for compared, tuned in rounds]}


async def read_cpu_of_resets(side: Side, number: int) -> float:
    """Let an agent send reset e-mails, one after the other; return the bot's CPU seconds for each."""
    await send_reset_email(side, 0)
    await asyncio.sleep(_AFTERWARDS_SECONDS)
    cpu_seconds = side.cpu_seconds
    for _ in range(number):
        await send_reset_email(side, 0)
    await asyncio.sleep(_AFTERWARDS_SECONDS)
    return (side.cpu_seconds - cpu_seconds) / number
