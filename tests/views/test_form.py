"""The form: what is drawn for an agent, and what is read when it comes back."""

import json
from typing import Any

import pytest

from bot.domain.clients import SetPasswordOffer
from bot.domain.references import Reference
from bot.domain.resets import Method, Origin, Reason
from bot.views import reset_password, reset_result
from bot.views.blocks import View
from bot.views.reset_password import parse_submission
from bot.views.state import State, ViewError
from bot.views.text import Texts
from tests.views import samples
from tests.views.reading import as_sent, block_of, buttons_in, markup_in, options_in, submitted, text_of
from tests.views.samples import NOW, REFERENCE, URL, make_card, make_search, make_state, make_user, make_users


@pytest.fixture
def t() -> Texts:
    return samples.texts("en", "Systems team")


def draw_card(t: Texts, state: State | None = None, **card: Any) -> View:
    return reset_password.build_card(state or make_state(), make_card(**card), samples.MADRID, t)


def initial(block: Any) -> str | None:
    chosen = block["element"].get("initial_option")
    return chosen["value"] if chosen else None


def test_the_state_comes_back_as_it_went() -> None:
    state = make_state(ticket="ABC-123456")
    assert State.parse(state.write()) == state
    assert state.origin == Origin(channel=state.channel, response_url=state.response_url)


GOOD = json.loads(make_state().write())


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
        '{"version":2',
        json.dumps(GOOD | {"version": 1}),
        json.dumps(GOOD | {"version": 3}),
        json.dumps(GOOD | {"reference": "not-one"}),
        json.dumps(GOOD | {"reference": ""}),
        json.dumps(GOOD | {"is_admin": True}),
        json.dumps(GOOD | {"client_id": "forty-two"}),
        json.dumps({key: value for key, value in GOOD.items() if key != "reference"}),
        json.dumps({key: value for key, value in GOOD.items() if key != "agent"}),
        "[" * 100_000,
        "\ud800",
    ],
    ids=lambda metadata: str(metadata)[:40].encode("ascii", "replace").decode(),
)
def test_a_state_that_this_version_did_not_write_is_refused(metadata: object) -> None:
    with pytest.raises(ViewError):
        State.parse(metadata)
    with pytest.raises(ViewError):
        parse_submission({"private_metadata": metadata, "blocks": [], "state": {"values": {}}})


def test_no_error_about_a_state_holds_its_response_url() -> None:
    with pytest.raises(ViewError) as caught:
        State.parse(json.dumps(GOOD | {"version": "x"}))
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
    assert (sent.user_id, sent.method) == (None, None)
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
    view = reset_password.build_found(make_state(None), make_search(5), t)
    assert parse_submission(submitted(view, candidate="3")).client_id == 3


def test_the_option_that_there_is_no_answer_is_no_client(t: Texts) -> None:
    [option] = reset_password.build_suggestions(make_search(0, failure=Reason.TIMED_OUT), t)
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


@pytest.mark.parametrize("state", [None, [], "x", {"values": None}, {"values": []}, {"values": {"user": 7}}])
def test_values_of_an_odd_shape_are_read_as_nothing_chosen(t: Texts, state: object) -> None:
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
    assert (sent.client_id, sent.user_id, sent.method) == (43, None, None)


def test_while_a_client_is_read_the_type_ahead_keeps_what_was_chosen_in_it(t: Texts) -> None:
    state = make_state()
    loading, card = reset_password.build_loading(state, t), draw_card(t, state)
    assert block_of(loading, "client")["block_id"] == block_of(card, "client")["block_id"]


def test_the_type_ahead_is_there_from_the_first_view_on_and_asks_at_once(t: Texts) -> None:
    state = make_state()
    for view in (
        reset_password.build_searching(state, "ana", t),
        reset_password.build_empty(state, t),
        reset_password.build_loading(state, t),
        reset_password.build_unavailable(state, t),
        reset_password.build_found(state, make_search(0), t),
        reset_password.build_found(state, make_search(11), t),
        reset_password.build_failed(state, 42, Reason.TIMED_OUT, "", t),
        draw_card(t, state),
        draw_card(t, state, users=()),
    ):
        block = view["blocks"][0]
        assert block["element"]["type"] == "external_select"
        assert block["dispatch_action"] is True
        assert view["callback_id"] == reset_password.CALLBACK_ID
        assert State.parse(view["private_metadata"]) == state


def test_the_card_shows_the_client_its_users_and_the_methods(t: Texts) -> None:
    users = (
        make_user(1, is_owner=True, tells_sign_in=True, last_sign_in_at=NOW),
        make_user(2, tells_sign_in=True, other_clients=1),
        make_user(3, other_clients=2),
    )
    view = draw_card(t, users=users, status="Closed", name="Ana López", company="Floristería", email="ana@example.com")
    text = text_of(view)
    for expected in ("Ana López", "Floristería", "ana@example.com", "#42", "⚠", "Owner", "1 Mar 2026, 13:30"):
        assert expected in text
    assert "never signed in" in text
    assert "last sign-in not told by WHMCS" in text
    assert "opens 1 other client ·" in text
    assert "opens 2 other clients ·" in text
    assert f"<{URL}|Open the profile in WHMCS>" in markup_in(view)
    assert "Questions: Systems team" in markup_in(view)
    assert [option["value"] for option in options_in(block_of(view, "method")["element"])] == list(Method)
    assert initial(block_of(view, "client")) == "42"


