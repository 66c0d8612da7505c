"""What goes wrong with the companion when a password is to be set: which it is, who acts, and that nothing was changed.

In HTTP mode alone: how Slack is reached makes no difference here. Lost answers are in `test_set_password.py`.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from sandbox.whmcs import Fault, LocalWhmcs, seed_password
from sandbox.whmcs.server import ROLE
from tests.flows.world import CALLED_BACK, EMAIL, GROUP, SET, World, fill_form

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def running(http_world: World) -> AsyncIterator[World]:
    async with http_world.bot():
        yield http_world


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
        ("lo rechazó: «Plain http is not accepted.»", "refused: “Plain http is not accepted.”"),
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
async def test_what_the_companion_refuses_is_told_apart_and_the_email_is_left(
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
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{running.ops_url}/readyz")).json()["whmcs"] == "ok"


async def test_another_secret_than_the_companions_is_told(running: World) -> None:
    modal = await fill_form(running.agent, "ana@example.com", SET)
    running.whmcs.companion.secret = "fake-companion-secret-that-was-replaced"
    await modal.submit()
    await modal.shows("no acepta el secreto del bot")
    assert "WHMCS_COMPANION_SECRET" in modal.text
    assert running.audit()[-1] == ("FAILED", "companion_secret")
    assert running.whmcs.writes == []


async def test_clocks_that_differ_by_ten_minutes_are_told(running: World) -> None:
    modal = await fill_form(running.agent, "ana@example.com", SET)
    running.whmcs.faults.companion_clock_offset_seconds = 600
    await modal.submit()
    await modal.shows("Los relojes del bot y de WHMCS no coinciden")
    assert running.audit()[-1] == ("FAILED", "companion_clock")
    assert running.whmcs.writes == []


async def test_a_companion_that_is_asked_too_often_asks_for_a_minute(running: World) -> None:
    modal = await fill_form(running.agent, "ana@example.com", SET)
    running.whmcs.faults.add(Fault("set_password", "companion_rate_limited", retry_after_seconds=60))
    await modal.submit()
    await modal.shows("demasiadas peticiones en este momento. Inténtelo de nuevo en un minuto")
    assert running.audit()[-1] == ("FAILED", "busy")
    assert running.whmcs.writes == []


@pytest.mark.parametrize(("abilities", "methods"), [(("users",), (EMAIL,)), (("set_password",), (EMAIL, SET))])
async def test_an_older_companion_is_used_for_what_it_can_do(
    http_world: World, abilities: tuple[str, ...], methods: tuple[str, ...]
) -> None:
    http_world.whmcs.companion.capabilities = abilities
    async with http_world.bot():
        modal = await http_world.agent.types("/reset-password ana@example.com")
        await modal.shows("Id del cliente")
        assert modal.options("Método") == methods
        await modal.choose("Método", methods[-1])
        await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
        await modal.submit()
        if methods[-1] == SET:
            await modal.submit()
        await modal.shows("Listo")


@pytest.mark.parametrize("method", [EMAIL, SET])
async def test_a_users_second_factor_and_all_but_his_password_stay_as_they_are(running: World, method: str) -> None:
    whmcs: LocalWhmcs = running.whmcs
    user = whmcs.users[whmcs.data.links_of_client(67)[0].user_id]
    before = (user.second_factor, user.email_verified, user.email, user.last_sign_in_at)
    assert user.second_factor
    modal = await fill_form(running.agent, "#67", method)
    await modal.submit()
    await modal.shows("Listo")

    assert (user.second_factor, user.email_verified, user.email, user.last_sign_in_at) == before
    assert whmcs.opens(user.email, seed_password(user.id)) == (method == EMAIL)
    role = {*ROLE, "GetClientsDomains"}
    companion = {"ping", "users", "set_password", "result"}
    assert {call.action for call in whmcs.calls} <= role | companion


async def test_beside_a_user_stand_the_number_of_other_clients_and_the_last_sign_in(
    running: World, person_of_three: int
) -> None:
    modal = await running.agent.types(f"/reset-password #{person_of_three}")
    await modal.shows("Id del cliente")

    assert "accede a 2 clientes más" in modal.text
    assert "nunca inició sesión" in modal.text
    assert modal.text.count("clientes más") == 1


@pytest.fixture
def person_of_three(running: World) -> int:
    """A client with two users, of whom one opens two other clients and never signed in."""
    client = running.whmcs.add_client("Trini", "Tres", "trini@example.com")
    running.whmcs.add_user("Trini", "Tres", "trini@example.com", client_ids=[client.id, 42, 43])
    running.whmcs.add_user("Sola", "Sólo", "sola@example.com", client_ids=[client.id])
    return client.id
