"""Actions on tickets in the WHMCS pane."""

from playwright.async_api import Locator, expect

from tests.page.agent import Agent


async def find_ticket(agent: Agent, number: str) -> Locator:
    """Show only this ticket in the pane, and return its line."""
    pane = await agent.turns_to(agent.words["whmcs"])
    await pane.get_by_role("searchbox").fill(number)
    tickets = pane.get_by_role("list", name=agent.words["ticket.tickets"])
    await expect(tickets.get_by_role("listitem")).to_have_count(1)
    return tickets.get_by_role("listitem")


async def open_ticket(agent: Agent, number: str) -> Locator:
    line = await find_ticket(agent, number)
    await line.get_by_role("button", name=number).click()
    await expect(line.get_by_role("heading", name=agent.words["ticket.messages"])).to_be_visible()
    return line
