"""Takes the README's pictures (`make pictures`)."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, expect

from tests.page.agent import Agent
from tests.page.demo import ROOT, Windows, run_browser, run_demo

FOLDER: Final = ROOT / "docs" / "pictures"
LANGUAGES: Final = ("en", "es")

_PEOPLE: Final = {
    "en": ("Alex", "AAA - 111 - 2013", "persona01@cinco.example.com"),
    "es": ("Sofía", "007431", "persona02@cinco.example.com"),
}
"""By language: the agent, the ticket they start from, and the user."""
_SIZE: Final = (1280, 860)
_SHOWN: Final = "EXAMPLE-only#not%9ok"
_REPLACE: Final = """([secret, shown]) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(secret, shown);
  for (const input of document.querySelectorAll("input")) if (input.value === secret) input.value = shown;
}"""


async def take_pictures(browser: Browser, address: str, language: str, folder: Path) -> None:
    """Set a password as an agent with this language; take a picture of each step, and of the app's Home tab."""
    name, ticket, user = _PEOPLE[language]
    windows = Windows(browser, address)
    page = await windows.open(name, _SIZE)
    agent = Agent(page, language)
    labels = agent.labels

    await agent.opens_form(ticket)
    await agent.chooses(labels["set_password"], user)
    await page.screenshot(path=folder / f"form.{language}.png")

    await agent.submits()
    confirm = agent.modal.get_by_role("button", name=labels["confirm"], exact=True)
    await expect(confirm).to_be_visible()
    await page.screenshot(path=folder / f"confirm.{language}.png")

    await confirm.click()
    await expect(agent.modal.get_by_text(labels["done"], exact=True)).to_be_visible()
    await page.screenshot(path=folder / f"result.{language}.png")

    await agent.closes()
    password = await agent.reads_password()
    await agent.tries(user, password, opens=True)
    await expect(page.get_by_role("row", name=re.compile(re.escape(user))).get_by_role("time")).to_be_visible()
    # Pictures contain no real password, not even one of the demo.
    await page.evaluate(_REPLACE, [password, _SHOWN])
    await expect(page.get_by_text(password)).to_have_count(0)
    await page.screenshot(path=folder / f"message.{language}.png")

    await page.get_by_role("tab", name=agent.words["home"]).click()
    await expect(page.get_by_text(re.compile(f"· {re.escape(user)} · #"))).to_be_visible()
    await page.screenshot(path=folder / f"home.{language}.png")
    await windows.close()


async def _main() -> None:
    FOLDER.mkdir(exist_ok=True)
    async with run_demo() as address, run_browser() as browser:
        for language in LANGUAGES:
            await take_pictures(browser, address, language, FOLDER)
    sys.stdout.write(f"Taken: {', '.join(sorted(path.name for path in FOLDER.glob('*.png')))}\n")


if __name__ == "__main__":
    asyncio.run(_main())
