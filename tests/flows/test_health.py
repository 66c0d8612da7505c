"""`python -m bot health`, as a supervisor runs it beside the bot."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from sandbox.ports import free_port
from tests.harness.process import ready, serve
from tests.harness.world import World

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).parents[2]


async def ask(**settings: str | int) -> tuple[int | None, str]:
    """Run the command without any secret, and return its exit code and output."""
    environ = {"PATH": os.environ["PATH"], **{name: str(value) for name, value in settings.items()}}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "health"),
        cwd=ROOT,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, output.decode()


async def test_a_running_bot_is_healthy_and_a_stopped_one_is_not(world: World) -> None:
    port = world.ports[1]
    async with serve(world) as running:
        await ready(world, running)
        assert await ask(OPS_PORT=port) == (0, f"http://127.0.0.1:{port}/healthz: ok\n")
        running.terminate()
        assert await running.ends() == 0
    code, output = await ask(OPS_PORT=port)
    assert code == 1
    assert output.startswith(f"http://127.0.0.1:{port}/healthz: no answer (")
    assert output.count("\n") == 1


EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - nothing listens there


@pytest.mark.parametrize(("host", "asked"), EVERYWHERE.items())
async def test_a_bot_that_listens_on_all_addresses_is_asked_on_loopback(host: str, asked: str) -> None:
    port = free_port()
    code, output = await ask(OPS_HOST=host, OPS_PORT=port)
    assert code == 1
    assert output.startswith(f"http://{asked}:{port}/healthz: no answer (")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", "answered 500"),
        (b"something else\r\n", "no answer (something else"),
        (b"", "no answer ("),
    ],
    ids=["500", "no HTTP", "closed"],
)
async def test_any_other_response_is_unhealthy(answer: bytes, expected: str) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        code, line = await ask(OPS_PORT=server.sockets[0].getsockname()[1])
    assert code == 1
    assert expected in line


async def test_the_command_waits_three_seconds_for_a_response() -> None:
    is_over = asyncio.Event()

    async def stay_silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await is_over.wait()
        writer.close()

    async with await asyncio.start_server(stay_silent, "127.0.0.1", 0) as server:
        began = asyncio.get_running_loop().time()
        code, output = await ask(OPS_PORT=server.sockets[0].getsockname()[1])
        took = asyncio.get_running_loop().time() - began
        is_over.set()
    assert code == 1
    assert "no answer (timed out)" in output
    assert 3 <= took < 15


async def test_a_wrong_setting_is_reported_by_name() -> None:
    code, output = await ask(OPS_PORT="none")
    assert code == 2
    assert output.startswith("OPS_PORT: ")
