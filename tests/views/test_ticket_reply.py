"""The reply on the ticket: its form, the values that come back, and its outcomes."""

from datetime import datetime
from functools import partial

import pytest

from bot.domain.references import Reference
from bot.domain.replies import (
    ReplyKind,
    ReplyOutcome,
    ReplyReason,
    ReplyResult,
    ReplyTemplates,
    ReplyText,
    find_markers,
)
from bot.domain.resets import Method, Reason
from bot.views import direct_message, labels, ticket_reply
from bot.views.blocks import View
from bot.views.reply_text import DraftText, Filled, ReplyState, switch_password
from bot.views.state import ViewError
from bot.views.text import Texts, replies
from tests.metadata import SEAL
from tests.views import samples
from tests.views.reading import accepted_message, accepted_view, as_sent, block_of, markup_in, submitted, text_of
from tests.views.samples import HOSTILE, LONG_CONTACT, MADRID, NOW, REFERENCE, make_reset, make_state

PASSWORD = "fake-Passw0rd-of-nobody"
URL = "https://billing.example.com/admin/supporttickets.php?action=view&id=7"
NOTHING = {"es": "No se envió nada.", "en": "Nothing was sent."}
both = pytest.mark.parametrize("language", ["es", "en"])
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)

parse_submission = partial(ticket_reply.parse_submission, seal=SEAL)


@pytest.fixture
def t(language: str) -> Texts:
    return samples.texts(language, LONG_CONTACT, MADRID)


def make_draft(
    language: str = "es",
    method: Method = Method.SET_PASSWORD,
    *,
    client_name: str = "Ana López",
    subject: str = "No puedo entrar",
    templates: ReplyTemplates | None = None,
    offers_password: bool = True,
) -> DraftText:
    state = ReplyState(
        form=make_state(ticket="ABC-123456"),
        opened_at=int(NOW.timestamp()),
        language=language,
        result_view_id="V012AB3CD",
        client_name=client_name[:100],
        ticket_subject=subject[:150],
        ticket_url=URL,
        offers_password=offers_password,
    )
    return DraftText(
        state=state.sealed_by(SEAL),
        method=method,
        email="ana@example.com",
        texts=samples.texts(language),
        templates=templates or ReplyTemplates(),
    )


def make_result(outcome: ReplyOutcome, reason: ReplyReason | Reason, at: datetime | None = NOW) -> ReplyResult:
    reset = make_reset(Method.SET_PASSWORD, ticket="ABC-123456")
    return ReplyResult(reset=reset, outcome=outcome, reason=reason, detail="detail", at=at, ticket_url=URL)


def filled_in(view: View, *, text: str | None = None, kind: str = "public", ticks: bool = False) -> View:
    """The view as it comes back."""
    sent = submitted(view, kind=kind)
    block = block_of(view, "text")["block_id"]
    sent["state"]["values"][block][ticket_reply.TEXT]["value"] = text
    include = block_of(view, "include")
    chosen = include["element"]["options"] if ticks else []
    sent["state"]["values"][include["block_id"]][ticket_reply.INCLUDE]["selected_options"] = chosen
    return sent


@both
@hostile
def test_whatever_client_and_ticket_are_called_the_form_is_accepted_and_literal(
    t: Texts, language: str, text: str
) -> None:
    draft = make_draft(language, client_name=text, subject=text)
    for filled in (None, Filled(kind=ReplyKind.NOTE, text=text, has_password=False)):
        view = accepted_view(ticket_reply.build_form(draft, t, filled, refusal=text))
        assert not any("CANARY" in marked for marked in markup_in(view))
    longest = Filled(kind=ReplyKind.PUBLIC, text="漢" * 3000, has_password=True)
    accepted_view(ticket_reply.build_form(draft, t, longest))
    accepted_view(ticket_reply.build_loading(draft.state, t))
    accepted_view(ticket_reply.build_progress(draft.state, t))


@both
def test_every_end_of_a_reply_is_accepted_and_says_whether_anything_was_sent(t: Texts, language: str) -> None:
    for reason in (*ReplyReason, *Reason):
        for outcome in ReplyOutcome:
            for at in (NOW, None):
                result = make_result(outcome, reason, at)
                accepted_view(ticket_reply.build_result(result, t))
                sentence = replies.sentence(t, result)
                assert sentence.endswith(NOTHING[language]) == (outcome is ReplyOutcome.NOT_SENT)
                is_unknown = {"es": "No se sabe", "en": "It is not known"}[language] in sentence
                assert is_unknown == (outcome is ReplyOutcome.UNKNOWN)
                assert len(replies.sentence(t, result)) < 3000


@both
@pytest.mark.parametrize("which", ReplyText)
def test_a_reply_begins_in_the_clients_language_with_all_filled_in_and_ends_with_the_reference(
    language: str, which: ReplyText
) -> None:
    method = Method.RESET_EMAIL if which is ReplyText.RESET_EMAIL else Method.SET_PASSWORD
    text = make_draft(language, method).prefilled(has_password=which is ReplyText.WITH_PASSWORD)
    assert text.startswith({"es": "Buen día, Ana López:", "en": "Hello Ana López,"}[language])
    assert "ana@example.com" in text
    assert find_markers(text) == ({"password"} if which is ReplyText.WITH_PASSWORD else set())
    assert text.rpartition("\n")[2] == {"es": f"Referencia: {REFERENCE}", "en": f"Reference: {REFERENCE}"}[language]


