"""The real process under connections that never finish their requests."""

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from tests.harness.process import ready, serve
from tests.harness.world import World

pytestmark = pytest.mark.asyncio

CONNECTIONS = 400
LIMIT = 200
OTHER_SOCKETS = 40
"""Sockets of the listeners, of Slack, of WHMCS and of the event loop."""


async def test_unfinished_bodies_use_bounded_memory_while_agents_are_served(
    http_world: World,
) -> None:
    world = http_world
    async with serve(world, LOG_LEVEL="INFO") as running:
        await ready(world, running)
        await (await world.agent.types("/reset-password #42")).shows("Ana López")
        resident_before = _resident_kilobytes(running.process.pid)
        opened = await asyncio.gather(*(_begin_body(world) for _ in range(CONNECTIONS)))

        await (await world.agent.types("/reset-password #43")).shows("Id del cliente")
        assert _count_sockets(running.process.pid) <= LIMIT + OTHER_SOCKETS
        assert _resident_kilobytes(running.process.pid) < 3.5 * resident_before

        await asyncio.gather(*(_wait_until_closed(reader) for reader, _ in opened))
        await (await world.agent.types("/reset-password #51")).shows("Id del cliente")
        for _, writer in opened:
            writer.close()
        running.terminate()
        assert await running.ends() == 0
    assert "connections.limit_reached" in running.output
    assert '"level": "error"' not in running.output
    assert "Traceback" not in running.output


async def _begin_body(world: World) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send most of a body, with headers that look signed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.ports[0])
    head = (
        "POST /slack/events HTTP/1.1\r\nhost: bot.example.com\r\ncontent-length: 999999\r\n"
        "content-type: application/x-www-form-urlencoded\r\n"
        f"x-slack-request-timestamp: {int(time.time())}\r\nx-slack-signature: v0={'0' * 64}\r\n\r\n"
    )
    with contextlib.suppress(ConnectionError):
        writer.write(head.encode() + b"x" * 900_000)
        await writer.drain()
    return reader, writer


async def _wait_until_closed(reader: asyncio.StreamReader) -> None:
    async with asyncio.timeout(60):
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""


def _resident_kilobytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def _count_sockets(pid: int) -> int:
    count = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            count += str(descriptor.readlink()).startswith("socket:")
    return count
