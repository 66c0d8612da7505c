"""A PostgreSQL that is not migrated, goes away, comes back, or whose clock is not the host's."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import time_machine

from bot.app import prepare
from bot.running import StartError
from bot.settings import Settings
from tests.flows.replicas import Replica, replicas
from tests.flows.test_process import serve
from tests.flows.world import EMAIL, GROUP, World, fill_form, make_world
from tests.postgresql import PostgresServer

pytestmark = pytest.mark.asyncio


@pytest.fixture
def address(postgresql: PostgresServer) -> Iterator[str]:
    with postgresql.database() as name:
        yield postgresql.url(name)


@pytest_asyncio.fixture
async def world(address: str, tmp_path: Path) -> AsyncIterator[World]:
    async with make_world(tmp_path, "http", address) as made:
        yield made


async def test_serve_refuses_a_server_that_was_not_migrated_in_one_line(
    postgresql: PostgresServer, tmp_path: Path
) -> None:
    with postgresql.database(is_migrated=False) as name:
        async with make_world(tmp_path, "http", postgresql.url(name)) as world, serve(world) as running:
            assert await running.ends() == 1
        with postgresql.connect(name) as connection:
            assert connection.execute("SELECT * FROM pg_tables WHERE schemaname = 'public'").fetchall() == []
    [line] = running.output.splitlines()
    assert line.startswith("DATABASE_URL: the database is at revision none, this version needs ")
    assert line.endswith(": run `python -m bot migrate` first")


async def test_a_server_that_is_away_keeps_the_bot_from_starting_in_one_line(
    world: World, postgresql: PostgresServer
) -> None:
    postgresql.stop()
    with pytest.raises(StartError, match=r"^DATABASE_URL: the database can't be used"):
        await prepare(Settings.load(world.settings))
    postgresql.start()


@pytest.mark.parametrize("is_hanging", [False, True])
async def test_the_form_opens_also_where_the_database_does_not_tell_of_a_pause(
    world: World, postgresql: PostgresServer, capsys: pytest.CaptureFixture[str], *, is_hanging: bool
) -> None:
    async with world.bot():
        if is_hanging:
            with postgresql.hanging():
                modal = await world.agent.types("/reset-password ana@example.com")
                await modal.shows("Id del cliente")
        else:
            postgresql.stop()
            modal = await world.agent.types("/reset-password ana@example.com")
            await modal.shows("Id del cliente")
            postgresql.start()
    assert "Traceback" not in capsys.readouterr().out


async def test_a_cool_down_goes_by_the_servers_clock_and_a_host_ahead_of_it_frees_nobody(world: World) -> None:
    other = world.slack.add_person("Curro Colega", groups=[GROUP])
    async with world.bot():
        mine = await fill_form(world.agent, "ana@example.com", EMAIL)
        await mine.submit()
        await mine.shows("Listo")
        theirs = await fill_form(other, "ana@example.com", EMAIL)
        for jump in (timedelta(hours=2), timedelta(hours=-2)):
            with time_machine.travel(datetime.now(UTC) + jump, tick=True):
                await theirs.submit()
            assert "Sofía Soporte acaba de restablecer" in theirs.errors["Usuario"]
    assert len(world.whmcs.reset_emails) == 1
    at = [row["at"] for row in world.audit_rows()]
    assert at == sorted(at, key=str)


async def test_readiness_names_a_server_that_is_away_and_is_well_again_when_it_is_back(
    world: World, postgresql: PostgresServer
) -> None:
    async with replicas(world, 1) as [replica]:
        postgresql.stop()
        await world.until(lambda: _status(replica, 503), timeout_seconds=40)
        assert (await replica.readiness()).json()["database"].startswith("unusable: ")
        assert "Traceback" not in replica.output
        postgresql.start()
        await world.until(lambda: _status(replica, 200), timeout_seconds=40)
        assert await replica.ends() == 0


async def _status(replica: Replica, code: int) -> bool:
    return (await replica.readiness()).status_code == code
