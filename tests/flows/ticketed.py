"""Resets for a ticket, and replies on it."""

from sandbox.slack import Modal, Person
from tests.harness.world import complete_reset

REPLY = "Responder en el ticket"


async def reset_with_ticket(agent: Person, method: str, ticket: str = "516757") -> Modal:
    """Reset the password of the user who opened the ticket; the modal shows the result."""
    return await complete_reset(agent, ticket, method)


async def reset_in_english(agent: Person, ticket: str) -> Modal:
    """Set the password as an agent who reads English; otherwise as `reset_with_ticket()`."""
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
