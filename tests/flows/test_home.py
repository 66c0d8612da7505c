"""The app's Home tab: its content, its updates, and its refusal of other people."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
import time_machine

from sandbox.slack import Fault, Person, Retry
from sandbox.whmcs import Fault as WhmcsFault
from tests.harness.world import EMAIL, SET, World, complete_reset, fill_form

pytestmark = pytest.mark.asyncio

TITLE = "Restablecer contraseña"
REFUSAL = "Usted no tiene permiso para restablecer contraseñas"
NONE_YET = "Todavía no hay ninguno"


@pytest_asyncio.fixture
async def world(http_world: World) -> AsyncIterator[World]:
    async with http_world.bot(USER_COOLDOWN_SECONDS="0"):
        yield http_world


@pytest_asyncio.fixture
async def agent(world: World) -> Person:
    return world.agent


async def reset(agent: Person, whom: str, method: str) -> None:
    modal = await complete_reset(agent, whom, method)
    await modal.close()


async def test_home_shows_the_state_and_its_button_opens_the_form(agent: Person) -> None:
    home = await agent.opens_home()
    await home.shows("WHMCS responde.")
    assert "«Cambiar contraseña» está disponible." in home.text
    assert NONE_YET in home.text
    assert "Resumen del procedimiento" in home.text
    assert home.buttons == (TITLE,)

    await home.press(TITLE)
    modal = await agent.modal()
    assert modal.title == TITLE
    assert modal.labels == ("Cliente",)


async def test_an_english_agent_reads_english(world: World) -> None:
    english = world.slack.add_person("Edith Example", locale="en-GB", groups=["S0AGENTS"])
    home = await english.opens_home()
    await home.shows("WHMCS answers.")
    assert home.buttons == ("Reset password",)
    assert "“Set a password” is offered." in home.text


async def test_a_finished_reset_is_listed_with_its_user_and_without_the_password(world: World, agent: Person) -> None:
    home = await agent.opens_home()
    await home.shows(NONE_YET)
    await reset(agent, "ana@example.com", SET)
    message = await agent.direct_message(containing="Contraseña nueva")
    await home.shows("Ana López · ana@example.com · #900 · cliente #42")
    assert f"{SET} · Listo · Referencia: {world.audit_rows()[-1]['reference']}" in home.text
    assert message.password not in home.text

    await reset(agent, "#51", EMAIL)
    await home.shows("ada@example.com")
    assert home.text.index("ada@example.com") < home.text.index("ana@example.com")


async def test_home_shows_the_agents_ten_newest_resets(world: World, agent: Person) -> None:
    colleague = world.slack.add_person("Curro Colega", groups=["S0AGENTS"])
    await reset(colleague, "ada@example.com", EMAIL)
    await reset(agent, "ana@example.com", EMAIL)
    columns = (
        "agent_id, agent_locale, client_id, method, ticket, phase, user_email, language, outcome, proof, verification"
    )
    world.execute(
        *(
            f"INSERT INTO resets (reference, user_id, started_at, {columns})"  # noqa: S608 - names of ours
            f" SELECT 'AAAA-00{number}', {number}, '2026-01-{number} 00:00:00', {columns}"
            " FROM resets WHERE user_email = 'ana@example.com' AND reference NOT LIKE 'AAAA%'"
            for number in range(10, 22)
        )
    )
    home = await agent.opens_home()
    await home.shows("AAAA-0021")
    assert "AAAA-0013" in home.text
    assert "AAAA-0012" not in home.text
    assert home.text.count("Referencia:") == 10
    assert "ada@example.com" not in home.text


async def test_home_marks_unknown_and_refused_resets(world: World, agent: Person) -> None:
    home = await agent.opens_home()
    await home.shows(NONE_YET)
    world.whmcs.faults.add(WhmcsFault("ResetPassword", "drop_after", times=1))
    modal = await fill_form(agent, "#51", EMAIL)
    await modal.submit()
    await home.shows(f"{EMAIL} · Resultado desconocido")
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    world.whmcs.remove_user_from_client(900, 42)
    await modal.submit()
    await home.shows(f"{EMAIL} · No se hizo")
    assert "usuario #900 · cliente #42" in home.text


async def test_home_shows_a_pause_and_what_whmcs_lacks(http_world: World) -> None:
    http_world.whmcs.faults.add(WhmcsFault("*", "html"))
    async with http_world.bot(WHMCS_COMPANION_SECRET=""):
        http_world.execute(
            "INSERT INTO pauses (reason, paused_by, paused_at)"
            " VALUES ('WHMCS se actualiza', 'Berta', '2026-01-01 00:00:00')"
        )
        home = await http_world.agent.opens_home()
        await home.shows("WHMCS no responde como debería")
        assert "Berta puso en pausa" in home.text
        assert "WHMCS se actualiza" in home.text
        assert "el módulo complementario no está instalado" in home.text


async def test_home_makes_no_call_to_whmcs(world: World, agent: Person) -> None:
    before = len(world.whmcs.calls)
    home = await agent.opens_home()
    await home.shows("WHMCS responde.")
    assert len(world.whmcs.calls) == before


async def test_home_reports_a_database_that_does_not_respond(world: World, agent: Person) -> None:
    world.execute("ALTER TABLE resets RENAME TO hidden")
    home = await agent.opens_home()
    await home.shows("La base de datos del bot no responde")
    assert home.buttons == (TITLE,)
    world.execute("ALTER TABLE hidden RENAME TO resets")
    await agent.opens_home()
    await home.shows(NONE_YET)


async def test_home_refuses_other_people_and_records_them_once_a_day(world: World) -> None:
    stranger = world.slack.add_person("Nadie Ninguno")
    home = await stranger.opens_home()
    await home.shows(REFUSAL)
    assert home.buttons == ()
    assert "procedimiento" not in home.text
    await asyncio.gather(*(stranger.opens_home() for _ in range(5)))
    await world.until(lambda: _published(world) == 6)
    assert world.audit("access") == [("DENIED", "not_an_agent")]
    assert world.audit_rows()[-1]["step"] == "home"

    other = world.slack.add_person("Otra Ninguna")
    await other.opens_home()
    await world.until(lambda: len(world.audit("access")) == 2)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25), tick=True):
        await stranger.opens_home()
        await world.until(lambda: len(world.audit("access")) == 3)


async def test_another_replica_does_not_record_the_same_refusal_again(http_world: World) -> None:
    stranger = http_world.slack.add_person("Nadie Ninguno")
    for number in (1, 2):
        async with http_world.bot():
            await stranger.opens_home()
            await http_world.until(lambda number=number: _published(http_world) == number)
    assert http_world.audit("access") == [("DENIED", "not_an_agent")]


async def test_opening_the_messages_tab_is_neither_answered_nor_refused(world: World) -> None:
    stranger = world.slack.add_person("Nadie Ninguno")
    answer = await world.slack.deliver("event_callback", world.slack.home_opened_payload(stranger, "messages"))
    assert answer.status == 200
    home = await world.agent.opens_home()
    await home.shows(NONE_YET)
    assert _published(world) == 1
    assert world.audit("access") == []


async def test_an_agent_who_leaves_the_group_no_longer_sees_resets_at_home(http_world: World) -> None:
    agent = http_world.agent
    async with http_world.bot():
        home = await agent.opens_home()
        await home.shows(NONE_YET)
        await reset(agent, "ana@example.com", SET)
        await home.shows("ana@example.com")
    http_world.slack.remove_from_group("S0AGENTS", agent)
    async with http_world.bot():
        http_world.let_messages_be_due()
        await home.shows(REFUSAL)
    assert "ana@example.com" not in home.text
    assert http_world.audit("access") == []


async def test_a_deletion_updates_home(world: World, agent: Person) -> None:
    home = await agent.opens_home()
    await home.shows(NONE_YET)
    await reset(agent, "ana@example.com", SET)
    await home.shows("ana@example.com")
    drawn = _published(world)
    message = await agent.direct_message(containing="Contraseña nueva")
    await message.press("Borrar ahora")
    await agent.waits_until(lambda: _published(world) > drawn)


async def test_a_home_that_was_never_opened_is_not_published(world: World, agent: Person) -> None:
    colleague = world.slack.add_person("Curro Colega", groups=["S0AGENTS"])
    home = await colleague.opens_home()
    await home.shows(NONE_YET)
    await reset(agent, "ana@example.com", EMAIL)
    await reset(colleague, "#51", EMAIL)
    await home.shows("ada@example.com")
    assert [call.arguments["user_id"] for call in world.slack.calls if call.method == "views.publish"] == [
        colleague.id,
        colleague.id,
    ]


async def test_another_replica_updates_a_home_opened_at_the_first(http_world: World) -> None:
    async with http_world.bot():
        home = await http_world.agent.opens_home()
        await home.shows(NONE_YET)
    async with http_world.bot():
        await reset(http_world.agent, "ana@example.com", EMAIL)
        await home.shows("ana@example.com")


async def test_repeated_events_and_refused_homes_do_no_harm(world: World, agent: Person) -> None:
    home = await agent.opens_home()
    await home.shows(NONE_YET)
    payload = world.slack.home_opened_payload(agent)
    assert (await world.slack.deliver("event_callback", payload, retry=Retry(1))).status == 200
    world.slack.faults.add(Fault("views.publish", "status_500"))
    await reset(agent, "ana@example.com", EMAIL)
    world.slack.faults.clear()
    await reset(agent, "#51", EMAIL)
    await home.shows("ada@example.com")
    assert "ana@example.com" in home.text


async def test_home_works_in_socket_mode(socket_world: World) -> None:
    async with socket_world.bot():
        home = await socket_world.agent.opens_home()
        await home.shows(NONE_YET)
        await home.press(TITLE)
        assert (await socket_world.agent.modal()).labels == ("Cliente",)


def _published(world: World) -> int:
    return [call.method for call in world.slack.calls].count("views.publish")
