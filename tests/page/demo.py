"""Runs the demo as `make demo` does, and a browser."""

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
WIDE = (1280, 800)
NARROW = (400, 800)
TIMEOUT_MS = 20_000
START_SECONDS = 120

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_OWN = re.compile(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:")


@contextlib.asynccontextmanager
async def run_demo(module: str = "sandbox") -> AsyncIterator[str]:
    """Run `python -m sandbox` and yield the page's address. At the end it must exit without errors."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DEMO", "DISPLAY", "WAYLAND"))
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-u",
        "-m",
        module,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            assert process.stdout is not None
            line = (await process.stdout.readline()).decode()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, line or (await process.communicate())[1].decode()
        yield found[0]
    finally:
        if process.returncode is None:
            process.terminate()
        _, errors = await process.communicate()
    if errors or process.returncode:
        raise AssertionError(f"the demo ended with exit code {process.returncode}:\n{errors.decode()}")


@contextlib.asynccontextmanager
async def run_browser() -> AsyncIterator[Browser]:
    """Run the system's Chromium. Raises: AssertionError: it is not installed."""
    assert CHROMIUM.exists(), "no Chromium: `make system` installs it"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


class Windows:
    """Opens windows of the page, and records what must not happen in them."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._pages: list[Page] = []
        self.complaints: list[str] = []
        """Messages of the browser's console, and requests to other servers."""

    async def open(self, name: str, size: tuple[int, int] = WIDE) -> Page:
        """Open the page and act as the person of this name."""
        page = await self._browser.new_page(viewport={"width": size[0], "height": size[1]})
        self._pages.append(page)
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", lambda request: None if _OWN.match(request.url) else self.complaints.append(request.url))
        await page.goto(self._address)
        people = page.get_by_label(re.compile("Actuar como|Acting as"))
        [person] = [text for text in await people.locator("option").all_text_contents() if text.startswith(name)]
        await people.select_option(label=person)
        await page.wait_for_url("**/?as=*")
        return page

    async def close(self) -> None:
        """Close the windows, and the modals that a failed test left open."""
        for page in self._pages:
            dialogs = page.get_by_role("dialog")
            while left := await dialogs.count():
                await dialogs.last.press("Escape")
                await expect(dialogs).to_have_count(left - 1)
            await page.close()
