"""Search results and offered methods before anything is chosen, with the reasons why a method is unavailable."""

import asyncio

import pytest

from sandbox.slack import LocalSlack, Person
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import LocalWhmcs
from tests.harness.world import EMAIL, World, fill_form, open_card

pytestmark = pytest.mark.asyncio


async def test_a_name_typed_last_name_first_is_found(agent: Person) -> None:
    modal = await agent.types("/reset-password lopez ana")
    await modal.shows("#43")
    assert "ana@example.com" in modal.text


async def test_a_domain_finds_its_client_if_the_role_allows_domains(world: World) -> None:
    world.whmcs.data.add_domain(51, "flores.example.net")
    _role(world).add("GetClientsDomains")
    async with world.bot():
        modal = await world.agent.types("/reset-password flores.example.net")
        await modal.shows("ada@example.com")
        again = await world.agent.types("/reset-password")
        await again.picks("Cliente", "flores.example.net", "#51")
        await again.shows("Id del cliente")


async def test_a_domain_is_searched_as_a_name_if_the_role_lacks_domains(agent: Person, whmcs: LocalWhmcs) -> None:
    whmcs.data.add_domain(51, "flores.example.net")
    modal = await agent.types("/reset-password flores.example.net")
    await modal.shows("No se encontró")
    assert "GetClientsDomains" not in [call.action for call in whmcs.calls[-2:]]


async def test_a_newer_search_cancels_the_older_one(agent: Person, whmcs: LocalWhmcs, slack: LocalSlack) -> None:
    modal = await agent.types("/reset-password")
    whmcs.faults.add(WhmcsFault("GetClients", "held_before", times=1))
    older = asyncio.create_task(modal.suggestions("Cliente", "an"))
    await whmcs.wait_for_call("GetClients", count=2)
    newer = await modal.suggestions("Cliente", "ana@example.com")
    assert newer[0].endswith("#42")
    assert await older == ()
    assert [request.error for request in slack.requests_to_bot] == [None] * 3
    whmcs.faults.clear()


async def test_the_number_of_matches_that_do_not_fit_is_shown(agent: Person, whmcs: LocalWhmcs) -> None:
    for number in range(130):
        whmcs.data.add_client(f"Persona{number:03}", "Multitud", f"m{number:03}@example.org")
    modal = await agent.types("/reset-password")
    options = await modal.suggestions("Cliente", "multitud")
    assert len(options) == 26
    assert "105" in options[-1]
    again = await agent.types("/reset-password multitud")
    await again.shows("130")


async def test_without_the_companion_the_chosen_users_other_clients_are_shown(world: World) -> None:
    whmcs = world.whmcs
    twice = whmcs.data.add_user("Dos", "Cuentas", "dos@example.org", client_ids=[61, 51], is_owner=False)
    async with world.bot(WHMCS_COMPANION_SECRET=""):
        modal = await open_card(world.agent, "#61")
        assert "accede a 1 cliente más" not in modal.text
        await modal.choose("Método", EMAIL)
        await modal.choose("Usuario", "Dos Cuentas · dos@example.org")
        await modal.shows("accede a 1 cliente más")
        await modal.submit()
        await modal.shows("dos@example.org")
        await world.until(lambda: world.audit()[-1:] == [("SUCCEEDED", "")])
    assert [mail.user_id for mail in whmcs.reset_emails] == [twice.id]


async def test_without_the_companion_a_preselected_user_is_marked_at_once(world: World) -> None:
    world.whmcs.data.link(world.whmcs.data.find_user_by_email("ana@example.com").id, 51)  # type: ignore[union-attr]
    async with world.bot(WHMCS_COMPANION_SECRET=""):
        modal = await world.agent.types("/reset-password #42")
        await modal.shows("accede a 1 cliente más")


@pytest.mark.parametrize(
    ("fault", "settings", "sentence"),
    [
        (WhmcsFault("ping", "companion_absent"), {}, "falta el módulo complementario"),
        (WhmcsFault("ping", "companion_inactive"), {}, "falta el módulo complementario"),
        (WhmcsFault("ping", "companion_address"), {}, "no acepta la dirección IP del bot"),
        (WhmcsFault("ping", "drop_before"), {}, "no responde"),
        (None, {"WHMCS_COMPANION_SECRET": "another-fake-secret"}, "y el bot tienen secretos distintos"),
    ],
    ids=["absent", "inactive", "address", "silent", "secret"],
)
async def test_the_form_explains_why_no_password_can_be_set(
    world: World, fault: WhmcsFault | None, settings: dict[str, str], sentence: str
) -> None:
    if fault is not None:
        world.whmcs.faults.add(fault)
    async with world.bot(**settings):
        modal = await world.agent.types("/reset-password #42")
        await modal.shows(sentence)
        assert modal.options("Método") == (EMAIL,)


async def test_a_role_without_reset_password_is_reported_in_the_next_form(world: World) -> None:
    _role(world).discard("ResetPassword")
    async with world.bot(WHMCS_COMPANION_SECRET="", USER_COOLDOWN_SECONDS="0"):
        modal = await fill_form(world.agent, "#42", EMAIL)
        await modal.submit()
        await modal.shows("ResetPassword")
        again = await world.agent.types("/reset-password #42")
        await again.shows("le falta ResetPassword")
        await again.submit()
        assert "Ahora no hay ningún método disponible" in str(again.errors)
    assert world.whmcs.reset_emails == []
    assert world.audit() == [("STARTED", ""), ("FAILED", "not_permitted")]


def _role(world: World) -> set[str]:
    actions = world.whmcs.access.allowed_actions
    assert actions is not None
    return actions
