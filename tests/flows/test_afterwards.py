"""Buttons on a result that open the next form in the same modal."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.whmcs import Fault
from tests.harness.world import EMAIL, SET, World, complete_reset, fill_form

pytestmark = pytest.mark.asyncio

ANOTHER_USER = "Otro usuario de este cliente"
ANOTHER_CLIENT = "Otro cliente"


@pytest_asyncio.fixture
async def world(http_world: World) -> AsyncIterator[World]:
    async with http_world.bot(USER_COOLDOWN_SECONDS="0"):
        yield http_world


async def test_another_user_of_the_client_is_reset_in_the_same_modal(world: World) -> None:
    modal = await complete_reset(world.agent, "#61", EMAIL, user="Persona Número 01")
    await modal.press(ANOTHER_USER)
    await modal.shows("Id del cliente")
    assert "#61" in modal.text
    assert modal.chosen("Usuario") is None
    assert modal.chosen("Método") == EMAIL

    await modal.choose("Usuario", "Persona Número 02")
    await modal.choose("Método", EMAIL)
    await modal.submit()
    await modal.shows("Listo")
    assert [mail.email for mail in world.whmcs.reset_emails] == [
        "persona01@cinco.example.com",
        "persona02@cinco.example.com",
    ]
    assert len({row["reference"] for row in world.audit_rows() if row["action"] == "reset"}) == 2


async def test_another_client_draws_the_empty_form_in_the_same_modal(world: World) -> None:
    modal = await complete_reset(world.agent, "ana@example.com", SET)
    await modal.press(ANOTHER_CLIENT)
    await modal.shows("por su comienzo")
    assert modal.labels == ("Cliente",)
    assert modal.chosen("Cliente") is None

    await modal.picks("Cliente", "ada@example.com", "Ada Lovelace")
    await modal.shows("Id del cliente")
    await modal.choose("Método", EMAIL)
    await modal.submit()
    await modal.shows("Listo")
    assert [mail.email for mail in world.whmcs.reset_emails] == ["ada@example.com"]


async def test_both_buttons_are_offered_after_a_refused_reset(world: World) -> None:
    modal = await fill_form(world.agent, "ana@example.com", EMAIL)
    world.whmcs.faults.add(Fault("ResetPassword", "html", times=1))
    world.whmcs.remove_user_from_client(900, 42)
    await modal.submit()
    await modal.shows("No se hizo")
    await modal.press(ANOTHER_USER)
    await modal.shows("Este cliente no tiene usuarios")

    other = await fill_form(world.agent, "#51", EMAIL)
    await other.submit()
    await other.shows("Resultado desconocido")
    await other.press(ANOTHER_CLIENT)
    await other.shows("por su comienzo")


async def test_the_buttons_of_another_agents_result_are_refused_and_recorded(world: World) -> None:
    colleague = world.slack.add_person("Curro Colega", groups=["S0AGENTS"])
    modal = await complete_reset(world.agent, "ana@example.com", EMAIL)
    before = count_cards(world)
    for button in ("another_user", "another_client"):
        action = {"action_id": button, "block_id": "any", "value": "42"}
        await world.slack.deliver("block_actions", world.slack.action_payload(colleague, view=modal, action=action))
    await world.until(lambda: len(world.audit("form")) == 2)
    assert set(world.audit("form")) == {("TAMPERED", "other_agent")}
    await modal.shows("Empiece de nuevo")
    assert count_cards(world) == before


def count_cards(world: World) -> int:
    return [call.action for call in world.whmcs.calls].count("GetClientsDetails")
