"""The sentences for agents: what happened, whether anything was changed, what to do next."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.clients import SetPasswordOffer
from bot.domain.limits import LimitKind, LimitReached
from bot.domain.permissions import Agent, AgentId
from bot.domain.replies import ReplyOutcome, ReplyResult
from bot.domain.resets import Failure, Method, Outcome, Reason, Result
from bot.domain.tickets import TicketOption
from bot.views import client_card, client_search, direct_message, identity, labels, reset_password, reset_result
from bot.views.blocks import link
from bot.views.text import Languages, Texts, outcomes, refusals, replies
from bot.views.text.methods import METHODS
from tests.views import samples
from tests.views.reading import accepted_message, buttons_in, markup_in, text_of
from tests.views.samples import NOW, REFERENCE, URL, make_card, make_pause, make_reset, make_state

NOTHING = {"es": "No se cambió nada.", "en": "Nothing was changed."}
NOT_KNOWN = {"es": "No se sabe si", "en": "It is not known whether"}
AGAIN = {"es": "cámbiela otra vez", "en": "set it again"}
MOMENT = {"es": "Un momento", "en": "One moment"}
both = pytest.mark.parametrize("language", ["es", "en"])


@pytest.fixture
def t(language: str) -> Texts:
    return samples.texts(language)


@both
def test_a_refusal_or_failure_ends_with_nothing_was_changed(t: Texts, language: str) -> None:
    for result in samples.results():
        is_unchanged = result.outcome in {Outcome.REFUSED, Outcome.FAILED}
        assert outcomes.sentence(t, result).endswith(NOTHING[language]) == is_unchanged
        assert (NOTHING[language] in outcomes.sentence(t, result)) == is_unchanged


@both
def test_an_unknown_outcome_begins_with_it_is_not_known(t: Texts, language: str) -> None:
    for result in samples.results():
        is_unknown = result.outcome is Outcome.UNKNOWN
        assert outcomes.sentence(t, result).startswith(NOT_KNOWN[language]) == is_unknown


@both
def test_an_unknown_set_password_is_to_be_set_again_and_an_unknown_email_is_to_be_looked_for(
    t: Texts, language: str
) -> None:
    for result in samples.results():
        if result.outcome is Outcome.UNKNOWN:
            sentence, method = outcomes.sentence(t, result), result.reset.method
            assert (AGAIN[language] in sentence) == (method is Method.SET_PASSWORD)
            assert ({"es": "pestaña Correos", "en": "Emails tab"}[language] in sentence) == method.mails_link


@both
def test_set_but_not_delivered_says_to_set_it_again(t: Texts, language: str) -> None:
    reset = make_reset(Method.SET_PASSWORD)
    lost = Result(reset=reset, failure=Failure(Outcome.SUCCEEDED, Reason.NOT_DELIVERED))
    assert AGAIN[language] in outcomes.sentence(t, lost)
    assert AGAIN[language] in text_of(reset_result.build_result(make_state(), lost, t, t))
    assert AGAIN[language] in text_of(direct_message.build_result(lost, t))
    assert AGAIN[language] not in outcomes.sentence(t, Result(reset=reset))


@both
@pytest.mark.parametrize("method", Method)
def test_progress_begins_with_one_moment(t: Texts, language: str, method: Method) -> None:
    assert outcomes.progress(t, method).startswith(MOMENT[language])
    assert MOMENT[language] in text_of(reset_result.build_progress(make_state(), method, t))
    assert text_of(direct_message.build_placeholder(REFERENCE, t)).startswith(MOMENT[language])
    assert text_of(client_search.build_searching(make_state(None), "ana", t)).count(MOMENT[language]) == 1
    assert MOMENT[language] in text_of(reset_password.build_loading(make_state(), t))


def list_refusals(t: Texts) -> Iterator[str]:
    """Every refusal that precedes a write in WHMCS."""
    for sentence in (
        refusals.CHOOSE_CLIENT,
        refusals.CHOOSE_USER,
        refusals.CHOOSE_METHOD,
        refusals.NO_METHOD,
        refusals.NO_USERS,
        refusals.TICKET_NEEDED,
        refusals.TICKETS_NOT_READABLE,
        refusals.REQUESTOR_NEEDED,
        refusals.NOT_OFFERED,
        refusals.PROTECTED,
        refusals.NOT_RECORDED,
        refusals.NO_APPROVAL_CHANNEL,
        refusals.USED_FOR_OTHER_VALUES,
        refusals.NOT_OPENED,
        refusals.NOT_SHOWN,
        refusals.STOPPING,
        *(words.answer_needed for words in METHODS.values()),
        *refusals.DENIED.values(),
        *refusals.DENIED_SET_PASSWORD.values(),
        *refusals.START_AGAIN.values(),
    ):
        yield t.say(sentence)
    yield refusals.paused(t, make_pause())
    for kind in LimitKind:
        for until_at in (None, NOW):
            for who in ("", "Curro Colega"):
                limit = LimitReached(kind=kind, until_at=until_at, by=AgentId("U2"))
                yield refusals.limit_reached(t, limit, who)
    for reason in Reason:
        yield outcomes.unchanged(t, Failure(Outcome.FAILED, reason, "detail"))


@both
def test_every_refusal_says_last_that_nothing_was_changed(t: Texts, language: str) -> None:
    for sentence in list_refusals(t):
        assert sentence.endswith(NOTHING[language])
        assert len(sentence) > len(NOTHING[language]) + 10


@both
def test_every_reason_for_a_failure_has_a_sentence_of_its_own_kind(t: Texts) -> None:
    """Only unforeseen errors are *something went wrong in the bot*: the agent can do something about the others."""
    general = outcomes.unchanged(t, Failure(Outcome.FAILED, Reason.INTERNAL))
    unforeseen = {reason for reason in Reason if outcomes.unchanged(t, Failure(Outcome.FAILED, reason)) == general}
    assert unforeseen == {Reason.INTERNAL, Reason.NOT_DELIVERED}


@both
def test_the_words_of_whmcs_and_the_thing_to_correct_are_shown(t: Texts) -> None:
    told = {
        Reason.WHMCS_REFUSED: "Invalid <Client> {ID}",
        Reason.REDIRECTED: "https://other.example.com/",
        Reason.ADDRESS_REFUSED: "192.0.2.7",
        Reason.NOT_PERMITTED: "ResetPassword",
    }
    for reason, detail in told.items():
        result = Result(reset=make_reset(), failure=Failure(Outcome.FAILED, reason, detail))
        assert detail in outcomes.sentence(t, result)


@both
def test_a_result_names_the_address_the_client_and_the_reference(t: Texts) -> None:
    for method in Method:
        result = Result(reset=make_reset(method))
        for drawn in (reset_result.build_result(make_state(), result, t, t), direct_message.build_result(result, t)):
            assert "ana@example.com" in text_of(drawn)
            assert "#42" in text_of(drawn)
            assert REFERENCE in text_of(drawn)


@both
def test_a_user_without_a_known_address_is_named_by_id(t: Texts) -> None:
    result = Result(reset=make_reset(email=""), failure=Failure(Outcome.UNKNOWN, Reason.INTERRUPTED))
    assert "#7" in outcomes.sentence(t, result)


@both
def test_only_what_was_done_comes_with_a_sentence_for_the_client(t: Texts) -> None:
    for result in samples.results():
        is_done = result.outcome is Outcome.SUCCEEDED and result.reason is None
        assert bool(outcomes.for_client(t, result)) == is_done
        drawn = text_of(reset_result.build_result(make_state(), result, t, t))
        assert (t.say("To copy for the client:") in drawn) == is_done


def test_the_sentence_for_the_client_is_in_the_clients_language_and_the_rest_in_the_agents() -> None:
    result = Result(reset=make_reset())
    drawn = text_of(reset_result.build_result(make_state(), result, samples.texts("en"), samples.texts("es")))
    assert "To copy for the client:" in drawn
    assert "Le enviamos un correo a ana@example.com" in drawn
    assert "WHMCS sent a password-reset e-mail to ana@example.com" in drawn


@both
def test_an_unknown_email_links_to_the_clients_emails(t: Texts) -> None:
    result = Result(reset=make_reset(), failure=Failure(Outcome.UNKNOWN, Reason.TIMED_OUT))
    drawn = reset_result.build_result(make_state(), result, t, t, emails_url=URL)
    assert link(URL, t.say("Open the client’s e-mails in WHMCS")) in markup_in(drawn)
    assert markup_in(reset_result.build_result(make_state(), result, t, t)) == []


@both
def test_back_brings_back_the_choices(t: Texts) -> None:
    for method in Method:
        result = Result(reset=make_reset(method), failure=Failure(Outcome.REFUSED, Reason.USER_NOT_FOUND))
        back, *_ = buttons_in(reset_result.build_result(make_state(), result, t, t))
        assert reset_result.parse_back(back["value"]) == reset_result.Choices(client_id=42, user_id=7, method=method)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "null",
        "{}",
        "[]",
        "7",
        '{"client_id":42,"user_id":7,"method":"delete"}',
        '{"client_id":42,"user_id":7,"method":"reset_email","agent":"U2"}',
        '{"client_id":42,"user_id":7',
    ],
)
def test_a_value_that_the_bot_never_gives_to_back_is_refused(value: str | None) -> None:
    assert reset_result.parse_back(value) is None


@both
def test_a_notification_never_holds_the_password(t: Texts) -> None:
    content = direct_message.build_secret(make_reset(Method.SET_PASSWORD), "s3cret-PASSWORD", NOW, t)
    assert "s3cret-PASSWORD" not in content.text
    assert "s3cret-PASSWORD" in text_of(content)
    assert "s3cret-PASSWORD" not in str([block for block in content.blocks if block["type"] != "rich_text"])


@both
def test_the_message_with_the_password_says_when_it_deletes_itself_in_the_readers_time_zone(t: Texts) -> None:
    content = direct_message.build_secret(make_reset(Method.SET_PASSWORD), "s3cret", NOW, t)
    [advice] = markup_in(content.blocks)
    assert f"<!date^{int(NOW.timestamp())}^{{time}}|12:30 UTC>" in advice


def limit_sentence(t: Texts, at: datetime) -> str:
    limit = LimitReached(kind=LimitKind.USER_COOLDOWN, until_at=at, by=AgentId("U2"))
    return refusals.limit_reached(t, limit, "Curro Colega")


def test_a_limit_names_the_other_agent_and_the_time_where_the_reader_is() -> None:
    winter = datetime(2026, 1, 15, 12, 30, tzinfo=UTC)
    assert "Curro Colega" in limit_sentence(samples.texts("es", timezone=samples.MADRID), winter)
    assert "1:30 p. m." in limit_sentence(samples.texts("es", timezone=samples.MADRID), winter)
    assert "1:30 PM" in limit_sentence(samples.texts("en", timezone=samples.MADRID), winter)


@pytest.mark.parametrize("timezone", ["", "Nowhere/Land", "../../etc/passwd"])
def test_without_a_known_time_zone_times_are_in_utc_and_say_so(timezone: str) -> None:
    assert "12:30 p. m. UTC" in limit_sentence(samples.texts("es", timezone=timezone), NOW)


def test_a_reset_is_possible_again_at_the_minute_that_is_shown() -> None:
    assert "12:31 p. m. UTC" in limit_sentence(samples.texts("es"), NOW + timedelta(seconds=1))


def test_a_limit_held_by_the_reader_names_nobody() -> None:
    t = samples.texts("en")
    busy = LimitReached(kind=LimitKind.USER_BUSY, by=AgentId("U1"))
    assert refusals.limit_reached(t, busy).startswith("You are already resetting")
    hour = LimitReached(kind=LimitKind.AGENT_HOUR, until_at=NOW)
    assert refusals.limit_reached(t, hour).startswith("You have reached the limit of resets")


FIXED = {
    "es": {
        "title": "Restablecer contraseña",
        "client": "Cliente",
        "user": "Usuario",
        "ticket": "Ticket",
        "method": "Método",
        "reset e-mail": "Enviar correo electrónico para restablecer la contraseña",
        "set password": "Cambiar contraseña",
        "question": "¿Cómo se verificó a la persona?",
        "confirm": "Confirmar",
        "reply": "Responder en el ticket",
        "delete now": "Borrar ahora",
        "search again": "Buscar de nuevo",
        "back": "Volver",
    },
    "en": {
        "title": "Reset password",
        "client": "Client",
        "user": "User",
        "ticket": "Ticket",
        "method": "Method",
        "reset e-mail": "Send a password-reset e-mail",
        "set password": "Set a password",
        "question": "How was the person verified?",
        "confirm": "Confirm",
        "reply": "Reply on the ticket",
        "delete now": "Delete now",
        "search again": "Search again",
        "back": "Back",
    },
}


@both
def test_the_fixed_labels_never_change(t: Texts, language: str) -> None:
    assert FIXED[language] == {
        "title": labels.title(t),
        "client": labels.client(t),
        "user": labels.user(t),
        "ticket": labels.ticket(t),
        "method": labels.method(t),
        "reset e-mail": labels.method_name(t, Method.RESET_EMAIL),
        "set password": labels.method_name(t, Method.SET_PASSWORD),
        "question": identity.question(t),
        "confirm": t.say("Confirm"),
        "reply": labels.reply_on_ticket(t),
        "delete now": t.say("Delete now"),
        "search again": t.say("Search again"),
        "back": labels.back(t),
    }


@pytest.mark.parametrize(
    ("status", "spanish"),
    [("Customer-Reply", "Respuesta del cliente"), ("On Hold", "En espera"), ("Escalado", "Escalado")],
)
def test_whmcs_own_statuses_are_translated_and_the_administrators_are_not(status: str, spanish: str) -> None:
    option = TicketOption(number="516757", subject="Acceso", status=status)
    for language, shown in (("es", spanish), ("en", status)):
        [drawn] = identity.build_suggestions([option], samples.texts(language))
        assert drawn["text"]["text"] == f"516757 · {shown} · Acceso"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("es-ES", "es"),
        ("es_MX", "es"),
        ("ES", "es"),
        ("en-GB", "en"),
        ("en", "en"),
        ("de-DE", "default"),
        ("", "default"),
        ("english", "default"),
    ],
)
@pytest.mark.parametrize("default", ["es", "en"])
def test_slacks_locale_decides_the_language_and_else_the_default(locale: str, language: str, default: str) -> None:
    expected = default if language == "default" else language
    assert labels.title(Languages.load(default).for_locale(locale)) == FIXED[expected]["title"]


@pytest.mark.parametrize(
    ("language", "expected"), [("spanish", "es"), ("Spanish", "es"), ("english", "en"), ("", "es"), ("klingon", "es")]
)
def test_whmcs_names_the_clients_language(language: str, expected: str) -> None:
    assert labels.title(Languages.load("es").for_whmcs(language)) == FIXED[expected]["title"]


@both
def test_an_inactive_or_closed_client_is_warned_of_and_an_active_one_is_not(t: Texts) -> None:
    for status, is_warned in (("Active", False), ("Inactive", True), ("Closed", True)):
        card = make_card(status=status)
        assert ("⚠" in text_of(client_card.build_card(make_state(), card, t))) == is_warned


@both
def test_each_reason_for_not_offering_set_a_password_is_explained(t: Texts, language: str) -> None:
    said = {offer: t.say(sentence) for offer, sentence in client_card.NOT_OFFERED.items()}
    assert said.keys() == set(SetPasswordOffer) - {SetPasswordOffer.OFFERED}
    assert len(set(said.values())) == len(said)
    assert all(FIXED[language]["set password"] in sentence for sentence in said.values())


@both
def test_an_internal_error_has_a_reference(t: Texts) -> None:
    assert REFERENCE in refusals.internal_error(t, REFERENCE)


AFTERNOON = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
NIGHT = datetime(2026, 3, 1, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "afternoon", "night"),
    [
        ("es-LA", "4:30 p. m.", "1:05 a. m."),
        ("es_LA", "4:30 p. m.", "1:05 a. m."),
        ("es", "4:30 p. m.", "1:05 a. m."),
        ("es-419", "4:30 p. m.", "1:05 a. m."),
        ("es-CO", "4:30 p. m.", "1:05 a. m."),
        ("es-MX", "4:30 p.m.", "1:05 a.m."),
        ("es-ES", "16:30", "1:05"),
        ("es-XX", "4:30 p. m.", "1:05 a. m."),
        ("", "4:30 p. m.", "1:05 a. m."),
        ("de-DE", "4:30 p. m.", "1:05 a. m."),
        ("es-../..", "4:30 p. m.", "1:05 a. m."),
        ("en", "4:30 PM", "1:05 AM"),
        ("en-US", "4:30 PM", "1:05 AM"),
        ("EN-us", "4:30 PM", "1:05 AM"),
        ("en-GB", "16:30", "01:05"),
    ],
)
def test_a_time_is_written_as_in_the_readers_country(locale: str, afternoon: str, night: str) -> None:
    t = Languages.load("es").for_locale(locale).in_timezone("Etc/UTC")
    assert (t.clock(AFTERNOON), t.clock(NIGHT)) == (afternoon, night)
    assert t.date(AFTERNOON).endswith(f" mar 2026, {afternoon}" if t.language == "es" else f" Mar 2026, {afternoon}")


def not_answering() -> Failure:
    return Failure(Outcome.FAILED, Reason.NOT_ANSWERING, AFTERNOON.isoformat())


def test_a_message_shows_each_reader_their_own_time() -> None:
    result = Result(reset=make_reset(), failure=not_answering())
    for timezone in ("", "America/Bogota"):
        content = accepted_message(direct_message.build_result(result, samples.texts("es", timezone=timezone)))
        assert f"<!date^{int(AFTERNOON.timestamp())}^{{time}}|16:30 UTC>" in str(markup_in(content.blocks))


def test_a_reply_that_was_not_sent_shows_the_time_where_the_reader_is() -> None:
    failure = not_answering()
    reset = make_reset(Method.SET_PASSWORD, ticket="ABC-123456")
    result = ReplyResult(reset=reset, outcome=ReplyOutcome.NOT_SENT, reason=failure.reason, detail=failure.detail)
    t = Languages.load("es").for_agent(Agent(id=AgentId("U1"), locale="es-LA", timezone="America/Bogota"))
    assert "11:30 a. m." in replies.sentence(t, result)
