"""Slack refuses a view or message that breaks one of its limits, so no name may lead to one."""

from datetime import timedelta

import pytest

from bot.domain.clients import SetPasswordOffer
from bot.domain.finding import Found
from bot.domain.passwords import generate_password
from bot.domain.reading import Reading, read_typed
from bot.domain.resets import Failure, Method, Outcome, Reason
from bot.views import client_card, client_search, direct_message, reset_password, reset_result
from bot.views.text import Texts
from tests.views import samples
from tests.views.reading import accepted_message, accepted_suggestions, accepted_view, block_of, options_in
from tests.views.samples import (
    HOSTILE,
    LONG_CONTACT,
    NOW,
    REFERENCE,
    URL,
    make_card,
    make_found,
    make_search,
    make_state,
)

pytestmark = pytest.mark.parametrize("language", ["es", "en"])
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)

CHOICES = reset_result.Choices(client_id=42, user_id=7, method=Method.RESET_EMAIL)


@pytest.fixture
def t(language: str) -> Texts:
    return samples.texts(language, LONG_CONTACT, samples.MADRID)


@pytest.mark.parametrize("contact", ["", "C012AB3CD", "Ana & <Beto>", LONG_CONTACT], ids=len)
def test_the_views_are_accepted_with_any_help_contact(language: str, contact: str) -> None:
    t = samples.texts(language, contact)
    accepted_view(reset_password.build_empty(make_state(None), t))
    accepted_view(client_search.build_unavailable(make_state(None), t))
    accepted_view(client_search.build_found(make_state(None), make_found(0), t))
    accepted_view(client_search.build_failed(make_state(), 42, Failure(Outcome.FAILED, Reason.TIMED_OUT), t))
    accepted_view(client_card.build_card(make_state(), make_card(), t))
    accepted_view(reset_result.build_notice("…", t))
    accepted_view(reset_result.build_refused(make_state(), CHOICES, "…", t))
    accepted_message(direct_message.build_notice("…", t))
    accepted_message(direct_message.build_help(t))


@hostile
def test_the_first_views_are_accepted(t: Texts, text: str) -> None:
    accepted_view(client_search.build_searching(make_state(None), text, t))
    accepted_view(reset_password.build_empty(make_state(None), t))
    accepted_view(reset_password.build_loading(make_state(), t))
    accepted_view(client_search.build_unavailable(make_state(None), t))


@hostile
@pytest.mark.parametrize("number", [0, 1, 11, 101])
def test_whatever_a_search_finds_is_accepted(t: Texts, text: str, number: int) -> None:
    state = make_state(None)
    accepted_view(client_search.build_found(state, make_found(number, text), t))
    accepted_view(
        client_search.build_found(state, make_found(number, text, failure=Failure(Outcome.FAILED, Reason.TIMED_OUT)), t)
    )
    for found in samples.make_founds(make_search(number, text), text):
        accepted_view(client_search.build_found(state, found, t))
    accepted_suggestions(client_search.build_suggestions(make_search(number, text), t))


def test_the_longest_text_that_names_somebody_is_accepted(t: Texts) -> None:
    addresses = tuple(f"{'a' * 60}{number}@{'example.' * 22}com" for number in range(5))
    reading = Reading(
        tickets=tuple("A1B2C3D4E5F6G7H-" * 3 + f"{number}" * 15 for number in range(5)), addresses=addresses
    )
    assert read_typed(reading.written) == reading
    search = make_search(1, reading.shown, again=reading.written)
    accepted_view(client_search.build_searching(make_state(None), reading.shown, t))
    for found in samples.make_founds(search, "ABC-123456"):
        accepted_view(client_search.build_found(make_state(None), found, t))


@pytest.mark.parametrize("reason", Reason)
def test_whatever_a_search_fails_with_is_accepted(t: Texts, reason: Reason) -> None:
    for text in HOSTILE.values():
        search = make_search(0, text, failure=Failure(Outcome.FAILED, reason, text))
        accepted_view(client_search.build_found(make_state(None), Found(search=search), t))
        accepted_suggestions(client_search.build_suggestions(search, t))
        accepted_view(client_search.build_failed(make_state(), 42, Failure(Outcome.FAILED, reason, text), t))


def test_a_refused_type_ahead_is_accepted(t: Texts) -> None:
    accepted_suggestions(client_search.build_refused_suggestions(t))


