"""The form: how it is rendered for an agent, and how it is read when it comes back."""

import json
from functools import partial
from typing import Any

import pytest

from bot.domain.clients import Search, SetPasswordOffer
from bot.domain.identity import Judgement, Proof, ProofReason
from bot.domain.references import Reference
from bot.domain.resets import Failure, Method, Origin, Outcome, Reason
from bot.domain.seals import Seal
from bot.views import client_card, client_search, reset_password, reset_result
from bot.views.blocks import View
from bot.views.identity import beside_user
from bot.views.reply_text import ReplyState
from bot.views.state import OutdatedViewError, State, ViewError
from bot.views.text import Texts
from tests.metadata import SEAL
from tests.views import samples
from tests.views.reading import as_sent, block_of, buttons_in, markup_in, options_in, submitted, text_of
from tests.views.samples import (
    NOW,
    REFERENCE,
    URL,
    make_card,
    make_found,
    make_search,
    make_state,
    make_user,
    make_users,
)

parse_submission = partial(reset_password.parse_submission, seal=SEAL)


@pytest.fixture
def t() -> Texts:
    return samples.texts("en", "Systems team", samples.MADRID)


def draw_card(t: Texts, state: State | None = None, **card: Any) -> View:
    return client_card.build_card(state or make_state(), make_card(**card), t)


def initial(block: Any) -> str | None:
    chosen = block["element"].get("initial_option")
    return chosen["value"] if chosen else None


def test_the_state_comes_back_as_it_went() -> None:
    state = make_state(ticket="ABC-123456")
    assert State.parse(state.write(), SEAL) == state
    assert state.origin == Origin(channel=state.channel, response_url=state.response_url)


GOOD = make_state().write()
HEAD, _, CONTENT = GOOD.partition("{")
VALUES = json.loads("{" + CONTENT)


def sealed(content: str, key: Seal = SEAL, version: str = "3") -> str:
    """Return any content under a valid MAC."""
    return f"{version}.{key.key_id}.{key.sign('private_metadata', 'form', version, content)}.{content}"


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        7,
        {},
        "",
        "null",
        "[]",
        "garbage",
        CONTENT,
        HEAD,
        HEAD + json.dumps(VALUES),
        HEAD + json.dumps(VALUES | {"agent": "U0SOMEBODY"}),
        GOOD.replace('"client_id":42', '"client_id":43'),
        GOOD[:-1],
        GOOD + " ",
        GOOD.replace(HEAD.split(".")[2], "A" * 24),
        GOOD.replace(HEAD.split(".")[2], ""),
        sealed(json.dumps(VALUES | {"is_admin": True})),
        sealed(json.dumps(VALUES | {"client_id": "forty-two"})),
        sealed(json.dumps({key: value for key, value in VALUES.items() if key != "agent"})),
        sealed("[" * 100_000),
        "\ud800",
        f"3.{SEAL.key_id}.\ud800.{{}}",
    ],
    ids=lambda metadata: str(metadata)[:40].encode("ascii", "replace").decode(),
)
def test_a_state_that_the_bot_did_not_write_is_refused(metadata: object) -> None:
    for read in (
        lambda: State.parse(metadata, SEAL),
        lambda: parse_submission({"private_metadata": metadata, "blocks": [], "state": {"values": {}}}),
    ):
        with pytest.raises(ViewError) as caught:
            read()
        assert not isinstance(caught.value, OutdatedViewError)


@pytest.mark.parametrize(
    "metadata",
    [
        '{"version":1}',
        '{"version":2,"reference":"7K3M-Q9XD"}',
        sealed("{}", version="2"),
        sealed("{}", version="4"),
        sealed("{" + CONTENT, key=Seal.derive("xoxb-another-fake-token")),
    ],
)
def test_a_state_of_another_version_or_under_another_key_is_outdated(metadata: str) -> None:
    with pytest.raises(OutdatedViewError):
        State.parse(metadata, SEAL)


def test_the_state_of_one_kind_of_modal_is_none_of_another() -> None:
    with pytest.raises(ViewError):
        ReplyState.parse(GOOD, SEAL)


