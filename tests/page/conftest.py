from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import pytest_asyncio
from playwright.async_api import Browser, expect

from sandbox.page.words import choose_words
from tests.page.agent import EN, ES, Agent
from tests.page.demo import TIMEOUT_MS, WIDE, Windows, run_browser, run_demo

Open: TypeAlias = Callable[..., Awaitable[Agent]]

# A machine that runs much else besides needs a while.
expect.set_options(timeout=TIMEOUT_MS)

SPANISH = {"Sofía", "Leo", "Nico"}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def address() -> AsyncIterator[str]:
    """One demo for all tests here, as for all who look at one; each test keeps to clients of its own."""
    async with run_demo() as given:
        yield given


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with run_browser() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def sit_down(address: str, browser: Browser) -> AsyncIterator[Open]:
    """Opens windows for people. Afterwards no console has said anything, and nothing was loaded from elsewhere."""
    windows = Windows(browser, address)

    async def open_for(name: str, size: tuple[int, int] = WIDE) -> Agent:
        page = await windows.open(name, size)
        is_spanish = name in SPANISH
        return Agent(page, ES if is_spanish else EN, choose_words("es" if is_spanish else "en"))

    yield open_for
    await windows.close()
    assert windows.complaints == []
