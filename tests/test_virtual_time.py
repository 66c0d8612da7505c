"""The loop of the flow tests: waits cost nothing, and nothing that is under way is overtaken by a timer."""

import asyncio
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import aiosqlite
import pytest

from sandbox.serving import LOOPBACK
from tests.virtual_time import VirtualTimeLoop, stop_leaping

T = TypeVar("T")

_DEADLINE = 60.0
"""Virtual seconds: with real ones a test that waits for it would be noticed."""


def run(story: Coroutine[object, object, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(story)


async def elapsed() -> tuple[float, float, datetime]:
    return asyncio.get_running_loop().time(), time.monotonic(), datetime.now(UTC)


def test_five_minutes_are_over_at_once_on_the_loops_clock_and_on_the_calendar() -> None:
    async def story() -> None:
        loop_began, real_began, day_began = await elapsed()
        await asyncio.sleep(300)
        loop_ended, real_ended, day_ended = await elapsed()
        assert loop_ended - loop_began == pytest.approx(300)
        assert (day_ended - day_began).total_seconds() == pytest.approx(300)
        assert real_ended - real_began < 100

    run(story())


def test_timers_come_in_their_order() -> None:
    async def story() -> list[int]:
        came: list[int] = []

        async def come(seconds: int) -> None:
            await asyncio.sleep(seconds)
            came.append(seconds)

        await asyncio.gather(*(come(seconds) for seconds in (30, 10, 20, 1)))
        return came

    assert run(story()) == [1, 10, 20, 30]


def test_the_day_is_the_real_one_again_afterwards() -> None:
    run(asyncio.sleep(180))
    assert abs(datetime.now(UTC).timestamp() - time.clock_gettime(time.CLOCK_REALTIME)) < 60


def test_a_thread_is_waited_for_in_real_time() -> None:
    async def story() -> str:
        may_go = threading.Event()

        def work() -> str:
            # Ended by the real clock of another thread, not by a timer of the loop.
            may_go.wait(20)
            return "done"

        threading.Timer(0.05, may_go.set).start()
        async with asyncio.timeout(_DEADLINE):
            return await asyncio.to_thread(work)

    assert run(story()) == "done"


def test_sqlite_that_waits_for_a_lock_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"

    async def story() -> list[tuple[object, ...]]:
        with sqlite3.connect(path, isolation_level=None, check_same_thread=False) as other:
            other.execute("CREATE TABLE rows (number)")
            other.execute("BEGIN IMMEDIATE")
            threading.Timer(0.05, other.execute, ["COMMIT"]).start()
            async with asyncio.timeout(_DEADLINE), aiosqlite.connect(path, timeout=20) as connection:
                await connection.execute("INSERT INTO rows VALUES (1)")
                await connection.commit()
                rows = [tuple(row) for row in await connection.execute_fetchall("SELECT * FROM rows")]
        other.close()
        return rows

    assert run(story()) == [(1,)]


def test_a_process_is_waited_for_in_real_time() -> None:
    async def story() -> bytes:
        code = "import time; time.sleep(0.05); print('done')"
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
        async with asyncio.timeout(_DEADLINE):
            said, _ = await process.communicate()
        return said

    assert run(story()) == b"done\n"


def test_time_passes_as_outside_where_it_is_told_not_to_leap() -> None:
    async def story() -> None:
        stop_leaping()
        loop_began, real_began, _ = await elapsed()
        await asyncio.sleep(0.05)
        loop_ended, real_ended, _ = await elapsed()
        assert loop_ended - loop_began <= real_ended - real_began

    run(story())


@pytest.mark.parametrize("answer", [lambda size: b"x" * size, lambda size: b"yz" * (size // 2)], ids=["one", "two"])
def test_what_is_on_its_way_over_loopback_comes_before_a_deadline(answer: Callable[[int], bytes]) -> None:
    """A hundred times there and back, with a timer ready to leap to at every moment of it."""
    size = 200_000

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(answer(size))
            await writer.drain()
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(serve, LOOPBACK, 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for _ in range(100):
            async with asyncio.timeout(0.001):
                writer.write(b"more\n")
                assert await reader.readexactly(size) == answer(size)
        writer.close()
        await asyncio.sleep(1)
        server.close()
        await server.wait_closed()

    run(story())
