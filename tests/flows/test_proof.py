"""Strong proof: a recent ticket opened by a signed-in user, without later messages by other people."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.slack import Modal, Person
from sandbox.whmcs.ticket_history import Writer
from tests.flows.test_tickets import VERIFIED
from tests.harness.world import CALLED_BACK, GROUP, SET, World, open_card

pytestmark = pytest.mark.asyncio

SIGNED_IN = 2
STRONG = "Prueba sólida"
SOME = "Prueba parcial"


@pytest_asyncio.fixture
async def second(http_world: World) -> Person:
    return http_world.slack.add_person("Berta Segunda", groups=[GROUP])


@pytest_asyncio.fixture
async def channel(http_world: World, second: Person) -> str:
    return http_world.slack.add_channel("aprobaciones", [http_world.agent, second], has_bot=True)


@pytest_asyncio.fixture
async def here(http_world: World, channel: str) -> AsyncIterator[World]:
    """Department 2 accepts tickets only from signed-in clients; without strong proof a second agent must approve."""
    async with http_world.bot(TICKET_DEPARTMENTS_SIGNED_IN=str(SIGNED_IN), APPROVAL_CHANNEL=channel):
        yield http_world


async def last_step(agent: Person, ticket: str) -> Modal:
    """Submit the form and return the last step; choose a verification only if the form requires one."""
    modal = await open_card(agent, ticket)
    await modal.choose("Método", SET)
    await modal.submit()
    if modal.errors:
        assert VERIFIED in modal.errors
        await modal.choose(VERIFIED, CALLED_BACK)
        await modal.submit()
    await modal.shows("Confirmar")
    return modal


async def test_a_fresh_ticket_of_a_signed_in_user_is_strong_proof(here: World) -> None:
    here.whmcs.open_ticket("NEW-000001", "ana@example.com", hours_ago=2, department_id=SIGNED_IN)
    modal = await last_step(here.agent, "NEW-000001")
    assert STRONG in modal.text
    assert "segundo agente" not in modal.text


@pytest.mark.parametrize("staff", ["staff", "operator"])
async def test_a_staff_reply_does_not_weaken_strong_proof(here: World, staff: Writer) -> None:
    here.whmcs.open_ticket("NEW-000001", "ana@example.com", hours_ago=2, department_id=SIGNED_IN)
    here.whmcs.write_on_ticket("NEW-000001", staff, hours_ago=1)
    modal = await last_step(here.agent, "NEW-000001")
    assert STRONG in modal.text
    assert "Último mensaje: el equipo de soporte" in modal.text


@pytest.mark.parametrize("writer", ["requestor", "guest", "other_address", "another_user", "unnamed"])
async def test_a_later_message_of_anybody_else_may_have_come_by_mail(here: World, writer: Writer) -> None:
    ana, company = "ana@example.com", "persona02@cinco.example.com"
    email = company if writer == "another_user" else ana
    here.whmcs.open_ticket("NEW-000001", email, hours_ago=2, department_id=SIGNED_IN)
    here.whmcs.write_on_ticket("NEW-000001", writer, hours_ago=1)
    modal = await open_card(here.agent, "NEW-000001")
    assert SOME in modal.text
    assert ("En este ticket escribió también otra persona" in modal.text) is (writer != "requestor")
    modal = await last_step(here.agent, "NEW-000001")
    assert "Un segundo agente tiene que aprobarlo" in modal.text
    assert ("En este ticket escribió también otra persona" in modal.text) is (writer != "requestor")


async def test_a_later_message_counts_as_later_after_the_clock_was_set_back(here: World) -> None:
    here.whmcs.open_ticket("NEW-000001", "ana@example.com", hours_ago=2, department_id=SIGNED_IN)
    here.whmcs.write_on_ticket("NEW-000001", "guest", hours_ago=2.9)
    modal = await open_card(here.agent, "NEW-000001")
    assert SOME in modal.text


async def test_messages_long_before_do_not_weaken_strong_proof(here: World) -> None:
    here.whmcs.open_ticket("NEW-000001", "ana@example.com", hours_ago=2, department_id=SIGNED_IN)
    here.whmcs.write_on_ticket("NEW-000001", "requestor", hours_ago=30)
    modal = await open_card(here.agent, "NEW-000001")
    assert STRONG in modal.text


async def test_an_old_ticket_is_no_strong_proof_despite_later_messages(here: World) -> None:
    here.whmcs.open_ticket(
        "OLD-000001", "ana@example.com", hours_ago=24 * 900, department_id=SIGNED_IN, subject="Factura"
    )
    modal = await last_step(here.agent, "OLD-000001")
    assert "hace demasiado tiempo" in modal.text
    assert "Factura" in modal.text
    assert "Abierto hace 2 años por Ana" in modal.text
    assert "Un segundo agente tiene que aprobarlo" in modal.text


@pytest.mark.parametrize(("hours_ago", "is_strong"), [(71.9, True), (72.1, False)])
async def test_the_age_counts_from_the_opening_message(here: World, hours_ago: float, *, is_strong: bool) -> None:
    here.whmcs.open_ticket("NEW-000001", "ana@example.com", hours_ago=hours_ago, department_id=SIGNED_IN)
    modal = await open_card(here.agent, "NEW-000001")
    assert (STRONG in modal.text) is is_strong


async def test_the_maximum_age_of_strong_proof_is_a_setting(http_world: World) -> None:
    world = http_world
    world.whmcs.open_ticket("NEW-000001", "ana@example.com", hours_ago=2, department_id=SIGNED_IN)
    async with world.bot(TICKET_DEPARTMENTS_SIGNED_IN="2", TICKET_PROOF_HOURS="1"):
        modal = await open_card(world.agent, "NEW-000001")
        assert "hace demasiado tiempo" in modal.text


async def test_without_the_time_zone_of_whmcs_no_proof_is_strong(http_world: World) -> None:
    world = http_world
    world.whmcs.companion.has_utc_offset = False
    async with world.bot(TICKET_DEPARTMENTS_SIGNED_IN="2"):
        modal = await open_card(world.agent, "ABC-123456")
        assert SOME in modal.text
        assert "no se sabe cuándo" in modal.text
        await modal.choose("Método", SET)
        await modal.submit()
        assert VERIFIED in modal.errors


async def test_the_second_agent_reads_how_old_the_ticket_is_and_who_wrote_in_it(
    here: World, second: Person, channel: str
) -> None:
    here.whmcs.open_ticket(
        "OLD-000001", "ana@example.com", hours_ago=24 * 900, department_id=SIGNED_IN, subject="Factura de marzo"
    )
    here.whmcs.write_on_ticket("OLD-000001", "guest", hours_ago=1)
    modal = await last_step(here.agent, "OLD-000001")
    await modal.submit()
    await modal.shows("Pendiente de aprobación")
    question = await second.channel_message("¿Aprueba la solicitud?", channel)
    for text in ("Factura de marzo", "hace 2 años", "Área de clientes", "desconocida@example.test"):
        assert text in question.visible_text


async def test_a_ticket_that_loses_its_proof_after_the_last_step_sets_no_password(here: World) -> None:
    here.whmcs.open_ticket("NEW-000001", "ana@example.com", hours_ago=2, department_id=SIGNED_IN)
    modal = await last_step(here.agent, "NEW-000001")
    here.whmcs.write_on_ticket("NEW-000001", "guest")
    await modal.submit()
    await modal.shows("El ticket ya no prueba lo que probaba")
    assert here.audit() == [("STARTED", ""), ("REFUSED", "proof_changed")]
    assert here.whmcs.writes == []
    await modal.press("Volver")
    await modal.shows("En este ticket escribió también otra persona")
