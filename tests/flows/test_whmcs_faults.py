"""Faults of WHMCS: the message, who acts, whether anything changed, and readiness.

These read the Spanish texts; tests/reliability reads the English ones, and tests/views both.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.slack import Person
from sandbox.whmcs import Fault, LocalWhmcs
from tests.harness.plain_http import http_client
from tests.harness.world import CALLED_BACK, EMAIL, SET, World, fill_form, open_card
from tests.tls import self_signed

pytestmark = pytest.mark.asyncio

NOTHING = "No se cambió nada."
ADMINISTRATOR = "administrador"
LATER = "Inténtelo de nuevo"


@pytest_asyncio.fixture
async def running(http_world: World) -> AsyncIterator[World]:
    """A bot that allows one reset an hour, so that an unreleased slot is noticed."""
    async with http_world.bot(AGENT_RESETS_PER_HOUR="1"):
        yield http_world


async def readiness(world: World) -> tuple[int, str]:
    """Return the status and the state of WHMCS."""
    async with http_client() as http:
        answer = await http.get(f"{world.ops_url}/readyz")
    return answer.status_code, str(answer.json()["whmcs"])


PAGE = "por ejemplo de mantenimiento o de un firewall"
LOST = "Se perdió la conexión con WHMCS"
UNREADABLE = "una respuesta que no se puede leer"
OWN_WORDS = "«Frozen by a hook»"
BEFORE = [
    (Fault("GetClientsDetails", "html"), PAGE, "web_page", LATER),
    (Fault("GetClientsDetails", "html_403"), "(HTTP 403)", "web_page", LATER),
    (Fault("GetClientsDetails", "html_500"), "(HTTP 500)", "web_page", LATER),
    (Fault("GetClientsDetails", "wrong_json"), UNREADABLE, "unusable_answer", LATER),
    (Fault("GetClientsDetails", "empty"), UNREADABLE, "unusable_answer", LATER),
    (Fault("GetClientsDetails", "drop_before"), LOST, "connection_lost", LATER),
    (Fault("GetClientsDetails", "truncated"), LOST, "connection_lost", LATER),
    (Fault("ResetPassword", "status_429"), "limitando las solicitudes del bot", "busy", LATER),
    (Fault("GetClientsDetails", "credentials"), "credenciales", "credentials", ADMINISTRATOR),
    (Fault("ResetPassword", "credentials"), "credenciales", "credentials", ADMINISTRATOR),
    (Fault("ResetPassword", "invalid_ip"), "203.0.113.7", "address_refused", ADMINISTRATOR),
    (
        Fault("ResetPassword", "invalid_ip", address="2001:db8::7"),
        "2001:db8::7",
        "address_refused",
        ADMINISTRATOR,
    ),
    (
        Fault("ResetPassword", "not_permitted"),
        "le falta la acción ResetPassword",
        "not_permitted",
        ADMINISTRATOR,
    ),
    (
        Fault("ResetPassword", "unknown_action"),
        "no conoce la acción ResetPassword",
        "unknown_action",
        ADMINISTRATOR,
    ),
    (Fault("ResetPassword", "refused", message="Frozen by a hook"), OWN_WORDS, "whmcs_refused", ADMINISTRATOR),
    (Fault("ResetPassword", "refused_nvp", message="Frozen by a hook"), OWN_WORDS, "whmcs_refused", ADMINISTRATOR),
]


async def test_a_slow_whmcs_does_not_delay_the_modal_or_acknowledgements(
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


@pytest.mark.parametrize(("fault", "sentence", "reason", "who"), BEFORE)
async def test_a_failure_before_any_change_is_reported_with_who_acts_and_frees_its_slot(
    running: World, agent: Person, fault: Fault, sentence: str, reason: str, who: str
) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    running.whmcs.faults.add(fault)
    await modal.submit()

    await modal.shows(sentence, timeout_seconds=12)
    assert who in modal.text
    assert NOTHING in modal.text
    assert running.whmcs.writes == []
    assert running.audit()[-1] == ("FAILED", reason)
    assert await readiness(running) == (200, f"degraded: {reason}")

    running.whmcs.faults.clear()
    await modal.press("Volver")
    await modal.shows("Id del cliente")
    if reason == "not_permitted":
        # Only setting a password remains, which needs a verification and a confirmation.
        await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
        await modal.submit()
    await modal.submit()
    await modal.shows("Listo")
    assert await readiness(running) == (200, "ok")


@pytest.mark.parametrize("status", [301, 302, 307])
@pytest.mark.parametrize("action", ["*", "GetClientsDetails", "ResetPassword"])
async def test_a_redirect_is_not_followed_and_its_address_is_reported(
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
        await modal.shows(f"redirige a otra dirección ({elsewhere.url}/includes/api.php)")

        assert "WHMCS_URL" in modal.text
        assert NOTHING in modal.text
        assert (elsewhere.connections, elsewhere.calls) == (0, [])
        assert running.whmcs.writes == []
        assert await readiness(running) == (200, "degraded: redirected")


@pytest.mark.parametrize(
    "fault", [Fault("GetClientsDetails", "slow_before", seconds=60), Fault("GetClientsDetails", "drip", seconds=1)]
)
async def test_a_silent_or_dripping_response_ends_at_the_deadline(running: World, agent: Person, fault: Fault) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    running.whmcs.faults.add(fault)
    await modal.submit()

    await modal.shows("WHMCS no respondió a tiempo. Inténtelo de nuevo", timeout_seconds=14)
    assert NOTHING in modal.text
    assert running.audit()[-1] == ("FAILED", "timed_out")
    assert await readiness(running) == (200, "degraded: timed_out")


async def test_an_unreachable_whmcs_is_reported_at_the_search(running: World, agent: Person) -> None:
    await running.whmcs.stop()
    modal = await agent.types("/reset-password ana@example.com")
    await modal.shows("No se puede conectar con WHMCS", timeout_seconds=12)
    assert await readiness(running) == (200, "degraded: unreachable")
    await running.whmcs.start()
    await modal.press("Buscar de nuevo")
    await modal.shows("Id del cliente")
    assert await readiness(running) == (200, "ok")


async def test_a_whmcs_that_goes_down_before_the_submission_changes_nothing(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    await whmcs.stop()
    await modal.submit()
    await modal.shows("No se puede conectar con WHMCS", timeout_seconds=12)
    assert NOTHING in modal.text
    assert running.audit()[-1] == ("FAILED", "unreachable")
    await whmcs.start()


async def test_an_unresolvable_host_is_reported(http_world: World) -> None:
    async with http_world.bot(WHMCS_URL="https://whmcs.invalid", WHMCS_COMPANION_URL=http_world.whmcs.companion_url):
        modal = await http_world.agent.types("/reset-password ana@example.com")
        await modal.shows("No se puede conectar con WHMCS", timeout_seconds=12)
        assert await readiness(http_world) == (200, "degraded: unreachable")


async def test_a_port_without_tls_is_reported_as_no_secure_connection(http_world: World) -> None:
    async with http_world.bot(WHMCS_URL=http_world.whmcs.url.replace("http:", "https:")):
        modal = await http_world.agent.types("/reset-password ana@example.com")
        await modal.shows("No es posible una conexión segura con WHMCS")
        assert ADMINISTRATOR in modal.text
        assert await readiness(http_world) == (200, "degraded: tls")


async def test_a_rejected_certificate_is_reported_with_the_reason(http_world: World, tmp_path: Path) -> None:
    async with LocalWhmcs(tls=self_signed(tmp_path)) as unvouched, http_world.bot(WHMCS_URL=unvouched.url):
        modal = await http_world.agent.types("/reset-password ana@example.com")
        await modal.shows("No es posible una conexión segura con WHMCS (self-signed certificate)")
        assert unvouched.calls == []


AFTER = [
    (Fault("ResetPassword", "drop_before"), "connection_lost", "se perdió la conexión"),
    (Fault("ResetPassword", "drop_after"), "connection_lost", "se perdió la conexión"),
    (Fault("ResetPassword", "truncated"), "connection_lost", "se perdió la conexión"),
    (Fault("ResetPassword", "html"), "web_page", PAGE),
    (Fault("ResetPassword", "html_403"), "web_page", PAGE),
    (Fault("ResetPassword", "html_500"), "server_error", "un error interno"),
    (Fault("ResetPassword", "error_500_after"), "server_error", "un error interno"),
    (Fault("ResetPassword", "status_503"), "server_error", "un error interno"),
    (
        Fault("ResetPassword", "empty"),
        "unusable_answer",
        "una respuesta que no se puede usar",
    ),
    (Fault("ResetPassword", "wrong_json"), "unusable_answer", "no se puede usar"),
    (Fault("ResetPassword", "not_worded"), "unusable_answer", "no se puede usar"),
]


@pytest.mark.parametrize(("fault", "reason", "sentence"), AFTER)
async def test_an_email_that_may_have_been_sent_is_unknown_and_not_sent_again(
    running: World, agent: Person, fault: Fault, reason: str, sentence: str
) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    running.whmcs.faults.add(fault)
    await modal.submit()

    await modal.shows("No se sabe si WHMCS envió")
    assert sentence in modal.text
    assert NOTHING not in modal.text
    assert "clientsemails.php?userid=42" in str(modal.view)
    assert [call.action for call in running.whmcs.calls].count("ResetPassword") == 1
    assert running.audit()[-1] == ("UNKNOWN", reason)
    assert await readiness(running) == (200, f"degraded: {reason}")


@pytest.mark.parametrize("fault", [Fault("ResetPassword", "php_warning"), Fault("ResetPassword", "bom")])
async def test_an_email_whose_response_begins_with_a_php_warning_is_done(
    agent: Person, whmcs: LocalWhmcs, fault: Fault
) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    whmcs.faults.add(fault)
    await modal.submit()
    await modal.shows("Listo")


async def test_an_unreadable_client_at_the_last_step_is_not_logged_as_an_error(
    agent: Person, whmcs: LocalWhmcs, capsys: pytest.CaptureFixture[str]
) -> None:
    modal = await open_card(agent, "ana@example.com")
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    held = whmcs.faults.add(Fault("GetClientsDetails", "held_before"))
    await modal.submit()
    whmcs.faults.drop(held)
    whmcs.faults.clear()
    whmcs.faults.add(Fault("GetClientsDetails", "html_500"))
    await modal.shows("No se cambió nada", timeout_seconds=10)
    assert "Traceback" not in capsys.readouterr().out
