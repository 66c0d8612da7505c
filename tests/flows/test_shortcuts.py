"""The form opened by the global shortcut or by the message shortcut, which also works in threads."""

import pytest

from sandbox.slack import Fault, Person
from tests.harness.world import EMAIL, World, fill_form

pytestmark = pytest.mark.asyncio

SHORTCUT = "reset_password"
ON_MESSAGE = "reset_password_message"
REFUSAL = "Usted no tiene permiso para restablecer contraseñas"


async def test_the_global_shortcut_opens_an_empty_form_and_confirms_by_direct_message(
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
    running: World, agent: Person
) -> None:
    customer = running.slack.add_person("Curro Colega")
    message = await customer.posts("Hola, ana@example.com no puede entrar, dice eva@example.org")
    modal = await agent.uses_message_shortcut(ON_MESSAGE, message)
    await modal.shows("Id del cliente")
    assert "#42" in modal.text
    assert "ana@example.com" in (modal.chosen("Usuario") or "")

    await modal.choose("Método", EMAIL)
    await modal.submit()
    answer = await agent.ephemeral_message(containing="WHMCS envió a ana@example.com")
    assert answer.channel == message.channel
    assert customer.ephemeral_messages == ()


async def test_the_message_shortcut_works_in_threads_and_on_other_apps_messages(running: World, agent: Person) -> None:
    tickets = running.slack.add_person("Tickets", is_bot=True)
    first = await tickets.posts("Novedades del día")
    answer = await tickets.posts("Escribe ada@example.com", thread=first)
    modal = await agent.uses_message_shortcut(ON_MESSAGE, answer)
    await modal.shows("#51")
    assert "Ada Lovelace" in (modal.chosen("Usuario") or "")


@pytest.mark.parametrize("text", ["Re: [Ticket ID: 516757] Acceso", "¿Quién toma #ABC-123456 de eva@example.org?"])
async def test_a_ticket_in_a_message_is_opened_before_any_address(agent: Person, text: str) -> None:
    modal = await agent.uses_message_shortcut(ON_MESSAGE, await agent.posts(text))
    await modal.shows("Id del cliente")
    assert "#42" in modal.text
    assert "abrió el ticket" in modal.text


async def test_a_message_that_names_nobody_opens_the_empty_form(agent: Person) -> None:
    modal = await agent.uses_message_shortcut(ON_MESSAGE, await agent.posts("no puede entrar, llame al 600 000 000"))
    assert modal.labels == ("Cliente",)
    assert "por su comienzo" in modal.text


async def test_the_bots_own_messages_are_not_searched(running: World, agent: Person) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    running.slack.faults.add(Fault("response_url", "status_500"))
    await modal.submit()
    message = await agent.direct_message(containing="WHMCS envió a ana@example.com")
    fresh = await agent.uses_message_shortcut(ON_MESSAGE, message)
    assert "por su comienzo" in fresh.text


async def test_a_shortcut_of_a_person_who_is_no_agent_is_refused(running: World) -> None:
    stranger = running.slack.add_person("Nadie Ninguno")
    message = await stranger.posts("ana@example.com")
    before = len(running.whmcs.calls)
    await stranger.sends_message_shortcut(ON_MESSAGE, message)
    await stranger.ephemeral_message(containing=REFUSAL)
    assert stranger.direct_messages == ()
    await stranger.sends_shortcut(SHORTCUT)
    await stranger.direct_message(containing=REFUSAL)

    assert stranger.modals == ()
    assert len(running.whmcs.calls) == before
    assert running.audit("access") == [("DENIED", "not_an_agent")] * 2
    assert {row["step"] for row in running.audit_rows() if row["action"] == "access"} == {"shortcut"}


async def test_a_shortcut_during_a_pause_reports_it_and_opens_nothing(running: World, agent: Person) -> None:
    running.execute(
        "INSERT INTO pauses (reason, paused_by, paused_at) VALUES ('WHMCS se actualiza', 'Berta', '2026-01-01 00:00:00')"
    )
    await agent.sends_shortcut(SHORTCUT)
    await agent.direct_message(containing="WHMCS se actualiza")
    await agent.sends_message_shortcut(ON_MESSAGE, await agent.posts("ana@example.com"))
    await agent.ephemeral_message(containing="WHMCS se actualiza")
    assert agent.modals == ()


async def test_an_expired_trigger_of_a_shortcut_is_reported(running: World, agent: Person) -> None:
    payload = running.slack.shortcut_payload(agent, SHORTCUT)
    running.slack.advance(3.5)
    await running.slack.deliver("shortcut", payload)
    await agent.direct_message(containing="Slack no abrió el formulario")


async def test_shortcuts_work_in_socket_mode(socket_world: World) -> None:
    async with socket_world.bot():
        agent = socket_world.agent
        modal = await agent.uses_shortcut(SHORTCUT)
        assert modal.labels == ("Cliente",)
        modal = await agent.uses_message_shortcut(ON_MESSAGE, await agent.posts("ana@example.com"))
        await modal.shows("#42")
