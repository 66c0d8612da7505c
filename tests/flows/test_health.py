"""`python -m bot health`, as a supervisor runs it beside the bot."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from sandbox.ports import free_port
from tests.flows.test_process import ready, serve
from tests.flows.world import World

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).parents[2]


async def ask(**settings: str | int) -> tuple[int | None, str]:
    """Its exit code and what it says; it is given no secret."""
    environ = {"PATH": os.environ["PATH"], **{name: str(value) for name, value in settings.items()}}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "health"),
        cwd=ROOT,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, said.decode()


async def test_a_running_bot_is_healthy_and_one_that_has_ended_is_not(world: World) -> None:
    port = world.ports[1]
    async with serve(world) as running:
        await ready(world, running)
        assert await ask(OPS_PORT=port) == (0, f"http://127.0.0.1:{port}/healthz: ok\n")
        running.terminate()
        assert await running.ends() == 0
    code, said = await ask(OPS_PORT=port)
    assert code == 1
    assert said.startswith(f"http://127.0.0.1:{port}/healthz: no answer (")
    assert said.count("\n") == 1


EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - nothing listens there


@pytest.mark.parametrize(("host", "asked"), EVERYWHERE.items())
async def test_a_bot_that_listens_everywhere_is_asked_on_this_machine(host: str, asked: str) -> None:
    port = free_port()
    code, said = await ask(OPS_HOST=host, OPS_PORT=port)
    assert code == 1
    assert said.startswith(f"http://{asked}:{port}/healthz: no answer (")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", "answered 500"),
        (b"something else\r\n", "no answer (something else"),
        (b"", "no answer ("),
    ],
    ids=["500", "no HTTP", "closed"],
)
async def test_any_other_answer_is_not_healthy(answer: bytes, said: str) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        code, line = await ask(OPS_PORT=server.sockets[0].getsockname()[1])
    assert code == 1
    assert said in line


async def test_a_bot_that_does_not_answer_is_waited_for_three_seconds() -> None:
    is_over = asyncio.Event()

    async def stay_silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await is_over.wait()
        writer.close()

    async with await asyncio.start_server(stay_silent, "127.0.0.1", 0) as server:
        began = asyncio.get_running_loop().time()
        code, said = await ask(OPS_PORT=server.sockets[0].getsockname()[1])
        took = asyncio.get_running_loop().time() - began
        is_over.set()
    assert code == 1
    assert "no answer (timed out)" in said
    assert 3 <= took < 15


async def test_a_wrong_setting_is_told_by_its_name() -> None:
    code, said = await ask(OPS_PORT="none")
    assert code == 2
    assert said.startswith("OPS_PORT: ")
