"""The form up to the reset: search, card, users, field errors, and late responses."""

import asyncio
import re

import pytest

from sandbox.slack import Fault, LocalSlack, Person
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import LocalWhmcs
from tests.harness.world import EMAIL, SET, World, complete_reset, fill_form, open_card
from tests.metadata import reference_of

pytestmark = pytest.mark.asyncio


async def test_the_modal_opens_with_the_fixed_words(agent: Person) -> None:
    modal = await agent.types("/reset-password")
    assert modal.title == "Restablecer contraseña"
    assert modal.labels == ("Cliente",)


async def test_help_is_answered_where_it_was_typed_and_opens_nothing(agent: Person) -> None:
    await agent.sends("/reset-password help")
    answer = await agent.ephemeral_message()
    assert "/reset-password #42" in answer.visible_text
    assert agent.modals == ()


async def test_an_english_agent_reads_english(slack: LocalSlack) -> None:
    english = slack.add_person("Edith Example", locale="en-GB", groups=["S0AGENTS"])
    modal = await english.types("/reset-password ana@example.com")
    await modal.shows("Client id")
    assert modal.title == "Reset password"
    assert "Send a password-reset e-mail" in modal.options("Method")


async def test_an_unsupported_locale_gets_the_default_language(slack: LocalSlack) -> None:
    person = slack.add_person("Jean Exemple", locale="fr-FR", groups=["S0AGENTS"])
    modal = await person.types("/reset-password")
    assert modal.title == "Restablecer contraseña"


async def test_an_exact_address_wins_over_a_longer_one_with_the_same_start(agent: Person) -> None:
    modal = await open_card(agent, "ada@example.com")
    assert "#51" in modal.text
    assert "Ada Lovelace" in (modal.chosen("Usuario") or "")


async def test_the_address_of_an_additional_user_finds_the_client_and_chooses_the_user(
    agent: Person,
) -> None:
    modal = await open_card(agent, "persona03@cinco.example.com")
    assert "#61" in modal.text
    assert "persona03@cinco.example.com" in (modal.chosen("Usuario") or "")


async def test_nobody_is_preselected_among_several_users(agent: Person) -> None:
    modal = await open_card(agent, "#61")
    assert modal.chosen("Usuario") is None
    assert len(modal.options("Usuario")) == 5


async def test_more_than_ten_matches_show_the_ten_best_and_how_many_there_are(agent: Person) -> None:
    modal = await agent.types("/reset-password ma")
    await modal.shows("clientes comienzan por «ma»")
    assert len(modal.options("Coincidencias")) == 10


async def test_no_match_says_so_and_how_whmcs_searches(agent: Person) -> None:
    modal = await agent.types("/reset-password zzz")
    await modal.shows("No se encontró ningún cliente para «zzz»")
    assert "por su comienzo" in modal.text
    assert "Buscar de nuevo" in modal.buttons


async def test_an_unknown_client_id_says_so(agent: Person) -> None:
    modal = await agent.types("/reset-password #31337")
    await modal.shows("No se encontró ningún cliente para «#31337»")


