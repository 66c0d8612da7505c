"""What goes wrong with WHMCS: the sentence, who acts, whether anything changed, and what readiness says.

In HTTP mode alone: how Slack is reached makes no difference here.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from sandbox.slack import Modal, Person
from sandbox.whmcs import Fault, LocalWhmcs
from tests.flows.world import CALLED_BACK, EMAIL, GROUP, SET, World, fill_form
from tests.tls import self_signed

pytestmark = pytest.mark.asyncio

NOTHING = {"es": "No se cambió nada.", "en": "Nothing was changed."}
ADMINISTRATOR = {"es": "administrador", "en": "administrator"}
LATER = {"es": "Inténtelo de nuevo", "en": "Try again"}
both = pytest.mark.parametrize("language", ["es", "en"])


@pytest_asyncio.fixture
async def running(http_world: World) -> AsyncIterator[World]:
    """One reset an hour, so that a slot that is not given back shows."""
    async with http_world.bot(AGENT_RESETS_PER_HOUR="1"):
        yield http_world


@pytest_asyncio.fixture
async def agent(running: World) -> Person:
    return running.agent


@pytest_asyncio.fixture
async def whmcs(running: World) -> LocalWhmcs:
    return running.whmcs


async def readiness(world: World) -> tuple[int, str]:
    """The status, and what is said of WHMCS."""
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{world.ops_url}/readyz")
    return answer.status_code, str(answer.json()["whmcs"])


async def form_of(person: Person, language: str) -> Modal:
    if language == "es":
        return await fill_form(person, "ana@example.com", EMAIL)
    modal = await person.types("/reset-password ana@example.com")
    await modal.shows("Client id")
    await modal.choose("Method", "Send a password-reset e-mail")
    return modal


VERIFIED = {
    "es": ("¿Cómo se verificó a la persona?", CALLED_BACK),
    "en": ("How was the person verified?", "Called back on the number on file"),
}
PAGE = ("por ejemplo de mantenimiento o de un firewall", "a maintenance page or one of a firewall")
LOST = ("Se perdió la conexión con WHMCS", "The connection to WHMCS was lost")
UNREADABLE = ("una respuesta que no se puede leer", "something that can’t be read")
OWN_WORDS = ("«Frozen by a hook»", "“Frozen by a hook”")
BEFORE = [
    (Fault("GetClientsDetails", "html"), PAGE, "web_page", LATER),
    (Fault("GetClientsDetails", "html_403"), ("(HTTP 403)", "(HTTP 403)"), "web_page", LATER),
    (Fault("GetClientsDetails", "html_500"), ("(HTTP 500)", "(HTTP 500)"), "web_page", LATER),
    (Fault("GetClientsDetails", "wrong_json"), UNREADABLE, "unusable_answer", LATER),
    (Fault("GetClientsDetails", "empty"), UNREADABLE, "unusable_answer", LATER),
    (Fault("GetClientsDetails", "drop_before"), LOST, "connection_lost", LATER),
    (Fault("GetClientsDetails", "truncated"), LOST, "connection_lost", LATER),
    (Fault("ResetPassword", "status_429"), ("demasiadas peticiones", "asked too often"), "busy", LATER),
    (Fault("GetClientsDetails", "credentials"), ("credenciales", "credentials"), "credentials", ADMINISTRATOR),
    (Fault("ResetPassword", "credentials"), ("credenciales", "credentials"), "credentials", ADMINISTRATOR),
    (Fault("ResetPassword", "invalid_ip"), ("203.0.113.7", "203.0.113.7"), "address_refused", ADMINISTRATOR),
    (
        Fault("ResetPassword", "invalid_ip", address="2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        "address_refused",
        ADMINISTRATOR,
    ),
    (
        Fault("ResetPassword", "not_permitted"),
        ("le falta la acción ResetPassword", "lacks the action ResetPassword"),
        "not_permitted",
        ADMINISTRATOR,
    ),
    (
        Fault("ResetPassword", "unknown_action"),
        ("no conoce la acción ResetPassword", "does not know the action ResetPassword"),
        "unknown_action",
        ADMINISTRATOR,
    ),
    (Fault("ResetPassword", "refused", message="Frozen by a hook"), OWN_WORDS, "whmcs_refused", ADMINISTRATOR),
    (Fault("ResetPassword", "refused_nvp", message="Frozen by a hook"), OWN_WORDS, "whmcs_refused", ADMINISTRATOR),
]


async def test_a_slow_whmcs_leaves_the_modal_and_every_acknowledgement_within_slacks_limit(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    slack = running.slack
    whmcs.faults.add(Fault("*", "slow_before", seconds=5))
    modal = await agent.types("/reset-password ana@example.com")
    assert await modal.suggestions("Cliente", "an") == ("WHMCS no responde ahora; escriba de nuevo en un momento",)
    await modal.shows("Id del cliente", timeout_seconds=15)
    await modal.choose("Método", EMAIL)
    await modal.submit()
    await modal.shows("Un momento")
    await modal.shows("Listo", timeout_seconds=15)
    assert max(request.seconds for request in slack.requests_to_bot) < slack.acknowledgement_seconds
    whmcs.faults.clear()


@both
@pytest.mark.parametrize(("fault", "sentences", "reason", "who"), BEFORE)
async def test_what_fails_before_anything_changed_says_so_and_who_acts_and_frees_its_slot(
    running: World,
    fault: Fault,
    sentences: tuple[str, str],
    reason: str,
    who: dict[str, str],
    language: str,
) -> None:
    person = running.slack.add_person("Persona Prueba", locale=language, groups=[GROUP])
    modal = await form_of(person, language)
    running.whmcs.faults.add(fault)
    await modal.submit()

    await modal.shows(sentences[0] if language == "es" else sentences[1], timeout_seconds=12)
    assert who[language] in modal.text
    assert NOTHING[language] in modal.text
    assert running.whmcs.writes == []
    assert running.audit()[-1] == ("FAILED", reason)
    assert await readiness(running) == (200, f"degraded: {reason}")

    running.whmcs.faults.clear()
    await modal.press("Volver" if language == "es" else "Back")
    await modal.shows("Id del cliente" if language == "es" else "Client id")
    if reason == "not_permitted":
        # What is left is to set a password: it has to be said how the person was verified, and it is confirmed.
        await modal.choose(*VERIFIED[language])
        await modal.submit()
    await modal.submit()
    await modal.shows("Listo" if language == "es" else "Done")
    assert await readiness(running) == (200, "ok")


@pytest.mark.parametrize("status", [301, 302, 307])
@pytest.mark.parametrize("action", ["*", "GetClientsDetails", "ResetPassword"])
async def test_a_redirect_is_not_followed_and_its_address_is_named(
    running: World, agent: Person, action: str, status: int
) -> None:
    async with LocalWhmcs() as elsewhere:
        fault = Fault(action, "redirect", status=status, location=f"{elsewhere.url}/includes/api.php?x=1#y")
        if action == "*":
            running.whmcs.faults.add(fault)
            modal = await agent.types("/reset-password ana@example.com")
        else:
            modal = await fill_form(agent, "ana@example.com", EMAIL)
            running.whmcs.faults.add(fault)
            await modal.submit()
        await modal.shows(f"su dirección es otra ({elsewhere.url}/includes/api.php)")

        assert "WHMCS_URL" in modal.text
        assert NOTHING["es"] in modal.text
        assert (elsewhere.connections, elsewhere.calls) == (0, [])
        assert running.whmcs.writes == []
        assert await readiness(running) == (200, "degraded: redirected")


@pytest.mark.parametrize(
    "fault", [Fault("GetClientsDetails", "slow_before", seconds=60), Fault("GetClientsDetails", "drip", seconds=1)]
)
async def test_a_minute_of_silence_and_a_byte_a_second_end_at_the_deadline(
    running: World, agent: Person, fault: Fault
) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    running.whmcs.faults.add(fault)
    await modal.submit()

    await modal.shows("WHMCS no respondió a tiempo. Inténtelo de nuevo", timeout_seconds=14)
    assert NOTHING["es"] in modal.text
    assert running.audit()[-1] == ("FAILED", "timed_out")
    assert await readiness(running) == (200, "degraded: timed_out")


async def test_a_whmcs_that_is_down_is_said_at_the_search(running: World, agent: Person) -> None:
    await running.whmcs.stop()
    modal = await agent.types("/reset-password ana@example.com")
    await modal.shows("No se puede conectar con WHMCS", timeout_seconds=12)
    assert await readiness(running) == (200, "degraded: unreachable")
    await running.whmcs.start()
    await modal.press("Buscar de nuevo")
    await modal.shows("Id del cliente")
    assert await readiness(running) == (200, "ok")


async def test_a_whmcs_that_goes_down_before_the_submission_has_changed_nothing(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    await whmcs.stop()
    await modal.submit()
    await modal.shows("No se puede conectar con WHMCS", timeout_seconds=12)
    assert NOTHING["es"] in modal.text
    assert running.audit()[-1] == ("FAILED", "unreachable")
    await whmcs.start()


async def test_a_name_without_an_address_can_not_be_reached(http_world: World) -> None:
    async with http_world.bot(WHMCS_URL="https://whmcs.invalid", WHMCS_COMPANION_URL=http_world.whmcs.companion_url):
        modal = await http_world.agent.types("/reset-password ana@example.com")
        await modal.shows("No se puede conectar con WHMCS", timeout_seconds=12)
        assert await readiness(http_world) == (200, "degraded: unreachable")


async def test_a_port_without_tls_is_no_secure_connection(http_world: World) -> None:
    async with http_world.bot(WHMCS_URL=http_world.whmcs.url.replace("http:", "https:")):
        modal = await http_world.agent.types("/reset-password ana@example.com")
        await modal.shows("No es posible una conexión segura con WHMCS")
        assert ADMINISTRATOR["es"] in modal.text
        assert await readiness(http_world) == (200, "degraded: tls")


async def test_a_certificate_that_is_not_accepted_is_named_with_the_reason(http_world: World, tmp_path: Path) -> None:
    async with LocalWhmcs(tls=self_signed(tmp_path)) as unvouched, http_world.bot(WHMCS_URL=unvouched.url):
        modal = await http_world.agent.types("/reset-password ana@example.com")
        await modal.shows("No es posible una conexión segura con WHMCS (self-signed certificate)")
        assert unvouched.calls == []


AFTER = [
    (Fault("ResetPassword", "drop_before"), "connection_lost", ("se perdió la conexión", "was lost before its answer")),
    (Fault("ResetPassword", "drop_after"), "connection_lost", ("se perdió la conexión", "was lost before its answer")),
    (Fault("ResetPassword", "truncated"), "connection_lost", ("se perdió la conexión", "was lost before its answer")),
    (Fault("ResetPassword", "html"), "web_page", PAGE),
    (Fault("ResetPassword", "html_403"), "web_page", PAGE),
    (Fault("ResetPassword", "html_500"), "server_error", ("un error interno", "an internal error")),
    (Fault("ResetPassword", "error_500_after"), "server_error", ("un error interno", "an internal error")),
    (Fault("ResetPassword", "status_503"), "server_error", ("un error interno", "an internal error")),
    (
        Fault("ResetPassword", "empty"),
        "unusable_answer",
        ("una respuesta que no se puede usar", "something that can’t be used"),
    ),
    (Fault("ResetPassword", "wrong_json"), "unusable_answer", ("no se puede usar", "that can’t be used")),
    (Fault("ResetPassword", "not_worded"), "unusable_answer", ("no se puede usar", "that can’t be used")),
]


@both
@pytest.mark.parametrize(("fault", "reason", "sentences"), AFTER)
async def test_an_email_that_may_have_gone_out_is_unknown_with_the_reason_and_is_not_sent_again(
    running: World, fault: Fault, reason: str, sentences: tuple[str, str], language: str
) -> None:
    person = running.slack.add_person("Persona Prueba", locale=language, groups=[GROUP])
    modal = await form_of(person, language)
    running.whmcs.faults.add(fault)
    await modal.submit()

    await modal.shows("No se sabe si WHMCS envió" if language == "es" else "It is not known whether WHMCS sent")
    assert (sentences[0] if language == "es" else sentences[1]) in modal.text
    assert NOTHING[language] not in modal.text
    assert "clientsemails.php?userid=42" in str(modal.view)
    assert [call.action for call in running.whmcs.calls].count("ResetPassword") == 1
    assert running.audit()[-1] == ("UNKNOWN", reason)
    assert await readiness(running) == (200, f"degraded: {reason}")


@pytest.mark.parametrize("fault", [Fault("ResetPassword", "php_warning"), Fault("ResetPassword", "bom")])
async def test_an_email_whose_answer_was_spoilt_by_a_warning_is_done(
    agent: Person, whmcs: LocalWhmcs, fault: Fault
) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    whmcs.faults.add(fault)
    await modal.submit()
    await modal.shows("Listo")


async def test_a_client_who_can_not_be_read_late_at_the_last_step_is_an_answer_and_no_fault_to_be_logged(
    agent: Person, whmcs: LocalWhmcs, capsys: pytest.CaptureFixture[str]
) -> None:
    modal = await agent.types("/reset-password ana@example.com")
    await modal.shows("Id del cliente")
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    held = whmcs.faults.add(Fault("GetClientsDetails", "held_before"))
    await modal.submit()
    whmcs.faults.drop(held)
    whmcs.faults.clear()
    whmcs.faults.add(Fault("GetClientsDetails", "html_500"))
    await modal.shows("No se cambió nada", timeout_seconds=10)
    assert "Traceback" not in capsys.readouterr().out
