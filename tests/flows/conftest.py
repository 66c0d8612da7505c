from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from sandbox.slack import LocalSlack, Person
from sandbox.whmcs import LocalWhmcs
from tests.flows.world import World, make_world


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Slack and WHMCS, without the bot."""
    async with make_world(tmp_path) as made:
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
