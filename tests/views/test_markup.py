"""Text from WHMCS or a person is rendered literally: no mention, no link, no bold word."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.clients import SetPasswordOffer
from bot.domain.resets import Failure, Method, Outcome, Reason, Result
from bot.views import client_card, client_search, direct_message, reset_result
from bot.views.direct_message import MessageContent
from bot.views.text import Texts
from tests.views import samples
from tests.views.reading import markup_in, objects_in, text_of
from tests.views.samples import HOSTILE, NOW, URL, make_card, make_search, make_state

pytestmark = pytest.mark.parametrize("language", ["es", "en"])
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


@pytest.fixture
def t(language: str) -> Texts:
    return samples.texts(language, "C012AB3CD", samples.MADRID)


def results_with(text: str) -> Iterator[Result]:
    """Every result for one of the texts, and some for the others, since rendering does not depend on the text."""
    return (samples.results if text == HOSTILE["mentions"] else samples.some_results)(text, text)


def views(text: str, t: Texts) -> Iterator[Any]:
    """Every modal, with this text in place of everything from outside the bot."""
    state = make_state()
    yield client_search.build_searching(state, text, t)
    for number in (0, 1, 11):
        for reason in (None, *Reason) if number == 1 else (None,):
            failure = Failure(Outcome.FAILED, reason, text) if reason is not None else None
            search = make_search(number, text, failure=failure)
            yield from (client_search.build_found(state, found, t) for found in samples.make_founds(search, text))
            yield client_search.build_suggestions(search, t)
    for reason in Reason:
        yield client_search.build_failed(state, 42, Failure(Outcome.FAILED, reason, text), t)
    for number in (0, 1, 11, 101):
        for offer in SetPasswordOffer:
            card = make_card(text, users=samples.make_users(number, text), offer=offer, status=text)
            yield client_card.build_card(state, card, t)
    for result in results_with(text):
        yield reset_result.build_result(state, result, t, t, emails_url=URL)
    yield reset_result.build_notice(text, t)
    choices = reset_result.Choices(client_id=42, user_id=7, method=Method.RESET_EMAIL)
    yield reset_result.build_refused(state, choices, text, t)


def messages(text: str, t: Texts) -> Iterator[MessageContent]:
    for result in results_with(text):
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
    card = client_card.build_card(make_state(), make_card(text), t)
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
