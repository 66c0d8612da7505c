import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.slack import LocalSlack, Person
from sandbox.whmcs import LocalWhmcs
from tests.flows.team import Team
from tests.harness.world import GROUP, Mode, World, make_world
from tests.postgresql import PostgresServer
from tests.virtual_time import VirtualTimeLoop


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of a `world` over HTTP on SQLite and, if marked, in Socket Mode or on PostgreSQL as well.

    The modes share all code from the listeners on, and the databases share all code above the store. So `both_modes` is
    for stories about a kind of request, and `both_databases` for stories in which the database decides. A story about
    the PostgreSQL server itself is `only_postgresql`.
    """
    if "mode_and_address" in metafunc.fixturenames:
        marks = {mark.name for mark in metafunc.definition.iter_markers()}
        ways = [] if "only_postgresql" in marks else ["http"]
        ways += ["socket"] if "both_modes" in marks else []
        ways += ["postgresql"] if marks & {"both_databases", "only_postgresql"} else []
        metafunc.parametrize("mode_and_address", ways, indirect=True)


@pytest.fixture
def mode_and_address(request: pytest.FixtureRequest) -> Iterator[tuple[Mode, str]]:
    """Return how Slack reaches the bot, and the PostgreSQL database; an empty address means SQLite."""
    if request.param != "postgresql":
        yield request.param, ""
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with server.database() as name:
        yield "http", server.url(name)


@pytest_asyncio.fixture
async def world(mode_and_address: tuple[Mode, str], tmp_path: Path) -> AsyncIterator[World]:
    """Slack and WHMCS, without the bot."""
    mode, address = mode_and_address
    async with make_world(tmp_path, mode, address) as made:
        yield made


@pytest_asyncio.fixture
async def http_world(tmp_path: Path) -> AsyncIterator[World]:
    """A `world` for stories about HTTP mode only."""
    async with make_world(tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def socket_world(tmp_path: Path) -> AsyncIterator[World]:
    """A `world` for stories about Socket Mode only."""
    async with make_world(tmp_path, "socket") as made:
        yield made


@pytest_asyncio.fixture
async def running(world: World) -> AsyncIterator[World]:
    """A world with a running bot, with the settings of `tests/harness/world.py`."""
    async with world.bot():
        yield world


@pytest_asyncio.fixture
async def agent(running: World) -> Person:
    return running.agent


@pytest_asyncio.fixture
async def whmcs(running: World) -> LocalWhmcs:
    return running.whmcs


@pytest_asyncio.fixture
async def slack(running: World) -> LocalSlack:
    return running.slack


@pytest_asyncio.fixture
async def team(http_world: World) -> Team:
    slack = http_world.slack
    second = slack.add_person("Berta Segunda", groups=[GROUP])
    third = slack.add_person("Teo Tercero", groups=[GROUP])
    channel = slack.add_channel("aprobaciones", [http_world.agent, second, third], has_bot=True)
    return Team(http_world, http_world.agent, second, third, channel)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run every flow in virtual time; real time passes while a process of the test runs, and with PostgreSQL."""
    return {"virtual": VirtualTimeLoop}
