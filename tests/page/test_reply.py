"""The reply on a ticket, by mouse and keyboard."""

import re

import pytest
from playwright.async_api import expect

from sandbox.page.traffic import MASK
from tests.page.conftest import Open
from tests.page.desk import open_ticket

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def test_an_agent_sends_the_new_password_on_the_ticket_and_the_client_can_sign_in(sit_down: Open) -> None:
    agent = await sit_down("Alex")
    labels, email = agent.labels, "ana@example.com"
    await agent.resets("516757", labels["set_password"])

    await agent.modal.get_by_role("button", name=labels["reply"], exact=True).click()
    await agent.modal.get_by_role("checkbox", name=labels["include"]).check()
    text = agent.modal.get_by_role("textbox")
    await expect(text).to_have_value(re.compile(r"\{password\}"))
    await text.fill("Hola: {password}")
    await agent.modal.get_by_role("button", name=labels["send"], exact=True).click()
    await expect(agent.modal.get_by_text(labels["sent"], exact=True)).to_be_visible()

    await agent.modal.press("Escape")
    await expect(agent.modal.get_by_text(labels["done"], exact=True)).to_be_visible()
    await expect(agent.modal.get_by_role("button", name=labels["reply"], exact=True)).to_have_count(0)
    await agent.closes()
    password = await agent.reads_password()
    ticket = await open_ticket(agent, "516757")
    await expect(ticket).to_contain_text(f"Hola: {MASK}")
    await ticket.get_by_role("button", name=agent.words["show_password"]).click()
    await expect(ticket).to_contain_text(f"Hola: {password}")
    await agent.tries(email, password, opens=True)


async def test_a_note_is_written_by_keyboard(sit_down: Open) -> None:
    agent = await sit_down("Sofía")
    labels, keyboard = agent.labels, agent.page.keyboard
    await agent.resets("600001", labels["reset_email"])

    await agent.modal.get_by_role("button", name=labels["reply"], exact=True).press("Enter")
    await expect(agent.modal.get_by_role("textbox")).to_be_visible()
    public = agent.modal.get_by_role("radio").first
    await public.focus()
    await keyboard.press("ArrowDown")
    await agent.modal.get_by_role("button", name=labels["send"], exact=True).press("Enter")
    await expect(agent.modal.get_by_text(labels["sent"], exact=True)).to_be_visible()
    await keyboard.press("Escape")
    await agent.closes()
    await expect(await open_ticket(agent, "600001")).to_contain_text("Referencia: ")
