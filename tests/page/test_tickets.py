"""Tickets of the local WHMCS, read and changed on the page."""

import pytest
from playwright.async_api import expect

from sandbox.page.traffic import MASK
from tests.page.conftest import Open
from tests.page.desk import find_ticket, open_ticket

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def test_a_ticket_shows_requestor_messages_and_department(sit_down: Open) -> None:
    agent = await sit_down("Sofía")

    ticket = await open_ticket(agent, "ABC-123456")

    await expect(ticket).to_contain_text("Answered")
    await expect(ticket).to_contain_text("Ana López, ana@example.com (Owner)")
    await expect(ticket).to_contain_text("Área de clientes (solo clientes)")
    await expect(ticket).to_contain_text("Soporte Ejemplo, del equipo")
    # Markup in a message is text.
    await expect(ticket.get_by_text("<b>Gracias</b>")).to_be_visible()


async def test_each_message_shows_its_author(sit_down: Open) -> None:
    agent = await sit_down("Sofía")

    ticket = await open_ticket(agent, "202303")

    await expect(ticket).to_contain_text("2023-03-14")
    await expect(ticket).to_contain_text("Marta Vidal, ma09@example.com (Owner)")
    await expect(ticket).to_contain_text("Persona Desconocida, desconocida@example.test (Guest)")


async def test_a_guests_ticket_and_a_merged_one_are_marked(sit_down: Open) -> None:
    agent = await sit_down("Alex")

    await expect(await find_ticket(agent, "440112")).to_contain_text(agent.words["ticket.no_client"])
    merged = await find_ticket(agent, "118830")
    await expect(merged).to_contain_text("merged into 516757")
    await merged.get_by_role("button", name="118830").click()
    await expect(merged.get_by_role("textbox")).to_have_count(0)


async def test_a_ticket_search_shows_no_result_or_the_number_of_more(sit_down: Open) -> None:
    agent = await sit_down("Alex")
    pane = await agent.turns_to(agent.words["whmcs"])
    tickets = pane.get_by_role("list", name=agent.words["ticket.tickets"])

    await pane.get_by_role("searchbox").fill("clara@example.com")
    await expect(tickets.get_by_role("listitem")).to_have_count(8)
    await expect(pane.get_by_text("and 2 more", exact=True)).to_be_visible()
    await pane.get_by_role("searchbox").fill("nothing like that")
    await expect(pane.get_by_text(agent.words["ticket.no_ticket"], exact=True)).to_be_visible()


async def test_a_client_replies_by_keyboard_and_all_windows_show_it(sit_down: Open) -> None:
    agent, colleague = await sit_down("Alex"), await sit_down("Sofía")
    words = agent.words
    watched = await open_ticket(colleague, "AAA - 111 - 2013")
    ticket = await open_ticket(agent, "AAA - 111 - 2013")
    keyboard = agent.page.keyboard

    await ticket.get_by_label(words["ticket.answer"]).focus()
    await keyboard.type("Gracias, ya entro.")
    await keyboard.press("Tab")
    await expect(ticket.get_by_role("button", name=words["ticket.send_answer"])).to_be_focused()
    await keyboard.press("Enter")

    await expect(watched.get_by_text("Gracias, ya entro.")).to_be_visible()
    await expect(watched).to_contain_text("Customer-Reply")


async def test_a_ticket_is_closed_and_another_is_merged(sit_down: Open) -> None:
    agent = await sit_down("Alex")
    words = agent.words

    closing = await open_ticket(agent, "600008")
    await closing.get_by_role("button", name=words["ticket.close_ticket"]).click()
    await expect(closing).to_contain_text("Closed")
    await expect(closing.get_by_role("button", name=words["ticket.close_ticket"])).to_have_count(0)

    merging = await open_ticket(agent, "600009")
    await merging.get_by_label(words["ticket.merge_with"]).select_option("600007")
    await merging.get_by_role("button", name=words["ticket.merge"], exact=True).click()
    await expect(merging).to_contain_text("merged into 600007")
    await expect(await open_ticket(agent, "600007")).to_contain_text("Consulta número 10")


async def test_a_password_on_a_ticket_is_shown_only_to_its_recipient(sit_down: Open) -> None:
    agent, colleague = await sit_down("Sofía"), await sit_down("Alex")
    await agent.resets("ana.lopez@example.test", agent.labels["set_password"])
    await agent.closes()
    password = await agent.reads_password("ana.lopez@example.test")
    ticket = await open_ticket(agent, "705533")
    await ticket.get_by_label(agent.words["ticket.answer"]).fill(f"Entré con {password}")
    await ticket.get_by_role("button", name=agent.words["ticket.send_answer"]).click()

    masked = ticket.get_by_text(f"Entré con {MASK}", exact=True)
    await expect(masked).to_be_visible()
    await ticket.get_by_role("button", name=agent.words["show_password"]).click()
    await expect(ticket.get_by_text(f"Entré con {password}", exact=True)).to_be_visible()
    await ticket.get_by_role("button", name=agent.words["hide_password"]).click()
    await expect(masked).to_be_visible()
    seen = await open_ticket(colleague, "705533")
    await expect(seen.get_by_text(f"Entré con {MASK}", exact=True)).to_be_visible()
    await expect(seen.get_by_role("button", name=colleague.words["show_password"])).to_have_count(0)
