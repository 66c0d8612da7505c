"""Accessibility and layout of the page."""

from importlib.resources import files

import pytest
from playwright.async_api import Page, expect

from tests.page.agent import Agent
from tests.page.conftest import Open
from tests.page.demo import NARROW, WIDE
from tests.page.desk import open_ticket

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = """async () => (await axe.run()).violations.map(
  (one) => one.id + ": " + one.help + "\\n" + one.nodes.map((node) => node.html.slice(0, 200)).join("\\n"))"""


async def list_violations(page: Page) -> list[str]:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    found: list[str] = await page.evaluate(RUN)
    return found


async def assert_sound(agent: Agent) -> None:
    assert "\n".join(await list_violations(agent.page)) == ""
    assert await agent.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# Use the longer language on the smaller screen.
@pytest.mark.parametrize(("name", "size"), [("Alex", WIDE), ("Sofía", NARROW)], ids=["wide", "narrow"])
async def test_every_state_of_the_page_is_sound_for_screen_readers(
    sit_down: Open, name: str, size: tuple[int, int]
) -> None:
    agent = await sit_down(name, size)
    await agent.composer.press_sequentially("/re")
    await agent.page.get_by_role("option", name="/reset-password").wait_for()
    await assert_sound(agent)

    await agent.types("/reset-password")
    client = agent.modal.get_by_role("combobox", name=agent.labels["client"])
    await client.press_sequentially("Ma")
    await agent.modal.get_by_role("option").first.wait_for()
    await assert_sound(agent)
    await client.press("Escape")
    await expect(agent.modal.get_by_role("option")).to_have_count(0)
    await agent.closes()

    await agent.opens_form("compras@sesenta")
    await agent.submits()
    await agent.modal.get_by_role("alert").first.wait_for()
    await assert_sound(agent)
    await agent.closes()

    number = 1 if size == WIDE else 3
    await agent.opens_form("compras@cinco")
    await agent.chooses(agent.labels["set_password"], f"persona0{number}@")
    await agent.submits()
    confirm = agent.modal.get_by_role("button", name=agent.labels["confirm"], exact=True)
    await confirm.wait_for()
    await assert_sound(agent)
    await confirm.click()
    await confirm.wait_for(state="detached")
    await agent.modal.get_by_role("button", name=agent.labels["back"], exact=True).wait_for()
    await assert_sound(agent)
    await agent.closes()
    await agent.reads_password()
    await assert_sound(agent)

    await agent.opens_home()
    await assert_sound(agent)
    await agent.goes_to("# soporte")
    await agent.messages.first.hover()
    await agent.messages.first.get_by_role("button", name=agent.words["more_actions"]).click()
    await agent.page.get_by_role("menuitem").wait_for()
    await assert_sound(agent)
    await agent.page.keyboard.press("Escape")
    await agent.page.get_by_role("button", name=agent.words["shortcuts"], exact=True).click()
    await agent.page.get_by_role("menuitem").wait_for()
    await assert_sound(agent)
    await agent.page.keyboard.press("Escape")

    for pane in (agent.words["whmcs"], agent.words["traffic"], agent.words["faults"]):
        shown = await agent.turns_to(pane)
        if pane == agent.words["whmcs"]:
            await open_ticket(agent, "ABC-123456")
        if pane == agent.words["traffic"]:
            await shown.get_by_role("listitem").first.get_by_role("button").click()
            await shown.get_by_role("heading", name=agent.words["sent"]).first.wait_for()
        await assert_sound(agent)
