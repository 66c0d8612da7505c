from collections.abc import AsyncIterator

import pytest_asyncio

from bot.slack.client import SlackClient
from sandbox.slack import LocalSlack


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack() as running:
        yield running


@pytest_asyncio.fixture
async def client(slack: LocalSlack) -> AsyncIterator[SlackClient]:
    connected = SlackClient.connect(slack.bot_token, slack.api_url)
    yield connected
    await connected.aclose()
