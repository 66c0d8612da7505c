"""*Reset e-mail*, from a signed request to WHMCS, Slack and the audit."""

import pytest

from sandbox.slack import LocalSlack, Person
from sandbox.whmcs import LocalWhmcs
from tests.harness.world import EMAIL, GROUP, World, fill_form, open_card

pytestmark = [pytest.mark.asyncio, pytest.mark.both_modes]


async def test_a_reset_email_by_exact_address_takes_three_interactions(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await agent.types("/reset-password ana@example.com")
    await modal.shows("Ana López")
    await modal.choose("Método", EMAIL)
    await modal.submit()

    await modal.shows("WHMCS envió a ana@example.com (cliente #42) un correo")
    assert "La contraseña sigue igual" in modal.text
    assert [mail.email for mail in whmcs.reset_emails] == ["ana@example.com"]
    assert running.audit() == [("STARTED", ""), ("SUCCEEDED", "")]


async def test_only_the_agent_sees_the_confirmation_where_they_typed(agent: Person, slack: LocalSlack) -> None:
    colleague = slack.add_person("Curro Colega")
    modal = await agent.types("/reset-password ana@example.com")
    await modal.shows("Ana López")
    await modal.choose("Método", EMAIL)
    await modal.submit()

    confirmation = await agent.ephemeral_message(containing="ana@example.com")
    assert "cliente #42" in confirmation.visible_text
    assert colleague not in slack.people_who_saw("ana@example.com")


async def test_the_sentence_to_copy_is_in_the_clients_language(slack: LocalSlack) -> None:
    english = slack.add_person("Edith Example", locale="en-GB", groups=[GROUP])
    modal = await english.types("/reset-password ana@example.com")
    await modal.shows("Ana López")
    await modal.choose("Method", "Send a password-reset e-mail")
    await modal.submit()

    await modal.shows("To copy for the client:")
    assert "Le enviamos un correo a ana@example.com" in modal.text


async def test_a_reset_email_by_client_id(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await agent.types("/reset-password #51")
    await modal.shows("Ada Lovelace")
    await modal.choose("Método", EMAIL)
    await modal.submit()

    await modal.shows("Listo")
    assert [mail.email for mail in whmcs.reset_emails] == ["ada@example.com"]


async def test_digits_alone_are_a_client_id(agent: Person) -> None:
    modal = await open_card(agent, "51")
    assert "Ada Lovelace" in modal.text


async def test_a_reset_email_by_name_among_several(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await agent.types("/reset-password Ana López")
    await modal.shows("Se encontraron 3 clientes")
    assert "Buscar de nuevo" in modal.buttons
    await modal.choose("Coincidencias", "Ana López · Floristería Ana")
    await modal.shows("Id del cliente")
    await modal.choose("Método", EMAIL)
    await modal.submit()

    await modal.shows("Listo")
    assert [mail.email for mail in whmcs.reset_emails] == ["ana.lopez@example.test"]


async def test_a_reset_email_by_type_ahead(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await agent.types("/reset-password")
    await modal.picks("Cliente", "lovel", "Ada Lovelace")
    await modal.shows("Id del cliente")
    assert "Ada Lovelace" in (modal.chosen("Cliente") or "")
    await modal.choose("Método", EMAIL)
    await modal.submit()

    await modal.shows("Listo")
    assert [mail.email for mail in whmcs.reset_emails] == ["ada@example.com"]


async def test_a_reset_email_adds_one_line_to_the_activity_log(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await agent.types("/reset-password ana@example.com")
    await modal.shows("Ana López")
    await modal.choose("Método", EMAIL)
    await modal.submit()

    await whmcs.wait_for_call("LogActivity")
    reference = str(running.audit_rows()[-1]["reference"])
    lines = [line.description for line in whmcs.activity if reference in line.description]
    assert len(lines) == 1
    assert agent.id in lines[0]
    assert "ana@example.com" in lines[0]


async def test_the_agent_does_not_notice_a_refused_activity_log_line(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    whmcs.access.allowed_actions = {"GetClients", "GetUsers", "GetClientsDetails", "ResetPassword"}
    modal = await agent.types("/reset-password ana@example.com")
    await modal.shows("Ana López")
    await modal.choose("Método", EMAIL)
    await modal.submit()

    await modal.shows("Listo")
    assert running.audit()[-1] == ("SUCCEEDED", "")


async def test_back_keeps_the_choices_and_takes_a_new_reference(agent: Person) -> None:
    modal = await fill_form(agent, "#61", EMAIL, user="Persona Número 02")
    first = modal.view["private_metadata"]
    await modal.submit()
    await modal.shows("Listo")
    await modal.press("Volver")
    await modal.shows("Id del cliente")

    assert "Número 02" in (modal.chosen("Usuario") or "")
    assert modal.chosen("Método") is not None
    assert modal.view["private_metadata"] != first
