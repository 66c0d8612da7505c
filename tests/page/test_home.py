"""The app's Home tab as the start of a reset, and its updates."""

import pytest
from playwright.async_api import expect

from tests.page.conftest import Open
from tests.page.demo import NARROW

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def test_an_agent_starts_at_the_home_tab_and_finds_the_reset_there_afterwards(sit_down: Open) -> None:
    agent = await sit_down("Leo")
    await agent.opens_home()
    await expect(agent.home.get_by_role("heading", name="Resumen del procedimiento")).to_be_visible()

    await agent.home.get_by_role("button", name=agent.labels["app"], exact=True).press("Enter")
    client = agent.modal.get_by_role("combobox", name=agent.labels["client"])
    await expect(client).to_be_focused()
    await client.press_sequentially("ma08")
    await agent.modal.get_by_role("option", name="ma08@example.com").click()
    await agent.chooses(agent.labels["reset_email"])
    await agent.submits()
    await expect(agent.modal.get_by_text(agent.labels["done"], exact=True)).to_be_visible()
    await agent.closes()

    await expect(agent.home).to_contain_text("ma08@example.com")
    await expect(agent.page.get_by_role("tab", name=agent.words["home"])).to_be_focused()


async def test_a_button_of_the_home_tab_keeps_the_focus_when_the_tab_is_published_again(sit_down: Open) -> None:
    agent, same_agent = await sit_down("Leo"), await sit_down("Leo")
    await agent.opens_home()
    start = agent.home.get_by_role("button", name=agent.labels["app"], exact=True)
    traffic = await agent.turns_to(agent.words["traffic"])
    published = traffic.get_by_role("listitem").filter(has_text="views.publish").first
    earlier = await published.get_attribute("data-key")
    await start.focus()

    await same_agent.opens_home()
    await expect(published).not_to_have_attribute("data-key", str(earlier))
    await expect(published).not_to_contain_text(agent.words["under_way"])

    await expect(start).to_be_focused()
    await start.press("Enter")
    await expect(agent.modal).to_be_visible()
    await agent.closes()


async def test_a_home_tab_on_a_phone_states_that_the_person_is_not_an_agent(sit_down: Open) -> None:
    nico = await sit_down("Nico", NARROW)

    await nico.opens_home()

    traffic = await nico.turns_to(nico.words["traffic"])
    await expect(traffic.get_by_text("app_home_opened").first).to_be_visible()
    await nico.page.get_by_role("button", name="Slack", exact=True).click()
    await expect(nico.home).to_contain_text("Usted no tiene permiso para restablecer contraseñas")
    await expect(nico.home.get_by_role("button")).to_have_count(0)


async def test_unread_messages_come_before_the_home_tab(sit_down: Open) -> None:
    agent = await sit_down("Alex")
    await agent.opens_home()
    await agent.goes_to("# soporte")
    await agent.resets("nour@example.com", agent.labels["set_password"])
    await expect(agent.modal.get_by_text(agent.labels["done"], exact=True)).to_be_visible()
    await agent.closes()

    await agent.goes_to(agent.labels["app"])

    await expect(agent.page.get_by_role("tab", name=agent.words["messages"])).to_have_attribute("aria-selected", "true")
    await expect(agent.messages.last).to_contain_text("nour@example.com")
    await agent.messages.last.get_by_role("button", name=agent.labels["delete_now"]).click()
    await expect(agent.messages.filter(has_text="nour@example.com")).to_have_count(0)
