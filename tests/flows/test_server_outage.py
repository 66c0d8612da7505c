"""A PostgreSQL server that is not migrated, becomes unreachable, returns, or has another time than the host."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from bot.app import prepare
from bot.settings import Settings
from bot.startup import StartError
from tests.harness.process import Replica, replicas, serve
from tests.harness.world import EMAIL, GROUP, World, complete_reset, fill_form, make_world, open_card
from tests.postgresql import PostgresServer

pytestmark = [pytest.mark.asyncio, pytest.mark.only_postgresql]


async def test_serve_reports_an_unmigrated_server_in_one_line(postgresql: PostgresServer, tmp_path: Path) -> None:
    with postgresql.database(is_migrated=False) as name:
        async with make_world(tmp_path, "http", postgresql.url(name)) as world, serve(world) as running:
            assert await running.ends() == 1
        with postgresql.connect(name) as connection:
            assert connection.execute("SELECT * FROM pg_tables WHERE schemaname = 'public'").fetchall() == []
    [line] = running.output.splitlines()
    assert line.startswith("DATABASE_URL: the database is at revision none, this version needs ")
    assert line.endswith(": run `python -m bot migrate` first")


async def test_an_unreachable_server_ends_the_start_with_one_line(world: World, postgresql: PostgresServer) -> None:
    postgresql.stop()
    with pytest.raises(StartError, match=r"^DATABASE_URL: the database can't be used"):
        await prepare(Settings.load(world.settings))
    postgresql.start()


@pytest.mark.parametrize("is_hanging", [False, True])
async def test_the_form_opens_if_the_database_cannot_be_asked_for_a_pause(
    world: World, postgresql: PostgresServer, capsys: pytest.CaptureFixture[str], *, is_hanging: bool
) -> None:
    async with world.bot():
        if is_hanging:
            with postgresql.hanging():
                await open_card(world.agent, "ana@example.com")
        else:
            postgresql.stop()
            await open_card(world.agent, "ana@example.com")
            postgresql.start()
    assert "Traceback" not in capsys.readouterr().out


async def test_the_cool_down_uses_the_servers_clock_and_not_the_hosts(world: World) -> None:
    other = world.slack.add_person("Curro Colega", groups=[GROUP])
    async with world.bot():
        await complete_reset(world.agent, "ana@example.com", EMAIL)
        theirs = await fill_form(other, "ana@example.com", EMAIL)
        for jump in (timedelta(hours=2), timedelta(hours=-2)):
            with time_machine.travel(datetime.now(UTC) + jump, tick=True):
                await theirs.submit()
            assert "Sofía Soporte acaba de restablecer" in theirs.errors["Usuario"]
    assert len(world.whmcs.reset_emails) == 1
    at = [row["at"] for row in world.audit_rows()]
    assert at == sorted(at, key=str)


async def test_readiness_reports_an_unreachable_server_and_recovers_with_it(
    world: World, postgresql: PostgresServer
) -> None:
    async with replicas(world, 1) as [replica]:
        postgresql.stop()
        await world.until(lambda: _status(replica, 503), timeout_seconds=40, every_seconds=0.25)
        assert (await replica.readiness()).json()["database"].startswith("unusable: ")
        assert "Traceback" not in replica.output
        postgresql.start()
        await world.until(lambda: _status(replica, 200), timeout_seconds=40, every_seconds=0.25)
        assert await replica.ends() == 0


async def _status(replica: Replica, code: int) -> bool:
    return (await replica.readiness()).status_code == code
