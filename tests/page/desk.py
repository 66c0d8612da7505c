"""What a person does in the WHMCS pane with a ticket."""

from playwright.async_api import Locator, expect

from sandbox.page.ticket_words import TicketWords, choose_ticket_words
from tests.page.agent import Agent


def words_of(agent: Agent) -> TicketWords:
    return choose_ticket_words(agent.words.language)


async def find_ticket(agent: Agent, number: str) -> Locator:
    """Show the pane with this ticket alone, and return its line."""
    pane = await agent.turns_to(agent.words.whmcs)
    await pane.get_by_role("searchbox").fill(number)
    tickets = pane.get_by_role("list", name=words_of(agent).tickets)
    await expect(tickets.get_by_role("listitem")).to_have_count(1)
    return tickets.get_by_role("listitem")


async def open_ticket(agent: Agent, number: str) -> Locator:
    line = await find_ticket(agent, number)
    await line.get_by_role("button", name=number).click()
    await expect(line.get_by_role("heading", name=words_of(agent).messages)).to_be_visible()
    return line