@pytest.mark.parametrize(
    "odd",
    [
        {"blocks": [None]},
        {"blocks": ["block"]},
        {"blocks": 5},
        {"blocks": {"block_id": "client"}},
        {"state": []},
        {"state": "values"},
        {"state": {"values": []}},
        {"state": {"values": 5}},
        {"state": {"values": {"user": 7}}},
        {"state": {"values": {"client": []}}},
        {"state": {"values": {"client": {"client": "42"}}}},
        {"state": {"values": {"client": {"client": None}}}},
        {"state": {"values": {"CLIENT": {"client": {"selected_option": ["42"]}}}}},
        {"state": {"values": {"CLIENT": {"client": {"selected_option": {"value": 42}}}}}},
    ],
    ids=str,
)
def test_a_view_of_a_shape_that_slack_never_sends_is_no_form_of_ours(odd: dict[str, Any]) -> None:
    state = make_state()
    view = {"private_metadata": state.write(), "blocks": [], "state": {"values": {}}} | odd
    named = json.loads(json.dumps(view).replace("CLIENT", reset_password.client_block(state)))
    with pytest.raises(ViewError):
        parse_submission(named)


@pytest.mark.parametrize("value", ["2147483648", str(2**63), "0", "-1", "4.2", "²", "9" * 400])
def test_what_can_be_no_id_of_whmcs_is_none(value: str) -> None:
    assert reset_password.parse_client_value(value) is None
    assert reset_result.parse_back(json.dumps({"client_id": value, "user_id": 1, "method": "reset_email"})) is None


def test_no_error_about_a_state_holds_its_response_url() -> None:
    with pytest.raises(ViewError) as caught:
        State.parse(sealed(json.dumps(VALUES | {"opened_at": "x"})), SEAL)
    assert caught.value.__cause__ is None
    assert "hooks.slack.com" not in str(caught.value)


def test_what_the_card_preselects_is_read_back(t: Texts) -> None:
    view = draw_card(t, users=make_users(3), preselected_user_id=2, preselected_method=Method.SET_PASSWORD)
    sent = parse_submission(submitted(view))
    assert (sent.client_id, sent.user_id, sent.method) == (42, 2, Method.SET_PASSWORD)
    assert (sent.reference, sent.agent) == (REFERENCE, "U012AB3CD")


