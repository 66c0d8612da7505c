"""Rows about large numbers of clients and users in WHMCS."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Final

from benchmarks.bench import Bench
from benchmarks.conversations import choose_client, search
from benchmarks.sides import Side

_BUSY: Final = "Twin Many"
_SMALL: Final = "Twin Few"
_BOTH: Final = "Twin"
_USERS: Final = 500
_CROWD: Final = "Crowd"
_GROUP: Final = "Group"
_CLIENTS: Final = 100_000
_FEWER_CLIENTS: Final = 1_000
_AFTERWARDS_SECONDS: Final = 0.1
_SEARCH_SECONDS: Final = 0.6


async def measure_choice(bench: Bench) -> Mapping[str, list[float]]:
    """CPU time of a search and of choosing a client with 500 users from its matches; divided by one with one user."""
    side = await bench.side("bot")
    await bench.whmcs.add_company(_BUSY, _USERS)
    await bench.whmcs.add_company(_SMALL, 1)
    number = bench.work(4)

    async def measure(company: str) -> float:
        cpu_seconds = 0.0
        for index in range(number + 1):
            before = side.cpu_seconds
            modal = await search(side, 0, _BOTH, seen=_BUSY)
            await choose_client(modal, company)
            await asyncio.sleep(_AFTERWARDS_SECONDS)
            # The first one warms up.
            cpu_seconds += side.cpu_seconds - before if index else 0
        return cpu_seconds / number

    steps = [partial(measure, company) for company in (_BUSY, _SMALL)]
    rounds = await bench.alternate("choosing a client with 500 users, and with 1", 5, steps)
    return {"ratio": [busy / small for busy, small in rounds]}


async def measure_search(bench: Bench) -> Mapping[str, list[float]]:
    """CPU time of a search that matches 100,000 clients; divided by one that matches 1,000."""
    side = await bench.side("bot")
    sizes = {_CROWD: bench.work(_CLIENTS), _GROUP: bench.work(_FEWER_CLIENTS)}
    for name, clients in sizes.items():
        await bench.whmcs.add_crowd(name, clients)

    async def measure(name: str) -> float:
        await _search(side, name, sizes[name])
        cpu_seconds = side.cpu_seconds
        for _ in range(2):
            await _search(side, name, sizes[name])
        return side.cpu_seconds - cpu_seconds

    rounds = await bench.alternate("searching among many clients", 3, [partial(measure, name) for name in sizes])
    await bench.whmcs.remove_crowds()
    return {"ratio": [crowd / group for crowd, group in rounds]}


async def _search(side: Side, name: str, clients: int) -> None:
    """Search, and wait so that each search takes the same time: a bot that waits for WHMCS uses CPU as well."""
    ends_at = time.perf_counter() + _SEARCH_SECONDS
    await search(side, 0, name, seen=f"{clients} clients begin with")
    await asyncio.sleep(max(ends_at - time.perf_counter(), _AFTERWARDS_SECONDS))
