from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.slack import LocalSlack, Person
from sandbox.whmcs import LocalWhmcs
from tests.flows.world import World, make_world


@pytest_asyncio.fixture(params=["http", "socket"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Slack and WHMCS, without the bot; each test runs in HTTP mode and in Socket Mode."""
    async with make_world(tmp_path, request.param) as made:
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
