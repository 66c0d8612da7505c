"""A form that has stood open for too long: whoever uses it starts again, and nothing is done."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
import time_machine

from sandbox.slack import Modal
from tests.flows.world import EMAIL, SET, World, fill_form

pytestmark = pytest.mark.asyncio

TOO_OLD = "Este formulario se abrió hace demasiado tiempo"


@pytest_asyncio.fixture
async def world(http_world: World) -> AsyncIterator[World]:
    async with http_world.bot(MODAL_TTL_SECONDS="600"):
        yield http_world


@contextmanager
def after(**time: float) -> Iterator[None]:
    with time_machine.travel(datetime.now(UTC) + timedelta(**time), tick=True):
        yield


@pytest.mark.parametrize("method", [EMAIL, SET], ids=["the form", "the last step"])
async def test_a_submission_after_its_time_says_start_again_and_nothing_is_done(world: World, method: str) -> None:
    modal = await fill_form(world.agent, "ana@example.com", method)
    with after(minutes=11):
        await modal.submit()

    assert_start_again(modal)
    assert world.whmcs.writes == []
    assert [row["action"] for row in world.audit_rows()] == ["settings"]


async def test_within_its_time_it_is_taken(world: World) -> None:
    modal = await fill_form(world.agent, "ana@example.com", EMAIL)
    with after(minutes=9):
        await modal.submit()
    await modal.shows("Listo")


async def test_a_form_from_the_future_is_not_taken_since_nobody_knows_its_age(world: World) -> None:
    modal = await fill_form(world.agent, "ana@example.com", EMAIL)
    with after(hours=-1):
        await modal.submit()
    assert_start_again(modal)
    assert world.whmcs.writes == []


async def test_a_choice_after_its_time_reads_no_client(world: World) -> None:
    modal = await world.agent.types("/reset-password ma")
    await modal.shows("clientes comienzan por «ma»")
    before = len(world.whmcs.calls)
    with after(minutes=11):
        await modal.choose("Coincidencias", modal.options("Coincidencias")[0])
        await modal.shows(TOO_OLD)
    assert_start_again(modal)
    assert len(world.whmcs.calls) == before


async def test_buttons_after_their_time_draw_no_new_form(world: World) -> None:
    searching = await world.agent.types("/reset-password zzz")
    await searching.shows("Buscar de nuevo")
    result = await fill_form(world.agent, "ana@example.com", EMAIL)
    await result.submit()
    await result.shows("Listo")
    with after(minutes=11):
        await searching.press("Buscar de nuevo")
        await searching.shows(TOO_OLD)
        await result.press("Volver")
        await result.shows(TOO_OLD)


async def test_a_form_that_was_sent_in_time_shows_its_outcome_also_later(world: World) -> None:
    modal = await fill_form(world.agent, "ana@example.com", EMAIL)
    payload = world.slack.submission_payload(world.agent, modal)
    await modal.submit()
    await modal.shows("Listo")
    with after(minutes=11):
        answer = await world.slack.deliver("view_submission", payload)

    assert "Listo" in str(answer.json())
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]


async def test_a_form_that_is_drawn_anew_has_a_time_of_its_own(world: World) -> None:
    modal = await fill_form(world.agent, "ana@example.com", EMAIL)
    await modal.submit()
    await modal.shows("Listo")
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
