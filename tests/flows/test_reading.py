"""Addresses and numbers that people type, paste or point at are read whole, and a partial reading selects nobody."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox.slack import Modal
from sandbox.whmcs import Fault as WhmcsFault
from tests.harness.world import World, open_card

pytestmark = pytest.mark.asyncio

ON_MESSAGE = "reset_password_message"
CARD = "Id del cliente"
LOPEZ = "lopez&ana@example.com"


@pytest_asyncio.fixture
async def here(http_world: World) -> AsyncIterator[World]:
    """Client 300 has the user `lopez&ana@example.com`; ana@example.com is client 42's, ticket 705533 is client 43's."""
    data = http_world.whmcs.data
    data.add_client("Leo", "López", "leo@example.test", client_id=300)
    data.add_user("Leo", "López", LOPEZ, client_ids=[300], is_owner=True)
    async with http_world.bot():
        yield http_world


async def pointed_at(here: World, message: str | dict[str, Any]) -> Modal:
    """Use the shortcut on a message: mrkdwn as Slack sends it, or a whole message."""
    tickets = here.slack.add_person("Avisos", is_bot=True)
    posted = await tickets.shares({"text": message} if isinstance(message, str) else message)
    return await here.agent.uses_message_shortcut(ON_MESSAGE, posted)


def link(address: str) -> str:
    return f"<mailto:{address}|{address}>"


# An address is read whole.


@pytest.mark.parametrize(
    "text",
    [
        f"Leo no puede entrar: {link('lopez&amp;ana@example.com')}",
        f"Leo no puede entrar: lopez&amp;{link('ana@example.com')}",
        "Leo no puede entrar: lopez&amp;ana@example.com.",
        "Leo <mailto:lopez%26ana@example.com|lopez&amp;ana@example.com>",
    ],
)
async def test_an_address_with_an_ampersand_opens_its_own_client(here: World, text: str) -> None:
    modal = await pointed_at(here, text)
    await modal.shows(CARD)
    assert "#300" in modal.text
    assert LOPEZ in (modal.chosen("Usuario") or "")


async def test_an_address_that_slack_links_only_in_part_is_read_whole(here: World) -> None:
    posted = await here.agent.posts("Leo no puede entrar: lopez&ana@example.com")
    modal = await here.agent.uses_message_shortcut(ON_MESSAGE, posted)
    await modal.shows(CARD)
    assert "#300" in modal.text


@pytest.mark.parametrize(
    "address",
    ["x&amp;ana@example.com", "x/ana@example.com", "x=ana@example.com", "x'ana@example.com", "x!ana@example.com"],
)
async def test_an_unknown_address_is_not_read_as_the_shorter_one_inside_it(here: World, address: str) -> None:
    modal = await pointed_at(here, f"No puede entrar: {link(address)}")
    await modal.shows("No se encontró")
    assert "#42" not in modal.text


@pytest.mark.parametrize(
    "text", ["ana@example.com@example.test", "ana@example.com/eva", "ana@example.com.", "(ana@example.com)"]
)
async def test_characters_after_an_address_belong_to_it_unless_they_end_a_sentence(here: World, text: str) -> None:
    modal = await pointed_at(here, f"No puede entrar {text}")
    if text in {"ana@example.com.", "(ana@example.com)"}:
        await modal.shows(CARD)
        assert "#42" in modal.text
    else:
        assert "#42" not in modal.text


async def test_nobody_is_selected_if_another_address_cannot_be_read(here: World) -> None:
    modal = await pointed_at(here, "ana@example.com/eva@example.org no pueden entrar, ada@example.com tampoco")
    await modal.shows("#51")
    assert CARD not in modal.text
    await modal.choose("Coincidencias", "Ada Lovelace")
    await modal.shows(CARD)


@pytest.mark.parametrize(
    "text",
    [
        "Correo: ana\u200b@example.com",
        "Correo: ana@exam\u00adple.com",
        "Correo: \u202aana@example.com\u202c",
        "Correo:\u00a0ana\uff20example.com",
        "¿Es `ana@example.com`?",
        "*ana@example.com*, por favor",
        "«ana@example.com» pide ayuda",
    ],
)
async def test_an_address_with_invisible_or_enclosing_characters_is_found(here: World, text: str) -> None:
    modal = await pointed_at(here, text)
    await modal.shows(CARD)
    assert "#42" in modal.text


# Numbers and addresses that disagree.


@pytest.mark.parametrize(
    "number",
    [
        "Pedido #705533 pagado",
        "La orden de compra n.º #705533 está pagada",
        "Factura: #705533",
        "Cotización #705533 aprobada",
        "El presupuesto (#705533)",
        "Servicio #705533",
        "Order #705533",
        "Invoice no. #705533",
        "Quote #705533",
        "Service ID #705533",
        "Pedidos #700001 y #705533",
    ],
)
async def test_the_number_of_an_order_or_invoice_is_not_read_as_a_ticket(here: World, number: str) -> None:
    modal = await pointed_at(here, f"{number}; {link('ana@example.com')} no puede entrar")
    await modal.shows(CARD)
    assert "#42" in modal.text
    assert "GetTicket" not in [call.action for call in here.whmcs.calls]


@pytest.mark.parametrize(
    "text", ["El #10482 está pagado, pero ana@example.com no puede entrar", "ticket 10482: ana@example.com"]
)
async def test_the_address_is_used_if_the_number_matches_no_ticket(here: World, text: str) -> None:
    modal = await pointed_at(here, text)
    await modal.shows(CARD)
    assert "#42" in modal.text


async def test_another_apps_card_opens_the_client_of_its_address_despite_an_id(here: World) -> None:
    post = {
        "title": "Ticket #10482: No puedo entrar",
        "title_link": "https://example.com/?id=10482",
        "text": "ana@example.com",
    }
    modal = await pointed_at(here, {"text": "", "attachments": [post]})
    await modal.shows(CARD)
    assert "#42" in modal.text


async def test_a_number_in_a_message_is_never_a_client_id(here: World) -> None:
    here.whmcs.data.add_client("Raúl", "Ajeno", "raul@example.test", client_id=10482)
    modal = await pointed_at(here, "Nuevo ticket #10482")
    await modal.shows("No se encontró")
    assert "Raúl" not in modal.text


@pytest.mark.parametrize(
    ("text", "clients"),
    [
        ("El ticket #705533 es de ana@example.com", ["#43", "#42"]),
        ("ana@example.com no puede entrar y ada@example.com tampoco", ["#42", "#51"]),
        ("Tickets: ticket #516757, ticket #705533", ["#42", "#43"]),
        ("<mailto:ada@example.com|ana@example.com>", ["#42", "#51"]),
    ],
)
async def test_a_message_about_several_clients_offers_all_and_selects_none(
    here: World, text: str, clients: list[str]
) -> None:
    modal = await pointed_at(here, text)
    await modal.shows("corresponde a clientes distintos")
    options = modal.options("Coincidencias")
    assert [option.rpartition(" ")[2] for option in options] == clients
    assert modal.chosen("Coincidencias") is None
    assert CARD not in modal.text
    await modal.press("Buscar de nuevo")
    await modal.shows("corresponde a clientes distintos")
    assert modal.options("Coincidencias") == options


async def test_two_addresses_of_one_client_open_it_and_select_no_user(here: World) -> None:
    modal = await pointed_at(here, "persona01@cinco.example.com o persona02@cinco.example.com")
    await modal.shows(CARD)
    assert "#61" in modal.text
    assert modal.chosen("Usuario") is None


async def test_a_ticket_and_the_address_of_another_user_of_its_client_select_no_user(here: World) -> None:
    modal = await pointed_at(here, "ticket 007431: persona03@cinco.example.com no puede entrar")
    await modal.shows(CARD)
    assert "#61" in modal.text
    assert modal.chosen("Usuario") is None
    assert "007431" in (modal.chosen("Ticket") or "")


async def test_the_client_of_a_longer_address_is_offered_and_not_selected(here: World) -> None:
    modal = await pointed_at(here, f"No puede entrar {link('eva@example.co')}, ni {link('clara@example.co')}")
    await modal.shows("#63")
    assert CARD not in modal.text


# Ticket numbers in WHMCS's notation.


@pytest.mark.parametrize(
    "typed",
    [
        "#ABC-123456",
        "#abc-123456",
        "[Ticket ID: ABC-123456]",
        "[Ticket ID: ABC-123456] Acceso",
        "Re: [Ticket ID: #ABC-123456] Acceso",
        "Ticket #ABC-123456",
        "Ticket ABC\u2013123456",
        "ticket n.º ABC-123456",
        "\u200b#ABC-123456,",
        "(#ABC-123456)",
    ],
)
async def test_a_ticket_typed_as_whmcs_writes_it_is_found(here: World, typed: str) -> None:
    modal = await open_card(here.agent, typed)
    assert "#42" in modal.text
    assert "ABC-123456" in (modal.chosen("Ticket") or "")


async def test_hash_and_digits_are_a_client_id_unless_called_a_ticket(
    here: World,
) -> None:
    here.whmcs.data.add_client("Raúl", "Ajeno", "raul@example.test", client_id=516757)
    modal = await here.agent.types("/reset-password #516757")
    await modal.shows("Raúl")
    modal = await here.agent.types("/reset-password Ticket #516757")
    await modal.shows("Ticket 516757")
    assert "Raúl" not in modal.text
    modal = await here.agent.types("/reset-password 516757")
    await modal.shows("Ticket 516757")
    assert "Raúl" not in modal.text


async def test_the_card_says_that_digits_were_read_as_a_client_id(here: World) -> None:
    modal = await here.agent.types("/reset-password 43")
    await modal.shows("No hay ningún ticket 43: este es el cliente con ese id")
    modal = await open_card(here.agent, "#43")
    assert "No hay ningún ticket" not in modal.text


@pytest.mark.parametrize(
    "typed",
    [
        "#516757",
        "516757",
        "[Ticket ID: 516757]",
        "Ticket #516757",
        "[Ticket ID: 516757] No recuerdo",
        "\uff03516757 ",
        "ticket: 516757",
    ],
)
async def test_the_field_for_tickets_takes_a_number_as_whmcs_writes_it(here: World, typed: str) -> None:
    modal = await open_card(here.agent, "#42")
    [option] = await modal.suggestions("Ticket", typed)
    assert option.startswith("516757")


@pytest.mark.parametrize("typed", ["#ABC-123456", "#229910", "[Ticket ID: 229910]", "#ABC", "abc\u2013123"])
async def test_the_field_for_tickets_takes_letters_closed_tickets_and_prefixes(here: World, typed: str) -> None:
    modal = await open_card(here.agent, "#42")
    assert len(await modal.suggestions("Ticket", typed)) == 1


# Quoted, typographic and unusual text.

WRAPPED = [
    "Ana López <ana@example.com>",
    "<ana@example.com>",
    "<mailto:ana@example.com|ana@example.com>",
    "mailto:ana@example.com",
    "ana@example.com,",
    "ana@example.com.",
    "ana@example.com;",
    "`ana@example.com`",
    "Ana López &lt;ana@example.com&gt;",
    '"López, Ana" <ana@example.com>',
    "'ana@example.com'",
    "\u201cana@example.com\u201d",
    "[ana@example.com]",
    "(ana@example.com)",
    "*ana@example.com*",
    "mailto:ana@example.com?subject=Hola",
    "\uff41\uff4e\uff41\uff20example.com",
]


@pytest.mark.parametrize("typed", WRAPPED)
async def test_a_wrapped_address_is_found_by_the_command_and_the_type_ahead(here: World, typed: str) -> None:
    modal = await open_card(here.agent, typed)
    assert "#42" in modal.text
    assert "ana@example.com" in (modal.chosen("Usuario") or "")
    [option] = await modal.suggestions("Cliente", typed)
    assert option.endswith("#42")


@pytest.mark.parametrize(
    ("typed", "client"),
    [
        ("Smith &amp; Sons", "#68"),
        ("Liam O\u2019Brien", "#68"),
        ("O\u2018Brien", "#68"),
        ("O\u00b4Brien", "#68"),
        ("Oscar\u00a0Ortiz", "#67"),
        ("O\u0301scar Ortiz", "#67"),
        ("\uff2f\uff52\uff54\uff49\uff5a e Hijos", "#67"),
        ('"Ortiz e Hijos"', "#67"),
        ("\u00c5ngstro\u0308m\u2013\u0141ukasiewicz", "#73"),
        ("Zo\u00eb\u200b", "#73"),
    ],
)
async def test_typographic_letters_and_signs_are_searched_as_plain_ones(here: World, typed: str, client: str) -> None:
    modal = await here.agent.types(f"/reset-password {typed}")
    await modal.shows(client)
    [option] = await modal.suggestions("Cliente", typed)
    assert option.endswith(client)


async def test_whmcs_is_asked_with_composed_letters(here: World) -> None:
    modal = await here.agent.types("/reset-password Lo\u0301pez")
    await modal.shows("#42")
    asked = [
        call.parameters.get("search", "") for call in here.whmcs.calls if call.action in {"GetClients", "GetUsers"}
    ]
    assert {text for text in asked if text} == {"López"}


@pytest.mark.parametrize("typed", ["Bruno ana@example.com", "pedido #705533 ana@example.com", "ana@example.com 516757"])
async def test_other_words_beside_an_address_offer_its_client_without_selecting_it(here: World, typed: str) -> None:
    modal = await here.agent.types(f"/reset-password {typed}")
    await modal.shows("#42")
    assert CARD not in modal.text
    assert modal.chosen("Coincidencias") is None


# E-mails forwarded to a channel.


def forwarded(**mail: Any) -> dict[str, Any]:
    """Return the message that Slack makes of a mail that was sent to a channel."""
    standard: dict[str, Any] = {
        "filetype": "email",
        "mode": "email",
        "subject": "No puedo entrar",
        "from": [{"address": "ana@example.com", "name": "Ana López"}],
        "to": [{"address": "soporte@hosting.example.com"}],
        "cc": [],
        "plain_text": "Hola:\n\nno puedo entrar.\n\nAna",
    }
    return {"text": "", "files": [standard | mail]}


@pytest.mark.parametrize(
    "mail",
    [
        {},
        {"plain_text": "Escriba a ventas@hosting.example.com o a soporte@hosting.example.com. ana@example.com"},
        {"cc": [{"address": "ada@example.com"}], "plain_text": "Copio a ada@example.com"},
        {"to": [{"address": "ada@example.com"}]},
        {"from": [{"address": "Ana López <ana@example.com>"}]},
        {"from": [{"address": "agente@hosting.example.com"}], "plain_text": "De: Ana <ana@example.com>"},
        {"subject": "Factura #705533 pagada"},
    ],
)
async def test_the_sender_of_a_forwarded_mail_is_found_and_its_recipients_are_not(
    here: World, mail: dict[str, Any]
) -> None:
    modal = await pointed_at(here, forwarded(**mail))
    await modal.shows(CARD)
    assert "#42" in modal.text
    assert "ana@example.com" in (modal.chosen("Usuario") or "")


async def test_the_ticket_in_a_forwarded_mails_subject_comes_first(here: World) -> None:
    modal = await pointed_at(here, forwarded(subject="Re: [Ticket ID: 516757] No puedo entrar"))
    await modal.shows(CARD)
    assert "516757" in (modal.chosen("Ticket") or "")
    assert "ana@example.com" in (modal.chosen("Usuario") or "")


async def test_a_ticket_in_the_subject_and_another_clients_sender_are_both_offered(here: World) -> None:
    modal = await pointed_at(here, forwarded(subject="[Ticket ID: 705533] Ayuda"))
    await modal.shows("corresponde a clientes distintos")
    options = modal.options("Coincidencias")
    assert options[0].endswith("#43")
    assert options[1].endswith("#42")


async def test_an_attachment_that_is_not_a_mail_is_ignored(here: World) -> None:
    file = {"filetype": "text", "name": "ana@example.com.txt", "plain_text": "ana@example.com"}
    modal = await pointed_at(here, {"text": "", "files": [file, None, {"filetype": "email", "from": "no"}]})
    assert "por su comienzo" in modal.text


# A failed search is never reported as not found.


@pytest.mark.parametrize("kind", ["html", "empty", "html_500", "wrong_json", "drop_before", "refused"])
async def test_an_unreadable_ticket_is_not_reported_as_not_found(here: World, kind: Any) -> None:
    here.whmcs.faults.add(WhmcsFault("GetTicket", kind))
    modal = await here.agent.types("/reset-password 516757")
    await modal.shows("No se sabe si «516757» es el número de un ticket")
    assert "No se encontró" not in modal.text


@pytest.mark.parametrize("kind", ["html", "empty", "status_503"])
async def test_the_address_beside_an_unreadable_ticket_is_offered_and_not_selected(here: World, kind: Any) -> None:
    here.whmcs.faults.add(WhmcsFault("GetTicket", kind))
    modal = await pointed_at(here, f"ticket #516757 de {link('ana@example.com')}")
    await modal.shows("No se sabe si «516757» es el número de un ticket")
    assert "No se encontró" not in modal.text
    assert CARD not in modal.text
    assert modal.chosen("Coincidencias") is None
    await modal.choose("Coincidencias", "Ana López")
    await modal.shows(CARD)


async def test_digits_whose_ticket_cannot_be_read_select_no_client_by_id(here: World) -> None:
    here.whmcs.faults.add(WhmcsFault("GetTicket", "html"))
    modal = await here.agent.types("/reset-password 43")
    await modal.shows("No se sabe si «43» es el número de un ticket")
    assert CARD not in modal.text
    assert modal.options("Coincidencias")[0].endswith("#43")


@pytest.mark.parametrize("action", ["GetClients", "GetUsers"])
async def test_a_failed_search_for_an_address_beside_a_ticket_selects_nobody(here: World, action: str) -> None:
    here.whmcs.faults.add(WhmcsFault(action, "html"))
    modal = await pointed_at(here, "ticket #516757 de eva@example.com")
    await modal.shows("#42")
    assert CARD not in modal.text
    assert "Pueden faltar clientes" in modal.text


@pytest.mark.parametrize("action", ["GetClients", "GetUsers"])
async def test_half_a_search_without_matches_is_reported_as_a_failure(here: World, action: str) -> None:
    here.whmcs.faults.add(WhmcsFault(action, "html"))
    modal = await here.agent.types("/reset-password nadie")
    await modal.shows("Buscar de nuevo")
    assert "No se encontró" not in modal.text
    [option] = await modal.suggestions("Cliente", "nadie")
    assert "WHMCS no responde" in option


@pytest.mark.parametrize("typed", ["43", "#43", "ana@example.com", "Ticket #516757"])
@pytest.mark.parametrize("kind", ["html", "empty"])
async def test_an_unreadable_client_is_reported_as_a_failure(here: World, typed: str, kind: Any) -> None:
    here.whmcs.faults.add(WhmcsFault("GetClientsDetails", kind))
    modal = await here.agent.types(f"/reset-password {typed}")
    await modal.shows("Buscar de nuevo")
    assert "No se encontró" not in modal.text
    assert "WHMCS" in modal.text
    assert CARD not in modal.text


async def test_failed_searches_for_address_and_ticket_are_both_reported(here: World) -> None:
    here.whmcs.faults.add(WhmcsFault("*", "html"))
    modal = await pointed_at(here, f"ticket #516757 de {link('ana@example.com')}")
    await modal.shows("No se sabe si «516757» es el número de un ticket")
    assert "No se encontró" not in modal.text
    here.whmcs.faults.clear()
    await modal.press("Buscar de nuevo")
    await modal.shows(CARD)
    assert "516757" in (modal.chosen("Ticket") or "")


@pytest.mark.parametrize("action", ["GetClients", "GetUsers"])
async def test_the_type_ahead_marks_matches_of_half_a_search(here: World, action: str) -> None:
    here.whmcs.faults.add(WhmcsFault(action, "html"))
    modal = await here.agent.types("/reset-password")
    options = await modal.suggestions("Cliente", "ana@example.com")
    assert options[0].endswith("#42")
    assert "WHMCS respondió solo en parte" in options[-1]


async def test_a_failed_search_for_a_domain_is_reported(http_world: World) -> None:
    role = http_world.whmcs.access.allowed_actions
    assert role is not None
    role.add("GetClientsDomains")
    async with http_world.bot():
        http_world.whmcs.faults.add(WhmcsFault("GetClientsDomains", "html"))
        modal = await http_world.agent.types("/reset-password flores.example.net")
        await modal.shows("Buscar de nuevo")
        assert "No se encontró" not in modal.text
        [option] = await modal.suggestions("Cliente", "flores.example.net")
        assert "WHMCS no responde" in option


async def test_a_failed_ticket_search_in_the_field_is_not_an_empty_list(here: World) -> None:
    modal = await open_card(here.agent, "#42")
    here.whmcs.faults.add(WhmcsFault("GetTicket", "html"))
    [option] = await modal.suggestions("Ticket", "#229910")
    assert "WHMCS no responde" in option


async def test_a_guests_ticket_beside_an_address_offers_its_client(here: World) -> None:
    modal = await pointed_at(here, "ticket 440112: ana@example.com no puede entrar")
    await modal.shows("lo abrió un invitado sin cuenta")
    assert modal.options("Coincidencias")[0].endswith("#42")
    assert CARD not in modal.text


@pytest.mark.parametrize("text", ["ticket #705533", "[Ticket ID: 705533]"])
async def test_without_ticket_permission_a_number_beside_an_address_offers_its_client(
    http_world: World, text: str
) -> None:
    role = http_world.whmcs.access.allowed_actions
    assert role is not None
    role -= {"GetTicket", "GetTickets"}
    async with http_world.bot():
        for _ in range(2):
            modal = await pointed_at(http_world, f"{text} de {link('ana@example.com')}")
            await modal.shows("Ana López")
            assert CARD not in modal.text
            assert "le falta la acción GetTicket" in modal.text
