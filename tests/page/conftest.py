from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.page.agent import Agent
from tests.page.demo import TIMEOUT_MS, WIDE, Windows, run_browser, run_demo

Open: TypeAlias = Callable[..., Awaitable[Agent]]

# Generous, for a busy machine.
expect.set_options(timeout=TIMEOUT_MS)

SPANISH = {"Sofía", "Leo", "Nico"}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def address() -> AsyncIterator[str]:
    """Run one demo for all tests of the package; each test uses its own clients."""
    async with run_demo() as given:
        yield given


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with run_browser() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def sit_down(address: str, browser: Browser) -> AsyncIterator[Open]:
    """Return a function that opens a window for a person. At the end, no console has messages and no request went elsewhere."""
    windows = Windows(browser, address)

    async def open_for(name: str, size: tuple[int, int] = WIDE) -> Agent:
        page = await windows.open(name, size)
        return Agent(page, "es" if name in SPANISH else "en")

    yield open_for
    await windows.close()
    assert windows.complaints == []