async def test_search_again_asks_whmcs_again(agent: Person, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(WhmcsFault("*", "html"))
    modal = await agent.types("/reset-password ana@example.com")
    await modal.shows("por ejemplo de mantenimiento")
    whmcs.faults.clear()
    await modal.press("Buscar de nuevo")
    await modal.shows("Ana López")


async def test_the_type_ahead_is_there_while_the_search_runs(agent: Person, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(WhmcsFault("GetClients", "held_before"))
    modal = await agent.types("/reset-password ana@example.com")
    await modal.shows("Un momento: buscando «ana@example.com»")
    assert modal.labels == ("Cliente",)
    whmcs.faults.clear()
    await modal.shows("Id del cliente")


async def test_a_client_without_users_is_reported_and_cannot_be_submitted(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await agent.types("/reset-password #60")
    await modal.shows("Este cliente no tiene usuarios")
    await modal.submit()
    assert modal.errors == {"Cliente": "Este cliente no tiene usuarios: elija otro. No se cambió nada."}
    assert whmcs.writes == []


async def test_a_select_offers_all_of_sixty_users(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await fill_form(agent, "#62", EMAIL, user="Persona Número 60")
    assert len(modal.options("Usuario")) == 60
    await modal.submit()
    await modal.shows("Listo")
    assert [mail.email for mail in whmcs.reset_emails] == ["persona60@sesenta.example.com"]


async def test_users_beyond_the_limit_of_a_select_can_be_chosen(agent: Person, whmcs: LocalWhmcs) -> None:
    client = whmcs.add_client("Grande", "Grandota", "grande@example.com")
    for number in range(230):
        user = whmcs.add_user("Persona", f"Cifra {number:03}", f"cifra{number:03}@example.com")
        whmcs.link(user.id, client.id)
    await complete_reset(agent, f"#{client.id}", EMAIL, user="Persona Cifra 229")
    assert [mail.email for mail in whmcs.reset_emails] == ["cifra229@example.com"]


@pytest.mark.parametrize(("client_id", "warning"), [(65, "está inactivo"), (66, "está cerrado")])
async def test_an_inactive_or_closed_client_is_marked(agent: Person, client_id: int, warning: str) -> None:
    modal = await agent.types(f"/reset-password #{client_id}")
    await modal.shows(warning)


async def test_hostile_names_are_shown_literally(agent: Person) -> None:
    modal = await agent.types("/reset-password #70")
    await modal.shows("@everyone <!channel>")
    marked_up = [text for text in _texts(modal.view) if text["type"] == "mrkdwn"]
    assert not any("everyone" in text["text"] or "!channel" in text["text"] for text in marked_up)


def _texts(node: object) -> list[dict[str, str]]:
    if isinstance(node, list):
        return [text for child in node for text in _texts(child)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.get("type") in {"plain_text", "mrkdwn"} else []
    return own + [text for child in node.values() for text in _texts(child)]


async def test_a_form_without_a_user_gets_a_field_error_and_keeps_its_reference(agent: Person, running: World) -> None:
    modal = await open_card(agent, "#61")
    before = reference_of(modal.view)
    await modal.submit(even_if_incomplete=True)

    assert modal.errors == {"Usuario": "Elija un usuario. No se cambió nada."}
    assert reference_of(modal.view) == before
    assert running.audit_rows()[-1]["action"] == "settings"


async def test_choosing_another_client_clears_the_chosen_user(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await fill_form(agent, "#61", EMAIL, user="Persona Número 02")
    await modal.picks("Cliente", "sesenta", "Sesenta Hosting")
    await modal.shows("Id del cliente\n#62")
    assert modal.chosen("Usuario") is None
    await modal.submit(even_if_incomplete=True)
    assert "Usuario" in modal.errors
    assert whmcs.writes == []


async def test_a_submission_before_the_card_arrived_shows_the_card_and_resets_nobody(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await fill_form(agent, "#61", EMAIL, user="Persona Número 02")
    whmcs.faults.add(WhmcsFault("GetClientsDetails", "held_before", times=1))
    await modal.picks("Cliente", "sesenta", "Sesenta Hosting")
    await modal.submit()

    await modal.shows("Id del cliente\n#62")
    assert modal.chosen("Usuario") is None
    whmcs.faults.clear()
    assert whmcs.writes == []
    assert running.audit() == []


async def test_the_newest_choice_wins_when_an_older_card_arrives_late(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await agent.types("/reset-password")
    whmcs.faults.add(WhmcsFault("GetClientsDetails", "held_before", times=1))
    await modal.picks("Cliente", "cinco", "Cinco Ruedas")
    await whmcs.wait_for_call("GetClientsDetails")
    await modal.picks("Cliente", "sesenta", "Sesenta Hosting")
    await modal.shows("Id del cliente\n#62")
    whmcs.faults.release()
    await whmcs.changes.wait_until(lambda: all(call.is_done for call in whmcs.calls))
    # By now the older card would have replaced the newer one.
    shown = await modal.suggestions("Cliente", "cinco")
    assert shown
    assert "#62" in modal.text
    assert "Persona Número 60" in modal.text


async def test_the_type_ahead_shows_partial_results_when_half_of_the_search_is_late(
    agent: Person, whmcs: LocalWhmcs
) -> None:
    modal = await agent.types("/reset-password")
    whmcs.faults.add(WhmcsFault("GetUsers", "held_before"))
    found = await modal.suggestions("Cliente", "lovel")
    whmcs.faults.clear()
    assert len(found) == 2
    assert "Ada Lovelace" in found[0]
    assert "WHMCS respondió solo en parte" in found[1]


async def test_the_option_for_an_unanswered_search_cannot_be_submitted(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await agent.types("/reset-password")
    whmcs.faults.add(WhmcsFault("*", "html"))
    await modal.picks("Cliente", "lovel", "WHMCS no responde ahora")
    await modal.shows("No se cambió nada.")
    await modal.submit(even_if_incomplete=True)
    assert "Cliente" in modal.errors


async def test_a_late_result_is_not_overwritten_by_its_progress_view(
    agent: Person, whmcs: LocalWhmcs, slack: LocalSlack
) -> None:
    slack.faults.swap_updates = True
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    whmcs.faults.add(WhmcsFault("ResetPassword", "slow_before", seconds=1.6, times=1))
    await modal.submit()
    await modal.shows("Un momento")
    await modal.shows("Listo")


async def test_an_expired_trigger_is_reported_where_the_command_was_typed(agent: Person, slack: LocalSlack) -> None:
    slack.faults.add(Fault("views.open", "error", error="expired_trigger_id"))
    await agent.sends("/reset-password")
    answer = await agent.ephemeral_message()
    assert "Slack no abrió el formulario" in answer.visible_text


async def test_an_unusable_response_url_makes_the_confirmation_a_direct_message(
    agent: Person, slack: LocalSlack
) -> None:
    slack.faults.add(Fault("response_url", "status_500"))
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    await modal.submit()
    message = await agent.direct_message(containing="WHMCS envió a ana@example.com")
    assert not message.is_ephemeral


async def test_the_result_of_a_closed_modal_is_in_the_confirmation(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    whmcs.faults.add(WhmcsFault("set_password", "slow_before", seconds=1.6, times=1))
    await modal.submit()
    await modal.close()
    await agent.ephemeral_message(containing="se cambió")
    assert (await agent.direct_message(containing="Contraseña nueva")).password


async def test_a_form_of_another_version_or_token_asks_to_start_again(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    payload = slack.submission_payload(agent, modal)
    view = payload["view"]
    assert isinstance(view, dict)
    reference = reference_of(view)
    for other in (
        f'{{"version":2,"reference":"{reference}"}}',
        "4.x.y.{}",
        re.sub(r"\.[^.]+\.", ".otherkey.", view["private_metadata"], count=1),
    ):
        view["private_metadata"] = other
        answer = await slack.deliver("view_submission", payload)
        assert "Empiece de nuevo con /reset-password" in str(answer.json())
    assert whmcs.writes == []
    assert running.audit("form") == []


async def test_two_agents_at_the_same_time_see_only_their_own_results(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs
) -> None:
    other = slack.add_person("Curro Colega", groups=["S0AGENTS"])
    forms = await asyncio.gather(fill_form(agent, "#42", SET), fill_form(other, "#51", SET))
    await asyncio.gather(*(form.submit() for form in forms))
    mine = await agent.direct_message(containing="ana@example.com")
    theirs = await other.direct_message(containing="ada@example.com")
    assert slack.people_who_saw(mine.password) == {agent}
    assert slack.people_who_saw(theirs.password) == {other}
    assert whmcs.opens("ada@example.com", theirs.password)
