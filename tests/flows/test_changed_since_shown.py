"""A reset whose data changed before it was confirmed or approved is refused, and the change is named."""

import copy
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from bot.store.schema import ResetRow
from sandbox.whmcs import Fault, LocalWhmcs
from tests.flows.team import Team, confirm
from tests.harness.world import CALLED_BACK, SET, World, fill_form, open_card
from tests.metadata import read_metadata

pytestmark = pytest.mark.asyncio

Change = Callable[[LocalWhmcs], object]


@pytest_asyncio.fixture
async def running(team: Team) -> AsyncIterator[Team]:
    async with team.world.bot(**team.settings):
        yield team


def change_address(whmcs: LocalWhmcs) -> None:
    user = whmcs.data.find_user_by_email("ana@example.com")
    assert user is not None
    user.email = "somebody.else@example.test"


def link_clients(whmcs: LocalWhmcs) -> None:
    user = whmcs.data.find_user_by_email("ana@example.com")
    assert user is not None
    for client_id in (43, 51, 61):
        whmcs.data.link(user.id, client_id)


CHANGES = [
    pytest.param(change_address, "el usuario o su correo electrónico", id="address"),
    pytest.param(link_clients, "los otros clientes a los que da acceso la contraseña", id="other clients"),
]


@pytest.mark.parametrize(("change", "named"), CHANGES)
async def test_a_change_after_the_last_step_is_refused_and_named(http_world: World, change: Change, named: str) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", SET)
        change(world.whmcs)
        await modal.submit()
        await modal.shows(f"Desde que se mostró, esto cambió: {named}.")
        assert "No se cambió nada." in modal.text
        assert world.audit() == [("STARTED", ""), ("REFUSED", "changed_since_shown")]
        assert world.whmcs.writes == []
        await modal.press("Volver")
        await modal.shows("Id del cliente")


async def test_other_clients_that_cannot_be_read_are_a_failure_and_not_a_change(http_world: World) -> None:
    world = http_world
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", SET)
        for action in ("users", "GetUsers"):
            world.whmcs.faults.add(Fault(action, "html"))
        await modal.submit()
        await modal.shows("WHMCS respondió con una página web")
        assert "No se cambió nada." in modal.text
        assert world.audit() == [("STARTED", ""), ("FAILED", "web_page")]
        assert world.whmcs.writes == []


@pytest.mark.parametrize(("change", "named"), CHANGES)
async def test_a_change_before_the_request_asks_no_second_agent(
    running: Team,
    change: Change,
    named: str,
) -> None:
    world = running.world
    modal = await fill_form(running.agent, "ana@example.com", SET)
    change(world.whmcs)
    await modal.submit()
    await modal.shows(f"esto cambió: {named}.")
    assert world.audit() == [("STARTED", ""), ("REFUSED", "changed_since_shown")]
    assert running.second.channel_messages(running.channel) == ()


@pytest.mark.parametrize(("change", "named"), CHANGES)
async def test_a_change_before_the_approval_is_refused_and_named(
    running: Team,
    change: Change,
    named: str,
) -> None:
    world = running.world
    await confirm(running.agent)
    question = await running.question()
    change(world.whmcs)
    await question.press("Aprobar")
    await world.until(lambda: world.audit() == [("STARTED", ""), ("REFUSED", "changed_since_shown")])
    await running.agent.direct_message(containing=f"esto cambió: {named}.")
    assert world.whmcs.writes == []


VALUES = {
    "agent_id": "'U0BERTASEGUNDA'",
    "client_id": "51",
    "user_id": "904",
    "method": "'reset_email'",
    "ticket": "'ABC-123456'",
    "verification": "'in_person'",
    "shown": "''",
}
"""Other valid values of the columns that define the approved reset."""

NOT_APPROVED = {column.name for column in ResetRow.__table__.columns} - VALUES.keys()
"""The columns for the state of a reset, its language, and values that are only displayed or recorded."""


async def test_every_column_of_a_reset_is_classified_as_approved_or_not() -> None:
    assert {
        *("reference", "agent_locale", "phase", "started_at", "user_email", "language", "outcome", "reason"),
        *("called_at", "settled", "user_name", "approved_by", "proof"),
    } == NOT_APPROVED


@pytest.mark.parametrize(
    "edit",
    [
        *(f"{column} = {value}" for column, value in VALUES.items()),
        "client_id = 51, user_id = 904",
        "method = 'reset_email', client_id = 51, user_id = 904",
        "ticket = 'ABC-123456', proof = 'strong'",
        'shown = replace(shown, \'"user":"\', \'"user":"x\')',
    ],
)
async def test_a_waiting_row_that_was_edited_in_the_database_sets_no_password(running: Team, edit: str) -> None:
    world = running.world
    await confirm(running.agent)
    question = await running.question(running.third)
    world.execute(f"UPDATE resets SET {edit} WHERE phase = 'waiting'")  # noqa: S608 - a word of this test
    await question.press("Aprobar")
    await world.until(lambda: len(world.audit()) == 2)
    assert world.audit()[1][0] == "REFUSED"
    assert world.audit()[1][1] in {"changed_since_shown", "not_a_user_of_client", "not_a_ticket_of_client"}
    assert world.whmcs.writes == []


async def test_digests_copied_from_another_reset_set_no_password(running: Team) -> None:
    """A person with write access to the database can copy the bot's digests, but not to another reference."""
    world = running.world
    await confirm(running.agent, "#51")
    await confirm(running.agent, "ana@example.com")
    world.execute(
        "UPDATE resets SET client_id = 51, user_id = (SELECT user_id FROM resets WHERE client_id = 51),"
        " shown = (SELECT shown FROM resets WHERE client_id = 51) WHERE client_id = 42"
    )
    question = next(
        message
        for message in running.second.channel_messages(running.channel)
        if "ana@example.com" in message.visible_text
    )
    await question.press("Aprobar")
    await world.until(lambda: ("REFUSED", "changed_since_shown") in world.audit())
    assert world.whmcs.writes == []


async def test_digests_of_the_same_form_with_another_user_set_no_password(running: Team) -> None:
    """A form that is submitted twice has two last steps with one reference, of which the second agent sees one."""
    world = running.world
    modal = await open_card(running.agent, "#61")
    await modal.choose("Método", SET)
    await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
    shown, other = modal.options("Usuario")[:2]
    await modal.choose("Usuario", other)
    payload = copy.deepcopy(world.slack.submission_payload(running.agent, modal))
    unseen = read_metadata((await world.slack.deliver("view_submission", payload)).json()["view"])
    await modal.choose("Usuario", shown)
    await modal.submit()
    await modal.shows("Confirmar")
    await modal.submit()
    question = await running.question()
    world.execute(f"UPDATE resets SET user_id = {unseen['user_id']}, shown = '{unseen['shown']}'")  # noqa: S608 - of this test
    await question.press("Aprobar")
    await world.until(lambda: world.audit() == [("STARTED", ""), ("REFUSED", "changed_since_shown")])
    assert world.whmcs.writes == []
