"""Several `python -m bot serve` on one PostgreSQL, behind a plain round-robin or with a socket each."""

import asyncio
import contextlib
import itertools
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from aiohttp import ClientConnectorError, ClientError, ClientSession, TCPConnector, web

from sandbox.ports import free_port
from sandbox.serving import LOOPBACK
from tests.flows.world import World

ROOT = Path(__file__).parents[2]


@dataclass
class Replica:
    process: asyncio.subprocess.Process
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
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            return await client.get(f"http://{LOOPBACK}:{self.ops_port}/readyz")

    async def is_stopping(self) -> bool:
        """As it says itself, to whom may still send it something."""
        answer = await self.readiness()
        return answer.status_code == 503 and answer.json().get("bot") == "stopping"

    async def figures(self) -> str:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
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


async def _serve(
    environment: dict[str, str], log: Path
) -> tuple[asyncio.subprocess.Process, asyncio.subprocess.Process]:
    """The bot, and who writes down what it says."""
    with log.open("ab") as output, _pipe() as (reading, writing):
        writer = await asyncio.create_subprocess_exec("cat", stdin=reading, stdout=output)
        bot = await asyncio.create_subprocess_exec(
            sys.executable, *("-m", "bot", "serve"), cwd=ROOT, env=environment, stdout=writing, stderr=writing
        )
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


@contextlib.asynccontextmanager
async def round_robin(ports: list[int]) -> AsyncIterator[str]:
    """A forwarder that knows nothing: each request to the next in turn, or to the one after where nobody listens."""
    turns = itertools.cycle(ports)
    # Without the usual hundred connections: those who wait for one bot must not keep others from reaching another.
    async with ClientSession(connector=TCPConnector(limit=0)) as session:

        async def forward(request: web.Request) -> web.Response:
            try:
                body = await request.read()
            except ConnectionError:
                # Slack has hung up, since its three seconds were over.
                return web.Response(status=400)
            for _ in ports:
                try:
                    async with session.post(
                        f"http://{LOOPBACK}:{next(turns)}{request.path}", data=body, headers=request.headers
                    ) as answer:
                        return web.Response(
                            status=answer.status, body=await answer.read(), content_type=answer.content_type
                        )
                except ClientConnectorError:
                    continue
                except ClientError:
                    # It may have arrived, so that nobody else is given it.
                    break
            return web.Response(status=502)

        app = web.Application()
        app.router.add_post("/slack/events", forward)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, 0)
        await site.start()
        try:
            yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
