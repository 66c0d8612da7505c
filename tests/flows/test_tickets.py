"""Tickets: from a number to the user who opened it, what that proves, and the verification before a reset."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.whmcs import Fault as WhmcsFault
from tests.flows.test_access import forge
from tests.harness.world import CALLED_BACK, EMAIL, SET, World, complete_reset, fill_form, open_card

pytestmark = pytest.mark.asyncio

VERIFIED = "¿Cómo se verificó a la persona?"
NOTHING = "No se cambió nada."


@pytest_asyncio.fixture
async def here(http_world: World) -> AsyncIterator[World]:
    """Department 2 accepts tickets only from signed-in clients."""
    async with http_world.bot(TICKET_DEPARTMENTS_SIGNED_IN="2"):
        yield http_world


def last_reset(world: World) -> dict[str, object]:
    return [row for row in world.audit_rows() if row["action"] == "reset"][-1]


@pytest.mark.parametrize(
    ("typed", "client", "user"),
    [
        ("516757", "#42", "ana@example.com"),
        ("ABC-123456", "#42", "ana@example.com"),
        ("abc-123456", "#42", "ana@example.com"),
        ("007431", "#61", "persona02@cinco.example.com"),
        ("AAA - 111 - 2013", "#61", "persona01@cinco.example.com"),
    ],
)
async def test_a_ticket_number_finds_its_client_and_the_user_who_opened_it(
    here: World, typed: str, client: str, user: str
) -> None:
    modal = await open_card(here.agent, typed)
    assert client in modal.text
    assert user in (modal.chosen("Usuario") or "")
    assert typed.upper() in (modal.chosen("Ticket") or "")
    assert "abrió el ticket" in modal.text


async def test_a_ticket_of_a_signed_in_user_is_strong_proof_and_needs_no_verification(here: World) -> None:
    modal = await open_card(here.agent, "ABC-123456")
    assert "Prueba sólida" in modal.text
    await modal.choose("Método", SET)
    await modal.submit()
    await modal.shows("Confirmar")
    assert "Prueba sólida: este usuario tuvo que iniciar sesión para abrir el ticket" in modal.text
    await modal.submit()
    await modal.shows("Listo")

    events = [row for row in here.audit_rows() if row["action"] == "reset"]
    assert [(e["outcome"], e["ticket"], e["proof"], e["verification"]) for e in events] == [
        ("STARTED", "ABC-123456", "strong", ""),
        ("SUCCEEDED", "ABC-123456", "strong", ""),
    ]


async def test_a_ticket_by_mail_is_some_proof_and_the_verification_must_be_chosen(
    here: World,
) -> None:
    modal = await open_card(here.agent, "516757")
    assert "Prueba parcial" in modal.text
    await modal.choose("Método", SET)
    await modal.submit()
    assert modal.errors[VERIFIED].endswith(NOTHING)
    assert here.audit() == []

    await modal.choose(VERIFIED, CALLED_BACK)
    await modal.submit()
    await modal.shows("Confirmar")
    assert CALLED_BACK in modal.text
    await modal.submit()
    await modal.shows("Listo")
    row = last_reset(here)
    assert (row["proof"], row["verification"], row["ticket"]) == ("some", "called_back", "516757")


async def test_without_a_ticket_there_is_no_proof(here: World) -> None:
    await complete_reset(here.agent, "ana@example.com", EMAIL)
    assert (last_reset(here)["proof"], last_reset(here)["ticket"]) == ("none", "")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("318204", "Sin prueba: el correo desde el que se abrió el ticket no es de ningún usuario de este cliente"),
        ("229910", "Este ticket está cerrado"),
        ("118830", "El ticket 118830 se fusionó con 516757"),
    ],
)
async def test_warnings_about_a_ticket_are_shown_above_the_users(here: World, typed: str, said: str) -> None:
    modal = await open_card(here.agent, typed)
    assert said in modal.text


async def test_a_user_who_did_not_open_the_ticket_is_marked(here: World) -> None:
    modal = await open_card(here.agent, "007431")
    assert modal.text.count("no abrió el ticket") == 4
    await modal.choose("Usuario", "Persona Número 03")
    await modal.choose("Método", SET)
    await modal.choose(VERIFIED, CALLED_BACK)
    await modal.submit()
    await modal.shows("Sin prueba: el ticket lo abrió otro usuario de este cliente")
    await modal.submit()
    await modal.shows("Listo")
    assert last_reset(here)["proof"] == "none"


@pytest.mark.parametrize("typed", ["440112", "440113"])
async def test_a_guests_ticket_selects_no_user_and_proves_nothing(here: World, typed: str) -> None:
    modal = await here.agent.types(f"/reset-password {typed}")
    await modal.shows("lo abrió un invitado sin cuenta")
    assert "no prueba nada" in modal.text
    assert modal.labels == ("Cliente",)


async def test_a_ticket_opened_by_a_guest_with_the_users_address_chooses_no_user(here: World) -> None:
    ticket = here.whmcs.ticket("440113")
    ticket.client_id = 61
    ticket.messages[0].requestor = type(ticket.requestor)("Persona", "persona02@cinco.example.com", "Guest")
    modal = await open_card(here.agent, "440113")
    assert modal.chosen("Usuario") is None
    assert "un invitado, sin iniciar sesión" in modal.text


async def test_an_address_with_an_invisible_character_is_not_the_users(here: World) -> None:
    ticket = here.whmcs.ticket("ABC-123456")
    ticket.messages[0].requestor = type(ticket.requestor)("Ana López", "an\u200ba@example.com", "Registered User")

    modal = await open_card(here.agent, "ABC-123456")

    assert "Sin prueba" in modal.text
    assert "an\ufffda@example.com" in modal.text


async def test_a_ticket_opened_by_staff_proves_nothing(here: World) -> None:
    here.whmcs.ticket("007431").messages[0].admin = "Soporte Ejemplo"
    modal = await open_card(here.agent, "007431")
    assert modal.chosen("Usuario") is None
    assert "lo abrió el propio equipo de soporte" in modal.text


async def test_a_text_that_is_neither_ticket_nor_client_is_reported(here: World) -> None:
    modal = await here.agent.types("/reset-password ZZZ-999999")
    await modal.shows("No se encontró ningún ticket ni cliente para «ZZZ-999999»")


async def test_digits_without_a_matching_ticket_are_a_client_id(here: World) -> None:
    modal = await open_card(here.agent, "43")
    assert "#43" in modal.text
    assert modal.chosen("Ticket") is None


async def test_a_client_id_with_a_hash_is_never_searched_as_a_ticket(here: World) -> None:
    await open_card(here.agent, "#42")
    await open_card(here.agent, "ana@example.com")
    assert "GetTicket" not in [call.action for call in here.whmcs.calls]


async def test_the_clients_open_tickets_are_offered_newest_first(here: World) -> None:
    modal = await open_card(here.agent, "#63")
    options = await modal.suggestions("Ticket", "")
    assert len(options) == 10
    assert options[0].startswith("600000 · Respuesta del cliente ·")
    await modal.picks("Ticket", "", "600003")
    await modal.shows("Prueba parcial")
    assert "Ticket 600003 · Abierto" in modal.text
    assert "clara@example.com" in (modal.chosen("Usuario") or "")
    assert (modal.chosen("Ticket") or "").startswith("600003")


async def test_a_closed_ticket_is_found_by_its_whole_number(here: World) -> None:
    modal = await open_card(here.agent, "#42")
    assert "229910" not in " ".join(await modal.suggestions("Ticket", ""))
    assert len(await modal.suggestions("Ticket", "229910")) == 1
    assert await modal.suggestions("Ticket", "705533") == ()


async def test_tickets_that_cannot_be_listed_are_reported_in_the_field(here: World) -> None:
    modal = await open_card(here.agent, "#42")
    here.whmcs.faults.add(WhmcsFault("GetTickets", "html"))
    [option] = await modal.suggestions("Ticket", "")
    assert "WHMCS no responde" in option


async def test_choosing_another_client_clears_the_ticket(here: World) -> None:
    modal = await open_card(here.agent, "ABC-123456")
    await modal.picks("Cliente", "ada@example.com", "#51")
    await here.agent.waits_until(lambda: "Prueba" not in modal.text)
    await modal.shows("Id del cliente")
    assert modal.chosen("Ticket") is None


async def test_back_keeps_the_ticket_and_the_verification(here: World) -> None:
    modal = await open_card(here.agent, "516757")
    await modal.choose("Método", SET)
    await modal.choose(VERIFIED, CALLED_BACK)
    await modal.submit()
    await modal.shows("Confirmar")
    await modal.press("Volver")
    await modal.shows("Id del cliente")
    assert "516757" in (modal.chosen("Ticket") or "")
    assert modal.chosen(VERIFIED) == CALLED_BACK
    assert modal.chosen("Método") == SET


async def test_a_ticket_of_another_client_is_refused_and_nothing_is_written(
    here: World,
) -> None:
    for method in (EMAIL, SET):
        modal = await open_card(here.agent, "516757")
        await modal.choose("Método", method)
        await modal.choose(VERIFIED, CALLED_BACK)
        here.whmcs.ticket("516757").client_id = 43
        await modal.submit()
        await modal.shows("Este ticket no pertenece al cliente #42")
        await modal.shows(NOTHING)
        assert here.audit()[-1] == ("REFUSED", "not_a_ticket_of_client")
        here.whmcs.ticket("516757").client_id = 42
        await modal.close()
    assert here.whmcs.writes == []


async def test_a_proof_claimed_by_the_form_is_checked_and_refused(here: World) -> None:
    """The form shows that the user opened the ticket; at the submission WHMCS returns another requestor."""
    modal = await open_card(here.agent, "516757")
    await modal.choose("Método", EMAIL)
    ticket = here.whmcs.ticket("516757")
    ticket.messages[0].requestor = type(ticket.requestor)("Otra", "otra@example.test", "Registered User")
    await modal.submit()
    await modal.shows("El ticket ya no prueba lo que probaba")
    assert here.audit()[-1] == ("REFUSED", "proof_changed")
    assert here.whmcs.writes == []


async def test_a_ticket_that_the_card_does_not_show_updates_the_card(here: World) -> None:
    modal = await open_card(here.agent, "#63")
    await modal.choose("Método", EMAIL)
    payload = here.slack.submission_payload(here.agent, modal)
    forge(payload, "ticket", "600003")
    answer = await here.slack.deliver("view_submission", payload)
    assert answer.json()["response_action"] == "update"
    assert "600003" in str(answer.json()["view"])
    assert here.audit() == []


async def test_the_policy_ticket_refuses_a_reset_without_one(http_world: World) -> None:
    async with http_world.bot(TICKET_POLICY="required"):
        modal = await fill_form(http_world.agent, "ana@example.com", EMAIL)
        await modal.submit()
        assert "hace falta un ticket" in modal.errors["Ticket"]
        assert modal.errors["Ticket"].endswith(NOTHING)
        assert http_world.audit() == []
        await modal.picks("Ticket", "", "318204")
        await modal.shows("Ticket 318204")
        await modal.submit()
        await modal.shows("Listo")


async def test_the_policy_requestor_resets_nobody_else(http_world: World) -> None:
    async with http_world.bot(TICKET_POLICY="requestor"):
        modal = await open_card(http_world.agent, "007431")
        await modal.choose("Usuario", "Persona Número 03")
        await modal.choose("Método", EMAIL)
        await modal.submit()
        assert "solo se restablece la contraseña del usuario que abrió el ticket" in modal.errors["Usuario"]
        await modal.choose("Usuario", "Persona Número 02")
        await modal.submit()
        await modal.shows("Listo")
    assert http_world.whmcs.reset_emails[-1].email == "persona02@cinco.example.com"


async def test_with_tickets_disabled_none_is_read_or_offered(http_world: World) -> None:
    async with http_world.bot(TICKET_POLICY="off"):
        modal = await http_world.agent.types("/reset-password 516757")
        await modal.shows("No se encontró ningún cliente")
        again = await open_card(http_world.agent, "#42")
        assert "Ticket" not in again.labels
    assert "GetTicket" not in [call.action for call in http_world.whmcs.calls]


async def test_a_role_without_tickets_is_reported_and_the_rest_works(http_world: World) -> None:
    role = http_world.whmcs.access.allowed_actions
    assert role is not None
    role -= {"GetTicket", "GetTickets"}
    async with http_world.bot():
        modal = await http_world.agent.types("/reset-password 516757")
        await modal.shows("le falta la acción GetTicket")
        again = await open_card(http_world.agent, "#42")
        assert "Ticket" not in again.labels


@pytest.mark.parametrize(("policy", "method"), [("off", SET), ("always", EMAIL)])
async def test_when_a_verification_is_required_is_a_setting(http_world: World, policy: str, method: str) -> None:
    async with http_world.bot(VERIFICATION_POLICY=policy):
        modal = await open_card(http_world.agent, "ana@example.com")
        await modal.choose("Método", method)
        await modal.submit()
        if policy == "off":
            assert VERIFIED not in modal.labels
            await modal.shows("Confirmar")
        else:
            assert modal.errors[VERIFIED].endswith(NOTHING)


async def test_the_configured_verifications_are_offered_and_audited_verbatim(http_world: World, tmp_path: Path) -> None:
    answers = tmp_path / "answers.txt"
    answers.write_text("Preguntado a su gestor\n\n  Código de la factura  \n", encoding="utf-8")
    async with http_world.bot(VERIFICATION_ANSWERS=str(answers)):
        modal = await open_card(http_world.agent, "ana@example.com")
        assert modal.options(VERIFIED) == ("Preguntado a su gestor", "Código de la factura")
        await modal.choose("Método", EMAIL)
        await modal.choose(VERIFIED, "Código")
        payload = http_world.slack.submission_payload(http_world.agent, modal)
        forge(payload, "verification", "Lo conozco")
        await modal.submit()
        await modal.shows("Listo")
        assert last_reset(http_world)["verification"] == "Código de la factura"
        again = await http_world.slack.deliver("view_submission", payload)
        assert "ya se envió con otros valores" in str(again.json())


@pytest.mark.parametrize(("client", "user"), [("#110", "Vera"), ("#113", "Nadia")])
async def test_no_password_is_set_for_users_with_access_to_a_protected_client(
    http_world: World, client: str, user: str
) -> None:
    """113 is an ordinary client whose owner also has access to the protected client 110."""
    async with http_world.bot(PROTECTED_CLIENT_GROUPS="1,2"):
        modal = await open_card(http_world.agent, client)
        await modal.choose("Usuario", user)
        await modal.choose("Método", EMAIL)
        await modal.choose(VERIFIED, CALLED_BACK)
        payload = http_world.slack.submission_payload(http_world.agent, modal)
        forge(payload, "method", "set_password")
        answer = await http_world.slack.deliver("view_submission", payload)
        [error] = answer.json()["errors"].values()
        assert "grupo protegido" in error
        assert error.endswith(NOTHING)
        assert http_world.whmcs.writes == []
        await modal.submit()
        await modal.shows("Listo")


async def test_a_client_that_became_protected_after_the_last_step_is_refused(
    http_world: World,
) -> None:
    whmcs = http_world.whmcs
    async with http_world.bot(PROTECTED_CLIENT_GROUPS="1"):
        modal = await fill_form(http_world.agent, "ana@example.com", SET)
        whmcs.clients[42].groupid = 1
        await modal.submit()
        await modal.shows("grupo protegido")
        assert http_world.audit()[-1] == ("REFUSED", "protected")
        assert whmcs.writes == []


async def test_protection_refuses_if_a_users_clients_are_unknown(http_world: World) -> None:
    async with http_world.bot(PROTECTED_CLIENT_GROUPS="1"):
        modal = await open_card(http_world.agent, "ana@example.com")
        http_world.whmcs.faults.add(WhmcsFault("users", "html"))
        http_world.whmcs.faults.add(WhmcsFault("GetUsers", "html"))
        await modal.choose("Método", SET)
        await modal.choose(VERIFIED, CALLED_BACK)
        await modal.submit()
        await modal.shows("grupo protegido")
        assert http_world.whmcs.writes == []