def test_the_administrators_text_replaces_ours_only_in_its_language() -> None:
    templates = ReplyTemplates({(ReplyText.SET_PASSWORD, "es"): "{client_name}, {email}, {ticket}, {reference}"})
    assert make_draft("es", templates=templates).prefilled(has_password=False) == (
        f"Ana López, ana@example.com, ABC-123456, {REFERENCE}"
    )
    assert make_draft("en", templates=templates).prefilled(has_password=False).startswith("Hello ")


@both
def test_what_is_filled_in_is_read_back(t: Texts, language: str) -> None:
    draft = make_draft(language)
    view = ticket_reply.build_form(draft, t)
    sent = parse_submission(filled_in(view, text="  Hola. \n", kind="note", ticks=True))
    assert sent.filled == Filled(kind=ReplyKind.NOTE, text="Hola.", has_password=True)
    assert sent.state == draft.state
    nothing = parse_submission(filled_in(view))
    assert nothing.filled == Filled(kind=ReplyKind.PUBLIC, text="", has_password=False)
    assert ticket_reply.find_mistakes(nothing, t)[block_of(view, "text")["block_id"]] == t.say(ticket_reply.NO_TEXT)


@both
def test_the_password_is_offered_only_where_it_can_be_had(t: Texts, language: str) -> None:
    offered = text_of(ticket_reply.build_form(make_draft(language), t))
    assert t.say("WHMCS also e-mails the reply: the password is sent unencrypted") in offered
    without = text_of(ticket_reply.build_form(make_draft(language, offers_password=False), t))
    assert t.say("Include the new password") not in without


@both
def test_ticking_and_unticking_changes_the_text_and_the_field_that_shows_it(t: Texts, language: str) -> None:
    draft = make_draft(language)
    plain, marked = draft.prefilled(has_password=False), draft.prefilled(has_password=True)
    view = ticket_reply.build_form(draft, t)
    ticked = parse_submission(filled_in(view, text=plain, ticks=True))
    with_password = switch_password(ticked.filled, draft)
    assert with_password == Filled(kind=ReplyKind.PUBLIC, text=marked, has_password=True)
    redrawn = ticket_reply.build_form(draft, t, with_password)
    assert block_of(redrawn, "text")["block_id"] != block_of(view, "text")["block_id"]
    unticked = parse_submission(filled_in(redrawn, text=marked))
    assert switch_password(unticked.filled, draft).text == plain


def test_the_state_comes_back_as_it_went_and_so_does_its_form() -> None:
    state = make_draft().state
    read = ReplyState.parse(state.write(), SEAL)
    assert read == state
    assert read.form.write() == state.form.write()


@pytest.mark.parametrize("metadata", [None, "", "[]", make_state().write(), make_draft().state.write() + " "])
def test_a_state_that_the_bot_did_not_write_is_refused_without_what_it_holds(metadata: object) -> None:
    with pytest.raises(ViewError) as caught:
        parse_submission({"private_metadata": metadata, "state": {"values": {}}})
    assert "hooks.slack.com" not in str(caught.value)


@pytest.mark.parametrize("values", [None, [], {}, {"kind": 7}, {"kind": {"reply_kind": {"selected_option": 7}}}])
def test_values_of_an_odd_shape_are_no_reply(values: object) -> None:
    metadata = make_draft().state.write()
    with pytest.raises(ViewError):
        parse_submission({"private_metadata": metadata, "state": {"values": values}})


# The message with the password


def secret_message(language: str, **given: object) -> direct_message.MessageContent:
    reset = make_reset(Method.SET_PASSWORD, ticket="ABC-123456")
    return direct_message.build_secret(reset, PASSWORD, NOW, samples.texts(language), **given)  # type: ignore[arg-type]  # by name


@both
def test_the_password_is_read_back_from_its_message_and_from_no_other(language: str) -> None:
    for content in (
        secret_message(language),
        secret_message(language, offers_reply=True),
        secret_message(language, replied=ReplyReason.WITH_PASSWORD),
    ):
        accepted_message(content)
        message = as_sent({"ts": "1.0", "text": content.text, "blocks": content.blocks})
        assert direct_message.parse_secret(message, REFERENCE) == PASSWORD
        assert direct_message.parse_secret(message, Reference("0000-0000")) is None


@both
def test_what_is_no_message_with_a_password_has_none(language: str) -> None:
    t = samples.texts(language)
    placeholder = direct_message.build_placeholder(REFERENCE, t)
    for message in (
        {"blocks": as_sent(placeholder.blocks)},
        {"blocks": "odd"},
        {"blocks": [{"type": 7}]},
        {},
        {"blocks": [{"type": "actions", "elements": [{"action_id": "delete_now", "value": REFERENCE}]}]},
    ):
        assert direct_message.parse_secret(message, REFERENCE) is None


@both
def test_the_message_offers_the_reply_until_it_says_what_was_sent(language: str) -> None:
    button = labels.reply_on_ticket(samples.texts(language))
    assert button not in text_of(secret_message(language))
    assert button in text_of(secret_message(language, offers_reply=True))
    told = text_of(secret_message(language, offers_reply=True, replied=ReplyReason.NOTE))
    assert button not in told
    assert "ABC-123456" in told
