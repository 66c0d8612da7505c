"""Whatever WHMCS or a person typed is drawn literally: no mention, no link, no bold word comes of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.clients import SetPasswordOffer
from bot.domain.resets import Method, Reason
from bot.views import direct_message, reset_password, reset_result
from bot.views.direct_message import MessageContent
from bot.views.text import Texts
from tests.views import samples
from tests.views.reading import markup_in, objects_in, text_of
from tests.views.samples import HOSTILE, NOW, URL, make_card, make_search, make_state

pytestmark = pytest.mark.parametrize("language", ["es", "en"])
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


@pytest.fixture
def t(language: str) -> Texts:
    return samples.texts(language, "C012AB3CD")


def views(text: str, t: Texts) -> Iterator[Any]:
    """Everything that is drawn in a modal, with this text wherever a text comes from elsewhere."""
    state = make_state()
    yield reset_password.build_searching(state, text, t)
    for number in (0, 1, 11):
        for failure in (None, *Reason) if number == 1 else (None,):
            search = make_search(number, text, failure=failure, detail=text)
            yield reset_password.build_found(state, search, t)
            yield reset_password.build_suggestions(search, t)
    for reason in Reason:
        yield reset_password.build_failed(state, 42, reason, text, t)
    for number in (0, 1, 11, 101):
        for offer in SetPasswordOffer:
            card = make_card(text, users=samples.make_users(number, text), offer=offer, status=text)
            yield reset_password.build_card(state, card, samples.MADRID, t)
    for result in samples.results(text, text):
        yield reset_result.build_result(state, result, t, t, emails_url=URL)
    yield reset_result.build_notice(text, t)
    choices = reset_result.Choices(client_id=42, user_id=7, method=Method.RESET_EMAIL)
    yield reset_result.build_refused(state, choices, text, t)


def messages(text: str, t: Texts) -> Iterator[MessageContent]:
    for result in samples.results(text, text):
        yield direct_message.build_result(result, t)
    yield direct_message.build_secret(samples.make_reset(Method.SET_PASSWORD, text), "CANARY-password", NOW, t)
    yield direct_message.build_notice(text, t)
    yield direct_message.build_help(t, text)


@hostile
def test_nothing_that_came_from_elsewhere_stands_in_markup_or_turns_colons_into_emoji(t: Texts, text: str) -> None:
    for drawn in (*views(text, t), *(message.blocks for message in messages(text, t))):
        for found in objects_in(drawn):
            if "CANARY" in str(found.get("text")) and "type" in found:
                assert found["type"] in {"plain_text", "text"} or isinstance(found["text"], dict)
                assert not found.get("emoji")


@hostile
def test_a_notification_which_slack_reads_as_markup_holds_nothing_that_came_from_elsewhere(t: Texts, text: str) -> None:
    for message in messages(text, t):
        assert "CANARY" not in message.text


def test_hostile_names_are_there_to_be_read(t: Texts) -> None:
    text = HOSTILE["mentions"]
    card = reset_password.build_card(make_state(), make_card(text), samples.MADRID, t)
    assert text in text_of(card)
    [done, *_] = samples.results(text)
    assert text in text_of(reset_result.build_result(make_state(), done, t, t))


def test_the_help_contact_is_text_in_markup_unless_it_is_a_channel(language: str) -> None:
    named = samples.texts(language, "Ayuda & <!channel> <http://evil.example>")
    [markup] = markup_in(reset_result.build_notice("…", named))
    assert "Ayuda &amp; &lt;!channel&gt; &lt;http://evil.example&gt;" in markup
    [markup] = markup_in(reset_result.build_notice("…", samples.texts(language, "C012AB3CD")))
    assert "<#C012AB3CD>" in markup
    assert markup_in(reset_result.build_notice("…", samples.texts(language))) == []
