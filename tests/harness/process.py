"""`python -m bot serve`: one process, or several on one PostgreSQL behind a plain round-robin or with a socket each."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx

from sandbox.ports import free_port
from sandbox.round_robin import round_robin
from sandbox.serving import LOOPBACK
from tests.harness.fork_server import Process, start_bot
from tests.harness.plain_http import http_client
from tests.harness.world import World


@dataclass
class BotProcess:
    process: Process
    log: Path

    async def ends(self) -> int:
        async with asyncio.timeout(40):
            return await self.process.wait()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")


def serve(world: World, **settings: str) -> AbstractAsyncContextManager[BotProcess]:
    return _run_bot(world, settings, forks=True)


def serve_by_interpreter(world: World, **settings: str) -> AbstractAsyncContextManager[BotProcess]:
    """Run the very command of an installation."""
    return _run_bot(world, settings, forks=False)


@contextlib.asynccontextmanager
async def _run_bot(world: World, settings: dict[str, str], *, forks: bool) -> AsyncIterator[BotProcess]:
    """Run the bot as a process; kill it at the end if it still runs."""
    log = world.database.parent / "bot.log"
    environ = {"PATH": os.environ["PATH"], "LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG", **world.settings, **settings}
    with log.open("ab") as output:
        process = await start_bot(["serve"], environ, output.fileno(), forks=forks)
    running = BotProcess(process, log)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ready(world: World, running: BotProcess) -> httpx.Response:
    async with http_client() as client, asyncio.timeout(20):
        while running.process.returncode is None:
            with contextlib.suppress(httpx.TransportError):
                answer = await client.get(f"{world.ops_url}/readyz")
                if answer.status_code == 200:
                    return answer
            await asyncio.sleep(0.05)
    raise AssertionError(f"the bot ended:\n{running.output}")


@dataclass
class Replica:
    process: Process
    writer: asyncio.subprocess.Process
    """It writes the log, so that no limit on the bot's own files is one on what the bot says."""
    environment: dict[str, str]
    log: Path
    public_port: int
    ops_port: int

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    async def readiness(self) -> httpx.Response:
        async with http_client(timeout_seconds=10) as client:
            return await client.get(f"http://{LOOPBACK}:{self.ops_port}/readyz")

    async def is_stopping(self) -> bool:
        """As it says itself, to whom may still send it something."""
        answer = await self.readiness()
        return answer.status_code == 503 and answer.json().get("bot") == "stopping"

    async def metrics(self) -> str:
        async with http_client(timeout_seconds=10) as client:
            return (await client.get(f"http://{LOOPBACK}:{self.ops_port}/metrics")).text

    async def wait_until_ready(self) -> None:
        async with asyncio.timeout(60):
            while self.process.returncode is None:
                with contextlib.suppress(httpx.TransportError):
                    if (await self.readiness()).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(f"the bot ended:\n{self.output}")

    async def kill(self) -> None:
        """SIGKILL: nothing is brought to an end."""
        self.process.kill()
        await self._wait()

    async def start_again(self) -> None:
        """As it was started first, on the same ports; its log goes on."""
        self.process, self.writer = await _serve(self.environment, self.log)

    async def ends(self) -> int:
        self.process.terminate()
        async with asyncio.timeout(40):
            return await self._wait()

    async def _wait(self) -> int:
        code = await self.process.wait()
        await self.writer.wait()
        return code


@contextlib.asynccontextmanager
async def replicas(world: World, number: int, **settings: str) -> AsyncIterator[list[Replica]]:
    """That many processes, ready; in HTTP mode Slack sends to each in turn."""
    async with contextlib.AsyncExitStack() as stack:
        started = [await stack.enter_async_context(replica(world, index, settings)) for index in range(number)]
        await asyncio.gather(*(replica.wait_until_ready() for replica in started))
        if world.mode == "http":
            address = await stack.enter_async_context(round_robin([replica.public_port for replica in started]))
            world.slack.connect_bot(f"{address}/slack/events")
        yield started


@contextlib.asynccontextmanager
async def replica(world: World, index: int, settings: dict[str, str]) -> AsyncIterator[Replica]:
    """One process, from its start; killed at the end if it is still there."""
    log = world.database.parent / f"bot-{index}.log"
    ports = free_port(), free_port()
    own = {"PORT": str(ports[0]), "OPS_PORT": str(ports[1]), "LOG_FORMAT": "json", "PATH": os.environ["PATH"]}
    environment = world.settings | settings | own
    made = Replica(*await _serve(environment, log), environment, log, *ports)
    try:
        yield made
    finally:
        if made.process.returncode is None:
            await made.kill()


async def _serve(environment: dict[str, str], log: Path) -> tuple[Process, asyncio.subprocess.Process]:
    """The bot, and who writes down what it says."""
    with log.open("ab") as output, _pipe() as (reading, writing):
        writer = await asyncio.create_subprocess_exec("cat", stdin=reading, stdout=output)
        bot = await start_bot(["serve"], environment, writing)
    return bot, writer


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    """Its two ends, to be handed to processes: what they are given they keep."""
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)
