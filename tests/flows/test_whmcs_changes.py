"""WHMCS changes between form and submission, has thousands of matches, or grants fewer actions.

Only in HTTP mode, since the mode makes no difference here.
"""

import pytest

from sandbox.slack import Person
from sandbox.whmcs import Fault, LocalWhmcs
from sandbox.whmcs.api import ROLE
from tests.harness.plain_http import http_client
from tests.harness.world import EMAIL, SET, World, complete_reset, fill_form

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("method", [EMAIL, SET])
async def test_a_user_who_was_deleted_while_the_form_was_open_is_refused(
    running: World, agent: Person, whmcs: LocalWhmcs, method: str
) -> None:
    modal = await fill_form(agent, "#61", method, user="Persona Número 03")
    user = whmcs.data.find_user_by_email("persona03@cinco.example.com")
    assert user is not None
    whmcs.remove_user(user.id)
    await modal.submit()

    await modal.shows("ya no pertenece al cliente #61")
    assert "No se cambió nada." in modal.text
    assert whmcs.writes == []
    assert running.audit()[-1] == ("REFUSED", "not_a_user_of_client")


async def test_a_user_who_is_deleted_between_the_check_and_the_email_is_refused(
    running: World, agent: Person, whmcs: LocalWhmcs
) -> None:
    modal = await fill_form(agent, "#61", EMAIL, user="Persona Número 03")
    whmcs.faults.add(Fault("ResetPassword", "refused", message="User Not Found"))
    await modal.submit()

    await modal.shows("ya no existe en WHMCS")
    assert running.audit()[-1] == ("REFUSED", "user_not_found")


async def test_a_client_who_was_deleted_while_the_form_was_open_is_refused(
    running: World, agent: Person, whmcs: LocalWhmcs
) -> None:
    modal = await fill_form(agent, "#43", EMAIL)
    for link in whmcs.data.links_of_client(43):
        whmcs.remove_user(link.user_id)
    del whmcs.clients[43]
    await modal.submit()

    await modal.shows("El cliente #43 no existe en WHMCS")
    assert running.audit()[-1] == ("REFUSED", "client_not_found")
    assert whmcs.writes == []


async def test_a_client_closed_while_the_form_is_open_is_reset_and_marked_afterwards(
    agent: Person, whmcs: LocalWhmcs
) -> None:
    modal = await fill_form(agent, "#43", EMAIL)
    whmcs.clients[43].status = "Closed"
    await modal.submit()

    await modal.shows("Listo")
    assert [mail.email for mail in whmcs.reset_emails] == ["ana.lopez@example.test"]
    await modal.press("Volver")
    await modal.shows("Este cliente está cerrado en WHMCS")


async def test_a_user_whose_address_changed_meanwhile_is_shown_with_the_new_one(
    agent: Person, whmcs: LocalWhmcs
) -> None:
    modal = await fill_form(agent, "#43", EMAIL)
    whmcs.users[whmcs.data.links_of_client(43)[0].user_id].email = "nueva@example.test"
    await modal.submit()

    await modal.shows("WHMCS envió a nueva@example.test")


async def test_a_client_id_that_is_also_a_user_id_resets_the_clients_own_user(agent: Person, whmcs: LocalWhmcs) -> None:
    await complete_reset(agent, "#905", SET)
    message = await agent.direct_message(containing="Contraseña nueva")

    assert whmcs.opens("elena@example.com", message.password)
    assert not whmcs.opens(whmcs.users[905].email, message.password)


async def test_ten_of_ten_thousand_matches_are_shown_with_their_number(agent: Person, whmcs: LocalWhmcs) -> None:
    for number in range(10_000):
        whmcs.add_client("Millar", f"Número {number:05}", f"millar{number}@example.com")
    modal = await agent.types("/reset-password mill")
    await modal.shows("10000 clientes comienzan por «mill»")

    assert len(modal.options("Coincidencias")) == 10
    options = await modal.suggestions("Cliente", "mill")
    assert len(options) == 26
    assert options[-1] == "9975 más: siga escribiendo"


@pytest.mark.parametrize(
    ("fault", "said"),
    [(Fault("GetUsers", "not_permitted"), "le falta"), (Fault("GetUsers", "unknown_action"), "no conoce")],
)
async def test_clients_are_found_and_reset_without_get_users(
    agent: Person, whmcs: LocalWhmcs, fault: Fault, said: str
) -> None:
    whmcs.faults.add(fault)
    modal = await agent.types("/reset-password ana.lopez@example.test")
    await modal.shows("Pueden faltar clientes en esta lista")
    assert f"{said} la acción GetUsers" in modal.text
    await modal.choose("Coincidencias", "Ana López · Floristería Ana · ana.lopez@example.test · #43")
    await modal.shows("Id del cliente")
    await modal.choose("Método", EMAIL)
    await modal.submit()
    await modal.shows("Listo")


async def test_without_whmcs_details_the_bot_is_ready_and_whmcs_is_ok(http_world: World) -> None:
    http_world.whmcs.access.allowed_actions = set(ROLE) - {"WhmcsDetails"}
    async with http_world.bot(), http_client() as http:
        answer = (await http.get(f"{http_world.ops_url}/readyz")).json()
        await complete_reset(http_world.agent, "ana@example.com", EMAIL)
    assert (answer["status"], answer["whmcs"]) == ("ready", "ok")


async def test_broken_characters_in_both_responses_are_reported_with_whmcss_message(
    agent: Person, whmcs: LocalWhmcs
) -> None:
    whmcs.faults.add(Fault("*", "not_worded"))
    modal = await agent.types("/reset-password ana")
    await modal.shows("Malformed UTF-8 characters")
    assert "Buscar de nuevo" in modal.buttons
