"""Forms that return with forged values are refused, and the requirements of the settings are checked again."""

import pytest

from sandbox.slack import Person
from tests.harness.world import CALLED_BACK, EMAIL, SET, World, fill_form, open_card
from tests.metadata import forge, reseal

pytestmark = pytest.mark.asyncio

KNOWN_BY_HEART = "Sabía la fecha de nacimiento"


async def confirm_with(world: World, agent: Person, **values: object) -> None:
    """Confirm the open last step with other values in its private_metadata, sealed with the bot's key."""
    payload = world.slack.submission_payload(agent, agent.modals[-1])
    reseal(payload["view"], **values)
    await world.slack.deliver("view_submission", payload)


@pytest.mark.parametrize(
    "values",
    [
        {"verification": "in_person"},
        {"ticket": "ABC-123456", "proof": "strong"},
        {"needs_approval": True},
        {"user_id": 904, "client_id": 51},
        {"opened_at": 4102444800},
        {"reference": "7K3M-Q9XD"},
        {"agent": "U0SOMEBODY"},
        {"is_admin": True},
    ],
    ids="+".join,
)
@pytest.mark.parametrize("method", [EMAIL, SET], ids=["the form", "the last step"])
async def test_a_form_with_a_changed_value_is_recorded_as_tampered_and_nothing_is_done(
    http_world: World, method: str, values: dict[str, object]
) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", method)
        payload = world.slack.submission_payload(world.agent, modal)
        forge(payload["view"], **values)
        answer = await world.slack.deliver("view_submission", payload)
        assert "Empiece de nuevo con /reset-password. No se cambió nada." in str(answer.json())
    assert world.audit("form") == [("TAMPERED", "unreadable")]
    assert (world.audit_rows()[-1]["actor"], world.audit_rows()[-1]["step"]) == (world.agent.id, "submission")
    assert world.audit() == []
    assert world.whmcs.writes == []


@pytest.mark.parametrize("more", ["x", "=", "A" * 24, " "])
async def test_a_form_with_a_longer_mac_is_recorded_as_tampered(http_world: World, more: str) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        payload = world.slack.submission_payload(world.agent, modal)
        version, key_id, mac, content = payload["view"]["private_metadata"].split(".", 3)
        payload["view"]["private_metadata"] = ".".join((version, key_id, mac + more, content))
        await world.slack.deliver("view_submission", payload)
    assert world.audit("form") == [("TAMPERED", "unreadable")]
    assert world.whmcs.writes == []


@pytest.mark.parametrize("metadata", ["", "null", "{}", "3", "3.", "3...", "3....", "[]", "x" * 3000, "3.é.ñ.{}"])
async def test_unreadable_private_metadata_is_recorded_as_tampered(http_world: World, metadata: str) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        payload = world.slack.submission_payload(world.agent, modal)
        payload["view"]["private_metadata"] = metadata
        answer = await world.slack.deliver("view_submission", payload)
        assert "Empiece de nuevo con /reset-password" in str(answer.json())
    outdated = metadata in {"3.", "3...", "3....", "3", "3.é.ñ.{}"}
    assert world.audit("form") == ([] if outdated else [("TAMPERED", "unreadable")])
    assert world.whmcs.writes == []


@pytest.mark.parametrize("said", ["", KNOWN_BY_HEART])
async def test_no_password_is_set_with_another_verification_than_was_shown(http_world: World, said: str) -> None:
    world = http_world
    async with world.bot():
        await fill_form(world.agent, "ana@example.com", SET)
        await confirm_with(world, world.agent, verification=said)
        await world.until(lambda: world.audit()[-1:] == [("REFUSED", "changed_since_shown")])
        await world.agent.direct_message(containing="esto cambió: cómo se verificó a la persona")
    assert world.whmcs.writes == []
    assert KNOWN_BY_HEART not in str(world.audit_rows())


async def test_no_password_is_set_without_the_ticket_that_was_shown(http_world: World) -> None:
    world = http_world
    async with world.bot(TICKET_POLICY="required"):
        modal = await open_card(world.agent, "516757")
        await modal.choose("Método", SET)
        await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
        await modal.submit()
        await modal.shows("Confirmar")
        await confirm_with(world, world.agent, ticket="", proof="none")
        await world.until(lambda: world.audit()[-1:] == [("REFUSED", "changed_since_shown")])
        await world.agent.direct_message(containing="esto cambió: el ticket, quién abrió el ticket, lo que prueba")
    assert world.whmcs.writes == []
