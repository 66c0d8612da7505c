"""A form that was open for too long asks its agent to start again, and does nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
import time_machine

from sandbox.slack import Modal
from tests.flows.ticketed import open_reply, reset_with_ticket
from tests.harness.world import EMAIL, SET, World, complete_reset, fill_form

pytestmark = pytest.mark.asyncio

TOO_OLD = "Este formulario se abrió hace demasiado tiempo"


@pytest_asyncio.fixture
async def world(http_world: World) -> AsyncIterator[World]:
    async with http_world.bot(MODAL_TTL_SECONDS="600"):
        yield http_world


@pytest_asyncio.fixture
async def replying(http_world: World) -> AsyncIterator[World]:
    async with http_world.bot(MODAL_TTL_SECONDS="600", WHMCS_REPLY_ADMIN="support"):
        yield http_world


@contextmanager
def after(**time: float) -> Iterator[None]:
    with time_machine.travel(datetime.now(UTC) + timedelta(**time), tick=True):
        yield


@pytest.mark.parametrize("method", [EMAIL, SET], ids=["the form", "the last step"])
async def test_an_expired_form_asks_to_start_again_and_does_nothing(world: World, method: str) -> None:
    modal = await fill_form(world.agent, "ana@example.com", method)
    with after(minutes=11):
        await modal.submit()

    assert_start_again(modal)
    assert world.whmcs.writes == []
    assert [row["action"] for row in world.audit_rows()] == ["settings"]


async def test_a_form_is_accepted_within_its_time(world: World) -> None:
    modal = await fill_form(world.agent, "ana@example.com", EMAIL)
    with after(minutes=9):
        await modal.submit()
    await modal.shows("Listo")


async def test_a_form_from_the_future_is_refused_since_its_age_is_unknown(world: World) -> None:
    modal = await fill_form(world.agent, "ana@example.com", EMAIL)
    with after(hours=-1):
        await modal.submit()
    assert_start_again(modal)
    assert world.whmcs.writes == []


async def test_a_choice_in_an_expired_form_reads_no_client(world: World) -> None:
    modal = await world.agent.types("/reset-password ma")
    await modal.shows("clientes comienzan por «ma»")
    before = len(world.whmcs.calls)
    with after(minutes=11):
        await modal.choose("Coincidencias", modal.options("Coincidencias")[0])
        await modal.shows(TOO_OLD)
    assert_start_again(modal)
    assert len(world.whmcs.calls) == before


async def test_buttons_of_an_expired_form_open_no_new_form(world: World) -> None:
    searching = await world.agent.types("/reset-password zzz")
    await searching.shows("Buscar de nuevo")
    result = await complete_reset(world.agent, "ana@example.com", EMAIL)
    with after(minutes=11):
        await searching.press("Buscar de nuevo")
        await searching.shows(TOO_OLD)
        await result.press("Volver")
        await result.shows(TOO_OLD)


async def test_a_form_submitted_in_time_shows_its_outcome_after_it_expires(world: World) -> None:
    modal = await fill_form(world.agent, "ana@example.com", EMAIL)
    payload = world.slack.submission_payload(world.agent, modal)
    await modal.submit()
    await modal.shows("Listo")
    with after(minutes=11):
        answer = await world.slack.deliver("view_submission", payload)

    assert "Listo" in str(answer.json())
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]


@pytest.mark.parametrize("time", [{"minutes": 11}, {"days": 20}, {"hours": -1}], ids=str)
async def test_an_expired_reply_is_not_sent(replying: World, time: dict[str, float]) -> None:
    modal = await open_reply(await reset_with_ticket(replying.agent, EMAIL))
    with after(**time):
        await modal.submit()

    assert TOO_OLD in modal.text
    assert "Empiece de nuevo con «Responder en el ticket». No se envió nada." in modal.text
    assert modal.labels == ()
    assert "AddTicketReply" not in [call.action for call in replying.whmcs.calls]
    assert replying.audit("reply") == []


async def test_an_expired_reply_gets_no_password(replying: World) -> None:
    modal = await open_reply(await reset_with_ticket(replying.agent, SET))
    with after(minutes=11):
        await modal.choose("Contraseña nueva", "Incluir la contraseña nueva")
        await modal.shows(TOO_OLD)
    assert modal.labels == ()


async def test_a_reply_sent_in_time_is_shown_as_sent_after_it_expires(replying: World) -> None:
    modal = await open_reply(await reset_with_ticket(replying.agent, EMAIL))
    payload = replying.slack.submission_payload(replying.agent, modal)
    await modal.submit()
    await modal.shows("La respuesta está en el ticket 516757")
    with after(minutes=11):
        answer = await replying.slack.deliver("view_submission", payload)

    assert "ya hay una respuesta o nota" in str(answer.json())
    assert [call.action for call in replying.whmcs.calls].count("AddTicketReply") == 1


@pytest.mark.parametrize("method", [EMAIL, SET])
async def test_a_replys_time_begins_when_it_is_opened(replying: World, method: str) -> None:
    modal = await reset_with_ticket(replying.agent, method)
    with after(minutes=9):
        await open_reply(modal)
    with after(minutes=18):
        await modal.submit()
        await modal.shows("La respuesta está en el ticket 516757")


async def test_the_time_of_a_reply_from_the_direct_message_begins_when_it_is_opened(replying: World) -> None:
    await (await reset_with_ticket(replying.agent, SET)).close()
    message = await replying.agent.direct_message(containing="Contraseña nueva")
    with after(minutes=9):
        await message.press("Responder en el ticket")
        modal = await replying.agent.modal()
        await modal.shows("Quién la ve")
    with after(minutes=20):
        await modal.submit()
        assert TOO_OLD in modal.text


async def test_a_new_form_in_the_same_modal_has_a_new_time(world: World) -> None:
    modal = await complete_reset(world.agent, "ana@example.com", EMAIL)
    with after(minutes=9):
        await modal.press("Volver")
        await modal.shows("Id del cliente")
    with after(minutes=18):
        await modal.submit()
        await modal.shows("Listo")


def assert_start_again(modal: Modal) -> None:
    assert TOO_OLD in modal.text
    assert "Empiece de nuevo con /reset-password. No se cambió nada." in modal.text
    assert modal.labels == ()