@hostile
@pytest.mark.parametrize("number", [1, 11, 101])
def test_a_card_with_any_number_of_users_is_accepted(t: Texts, text: str, number: int) -> None:
    for preselected in {None, 1, number}:
        card = make_card(text, users=samples.make_users(number, text), preselected_user_id=preselected)
        accepted_view(client_card.build_card(make_state(), card, t))


@pytest.mark.parametrize("number", [0, 10, 60, 100])
def test_a_card_on_either_side_of_slacks_limits_is_accepted(t: Texts, number: int) -> None:
    card = make_card(users=samples.make_users(number), preselected_user_id=number)
    accepted_view(client_card.build_card(make_state(), card, t))


@pytest.mark.parametrize("text", [HOSTILE["emoji"], HOSTILE["120 characters"], "Ana López"], ids=len)
def test_a_card_with_five_hundred_users_is_accepted(t: Texts, text: str) -> None:
    card = make_card(text, users=samples.make_users(500, text), preselected_user_id=499)
    accepted_view(client_card.build_card(make_state(), card, t))


@pytest.mark.parametrize("number", [1200, 10_001])
def test_a_card_with_too_many_users_for_a_view_keeps_the_preselected_one(t: Texts, number: int) -> None:
    card = make_card(users=samples.make_users(number), preselected_user_id=number)
    view = accepted_view(client_card.build_card(make_state(), card, t))
    block = block_of(view, "user")
    offered = [option["value"] for option in options_in(block["element"])]
    assert str(number) in offered
    assert block["element"]["initial_option"]["value"] == str(number)
    assert str(number - len(offered)) in block["hint"]["text"]


@pytest.mark.parametrize("offer", SetPasswordOffer)
@pytest.mark.parametrize("status", ["Active", "Inactive", "Closed", "", "Something that an add-on wrote " * 5])
def test_a_card_with_every_offer_and_status_is_accepted(t: Texts, offer: SetPasswordOffer, status: str) -> None:
    for method in (None, *Method):
        card = make_card(offer=offer, status=status, preselected_method=method)
        accepted_view(client_card.build_card(make_state(), card, t))


def test_a_client_and_a_user_without_a_name_are_accepted(t: Texts) -> None:
    user = samples.make_user(name="", email="ana@example.com")
    card = make_card(name="", company="", email="ana@example.com", users=(user,))
    accepted_view(client_card.build_card(make_state(), card, t))


def test_users_with_every_detail_are_accepted(t: Texts) -> None:
    users = (
        samples.make_user(1, is_owner=True, tells_sign_in=True, last_sign_in_at=NOW, other_clients=1),
        samples.make_user(2, is_owner=True, tells_sign_in=True, last_sign_in_at=NOW, other_clients=123_456_789),
        samples.make_user(3, tells_sign_in=True),
    )
    accepted_view(client_card.build_card(make_state(), make_card(users=users), t))


@pytest.mark.parametrize("text", [HOSTILE["wide characters"], HOSTILE["mentions"], "x" * 200], ids=len)
def test_every_way_to_end_is_accepted_as_a_view_and_as_a_message(t: Texts, language: str, text: str) -> None:
    client_texts = samples.texts("en" if language == "es" else "es")
    for result in samples.results(text, text):
        accepted_view(reset_result.build_result(make_state(), result, t, client_texts, emails_url=URL))
        accepted_message(direct_message.build_result(result, t))


@pytest.mark.parametrize("method", Method)
def test_progress_is_accepted(t: Texts, method: Method) -> None:
    accepted_view(reset_result.build_progress(make_state(), method, t))


@hostile
def test_a_notice_is_accepted_in_both_places(t: Texts, text: str) -> None:
    accepted_view(reset_result.build_notice(text, t))
    accepted_view(reset_result.build_refused(make_state(), CHOICES, text, t))
    accepted_message(direct_message.build_notice(text, t))


@hostile
@pytest.mark.parametrize("length", [16, 64])
def test_the_messages_around_a_password_are_accepted(t: Texts, text: str, length: int) -> None:
    reset = samples.make_reset(Method.SET_PASSWORD, text)
    accepted_message(direct_message.build_placeholder(REFERENCE, t))
    accepted_message(direct_message.build_secret(reset, generate_password(length), NOW + timedelta(minutes=15), t))