def test_a_last_sign_in_is_told_in_the_agents_time_zone(t: Texts) -> None:
    users = (make_user(1, tells_sign_in=True, last_sign_in_at=NOW),)
    view = reset_password.build_card(make_state(), make_card(users=users), "America/Mexico_City", t)
    assert "6:30" in text_of(view)


@pytest.mark.parametrize(
    "offer", [SetPasswordOffer.NOT_INSTALLED, SetPasswordOffer.NOT_ANSWERING, SetPasswordOffer.NOT_ALLOWED]
)
def test_where_set_a_password_is_not_offered_the_email_is_chosen_and_the_other_explained(
    t: Texts, offer: SetPasswordOffer
) -> None:
    view = draw_card(t, offer=offer, preselected_method=Method.SET_PASSWORD)
    method = block_of(view, "method")
    assert [option["value"] for option in options_in(method["element"])] == [Method.RESET_EMAIL]
    assert initial(method) == Method.RESET_EMAIL
    assert "“Set a password” is not offered" in text_of(view)


def test_nobody_and_nothing_is_preselected_unless_told(t: Texts) -> None:
    view = draw_card(t, users=make_users(2))
    assert initial(block_of(view, "user")) is None
    assert initial(block_of(view, "method")) is None


@pytest.mark.parametrize("number", [2, 10, 11, 100, 101, 500])
def test_the_preselected_user_is_chosen_among_any_number_of_users(t: Texts, number: int) -> None:
    view = draw_card(t, users=make_users(number), preselected_user_id=number)
    block = block_of(view, "user")
    assert initial(block) == str(number)
    assert [option["value"] for option in options_in(block["element"])] == [str(user) for user in range(1, number + 1)]


def test_a_preselected_user_who_is_not_there_is_not_chosen(t: Texts) -> None:
    assert initial(block_of(draw_card(t, users=make_users(2), preselected_user_id=9), "user")) is None


def test_a_client_without_users_has_nothing_to_choose_and_says_what_to_do(t: Texts) -> None:
    view = draw_card(t, users=())
    assert "This client has no users" in text_of(view)
    assert [block["type"] for block in view["blocks"]].count("input") == 1


@pytest.mark.parametrize("number", [2, 10])
def test_up_to_ten_matches_are_offered_best_first(t: Texts, number: int) -> None:
    view = reset_password.build_found(make_state(None), make_search(number, "Ana"), t)
    offered = [option["value"] for option in options_in(block_of(view, "candidate")["element"])]
    assert offered == [str(client_id) for client_id in range(1, number + 1)]
    assert f"{number} clients found for “Ana”." in text_of(view)


def test_of_more_matches_the_ten_best_are_offered_and_their_number_told(t: Texts) -> None:
    view = reset_password.build_found(make_state(None), make_search(25, "Ana", total=340), t)
    assert len(options_in(block_of(view, "candidate")["element"])) == 10
    assert "340 clients begin with “Ana”. The best 10 are below" in text_of(view)


def test_search_again_asks_for_the_same_again(t: Texts) -> None:
    for number in (0, 3):
        view = reset_password.build_found(make_state(None), make_search(number, "Ana"), t)
        [button] = buttons_in(view)
        assert (button["action_id"], button["value"]) == (reset_password.SEARCH_AGAIN, "Ana")
    view = reset_password.build_failed(make_state(), 42, Reason.TIMED_OUT, "", t)
    [button] = buttons_in(view)
    assert button["value"] == "#42"


def test_no_match_says_so_and_what_whmcs_finds(t: Texts) -> None:
    text = text_of(reset_password.build_found(make_state(None), make_search(0, "zz"), t))
    assert "No client found for “zz”. WHMCS finds only the beginnings" in text


def test_a_search_that_failed_in_part_says_that_some_may_be_missing(t: Texts) -> None:
    search = make_search(2, failure=Reason.TIMED_OUT)
    assert "may lack some clients" in text_of(reset_password.build_found(make_state(None), search, t))
    assert "may lack" not in text_of(reset_password.build_found(make_state(None), make_search(2), t))


def test_a_client_that_is_not_there_is_told_by_its_number(t: Texts) -> None:
    view = reset_password.build_failed(make_state(), 42, Reason.CLIENT_NOT_FOUND, "", t)
    assert "Client #42 does not exist" in text_of(view)


def test_the_id_of_a_client_is_never_cut_from_its_option(t: Texts) -> None:
    for text in samples.HOSTILE.values():
        for option in reset_password.build_suggestions(make_search(3, text), t):
            assert option["text"]["text"].endswith(f" · #{option['value']}")


def test_a_match_tells_the_users_address_through_which_it_was_found_and_an_odd_status(t: Texts) -> None:
    matches = (
        samples.make_match(1, via_email="beto@example.com", status="Closed"),
        samples.make_match(2, status="Active"),
    )
    [through, plain] = reset_password.build_suggestions(make_search(0, matches=matches), t)
    assert through["description"]["text"] == "User beto@example.com · Closed"
    assert not plain.get("description")


def test_a_type_ahead_has_at_most_a_hundred_options_and_none_for_no_match(t: Texts) -> None:
    assert len(reset_password.build_suggestions(make_search(150), t)) == 100
    assert reset_password.build_suggestions(make_search(0), t) == []


def test_who_may_not_search_is_told_so_in_the_type_ahead(t: Texts) -> None:
    [option] = reset_password.build_refused_suggestions(t)
    assert option["text"]["text"] == "You may not reset passwords"
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
        assert State.parse(view["private_metadata"]) == state


def test_a_view_is_drawn_the_same_each_time(t: Texts) -> None:
    assert as_sent(draw_card(t)) == as_sent(draw_card(t))
