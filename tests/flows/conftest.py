from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.slack import LocalSlack, Person
from sandbox.whmcs import LocalWhmcs
from tests.flows.world import Mode, World, make_world
from tests.postgresql import PostgresServer

_ON_POSTGRESQL_TOO = {"test_set_password", "test_faults"}
"""The modules whose stories end in the database: limits, jobs, recovery. What else there is to it the store's tests tell."""


_HTTP_ALONE = {
    *("test_conversation", "test_economy", "test_faults", "test_figures", "test_pause", "test_search"),
    "test_upgrading",
}
"""The modules whose stories are about what comes after Slack; through the same listeners, whichever way it reached them."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test of a `world` runs in HTTP mode and most in Socket Mode, and some on PostgreSQL, there over HTTP.

    A story that is told with many values, of which the database sees none, is told there with none of them.
    """
    if "mode_and_address" in metafunc.fixturenames:
        module = metafunc.module.__name__.rpartition(".")[2]
        is_chosen = module in _ON_POSTGRESQL_TOO
        is_told_once = not any(metafunc.definition.iter_markers("parametrize"))
        too = ["postgresql"] if is_chosen and is_told_once else []
        ways = ["http"] if module in _HTTP_ALONE else ["http", "socket"]
        metafunc.parametrize("mode_and_address", [*ways, *too], indirect=True)


@pytest.fixture
def mode_and_address(request: pytest.FixtureRequest) -> Iterator[tuple[Mode, str]]:
    """How Slack reaches the bot, and the PostgreSQL database for it; empty: a file will do."""
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
    """As `world`, for what HTTP mode alone has."""
    async with make_world(tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def socket_world(tmp_path: Path) -> AsyncIterator[World]:
    """As `world`, for what Socket Mode alone has."""
    async with make_world(tmp_path, "socket") as made:
        yield made


@pytest_asyncio.fixture
async def running(world: World) -> AsyncIterator[World]:
    """The bot runs, with the settings of `tests/flows/world.py`."""
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