@pytest.mark.parametrize("number", [1, 10, 11, 60, 100, 101, 500])
@pytest.mark.parametrize("method", Method)
def test_whatever_is_chosen_is_read_back_with_any_number_of_users(t: Texts, number: int, method: Method) -> None:
    view = draw_card(t, users=make_users(number))
    for user_id in {1, number // 2 + 1, number}:
        sent = parse_submission(submitted(view, user=str(user_id), method=method.value))
        assert (sent.client_id, sent.user_id, sent.method) == (42, user_id, method)


def test_what_is_left_open_is_read_as_nothing(t: Texts) -> None:
    sent = parse_submission(submitted(draw_card(t, users=make_users(2))))
    assert (sent.user_id, sent.method) == (None, Method.RESET_EMAIL)
    sent = parse_submission(submitted(reset_password.build_empty(make_state(None), t)))
    assert (sent.client_id, sent.user_id, sent.method) == (None, None, None)


def test_a_submission_tells_which_fields_the_form_had(t: Texts) -> None:
    state = make_state()
    sent = parse_submission(submitted(draw_card(t, state)))
    assert {reset_password.user_block(state), reset_password.method_block(state)} <= sent.drawn_blocks
    sent = parse_submission(submitted(draw_card(t, state, users=())))
    assert reset_password.user_block(state) not in sent.drawn_blocks
    assert reset_password.client_block(state) in sent.drawn_blocks


def test_a_client_picked_in_the_type_ahead_is_read_although_another_card_is_drawn(t: Texts) -> None:
    view = draw_card(t)
    assert parse_submission(submitted(view, client="43")).client_id == 43


def test_a_candidate_chosen_among_the_matches_is_read(t: Texts) -> None:
    view = client_search.build_found(make_state(None), make_found(5), t)
    assert parse_submission(submitted(view, candidate="3")).client_id == 3


def test_the_option_that_there_is_no_answer_is_no_client(t: Texts) -> None:
    [option] = client_search.build_suggestions(make_search(0, failure=Failure(Outcome.FAILED, Reason.TIMED_OUT)), t)
    assert reset_password.parse_client_value(option["value"]) is None
    view = reset_password.build_empty(make_state(None), t)
    assert parse_submission(submitted(view, client=option["value"])).client_id is None


@pytest.mark.parametrize("value", ["", "-1", "4 2", "٤٢", "42; DROP TABLE", "1e3", "0x2a", "9" * 19, "#42"])
def test_a_user_that_is_no_number_is_refused_and_a_client_is_none(t: Texts, value: str) -> None:
    view = submitted(draw_card(t), method=Method.RESET_EMAIL.value)
    block, element = block_of(view, "user")["block_id"], reset_password.USER
    view["state"]["values"][block][element]["selected_option"] = {"value": value}
    with pytest.raises(ViewError):
        parse_submission(view)
    assert reset_password.parse_client_value(value) is None


def test_a_method_that_is_none_is_refused(t: Texts) -> None:
    view = submitted(draw_card(t))
    block = block_of(view, "method")["block_id"]
    view["state"]["values"][block][reset_password.METHOD]["selected_option"] = {"value": "delete_user"}
    with pytest.raises(ViewError):
        parse_submission(view)


@pytest.mark.parametrize("state", [None, {}, {"values": None}, {"values": {}}, {"values": {"user": {}}}])
def test_values_that_are_missing_are_read_as_nothing_chosen(t: Texts, state: object) -> None:
    sent = parse_submission(submitted(draw_card(t)) | {"state": state})
    assert (sent.client_id, sent.user_id, sent.method) == (None, None, None)


def test_the_fields_of_user_and_method_change_with_the_client_and_with_the_form(t: Texts) -> None:
    forms = [
        make_state(42),
        make_state(43),
        make_state(42).renewed(Reference("0000-0000"), 1),
    ]
    for name in ("user", "method"):
        ids = {block_of(draw_card(t, state, client_id=state.client_id), name)["block_id"] for state in forms}
        assert len(ids) == len(forms)


def test_a_choice_for_another_clients_card_is_not_seen(t: Texts) -> None:
    before = submitted(draw_card(t, make_state(42)), user="7", method=Method.SET_PASSWORD.value)
    now = submitted(draw_card(t, make_state(43), client_id=43, users=make_users(3), offer=SetPasswordOffer.OFFERED))
    now["state"]["values"] |= before["state"]["values"]
    sent = parse_submission(now)
    assert (sent.client_id, sent.user_id, sent.method) == (43, None, Method.RESET_EMAIL)


def test_while_a_client_is_read_the_type_ahead_keeps_what_was_chosen_in_it(t: Texts) -> None:
    state = make_state()
    loading, card = reset_password.build_loading(state, t), draw_card(t, state)
    assert block_of(loading, "client")["block_id"] == block_of(card, "client")["block_id"]


def test_the_type_ahead_is_there_from_the_first_view_on_and_asks_at_once(t: Texts) -> None:
    state = make_state()
    for view in (
        client_search.build_searching(state, "ana", t),
        reset_password.build_empty(state, t),
        reset_password.build_loading(state, t),
        client_search.build_unavailable(state, t),
        client_search.build_found(state, make_found(0), t),
        client_search.build_found(state, make_found(11), t),
        client_search.build_failed(state, 42, Failure(Outcome.FAILED, Reason.TIMED_OUT), t),
        draw_card(t, state),
        draw_card(t, state, users=()),
    ):
        block = view["blocks"][0]
        assert block["element"]["type"] == "external_select"
        assert block["dispatch_action"] is True
        assert view["callback_id"] == reset_password.CALLBACK_ID
        assert State.parse(view["private_metadata"], SEAL) == state


def test_the_card_shows_the_client_its_users_and_the_methods(t: Texts) -> None:
    users = (
        make_user(1, is_owner=True, tells_sign_in=True, last_sign_in_at=NOW),
        make_user(2, tells_sign_in=True, other_clients=1),
        make_user(3, other_clients=2),
    )
    view = draw_card(t, users=users, status="Closed", name="Ana López", company="Floristería", email="ana@example.com")
    text = text_of(view)
    for expected in ("Ana López", "Floristería", "ana@example.com", "#42", "⚠", "Owner", "1 Mar 2026, 1:30 PM"):
        assert expected in text
    assert "never signed in" in text
    assert "last sign-in not reported by WHMCS" in text
    assert "access to 1 other client" in text
    assert "access to 2 other clients" in text
    assert f"<{URL}|Open the profile in WHMCS>" in markup_in(view)
    assert "Questions: Systems team" in markup_in(view)
    assert [option["value"] for option in options_in(block_of(view, "method")["element"])] == list(Method)
    assert initial(block_of(view, "client")) == "42"


def test_a_second_factor_and_an_unverified_address_are_marked_and_explained(t: Texts) -> None:
    view = draw_card(t, users=(make_user(1, has_second_factor=True), make_user(2, never_verified=True)))
    first, second = (option["description"]["text"] for option in options_in(block_of(view, "user")["element"]))
    assert "second factor on" in first
    assert "address never verified" not in first
    assert "address never verified" in second
    assert "someone who may manage users in WHMCS has to switch it off" in text_of(view)
    assert "may reach someone else or nobody" in text_of(view)
    assert "econd factor" not in text_of(draw_card(t))


def test_a_last_sign_in_is_shown_in_the_agents_time_zone(t: Texts) -> None:
    users = (make_user(1, tells_sign_in=True, last_sign_in_at=NOW),)
    view = client_card.build_card(make_state(), make_card(users=users), t.in_timezone("America/Mexico_City"))
    assert "6:30" in text_of(view)


@pytest.mark.parametrize(
    "offer", [SetPasswordOffer.NOT_INSTALLED, SetPasswordOffer.NOT_ANSWERING, SetPasswordOffer.NOT_ALLOWED]
)
def test_where_set_a_password_is_not_offered_the_email_is_chosen_and_the_other_explained(
    t: Texts, offer: SetPasswordOffer
) -> None:
    view = draw_card(t, offer=offer, preselected_method=Method.SET_PASSWORD)
    method = block_of(view, "method")
    assert [option["value"] for option in options_in(method["element"])] == [
        one for one in Method if not one.hands_out_access
    ]
    assert initial(method) == Method.RESET_EMAIL
    assert "“Set a password” is not offered" in text_of(view)


def test_no_user_is_preselected_by_default_and_the_email_is_where_it_is_offered(t: Texts) -> None:
    view = draw_card(t, users=make_users(2))
    assert initial(block_of(view, "user")) is None
    assert initial(block_of(view, "method")) == Method.RESET_EMAIL
    only_set = draw_card(t, users=make_users(2), methods=(Method.SET_PASSWORD,))
    assert initial(block_of(only_set, "method")) == Method.SET_PASSWORD
    chosen_before = draw_card(t, preselected_method=Method.SET_PASSWORD)
    assert initial(block_of(chosen_before, "method")) == Method.SET_PASSWORD


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("others", [0, 1, 12_345])
@pytest.mark.parametrize("proof", [Proof.NONE, Proof.SOME, Proof.STRONG])
@pytest.mark.parametrize("is_owner", [True, False])
def test_no_value_in_a_users_description_is_cut(language: str, others: int, proof: Proof, *, is_owner: bool) -> None:
    t = samples.texts(language)
    reason = ProofReason.REQUESTOR_SIGNED_IN if proof is Proof.STRONG else ProofReason.ANOTHER_USER
    choice = make_user(
        1,
        is_owner=is_owner,
        tells_sign_in=True,
        last_sign_in_at=NOW,
        other_clients=others,
        judgement=Judgement(proof, reason),
    )
    [option] = options_in(block_of(draw_card(t, users=(choice,)), "user")["element"])
    described = option["description"]["text"]
    assert len(described) <= 75
    assert "…" not in described
    assert beside_user(t, Judgement(proof, reason)) in described
    if others:
        assert str(others) in described
    elif not is_owner:
        assert ("1 mar 2026" if language == "es" else "1 Mar 2026") in described


def test_an_address_that_does_not_fit_a_description_is_left_out(t: Texts) -> None:
    long = f"{'a' * 64}@example.com"
    match = samples.make_match(via_email=long, status="Closed")
    [option] = client_search.build_suggestions(Search(query="a", matches=(match,), total=1), t)
    assert option["description"]["text"] == "Closed"


@pytest.mark.parametrize("number", [2, 10, 11, 100, 101, 500])
def test_the_preselected_user_is_chosen_among_any_number_of_users(t: Texts, number: int) -> None:
    view = draw_card(t, users=make_users(number), preselected_user_id=number)
    block = block_of(view, "user")
    assert initial(block) == str(number)
    assert [option["value"] for option in options_in(block["element"])] == [str(user) for user in range(1, number + 1)]


def test_a_preselected_user_who_has_gone_is_not_chosen(t: Texts) -> None:
    assert initial(block_of(draw_card(t, users=make_users(2), preselected_user_id=9), "user")) is None


def test_a_client_without_users_has_nothing_to_choose_and_says_what_to_do(t: Texts) -> None:
    view = draw_card(t, users=())
    assert "This client has no users" in text_of(view)
    assert [block["type"] for block in view["blocks"]].count("input") == 1


@pytest.mark.parametrize("number", [2, 10])
def test_up_to_ten_matches_are_offered_best_first(t: Texts, number: int) -> None:
    view = client_search.build_found(make_state(None), make_found(number, "Ana"), t)
    offered = [option["value"] for option in options_in(block_of(view, "candidate")["element"])]
    assert offered == [str(client_id) for client_id in range(1, number + 1)]
    assert f"{number} clients found for “Ana”." in text_of(view)


def test_of_more_matches_the_ten_best_are_offered_with_the_total(t: Texts) -> None:
    view = client_search.build_found(make_state(None), make_found(25, "Ana", total=340), t)
    assert len(options_in(block_of(view, "candidate")["element"])) == 10
    assert "340 clients begin with “Ana”. The best 10 are below" in text_of(view)


def test_search_again_asks_for_the_same_again(t: Texts) -> None:
    for number in (0, 3):
        view = client_search.build_found(make_state(None), make_found(number, "Ana"), t)
        [button] = buttons_in(view)
        assert (button["action_id"], button["value"]) == (client_search.SEARCH_AGAIN, "Ana")
    view = client_search.build_failed(make_state(), 42, Failure(Outcome.FAILED, Reason.TIMED_OUT), t)
    [button] = buttons_in(view)
    assert button["value"] == "#42"


def test_no_match_says_so_and_what_whmcs_finds(t: Texts) -> None:
    text = text_of(client_search.build_found(make_state(None), make_found(0, "zz"), t))
    assert "No client found for “zz”. WHMCS searches only by the beginning" in text


def test_a_search_that_failed_in_part_says_that_some_may_be_missing(t: Texts) -> None:
    found = make_found(2, failure=Failure(Outcome.FAILED, Reason.TIMED_OUT))
    assert "Some clients may be missing" in text_of(client_search.build_found(make_state(None), found, t))
    assert "may be missing" not in text_of(client_search.build_found(make_state(None), make_found(2), t))


def test_a_missing_client_is_named_by_its_id(t: Texts) -> None:
    view = client_search.build_failed(make_state(), 42, Failure(Outcome.REFUSED, Reason.CLIENT_NOT_FOUND), t)
    assert "Client #42 does not exist" in text_of(view)


def test_the_id_of_a_client_is_never_cut_from_its_option(t: Texts) -> None:
    for text in samples.HOSTILE.values():
        for option in client_search.build_suggestions(make_search(3, text), t):
            assert option["text"]["text"].endswith(f" · #{option['value']}")


def test_a_match_tells_the_users_address_through_which_it_was_found_and_an_odd_status(t: Texts) -> None:
    matches = (
        samples.make_match(1, via_email="beto@example.com", status="Closed"),
        samples.make_match(2, status="Active"),
    )
    [through, plain] = client_search.build_suggestions(make_search(0, matches=matches), t)
    assert through["description"]["text"] == "User beto@example.com · Closed"
    assert not plain.get("description")


def test_a_type_ahead_has_at_most_a_hundred_options_and_none_for_no_match(t: Texts) -> None:
    assert len(client_search.build_suggestions(make_search(150), t)) == 100
    assert client_search.build_suggestions(make_search(0), t) == []


def test_the_type_ahead_refuses_a_person_without_permission(t: Texts) -> None:
    [option] = client_search.build_refused_suggestions(t)
    assert option["text"]["text"] == "You don’t have permission to reset passwords"
    assert reset_password.parse_client_value(option["value"]) is None


def test_what_follows_the_form_is_no_form_and_keeps_the_state(t: Texts) -> None:
    state = make_state()
    [done, *_] = samples.results()
    for view in (
        reset_result.build_progress(state, Method.RESET_EMAIL, t),
        reset_result.build_result(state, done, t, t),
    ):
        assert view["callback_id"] != reset_password.CALLBACK_ID
        assert not view.get("submit")
        assert State.parse(view["private_metadata"], SEAL) == state


def test_a_view_is_drawn_the_same_each_time(t: Texts) -> None:
    assert as_sent(draw_card(t)) == as_sent(draw_card(t))
