from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from sandbox.whmcs import LocalWhmcs
from tests.companion.php_server import PhpServer, serve_php
from tests.companion.servers import Companion, LocalCompanion, PhpCompanion
from tests.harness.plain_http import http_client


@pytest.fixture(scope="session")
def php_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhpServer]:
    with serve_php(tmp_path_factory.mktemp("php")) as server:
        yield server


@pytest.fixture
def php_server(php_process: PhpServer) -> PhpServer:
    """The one process with a database of the test's own."""
    php_process.reset()
    return php_process


@pytest_asyncio.fixture
async def php(php_server: PhpServer) -> AsyncIterator[PhpCompanion]:
    async with http_client(timeout_seconds=20) as http:
        yield PhpCompanion(php_server, http)


@pytest_asyncio.fixture
async def local() -> AsyncIterator[LocalCompanion]:
    async with LocalWhmcs() as whmcs, http_client() as http:
        yield LocalCompanion(whmcs, http)


@pytest.fixture(params=["local", "php"])
def companion(request: pytest.FixtureRequest) -> Companion:
    """Each server in its turn: what is written with this fixture is the contract of both."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Companion)
    return found
