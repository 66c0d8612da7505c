"""The local WHMCS in a process of its own: `python -m benchmarks.whmcs`.

It prints its address as a JSON line, then carries out orders, one JSON line each on standard input, and confirms each
with a line. It ends at the end of its input.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import uvloop

from sandbox.whmcs import Fault, LocalWhmcs

USERS: Final = 64
"""The number of clients with one user each, for resets."""
_FIRST_CLIENT: Final = 10_001
_FIRST_USER: Final = 50_001
_COMPANY: Final = 20_001
_CROWD: Final = 1_000_001
_START_SECONDS: Final = 30.0
_ROOT: Final = Path(__file__).resolve().parents[1]


def email_of(number: int) -> str:
    """Return the address of a user, by which a search finds one client."""
    return f"user{number:03}@bench.example.com"


def add_users(whmcs: LocalWhmcs) -> None:
    """Add the clients with one user each."""
    for number in range(USERS):
        name, email = f"Number {number:03}", email_of(number)
        whmcs.add_client("User", name, email, client_id=_FIRST_CLIENT + number, language="english")
        whmcs.add_user("User", name, email, client_ids=[_FIRST_CLIENT + number], user_id=_FIRST_USER + number)


class WhmcsProcess:
    """The process; as a context manager, it runs inside the block. Its address is that of `WhmcsAddress`."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._address: dict[str, str] = {}

    @property
    def url(self) -> str:
        return self._address["url"]

    @property
    def identifier(self) -> str:
        return self._address["identifier"]

    @property
    def secret(self) -> str:
        return self._address["secret"]

    @property
    def companion_secret(self) -> str:
        return self._address["companion_secret"]

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            __name__,
            cwd=_ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._address = await self._read(self._process)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()

    async def delay(self, seconds: float) -> None:
        """Delay all answers from now on; 0 ends that."""
        await self._order("delay", seconds=seconds)

    async def add_company(self, name: str, users: int) -> None:
        """Add a client with that many users; the name finds it."""
        await self._order("add_company", name=name, users=users)

    async def add_crowd(self, name: str, clients: int) -> None:
        """Add that many clients whose companies' names begin with this name."""
        await self._order("add_crowd", name=name, clients=clients)

    async def remove_crowds(self) -> None:
        await self._order("remove_crowds")

    async def forget(self) -> None:
        """Drop the history of calls."""
        await self._order("forget")

    async def _order(self, order: str, /, **arguments: object) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise RuntimeError("the local WHMCS is not running")
        process.stdin.write(json.dumps({"order": order, **arguments}).encode() + b"\n")
        await process.stdin.drain()
        await self._read(process)

    async def _read(self, process: asyncio.subprocess.Process) -> dict[str, str]:
        if process.stdout is None:
            raise RuntimeError("the local WHMCS has no output")
        async with asyncio.timeout(_START_SECONDS):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError("the local WHMCS has ended; its error is above")
        answer: dict[str, str] = json.loads(line)
        return answer


@dataclass
class _Orders:
    whmcs: LocalWhmcs
    companies: int = 0
    people: int = 0
    crowd: int = 0

    def delay(self, seconds: float) -> None:
        self.whmcs.faults.clear()
        if seconds:
            self.whmcs.faults.add(Fault("*", "slow_before", seconds=seconds))

    def add_company(self, name: str, users: int) -> None:
        client_id = _COMPANY + self.companies
        self.companies += 1
        slug = name.lower().replace(" ", "-")
        self.whmcs.add_client(
            "Buying", name, f"buying@{slug}.example.com", client_id=client_id, companyname=name, language="english"
        )
        for number in range(users):
            self.people += 1
            self.whmcs.add_user(
                "Person",
                f"Number {number:03}",
                f"person{number:03}@{slug}.example.com",
                client_ids=[client_id],
                user_id=_FIRST_USER + USERS + self.people,
            )

    def add_crowd(self, name: str, clients: int) -> None:
        for number in range(clients):
            self.crowd += 1
            self.whmcs.add_client(
                "One",
                f"Of {number:06}",
                f"one{self.crowd:06}@crowd.example.com",
                client_id=_CROWD + self.crowd,
                companyname=f"{name} {number:06}",
            )

    def remove_crowds(self) -> None:
        for client_id in [client_id for client_id in self.whmcs.clients if client_id >= _CROWD]:
            del self.whmcs.clients[client_id]

    def forget(self) -> None:
        self.whmcs.forget_history()


async def _serve() -> None:
    async with LocalWhmcs() as whmcs:
        add_users(whmcs)
        orders = _Orders(whmcs)
        known: Mapping[str, Callable[..., None]] = {
            "delay": orders.delay,
            "add_company": orders.add_company,
            "add_crowd": orders.add_crowd,
            "remove_crowds": orders.remove_crowds,
            "forget": orders.forget,
        }
        _say(
            url=whmcs.url,
            identifier=whmcs.identifier,
            secret=whmcs.secret,
            companion_secret=whmcs.companion_secret,
        )
        async for line in _read_lines():
            arguments: dict[str, Any] = json.loads(line)
            known[arguments.pop("order")](**arguments)
            _say(done="yes")


async def _read_lines() -> AsyncIterator[bytes]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line


def _say(**answer: str) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())
