"""What an agent is told: what happened, whether anything changed, what to do next."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.clients import SetPasswordOffer
from bot.domain.forms import FormFault
from bot.domain.permissions import AgentId, Denial
from bot.domain.resets import LimitKind, LimitReached, Method, Outcome, Reason, Result
from bot.views import direct_message, reset_result
from bot.views.text import Languages, Texts, confirmation, form, identity, messages, outcomes, ticket_reply
from tests.views import samples
from tests.views.reading import buttons_in, markup_in, text_of
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
def test_what_was_refused_or_failed_says_last_that_nothing_was_changed(t: Texts, language: str) -> None:
    for result in samples.results():
        is_unchanged = result.outcome in {Outcome.REFUSED, Outcome.FAILED}
        assert outcomes.sentence(t, result).endswith(NOTHING[language]) == is_unchanged
        assert (NOTHING[language] in outcomes.sentence(t, result)) == is_unchanged


@both
def test_what_is_unknown_says_so_first(t: Texts, language: str) -> None:
    for result in samples.results():
        is_unknown = result.outcome is Outcome.UNKNOWN
        assert outcomes.sentence(t, result).startswith(NOT_KNOWN[language]) == is_unknown


@both
def test_an_unknown_set_password_is_to_be_set_again_and_an_unknown_email_is_to_be_looked_for(
    t: Texts, language: str
) -> None:
    for result in samples.results():
        if result.outcome is Outcome.UNKNOWN:
            is_set = result.reset.method is Method.SET_PASSWORD
            assert (AGAIN[language] in outcomes.sentence(t, result)) == is_set
            assert ({"es": "pestaña Correos", "en": "Emails tab"}[language] in outcomes.sentence(t, result)) != is_set


@both
def test_set_but_not_delivered_says_to_set_it_again(t: Texts, language: str) -> None:
    reset = make_reset(Method.SET_PASSWORD)
    lost = Result(reset=reset, outcome=Outcome.SUCCEEDED, reason=Reason.NOT_DELIVERED)
    assert AGAIN[language] in outcomes.sentence(t, lost)
    assert AGAIN[language] in text_of(reset_result.build_result(make_state(), lost, t, t))
    assert AGAIN[language] in text_of(direct_message.build_result(lost, t))
    assert AGAIN[language] not in outcomes.sentence(t, Result(reset=reset, outcome=Outcome.SUCCEEDED))


@both
@pytest.mark.parametrize("method", Method)
def test_progress_begins_with_one_moment(t: Texts, language: str, method: Method) -> None:
    assert outcomes.progress(t, method).startswith(MOMENT[language])
    assert MOMENT[language] in text_of(reset_result.build_progress(make_state(), method, t))
    assert text_of(direct_message.build_placeholder(REFERENCE, t)).startswith(MOMENT[language])
    assert form.searching(t, "ana").startswith(MOMENT[language])
    assert form.loading_client(t).startswith(MOMENT[language])


def refusals(t: Texts) -> Iterator[str]:
    """Every sentence with which something is refused before WHMCS is asked to write."""
    yield form.choose_client(t)
    yield form.choose_user(t)
    yield form.choose_method(t)
    yield form.client_without_users(t)
    yield form.not_offered(t)
    yield form.no_audit(t)
    yield from (outcomes.start_again(t, fault) for fault in FormFault)
    yield outcomes.used_for_other_values(t)
    yield outcomes.not_opened(t)
    yield outcomes.stopping(t)
    yield outcomes.paused(t, make_pause(), samples.MADRID)
    for denial in Denial:
        yield form.not_allowed_to_set(t, denial)
        yield outcomes.denied(t, denial)
    for kind in LimitKind:
        for until_at in (None, NOW):
            for who in ("", "Curro Colega"):
                limit = LimitReached(kind=kind, until_at=until_at, by=AgentId("U2"))
                yield form.limit_reached(t, limit, who=who, timezone=samples.MADRID)
    for reason in Reason:
        yield outcomes.search_failed(t, reason, "detail")


@both
def test_every_refusal_says_last_that_nothing_was_changed(t: Texts, language: str) -> None:
    for sentence in refusals(t):
        assert sentence.endswith(NOTHING[language])
        assert len(sentence) > len(NOTHING[language]) + 10


@both
def test_every_reason_for_a_failure_has_a_sentence_of_its_own_kind(t: Texts) -> None:
    """What the agent can do differs: only what nobody foresaw is *something went wrong in the bot*."""
    general = outcomes.search_failed(t, Reason.INTERNAL, "")
    unforeseen = {reason for reason in Reason if outcomes.search_failed(t, reason, "") == general}
    assert unforeseen == {Reason.INTERNAL, Reason.NOT_DELIVERED}


@both
def test_the_words_of_whmcs_and_what_is_to_be_corrected_are_told(t: Texts) -> None:
    told = {
        Reason.WHMCS_REFUSED: "Invalid <Client> {ID}",
        Reason.REDIRECTED: "https://other.example.com/",
        Reason.ADDRESS_REFUSED: "192.0.2.7",
        Reason.NOT_PERMITTED: "ResetPassword",
    }
    for reason, detail in told.items():
        result = Result(reset=make_reset(), outcome=Outcome.FAILED, reason=reason, detail=detail)
        assert detail in outcomes.sentence(t, result)


@both
def test_a_result_names_the_address_the_client_and_the_reference(t: Texts) -> None:
    for method in Method:
        result = Result(reset=make_reset(method), outcome=Outcome.SUCCEEDED)
        for drawn in (reset_result.build_result(make_state(), result, t, t), direct_message.build_result(result, t)):
            assert "ana@example.com" in text_of(drawn)
            assert "#42" in text_of(drawn)
            assert REFERENCE in text_of(drawn)


@both
def test_a_user_whose_address_is_not_known_yet_is_named_by_his_number(t: Texts) -> None:
    result = Result(reset=make_reset(email=""), outcome=Outcome.UNKNOWN, reason=Reason.INTERRUPTED)
    assert "#7" in outcomes.sentence(t, result)


@both
def test_only_what_was_done_comes_with_a_sentence_for_the_client(t: Texts) -> None:
    for result in samples.results():
        is_done = result.outcome is Outcome.SUCCEEDED and result.reason is None
        assert bool(outcomes.for_client(t, result)) == is_done
        drawn = text_of(reset_result.build_result(make_state(), result, t, t))
        assert (outcomes.for_client_label(t) in drawn) == is_done


def test_the_sentence_for_the_client_is_in_his_language_and_all_else_in_the_agents() -> None:
    result = Result(reset=make_reset(), outcome=Outcome.SUCCEEDED)
    drawn = text_of(reset_result.build_result(make_state(), result, samples.texts("en"), samples.texts("es")))
    assert "To copy for the client:" in drawn
    assert "Le enviamos un correo a ana@example.com" in drawn
    assert "WHMCS sent a password-reset e-mail to ana@example.com" in drawn


@both
def test_an_unknown_email_links_to_the_clients_emails(t: Texts) -> None:
    result = Result(reset=make_reset(), outcome=Outcome.UNKNOWN, reason=Reason.TIMED_OUT)
    drawn = reset_result.build_result(make_state(), result, t, t, emails_url=URL)
    assert f"<{URL}|{outcomes.emails_link(t)}>" in markup_in(drawn)
    assert markup_in(reset_result.build_result(make_state(), result, t, t)) == []


@both
def test_back_brings_back_the_choices(t: Texts) -> None:
    for method in Method:
        result = Result(reset=make_reset(method), outcome=Outcome.REFUSED, reason=Reason.USER_NOT_FOUND)
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
def test_a_value_that_back_does_not_have_is_none_of_ours(value: str | None) -> None:
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


def limit_sentence(t: Texts, at: datetime, timezone: str) -> str:
    limit = LimitReached(kind=LimitKind.USER_COOLDOWN, until_at=at, by=AgentId("U2"))
    return form.limit_reached(t, limit, who="Curro Colega", timezone=timezone)


def test_a_limit_names_the_other_agent_and_the_time_where_the_reader_is() -> None:
    winter = datetime(2026, 1, 15, 12, 30, tzinfo=UTC)
    assert "Curro Colega" in limit_sentence(samples.texts("es"), winter, samples.MADRID)
    assert "13:30" in limit_sentence(samples.texts("es"), winter, samples.MADRID)
    assert "1:30\u202fPM" in limit_sentence(samples.texts("en"), winter, samples.MADRID)


@pytest.mark.parametrize("timezone", ["", "Nowhere/Land", "../../etc/passwd"])
def test_a_time_for_whom_no_time_zone_is_known_is_utc_and_says_so(timezone: str) -> None:
    assert "12:30 UTC" in limit_sentence(samples.texts("es"), NOW, timezone)


def test_at_the_minute_that_is_named_it_is_possible_again() -> None:
    assert "12:31 UTC" in limit_sentence(samples.texts("es"), NOW + timedelta(seconds=1), "")


def test_a_limit_that_one_holds_oneself_names_nobody() -> None:
    t = samples.texts("en")
    busy = LimitReached(kind=LimitKind.USER_BUSY, by=AgentId("U1"))
    assert form.limit_reached(t, busy, who="", timezone="").startswith("You are already resetting")
    hour = LimitReached(kind=LimitKind.AGENT_HOUR, until_at=NOW)
    assert form.limit_reached(t, hour, who="", timezone="").startswith("You have reached the limit of resets")


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
def test_the_words_by_which_people_go_are_these(t: Texts, language: str) -> None:
    assert FIXED[language] == {
        "title": form.title(t),
        "client": form.client(t),
        "user": form.user(t),
        "ticket": form.ticket(t),
        "method": form.method(t),
        "reset e-mail": form.method_text(t, Method.RESET_EMAIL),
        "set password": form.method_text(t, Method.SET_PASSWORD),
        "question": identity.question(t),
        "confirm": confirmation.confirm(t),
        "reply": ticket_reply.button(t),
        "delete now": messages.delete_now(t),
        "search again": form.search_again(t),
        "back": form.back(t),
    }


@pytest.mark.parametrize(
    ("status", "spanish"),
    [("Customer-Reply", "Respuesta del cliente"), ("On Hold", "En espera"), ("Escalado", "Escalado")],
)
def test_whmcs_own_statuses_are_said_in_the_agents_language_and_the_administrators_as_they_are(
    status: str, spanish: str
) -> None:
    assert identity.option(samples.texts("es"), "516757", "Acceso", status) == f"516757 · {spanish} · Acceso"
    assert identity.option(samples.texts("en"), "516757", "Acceso", status) == f"516757 · {status} · Acceso"


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
    assert form.title(Languages.load(default).for_locale(locale)) == FIXED[expected]["title"]


@pytest.mark.parametrize(
    ("language", "expected"), [("spanish", "es"), ("Spanish", "es"), ("english", "en"), ("", "es"), ("klingon", "es")]
)
def test_whmcs_names_the_clients_language(language: str, expected: str) -> None:
    assert form.title(Languages.load("es").for_whmcs(language)) == FIXED[expected]["title"]


@both
def test_an_inactive_or_closed_client_is_warned_of_and_an_active_one_is_not(t: Texts) -> None:
    assert form.status_warning(t, make_card(status="Active")) == ""
    assert form.status_warning(t, make_card(status="Inactive")).startswith("⚠")
    assert form.status_warning(t, make_card(status="Closed")).startswith("⚠")


@both
def test_where_set_a_password_is_not_offered_it_says_why(t: Texts, language: str) -> None:
    said = {offer: form.offer(t, offer) for offer in SetPasswordOffer}
    assert said.pop(SetPasswordOffer.OFFERED) == ""
    assert len(set(said.values())) == len(said)
    assert all(FIXED[language]["set password"] in sentence for sentence in said.values())


@both
def test_an_internal_error_is_told_with_a_reference(t: Texts) -> None:
    assert REFERENCE in outcomes.internal_error(t, REFERENCE)
