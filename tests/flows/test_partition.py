"""A bot that is cut off from its database while it lives: another one takes its resets over, and both tell the truth."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.ports import free_port
from sandbox.serving import LOOPBACK
from sandbox.whmcs import Fault
from tests.flows.world import EMAIL, SET, World, fill_form, make_world
from tests.postgresql import PostgresServer

pytestmark = pytest.mark.asyncio


class Cable:
    """All connections between one bot and the server; it can be cut and mended."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self._server_port = port
        self._is_cut = False
        self._ends: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        server_reader, server_writer = await asyncio.open_connection(LOOPBACK, self._server_port)
        ends = {writer, server_writer}
        self._ends |= ends
        try:
            await asyncio.gather(_pass_on(reader, server_writer), _pass_on(server_reader, writer))
        finally:
            self._ends -= ends


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@pytest.fixture
def address(postgresql: PostgresServer) -> Iterator[str]:
    with postgresql.database() as name:
        yield postgresql.url(name)


@pytest_asyncio.fixture
async def world(address: str, tmp_path: Path) -> AsyncIterator[World]:
    async with make_world(tmp_path, "http", address) as made:
        yield made


@asynccontextmanager
async def two_bots(world: World, postgresql: PostgresServer) -> AsyncIterator[Cable]:
    """Slack sends to the first one, which has the cable."""
    cable = Cable(postgresql.port)
    server = await asyncio.start_server(cable.connect, LOOPBACK, cable.port)
    through = world.postgresql.replace(f":{postgresql.port}/", f":{cable.port}/")
    other = {"PORT": str(free_port()), "OPS_PORT": str(free_port())}
    async with server, world.bot(DATABASE_URL=through), world.bot(**other):
        yield cable


def let_the_lease_be_over(world: World, *, minutes: float) -> None:
    """Some minutes of silence, in a moment."""
    world.execute(
        "UPDATE jobs SET due_at = now() WHERE kind = 'recover_reset'",
        f"UPDATE resets SET called_at = now() - interval '{minutes} minutes' WHERE phase = 'calling'",  # noqa: S608 - a number of ours
    )


async def test_who_was_taken_for_dead_is_not_let_to_whmcs_any_more(world: World, postgresql: PostgresServer) -> None:
    async with two_bots(world, postgresql) as cable:
        modal = await fill_form(world.agent, "ana@example.com", SET)
        world.whmcs.faults.add(Fault("GetClientsDetails", "held_before", times=1))
        submitting = asyncio.ensure_future(modal.submit())
        await world.whmcs.faults.wait_until_held()
        cable.cut()
        let_the_lease_be_over(world, minutes=1)
        await world.until(lambda: world.audit()[-1] == ("FAILED", "interrupted"), timeout_seconds=20)
        cable.mend()
        world.whmcs.faults.clear()
        await submitting
        await modal.shows("No se cambió nada.", timeout_seconds=20)
        await world.agent.direct_message(containing="No se cambió nada.")
    assert world.whmcs.writes == []
    assert world.audit() == [("STARTED", ""), ("FAILED", "interrupted")]


@pytest.mark.parametrize(("method", "action"), [(EMAIL, "ResetPassword"), (SET, "set_password")])
async def test_what_he_did_after_all_settles_what_the_other_one_did_not_know(
    world: World, postgresql: PostgresServer, method: str, action: str
) -> None:
    async with two_bots(world, postgresql) as cable:
        modal = await fill_form(world.agent, "ana@example.com", method)
        world.whmcs.faults.add(Fault(action, "held_after"))
        world.whmcs.faults.add(Fault("result", "html"))
        submitting = asyncio.ensure_future(modal.submit())
        await world.whmcs.wait_for_call(action)
        cable.cut()
        let_the_lease_be_over(world, minutes=6)
        await world.until(lambda: world.audit()[-1] == ("UNKNOWN", "interrupted"), timeout_seconds=20)
        await world.agent.direct_message(containing="No se sabe si")
        world.whmcs.faults.clear()
        await submitting
        await modal.shows("Listo", timeout_seconds=20)
        cable.mend()
        await world.until(lambda: world.audit()[-1][0] == "SETTLED", timeout_seconds=40)
    *before, settled = world.audit()
    assert before == [("STARTED", ""), ("UNKNOWN", "interrupted")]
    # Where the companion is there again, the other one may be the first to know, and has the password set again.
    assert settled in {("SETTLED", "done"), *([("SETTLED", "not_delivered")] if method == SET else [])}
    assert [call.action for call in world.whmcs.calls].count(action) == 1
