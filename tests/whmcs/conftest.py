from collections.abc import AsyncIterator

import pytest_asyncio

from tests.whmcs.server import ScriptedServer
from whmcs import CompanionClient, WhmcsClient

IDENTIFIER = "identifier-Kq8wZ0tLx2"
SECRET = "sEcReT+with/odd=signs&9f3a"
ACCESS_KEY = "access!key@77#b"
COMPANION_SECRET = "companion-5b0cf0f7e2d14c7a"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


@pytest_asyncio.fixture
async def other_server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


@pytest_asyncio.fixture
async def client(server: ScriptedServer) -> AsyncIterator[WhmcsClient]:
    async with WhmcsClient.connect(server.url, IDENTIFIER, SECRET, ACCESS_KEY) as connected:
        yield connected


@pytest_asyncio.fixture
async def companion(server: ScriptedServer) -> AsyncIterator[CompanionClient]:
    url = f"{server.url}/modules/addons/resetbot/api.php"
    async with CompanionClient.connect(url, COMPANION_SECRET) as connected:
        yield connected
