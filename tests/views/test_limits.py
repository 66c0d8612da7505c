"""Slack refuses a view or message that breaks one of its limits, so whatever strangers are called, none may."""

from datetime import timedelta

import pytest

from bot.domain.clients import SetPasswordOffer
from bot.domain.passwords import generate_password
from bot.domain.resets import Method, Reason
from bot.views import direct_message, reset_password, reset_result
from bot.views.text import Texts
from tests.views import samples
from tests.views.reading import accepted_message, accepted_suggestions, accepted_view, block_of, options_in
from tests.views.samples import HOSTILE, LONG_CONTACT, NOW, REFERENCE, URL, make_card, make_search, make_state

pytestmark = pytest.mark.parametrize("language", ["es", "en"])
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)

CHOICES = reset_result.Choices(client_id=42, user_id=7, method=Method.RESET_EMAIL)


@pytest.fixture
def t(language: str) -> Texts:
    return samples.texts(language, LONG_CONTACT)


@pytest.mark.parametrize("contact", ["", "C012AB3CD", "Ana & <Beto>", LONG_CONTACT], ids=len)
def test_whoever_is_to_be_asked_for_help_the_views_are_accepted(language: str, contact: str) -> None:
    t = samples.texts(language, contact)
    accepted_view(reset_password.build_empty(make_state(None), t))
    accepted_view(reset_password.build_unavailable(make_state(None), t))
    accepted_view(reset_password.build_found(make_state(None), make_search(0), t))
    accepted_view(reset_password.build_failed(make_state(), 42, Reason.TIMED_OUT, "", t))
    accepted_view(reset_password.build_card(make_state(), make_card(), "", t))
    accepted_view(reset_result.build_notice("…", t))
    accepted_view(reset_result.build_refused(make_state(), CHOICES, "…", t))
    accepted_message(direct_message.build_notice("…", t))
    accepted_message(direct_message.build_help(t))


@hostile
def test_the_first_views_are_accepted(t: Texts, text: str) -> None:
    accepted_view(reset_password.build_searching(make_state(None), text, t))
    accepted_view(reset_password.build_empty(make_state(None), t))
    accepted_view(reset_password.build_loading(make_state(), t))
    accepted_view(reset_password.build_unavailable(make_state(None), t))


@hostile
@pytest.mark.parametrize("number", [0, 1, 11, 101])
def test_whatever_a_search_finds_is_accepted(t: Texts, text: str, number: int) -> None:
    state = make_state(None)
    accepted_view(reset_password.build_found(state, make_search(number, text), t))
    accepted_view(reset_password.build_found(state, make_search(number, text, failure=Reason.TIMED_OUT), t))
    accepted_suggestions(reset_password.build_suggestions(make_search(number, text), t))


@pytest.mark.parametrize("reason", Reason)
def test_whatever_a_search_fails_with_is_accepted(t: Texts, reason: Reason) -> None:
    for text in HOSTILE.values():
        search = make_search(0, text, failure=reason, detail=text)
        accepted_view(reset_password.build_found(make_state(None), search, t))
        accepted_suggestions(reset_password.build_suggestions(search, t))
        accepted_view(reset_password.build_failed(make_state(), 42, reason, text, t))


def test_a_refused_type_ahead_is_accepted(t: Texts) -> None:
    accepted_suggestions(reset_password.build_refused_suggestions(t))


@hostile
@pytest.mark.parametrize("number", [1, 11, 101])
def test_a_card_with_any_number_of_users_is_accepted(t: Texts, text: str, number: int) -> None:
    for preselected in {None, 1, number}:
        card = make_card(text, users=samples.make_users(number, text), preselected_user_id=preselected)
        accepted_view(reset_password.build_card(make_state(), card, samples.MADRID, t))


@pytest.mark.parametrize("number", [0, 10, 60, 100])
def test_a_card_on_either_side_of_slacks_limits_is_accepted(t: Texts, number: int) -> None:
    card = make_card(users=samples.make_users(number), preselected_user_id=number)
    accepted_view(reset_password.build_card(make_state(), card, samples.MADRID, t))


@pytest.mark.parametrize("text", [HOSTILE["emoji"], HOSTILE["120 characters"], "Ana López"], ids=len)
def test_a_card_with_five_hundred_users_is_accepted(t: Texts, text: str) -> None:
    card = make_card(text, users=samples.make_users(500, text), preselected_user_id=499)
    accepted_view(reset_password.build_card(make_state(), card, samples.MADRID, t))


@pytest.mark.parametrize("number", [1200, 10_001])
def test_a_card_with_more_users_than_a_view_can_hold_is_accepted_with_the_one_who_is_meant(
    t: Texts, number: int
) -> None:
    card = make_card(users=samples.make_users(number), preselected_user_id=number)
    view = accepted_view(reset_password.build_card(make_state(), card, samples.MADRID, t))
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
        accepted_view(reset_password.build_card(make_state(), card, "", t))


def test_a_client_and_a_user_without_a_name_are_accepted(t: Texts) -> None:
    user = samples.make_user(name="", email="ana@example.com")
    card = make_card(name="", company="", email="ana@example.com", users=(user,))
    accepted_view(reset_password.build_card(make_state(), card, "", t))


def test_users_with_everything_that_can_be_told_are_accepted(t: Texts) -> None:
    users = (
        samples.make_user(1, is_owner=True, tells_sign_in=True, last_sign_in_at=NOW, other_clients=1),
        samples.make_user(2, is_owner=True, tells_sign_in=True, last_sign_in_at=NOW, other_clients=123_456_789),
        samples.make_user(3, tells_sign_in=True),
    )
    accepted_view(reset_password.build_card(make_state(), make_card(users=users), samples.MADRID, t))


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
