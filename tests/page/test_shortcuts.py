"""The app's shortcuts, in the menus of Slack."""

import re

import pytest
from playwright.async_api import expect

from tests.page.conftest import Open
from tests.page.demo import NARROW

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def test_the_menu_of_the_composer_opens_the_form_also_where_the_bot_is_not(sit_down: Open) -> None:
    agent = await sit_down("Alex")
    await agent.goes_to("# general")

    await agent.uses_shortcut()

    await expect(agent.modal.get_by_role("combobox", name=agent.labels["client"])).to_be_focused()
    await agent.closes()
    await expect(agent.composer).to_be_focused()


async def test_a_message_shortcut_opens_the_form_for_the_named_client(sit_down: Open) -> None:
    colleague, agent = await sit_down("Nico"), await sit_down("Sofía", NARROW)
    await colleague.types("Hola, ma01@example.com no puede entrar")
    message = agent.messages.filter(has_text="ma01@example.com")

    await agent.uses_message_shortcut(message)

    client = agent.modal.get_by_role("combobox", name=agent.labels["client"])
    await expect(client).to_have_value(re.compile("ma01@example.com"))
    await agent.chooses(agent.labels["reset_email"])
    await agent.submits()
    await expect(agent.modal.get_by_text(agent.labels["done"], exact=True)).to_be_visible()
    await agent.closes()
    await agent.reads_answer("ma01@example.com")
    await expect(colleague.messages.filter(has_text="ma01@example.com")).to_have_count(1)


async def test_the_message_with_which_the_demo_begins_names_a_ticket(sit_down: Open) -> None:
    agent = await sit_down("Alex")
    message = agent.messages.filter(has_text="516757").first
    await expect(message).to_contain_text("Nico Nuevo")

    await agent.uses_message_shortcut(message)

    client = agent.modal.get_by_role("combobox", name=agent.labels["client"])
    await expect(client).to_have_value(re.compile("Ana López"))
    await agent.closes()


async def test_other_people_are_refused_where_they_used_the_shortcut_or_by_the_app(sit_down: Open) -> None:
    nico = await sit_down("Nico")
    await nico.types("Para mí también, ¿sí?")

    await nico.uses_message_shortcut(nico.messages.last)
    await nico.reads_answer(nico.labels["nothing_changed"])
    await expect(nico.modal).to_have_count(0)

    await nico.uses_shortcut()
    app = nico.page.get_by_role("navigation").get_by_role("button", name=nico.labels["app"])
    await expect(app.get_by_role("img", name=f"1 {nico.words['unread']}")).to_be_visible()
    await app.click()
    await expect(nico.messages.last).to_contain_text(nico.labels["nothing_changed"])
