"""The form without the command: by the global shortcut, and by the one on a message, which also works in threads."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.slack import Fault, Person
from tests.flows.world import EMAIL, World, fill_form

pytestmark = pytest.mark.asyncio

SHORTCUT = "reset_password"
ON_MESSAGE = "reset_password_message"
REFUSAL = "Usted no puede restablecer contraseñas"


@pytest_asyncio.fixture
async def world(http_world: World) -> AsyncIterator[World]:
    async with http_world.bot():
        yield http_world


@pytest_asyncio.fixture
async def agent(world: World) -> Person:
    return world.agent


async def test_the_global_shortcut_opens_the_empty_form_and_its_result_is_said_in_a_direct_message(
    agent: Person,
) -> None:
    modal = await agent.uses_shortcut(SHORTCUT)
    assert modal.title == "Restablecer contraseña"
    assert modal.labels == ("Cliente",)

    await modal.picks("Cliente", "ana@example.com", "Ana López")
    await modal.shows("Id del cliente")
    await modal.choose("Método", EMAIL)
    await modal.submit()
    await modal.shows("Listo")
    message = await agent.direct_message(containing="WHMCS envió a ana@example.com")
    assert not message.is_ephemeral


async def test_the_shortcut_on_a_message_searches_the_address_in_it_and_answers_there(
    world: World, agent: Person
) -> None:
    customer = world.slack.add_person("Curro Colega")
    message = await customer.posts("Hola, ana@example.com no puede entrar y ada@example.com tampoco")
    modal = await agent.uses_message_shortcut(ON_MESSAGE, message)
    await modal.shows("Id del cliente")
    assert "#42" in modal.text
    assert "ana@example.com" in (modal.chosen("Usuario") or "")

    await modal.choose("Método", EMAIL)
    await modal.submit()
    answer = await agent.ephemeral_message(containing="WHMCS envió a ana@example.com")
    assert answer.channel == message.channel
    assert customer.ephemeral_messages == ()


async def test_it_works_in_a_thread_and_on_what_another_app_posted(world: World, agent: Person) -> None:
    tickets = world.slack.add_person("Tickets", is_bot=True)
    first = await tickets.posts("Novedades del día")
    answer = await tickets.posts("Escribe ada@example.com", thread=first)
    modal = await agent.uses_message_shortcut(ON_MESSAGE, answer)
    await modal.shows("#51")
    assert "Ada Lovelace" in (modal.chosen("Usuario") or "")


@pytest.mark.parametrize("text", ["Re: [Ticket ID: 516757] Acceso", "¿Quién toma #ABC-123456 de eva@example.org?"])
async def test_the_ticket_that_a_message_names_is_opened_before_any_address(agent: Person, text: str) -> None:
    modal = await agent.uses_message_shortcut(ON_MESSAGE, await agent.posts(text))
    await modal.shows("Id del cliente")
    assert "#42" in modal.text
    assert "abrió el ticket" in modal.text


async def test_a_message_that_names_nobody_opens_the_empty_form(agent: Person) -> None:
    modal = await agent.uses_message_shortcut(ON_MESSAGE, await agent.posts("no puede entrar, llame al 600 000 000"))
    assert modal.labels == ("Cliente",)
    assert "por su comienzo" in modal.text


async def test_what_the_bot_itself_wrote_names_nobody(world: World, agent: Person) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    world.slack.faults.add(Fault("response_url", "status_500"))
    await modal.submit()
    message = await agent.direct_message(containing="WHMCS envió a ana@example.com")
    fresh = await agent.uses_message_shortcut(ON_MESSAGE, message)
    assert "por su comienzo" in fresh.text


async def test_somebody_who_is_no_agent_gets_a_refusal_and_no_modal(world: World) -> None:
    stranger = world.slack.add_person("Nadie Ninguno")
    message = await stranger.posts("ana@example.com")
    before = len(world.whmcs.calls)
    await stranger.sends_message_shortcut(ON_MESSAGE, message)
    await stranger.ephemeral_message(containing=REFUSAL)
    assert stranger.direct_messages == ()
    await stranger.sends_shortcut(SHORTCUT)
    await stranger.direct_message(containing=REFUSAL)

    assert stranger.modals == ()
    assert len(world.whmcs.calls) == before
    assert world.audit("access") == [("DENIED", "not_an_agent")] * 2
    assert {row["step"] for row in world.audit_rows() if row["action"] == "access"} == {"shortcut"}


async def test_while_resets_are_paused_a_shortcut_says_so_and_opens_nothing(world: World, agent: Person) -> None:
    world.execute(
        "INSERT INTO pauses (reason, paused_by, paused_at) VALUES ('WHMCS se actualiza', 'Berta', '2026-01-01 00:00:00')"
    )
    await agent.sends_shortcut(SHORTCUT)
    await agent.direct_message(containing="WHMCS se actualiza")
    await agent.sends_message_shortcut(ON_MESSAGE, await agent.posts("ana@example.com"))
    await agent.ephemeral_message(containing="WHMCS se actualiza")
    assert agent.modals == ()


async def test_a_trigger_that_has_run_out_is_said(world: World, agent: Person) -> None:
    payload = world.slack.shortcut_payload(agent, SHORTCUT)
    world.slack.advance(3.5)
    await world.slack.deliver("shortcut", payload)
    await agent.direct_message(containing="Slack no abrió el formulario")


async def test_shortcuts_arrive_over_a_socket_as_well(socket_world: World) -> None:
    async with socket_world.bot():
        agent = socket_world.agent
        modal = await agent.uses_shortcut(SHORTCUT)
        assert modal.labels == ("Cliente",)
        modal = await agent.uses_message_shortcut(ON_MESSAGE, await agent.posts("ana@example.com"))
        await modal.shows("#42")
