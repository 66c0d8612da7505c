"""Both methods of reset, by mouse and keyboard."""

import re

import pytest
from playwright.async_api import expect

from tests.page.conftest import Open
from tests.page.demo import NARROW

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def test_an_agent_sends_a_reset_email_by_keyboard(sit_down: Open) -> None:
    agent = await sit_down("Sofía")
    keyboard = agent.page.keyboard

    await agent.composer.focus()
    await keyboard.type("/re")
    await expect(agent.page.get_by_role("option", name="/reset-password")).to_be_visible()
    await keyboard.press("Enter")
    await expect(agent.composer).to_have_value("/reset-password ")
    await keyboard.press("Enter")
    client = agent.modal.get_by_role("combobox", name=agent.labels["client"])
    await expect(client).to_be_focused()
    await keyboard.type("Ma")
    await expect(agent.modal.get_by_role("option", name="Mateo")).to_be_visible()
    await keyboard.press("ArrowDown")
    await keyboard.press("ArrowDown")
    await keyboard.press("ArrowUp")
    second = agent.modal.get_by_role("option").nth(1)
    await expect(second).to_have_attribute("aria-selected", "true")
    chosen = await second.inner_text()
    await keyboard.press("Enter")
    await expect(agent.modal.get_by_role("group", name=agent.labels["method"], exact=True)).to_be_visible()
    await expect(client).to_be_focused()
    await expect(client).to_have_value(chosen)

    method = agent.modal.get_by_role("radio", name=re.compile(agent.labels["reset_email"]))
    for _ in range(4):
        await keyboard.press("Tab")
        if await method.evaluate("radio => radio === document.activeElement"):
            break
    await keyboard.press("Space")
    await expect(method).to_be_checked()
    await agent.modal.get_by_role("button", name=agent.labels["submit"], exact=True).press("Enter")
    await expect(agent.modal.get_by_text(agent.labels["done"], exact=True)).to_be_visible()
    await keyboard.press("Escape")
    await expect(agent.composer).to_be_focused()

    answer = agent.messages.last
    await expect(answer).to_contain_text(agent.words["only_visible"])
    email = re.search(r"\S+@example\.com", chosen)
    assert email
    await expect(answer).to_contain_text(email[0])
    pane = await agent.turns_to(agent.words["whmcs"])
    await expect(pane.get_by_role("list", name=agent.words["reset_emails"])).to_contain_text(email[0])


async def test_a_generated_password_opens_the_account_and_its_message_disappears(sit_down: Open) -> None:
    agent = await sit_down("Alex")
    email = "persona05@cinco.example.com"

    await agent.opens_form("compras@cinco")
    await agent.chooses(agent.labels["set_password"], email)
    await agent.confirms()
    await expect(agent.modal.get_by_text(agent.labels["done"], exact=True)).to_be_visible()
    await agent.closes()
    password = await agent.reads_password(email)

    await agent.tries(email, password, opens=True)
    await agent.tries(email, password + "x", opens=False)
    changed = agent.page.get_by_role("row", name=re.compile(re.escape(email)))
    await expect(changed.get_by_role("time")).to_be_visible()

    await agent.messages.last.get_by_role("button", name=agent.labels["delete_now"]).click()
    await expect(agent.messages.filter(has_text=email)).to_have_count(0)


async def test_a_missing_value_is_reported_below_its_field(sit_down: Open) -> None:
    agent = await sit_down("Sofía")

    await agent.opens_form("#61")
    await agent.submits()

    user = agent.modal.get_by_role("group", name=agent.labels["user"], exact=True)
    await expect(user.get_by_role("alert")).to_have_text("Complete este campo obligatorio.")
    await agent.closes()


async def test_a_search_without_results_shows_a_notice(sit_down: Open) -> None:
    agent = await sit_down("Alex")

    await agent.types("/reset-password")
    client = agent.modal.get_by_role("combobox", name=agent.labels["client"])
    await client.press_sequentially("Q")
    await expect(agent.modal.get_by_role("status")).to_have_text(agent.words["type_more"].format(count=2))
    await client.press_sequentially("qqq")
    await expect(agent.modal.get_by_role("status")).to_have_text(agent.words["nothing_found"])
    await agent.closes()


async def test_the_whole_way_fits_a_telephone(sit_down: Open) -> None:
    agent = await sit_down("Alex", NARROW)

    await agent.resets("liam@example.com", agent.labels["reset_email"])
    assert await agent.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await agent.closes()
    for pane in (agent.words["whmcs"], agent.words["traffic"], agent.words["faults"]):
        await expect(await agent.turns_to(pane)).to_be_visible()
        await expect(agent.composer).to_be_hidden()
        assert await agent.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await agent.page.get_by_role("button", name="Slack", exact=True).click()
    await expect(agent.messages.last).to_contain_text("liam@example.com")


async def test_tab_stays_in_the_modal_and_f6_leads_to_the_panes(sit_down: Open) -> None:
    agent = await sit_down("Alex")

    await agent.types("/reset-password")
    await expect(agent.modal.get_by_role("combobox", name=agent.labels["client"])).to_be_focused()
    for _ in range(12):
        await agent.page.keyboard.press("Tab")
        assert await agent.modal.evaluate("modal => modal.contains(document.activeElement)")
    await agent.page.keyboard.press("Shift+Tab")
    assert await agent.modal.evaluate("modal => modal.contains(document.activeElement)")
    await agent.page.keyboard.press("F6")
    assert not await agent.modal.evaluate("modal => modal.contains(document.activeElement)")
    await agent.page.keyboard.press("F6")
    await expect(agent.modal.get_by_role("combobox", name=agent.labels["client"])).to_be_focused()
    await agent.closes()
