"""The app's Home tab as an agent reads it."""

from typing import Any

import pytest

from bot.domain.clients import SetPasswordOffer
from bot.domain.homes import Home
from bot.domain.resets import Method, Outcome, Reason, Settled
from bot.views import home
from bot.views.text import Texts
from sandbox.slack.validation import check_home
from tests.views import samples
from tests.views.reading import as_sent, markup_in, objects_in, text_of
from tests.views.samples import HOSTILE, LONG_CONTACT, MADRID, NOW, make_pause, make_reset

pytestmark = pytest.mark.parametrize("language", ["es", "en"])
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


@pytest.fixture
def t(language: str) -> Texts:
    return samples.texts(language, LONG_CONTACT, MADRID)


def make_home(**values: Any) -> Home:
    known: dict[str, Any] = {
        "read_at": NOW,
        "whmcs_failure": None,
        "offer": SetPasswordOffer.OFFERED,
        "pause": None,
        "resets": (),
    }
    return Home(**known | values)


def accepted(shown: Home, t: Texts) -> Any:
    """Raises: RefusedError, naming each limit that the view breaks."""
    view = home.build(shown, t)
    check_home(as_sent(view))
    return view


@hostile
def test_whatever_ten_users_are_called_it_is_accepted_and_drawn_literally(t: Texts, text: str) -> None:
    resets = tuple(
        make_reset(method, text, user_name=text, outcome=outcome) for method in Method for outcome in Outcome
    )
    view = accepted(make_home(resets=(*resets, *resets)[:10], pause=make_pause(text, text)), t)
    assert len(view["blocks"]) <= 100
    for found in objects_in(view):
        if "CANARY" in str(found.get("text")) and "type" in found:
            assert found["type"] == "plain_text" or isinstance(found["text"], dict)
    assert not any("CANARY" in text for text in markup_in(view))


@pytest.mark.parametrize("failure", [None, *Reason])
def test_the_state_of_whmcs_is_shown(t: Texts, failure: Reason | None) -> None:
    shown = text_of(accepted(make_home(whmcs_failure=failure), t))
    assert "WHMCS" in shown
    assert ("WHMCS responde." in shown or "WHMCS answers." in shown) == (failure is None)


@pytest.mark.parametrize(("failure", "who"), [(Reason.NOT_ANSWERING, "try"), (Reason.CREDENTIALS, "tell")], ids=str)
def test_the_person_who_has_to_act_is_named(t: Texts, language: str, failure: Reason, who: str) -> None:
    words = {"es": {"try": "Inténtelo de nuevo", "tell": "Avise a su"}, "en": {"try": "Try again", "tell": "Tell your"}}
    shown = text_of(accepted(make_home(whmcs_failure=failure), t))
    assert words[language][who] in shown


@pytest.mark.parametrize("offer", SetPasswordOffer)
def test_it_shows_if_a_password_can_be_set(t: Texts, language: str, offer: SetPasswordOffer) -> None:
    shown = text_of(accepted(make_home(offer=offer), t))
    assert {"es": "«Cambiar contraseña»", "en": "“Set a password”"}[language] in shown


def test_a_running_reset_and_a_settled_one_read_differently(t: Texts, language: str) -> None:
    running = make_reset(outcome=None, user_name="Ana López")
    settled = make_reset(outcome=Outcome.UNKNOWN, settled=Settled.DONE)
    shown = text_of(accepted(make_home(resets=(running, settled)), t))
    assert {"es": "En curso", "en": "In progress"}[language] in shown
    assert {"es": "Actualización: completado", "en": "Update: completed"}[language] in shown
    assert "Ana López · ana@example.com · #7 · " in shown
    assert "7K3M-Q9XD" in shown


def test_a_database_that_does_not_answer_is_no_empty_list(t: Texts, language: str) -> None:
    shown = text_of(accepted(make_home(resets=None), t))
    assert {"es": "La base de datos", "en": "database"}[language] in shown
    assert {"es": "Todavía no hay", "en": "none yet"}[language] not in shown


@hostile
def test_a_refusal_is_all_that_is_shown(t: Texts, text: str) -> None:
    view = home.build_notice(text, t)
    check_home(as_sent(view))
    assert len(view["blocks"]) == 2
    assert not any(block["type"] == "actions" for block in view["blocks"])
