"""The loop in which the random programs run: time that is made, processes that die and stop."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.serving import LOOPBACK
from tests.stateful.simulation import BEGINNING, simulated


def test_a_simulation_begins_on_the_same_morning_and_its_calendar_goes_along() -> None:
    with simulated() as loop:
        loop.run_until_complete(asyncio.sleep(60))
        assert datetime.now(UTC) - BEGINNING == pytest.approx(timedelta(minutes=1), abs=timedelta(seconds=1))


def test_a_killed_process_does_nothing_more_and_its_connections_end() -> None:
    done: list[str] = []

    async def work(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        try:
            done.append((await reader.readline()).decode())
            await asyncio.sleep(1)
            done.append("went on")
        finally:
            done.append("tidied up")

    async def story() -> None:
        server = await loop.spawn(1, asyncio.start_server(work, LOOPBACK, 0))
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(b"hello\n")
        await asyncio.sleep(0.5)
        await loop.kill(1)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        with pytest.raises(ConnectionError):
            await asyncio.open_connection(LOOPBACK, port)
        await asyncio.sleep(5)
        assert done == ["hello\n"]
        writer.close()
        await loop.bury(1)

    with simulated() as loop:
        loop.run_until_complete(story())


def test_a_frozen_process_goes_on_where_it_was_while_others_continue() -> None:
    done: list[str] = []

    async def work(name: str) -> None:
        for number in range(3):
            await asyncio.sleep(1)
            done.append(f"{name}{number}")

    async def story() -> None:
        tasks = [loop.spawn(process, work(name)) for process, name in ((1, "a"), (2, "b"))]
        await asyncio.sleep(1.5)
        loop.freeze(1)
        await tasks[1]
        assert sorted(done) == ["a0", "b0", "b1", "b2"]
        loop.thaw(1)
        await tasks[0]
        assert done[4:] == ["a1", "a2"]

    with simulated() as loop:
        loop.run_until_complete(story())
