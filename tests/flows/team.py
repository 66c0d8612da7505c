"""Agents of whom one requests and others approve, and the channel for approvals."""

from dataclasses import dataclass

from sandbox.slack import Message, Modal, Person
from tests.harness.world import CALLED_BACK, SET, World, open_card

SETTINGS = {"TICKET_DEPARTMENTS_SIGNED_IN": "2", "PROTECTED_CLIENT_GROUPS": "1"}


@dataclass
class Team:
    """The requesting agent, two agents who can approve, and their channel."""

    world: World
    agent: Person
    second: Person
    third: Person
    channel: str

    @property
    def settings(self) -> dict[str, str]:
        return SETTINGS | {"APPROVAL_CHANNEL": self.channel}

    async def question(self, person: Person | None = None) -> Message:
        return await (person or self.second).channel_message("¿Aprueba la solicitud?", self.channel)

    def approvals(self) -> list[tuple[str, str]]:
        """Return outcome and actor of each audit event of the approval."""
        rows = [row for row in self.world.audit_rows() if row["action"] == "approval"]
        return [(str(row["outcome"]), str(row["actor"])) for row in rows]


async def confirm(agent: Person, whom: str = "ana@example.com", user: str | None = None) -> Modal:
    """Fill in the form and confirm the last step, which asks the second agent."""
    modal = await open_card(agent, whom)
    if user is not None:
        await modal.choose("Usuario", user)
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    await modal.submit()
    await modal.shows("Confirmar")
    await modal.submit()
    return modal
