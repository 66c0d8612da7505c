"""The notice to the client after an agent set a password."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.slack import Fault as SlackFault
from sandbox.whmcs import Fault, FaultKind
from sandbox.whmcs.seed_tickets import DISABLED_TEMPLATE, NOTICE_TEMPLATE
from tests.harness.world import EMAIL, SET, World, complete_reset, fill_form

pytestmark = pytest.mark.asyncio

SENT = "WHMCS envió al correo del cliente un aviso"


@pytest_asyncio.fixture
async def here(http_world: World) -> AsyncIterator[World]:
    async with http_world.bot(PASSWORD_NOTICE_TEMPLATE=NOTICE_TEMPLATE):
        yield http_world


async def test_the_client_is_notified_at_its_own_address_and_the_agent_sees_it(here: World) -> None:
    modal = await fill_form(here.agent, "persona03@cinco.example.com", SET)
    assert "WHMCS envía después un aviso al correo del cliente, sin la contraseña." in modal.text
    await modal.submit()
    await modal.shows(SENT)
    await here.agent.ephemeral_message(containing=SENT)

    client = here.whmcs.clients[61]
    assert client.email != "persona03@cinco.example.com"
    assert [(sent.template, sent.email) for sent in here.whmcs.sent_notices] == [(NOTICE_TEMPLATE, client.email)]
    message = await here.agent.direct_message(containing="Contraseña nueva")
    [call] = [call for call in here.whmcs.calls if call.action == "SendEmail"]
    assert message.password not in json.dumps(dict(call.parameters))


async def test_the_password_arrives_before_the_notice_is_sent(here: World) -> None:
    here.whmcs.faults.add(Fault("SendEmail", "held_before"))
    modal = await fill_form(here.agent, "ana@example.com", SET)
    await modal.submit()
    message = await here.agent.direct_message(containing="Contraseña nueva")
    assert here.whmcs.opens("ana@example.com", message.password)
    assert here.audit() == [("STARTED", ""), ("SUCCEEDED", "")]
    assert here.whmcs.sent_notices == []
    here.whmcs.faults.clear()
    await modal.shows(SENT)


async def test_after_an_email_no_notice_is_sent(here: World) -> None:
    await complete_reset(here.agent, "ana@example.com", EMAIL)
    assert here.whmcs.sent_notices == []


async def test_a_password_that_was_set_but_not_delivered_is_notified_as_well(here: World) -> None:
    here.whmcs.faults.add(Fault("set_password", "held_after"))
    modal = await fill_form(here.agent, "ana@example.com", SET)
    await modal.submit()
    await here.whmcs.wait_for_call("set_password")
    here.slack.faults.add(SlackFault("chat.update", "error", error="cant_update_message"))
    here.slack.faults.add(SlackFault("chat.postMessage", "error", error="channel_not_found"))
    here.whmcs.faults.clear()
    await modal.shows("cámbiela otra vez")
    await modal.shows(SENT)


async def test_a_reset_that_was_refused_sends_no_notice(here: World) -> None:
    here.whmcs.faults.add(Fault("set_password", "internal"))
    modal = await fill_form(here.agent, "ana@example.com", SET)
    await modal.submit()
    await modal.shows("No se cambió nada.", timeout_seconds=10)
    assert here.whmcs.sent_notices == []


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("not_permitted", "SendEmail"),
        ("html", "No se sabe si WHMCS envió al cliente el aviso"),
        ("drop_before", "No se sabe si WHMCS envió al cliente el aviso"),
    ],
)
async def test_a_notice_that_may_have_failed_is_reported_and_never_repeated(
    here: World, kind: FaultKind, said: str
) -> None:
    here.whmcs.faults.add(Fault("SendEmail", kind))
    modal = await fill_form(here.agent, "ana@example.com", SET)
    await modal.submit()
    await modal.shows(said)
    await modal.shows("se cambió. Está en un mensaje directo")
    assert [call.action for call in here.whmcs.calls].count("SendEmail") == 1
    assert here.audit()[-1] == ("SUCCEEDED", "")


async def test_a_template_that_whmcs_refuses_is_reported_with_its_message(http_world: World) -> None:
    async with http_world.bot(PASSWORD_NOTICE_TEMPLATE=DISABLED_TEMPLATE):
        modal = await fill_form(http_world.agent, "ana@example.com", SET)
        await modal.submit()
        await modal.shows("avísele usted")
        await modal.shows("WHMCS lo rechazó: «Email Template is disabled»")


async def test_without_a_template_no_notice_is_sent_or_mentioned(http_world: World) -> None:
    async with http_world.bot():
        modal = await fill_form(http_world.agent, "ana@example.com", SET)
        assert "aviso" not in modal.text
        await modal.submit()
        await modal.shows("Listo")
        assert "aviso" not in modal.text
    assert "SendEmail" not in [call.action for call in http_world.whmcs.calls]
