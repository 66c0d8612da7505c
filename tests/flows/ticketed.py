"""Resets because of a ticket, and the reply on it."""

from sandbox.slack import Modal, Person
from tests.flows.world import fill_form

REPLY = "Responder en el ticket"


async def reset_with_ticket(agent: Person, method: str, ticket: str = "516757") -> Modal:
    """Reset the password of the user who opened the ticket; the modal shows the result."""
    modal = await fill_form(agent, ticket, method)
    await modal.submit()
    await modal.shows("Listo", timeout_seconds=10)
    return modal


async def reset_in_english(agent: Person, ticket: str) -> Modal:
    """The same for an agent who reads English, by *set a password*."""
    modal = await agent.types(f"/reset-password {ticket}")
    await modal.shows("Client id")
    await modal.choose("Method", "Set a password")
    await modal.choose("How was the person verified?", "Called back")
    await modal.submit()
    await modal.shows("Confirm")
    await modal.submit()
    await modal.shows("Done", timeout_seconds=10)
    return modal


async def open_reply(modal: Modal) -> Modal:
    """Press the button on the result, and wait for the form."""
    await modal.press(REPLY)
    await modal.shows("Quién la ve")
    return modal
