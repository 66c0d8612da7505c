from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from sandbox.slack import LocalSlack
from sandbox.whmcs import LocalWhmcs
from tests.check.installation import Installation, make_installation
from tests.threads import threads_end


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Installation]:
    async with threads_end(), make_installation(tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def slack(here: Installation) -> LocalSlack:
    return here.world.slack


@pytest_asyncio.fixture
async def whmcs(here: Installation) -> LocalWhmcs:
    return here.world.whmcs
