"""Faults of the companion when setting a password: the message names the fault, who acts, and that nothing changed.

Only in HTTP mode, since the mode makes no difference here. Lost responses are in `test_set_password.py`.
"""

import pytest

from sandbox.whmcs import Fault, LocalWhmcs, seed_password
from sandbox.whmcs.api import ROLE
from tests.harness.plain_http import http_client
from tests.harness.world import CALLED_BACK, EMAIL, GROUP, SET, World, complete_reset, fill_form, open_card

pytestmark = pytest.mark.asyncio


FAULTS = [
    (Fault("set_password", "companion_absent"), ("no responde", "does not answer"), "not_installed"),
    (Fault("set_password", "companion_inactive"), ("no responde", "does not answer"), "not_installed"),
    (
        Fault("set_password", "companion_address", address="198.51.100.4"),
        ("no acepta la dirección IP del bot (198.51.100.4)", "not accept the bot’s IP address (198.51.100.4)"),
        "companion_address",
    ),
    (
        Fault("set_password", "companion_https"),
        ("lo rechazó: «Plain http is not accepted.»", "refused the request: “Plain http is not accepted.”"),
        "companion_refused",
    ),
    (
        Fault("set_password", "redirect", status=307, location="https://elsewhere.example.com/api.php"),
        ("https://elsewhere.example.com/api.php", "https://elsewhere.example.com/api.php"),
        "companion_redirected",
    ),
]
ALSO = {"es": "Envíe el correo para restablecer", "en": "Send a password-reset e-mail instead"}


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize(("fault", "sentences", "reason"), FAULTS)
async def test_each_refusal_of_the_companion_is_named_and_the_email_remains(
    running: World, fault: Fault, sentences: tuple[str, str], reason: str, language: str
) -> None:
    person = running.slack.add_person("Persona Prueba", locale=language, groups=[GROUP])
    modal = await person.types("/reset-password ana@example.com")
    await modal.shows("Id del cliente" if language == "es" else "Client id")
    await modal.choose("Método" if language == "es" else "Method", SET if language == "es" else "Set a password")
    await modal.choose(
        "¿Cómo se verificó a la persona?" if language == "es" else "How was the person verified?",
        CALLED_BACK if language == "es" else "Called back on the number on file",
    )
    await modal.submit()
    await modal.shows("Confirmar" if language == "es" else "Confirm")
    running.whmcs.faults.add(fault)
    await modal.submit()

    await modal.shows(sentences[0] if language == "es" else sentences[1])
    assert ALSO[language] in modal.text
    assert ("No se cambió nada." if language == "es" else "Nothing was changed.") in modal.text
    assert running.whmcs.writes == []
    assert running.audit()[-1] == ("FAILED", reason)
    async with http_client() as http:
        assert (await http.get(f"{running.ops_url}/readyz")).json()["whmcs"] == "ok"


async def test_a_wrong_companion_secret_is_reported_in_the_form(running: World) -> None:
    modal = await fill_form(running.agent, "ana@example.com", SET)
    running.whmcs.companion.secret = "fake-companion-secret-that-was-replaced"
    await modal.submit()
    await modal.shows("no acepta el secreto del bot")
    assert "WHMCS_COMPANION_SECRET" in modal.text
    assert running.audit()[-1] == ("FAILED", "companion_secret")
    assert running.whmcs.writes == []


async def test_clocks_ten_minutes_apart_are_reported(running: World) -> None:
    modal = await fill_form(running.agent, "ana@example.com", SET)
    running.whmcs.faults.companion_clock_offset_seconds = 600
    await modal.submit()
    await modal.shows("Los relojes del bot y de WHMCS no coinciden")
    assert running.audit()[-1] == ("FAILED", "companion_clock")
    assert running.whmcs.writes == []


async def test_a_rate_limit_of_the_companion_is_reported_with_its_minute(running: World) -> None:
    modal = await fill_form(running.agent, "ana@example.com", SET)
    running.whmcs.faults.add(Fault("set_password", "companion_rate_limited", retry_after_seconds=60))
    await modal.submit()
    await modal.shows("WHMCS está limitando las solicitudes del bot. Inténtelo de nuevo en un minuto")
    assert running.audit()[-1] == ("FAILED", "busy")
    assert running.whmcs.writes == []


@pytest.mark.parametrize(("abilities", "methods"), [(("users",), (EMAIL,)), (("set_password",), (EMAIL, SET))])
async def test_an_older_companion_is_used_as_far_as_it_can(
    http_world: World, abilities: tuple[str, ...], methods: tuple[str, ...]
) -> None:
    http_world.whmcs.companion.capabilities = abilities
    async with http_world.bot():
        modal = await open_card(http_world.agent, "ana@example.com")
        assert modal.options("Método") == methods
        await modal.choose("Método", methods[-1])
        await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
        await modal.submit()
        if methods[-1] == SET:
            await modal.submit()
        await modal.shows("Listo")


@pytest.mark.parametrize("method", [EMAIL, SET])
async def test_a_reset_changes_nothing_but_the_password_of_the_user(running: World, method: str) -> None:
    whmcs: LocalWhmcs = running.whmcs
    user = whmcs.users[whmcs.data.links_of_client(67)[0].user_id]
    before = (user.second_factor, user.email_verified, user.email, user.last_sign_in_at)
    assert user.second_factor
    await complete_reset(running.agent, "#67", method)

    assert (user.second_factor, user.email_verified, user.email, user.last_sign_in_at) == before
    assert whmcs.opens(user.email, seed_password(user.id)) == (method == EMAIL)
    role = {*ROLE, "GetClientsDomains"}
    companion = {"ping", "users", "set_password", "result"}
    assert {call.action for call in whmcs.calls} <= role | companion


async def test_a_user_is_shown_with_other_clients_and_the_last_sign_in(running: World, person_of_three: int) -> None:
    modal = await open_card(running.agent, f"#{person_of_three}")

    assert "accede a 2 clientes más" in modal.text
    assert "nunca inició sesión" in modal.text
    assert modal.text.count("clientes más") == 1


@pytest.fixture
def person_of_three(running: World) -> int:
    """Return a client with two users, of whom one has access to two other clients and never signed in."""
    client = running.whmcs.add_client("Trini", "Tres", "trini@example.com")
    running.whmcs.add_user("Trini", "Tres", "trini@example.com", client_ids=[client.id, 42, 43])
    running.whmcs.add_user("Sola", "Sólo", "sola@example.com", client_ids=[client.id])
    return client.id
