"""A last step that comes back otherwise than it was drawn: what the settings demand is looked at again all the same."""

import pytest

from sandbox.slack import Person
from tests.flows.test_tickets import card_of
from tests.flows.world import CALLED_BACK, SET, World, fill_form

pytestmark = pytest.mark.asyncio

KNOWN_BY_HEART = "Sabía la fecha de nacimiento"


async def confirm_forged(world: World, agent: Person, drawn: str, forged: str) -> None:
    """Confirm the last step that is open, with another piece in what rides along."""
    modal = agent.modals[-1]
    payload = world.slack.submission_payload(agent, modal)
    metadata = payload["view"]["private_metadata"]
    assert drawn in metadata
    payload["view"]["private_metadata"] = metadata.replace(drawn, forged)
    await world.slack.deliver("view_submission", payload)


@pytest.mark.parametrize("said", ["", KNOWN_BY_HEART])
async def test_no_password_is_set_without_one_of_the_answers(http_world: World, said: str) -> None:
    world = http_world
    async with world.bot():
        await fill_form(world.agent, "ana@example.com", SET)
        await confirm_forged(world, world.agent, '"verification":"called_back"', f'"verification":"{said}"')
        await world.until(lambda: world.audit()[-1:] == [("REFUSED", "not_verified")])
        await world.agent.direct_message(containing="No consta cómo se verificó a la persona")
    assert world.whmcs.writes == []
    assert KNOWN_BY_HEART not in str(world.audit_rows())


async def test_no_password_is_set_without_the_ticket_that_is_demanded(http_world: World) -> None:
    world = http_world
    async with world.bot(TICKET_POLICY="required"):
        modal = await card_of(world.agent, "516757")
        await modal.choose("Método", SET)
        await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
        await modal.submit()
        await modal.shows("Confirmar")
        payload = world.slack.submission_payload(world.agent, modal)
        assert '"proof":"some"' in payload["view"]["private_metadata"]
        payload["view"]["private_metadata"] = (
            payload["view"]["private_metadata"]
            .replace('"ticket":"516757"', '"ticket":""')
            .replace('"proof":"some"', '"proof":"none"')
        )
        await world.slack.deliver("view_submission", payload)
        await world.until(lambda: world.audit()[-1:] == [("REFUSED", "no_ticket")])
    assert world.whmcs.writes == []
