from typing import Any

import pytest

from sandbox.slack.refusal import RefusedError
from sandbox.slack.validation import check_message, check_view
from tests.sandbox.test_slack_support import (
    Json,
    actions,
    button,
    field,
    modal,
    option,
    radio,
    section,
    select,
    text,
    type_ahead,
    typed,
)


def mrkdwn(value: str) -> Json:
    return {"type": "mrkdwn", "text": value}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def words(*values: str, kind: str = "rich_text_section", **more: Any) -> Json:
    return {"type": kind, "elements": [{"type": "text", "text": value} for value in values], **more}


def confirm(**more: Any) -> Json:
    return {"title": text("Sure?"), "text": mrkdwn("Really"), "confirm": text("Yes"), "deny": text("No"), **more}


def options(count: int) -> list[Json]:
    return [option(f"o{number}") for number in range(count)]


def groups(count: int, size: int = 1, label: str = "g") -> list[Json]:
    return [
        {"label": text(label), "options": [option(f"{group}-{number}") for number in range(size)]}
        for group in range(count)
    ]


GOOD_VIEW = modal(
    {"type": "header", "text": text("h" * 150)},
    {"type": "divider"},
    section("s" * 3000, fields=[mrkdwn("f" * 2000)] * 10, accessory=button(value="v" * 2000, confirm=confirm())),
    {"type": "context", "elements": [mrkdwn("c")] * 10},
    actions(*(button("b" * 75) | {"action_id": f"a{number}"} for number in range(25))),
    field(
        typed(initial_value="i", max_length=3000, multiline=True), "l" * 2000, hint=text("h" * 2000), block_id="b" * 255
    ),
    field(radio(*options(10), initial_option=option("o3")), dispatch_action=True),
    field(select(*options(100), placeholder=text("p" * 150), focus_on_load=True)),
    field({"type": "static_select", "option_groups": groups(100, 2), "initial_option": option("1-1")}),
    field(type_ahead(initial_option=option("x" * 75, "d" * 75)), optional=True),
    field({"type": "checkboxes", "options": options(2), "initial_options": options(1)}),
    rich(
        words("w"),
        words("w", kind="rich_text_preformatted"),
        {"type": "rich_text_list", "style": "bullet", "elements": [words("w")]},
        {"type": "rich_text_section", "elements": [{"type": "link", "url": "https://x.example", "text": "x"}]},
    ),
    title=text("t" * 24),
    close=text("c" * 24),
    private_metadata="m" * 3000,
    callback_id="c" * 255,
    notify_on_close=True,
)

REFUSED_VIEWS: dict[str, tuple[Any, str]] = {
    "no object": ("view", "must be an object"),
    "no title": ({key: value for key, value in modal(section()).items() if key != "title"}, "required field: title"),
    "title too long": (modal(title=text("x" * 25)), "less than 25"),
    "title in mrkdwn": (modal(title=mrkdwn("x")), "plain_text"),
    "title empty": (modal(title=text("")), "more than 0"),
    "submit too long": (modal(submit=text("x" * 25)), "less than 25"),
    "close too long": (modal(close=text("x" * 25)), "less than 25"),
    "input without submit": (modal(field(typed()), submit=None), "submit"),
    "unknown type of view": (modal(type="page"), "one of: modal"),
    "unknown field of view": (modal(color="red"), "color"),
    "no blocks": ({"type": "modal", "title": text("t")}, "blocks"),
    "blocks no list": (modal() | {"blocks": {}}, "array"),
    "101 blocks": (modal(*[section()] * 101), "no more than 100"),
    "private_metadata too long": (modal(private_metadata="x" * 3001), "less than 3001"),
    "callback_id too long": (modal(callback_id="x" * 256), "less than 256"),
    "external_id too long": (modal(external_id="x" * 256), "less than 256"),
    "block_id too long": (modal(section(block_id="x" * 256)), "less than 256"),
    "action_id too long": (modal(actions(button() | {"action_id": "x" * 256})), "less than 256"),
    "block_id twice": (modal(section(block_id="b"), section(block_id="b")), "block_id already exists: b"),
    "action_id twice": (modal(actions(button(), button())), "action_id already exists: press"),
    "unknown block": (modal({"type": "carousel"}), "unsupported block type: carousel"),
    "block without type": (modal({"text": text("x")}), "unsupported block type: None"),
    "block no object": (modal() | {"blocks": ["x"]}, "must be an object"),
    "unknown field of block": (modal(section(colour="red")), "colour"),
    "unknown element": (modal(actions({"type": "slider"})), "unsupported element type: slider"),
    "unknown field of element": (modal(actions(button(colour="red"))), "colour"),
    "button in an input": (modal(field(button())), "not allowed here: button"),
    "text input in actions": (modal(actions(typed())), "not allowed here: plain_text_input"),
    "text input in a section": (modal(section(accessory=typed())), "not allowed here: plain_text_input"),
    "dispatch_action in actions": (modal(actions(button(), dispatch_action=True)), "dispatch_action"),
    "label too long": (modal(field(typed(), "x" * 2001)), "less than 2001"),
    "label empty": (modal(field(typed(), "")), "more than 0"),
    "label in mrkdwn": (modal(field(typed()) | {"label": mrkdwn("x")}), "plain_text"),
    "input without element": (modal({"type": "input", "label": text("x")}), "element"),
    "hint too long": (modal(field(typed(), hint=text("x" * 2001))), "less than 2001"),
    "placeholder too long": (modal(field(typed(placeholder=text("x" * 151)))), "less than 151"),
    "option text too long": (modal(field(radio(option("x") | {"text": text("x" * 76)}))), "less than 76"),
    "option text empty": (modal(field(radio(option("x") | {"text": text("")}))), "more than 0"),
    "description too long": (modal(field(radio(option("x", "x" * 76)))), "less than 76"),
    "option value too long": (modal(field(radio(option("x") | {"value": "x" * 76}))), "less than 76"),
    "option without value": (modal(field(radio({"text": text("x")}))), "value"),
    "select option in mrkdwn": (modal(field(select({"text": mrkdwn("x"), "value": "x"}))), "plain_text"),
    "no radio options": (modal(field(radio())), "at least 1 item"),
    "11 radio options": (modal(field(radio(*options(11)))), "no more than 10"),
    "11 checkboxes": (modal(field({"type": "checkboxes", "options": options(11)})), "no more than 10"),
    "no select options": (modal(field(select())), "at least 1 item"),
    "101 select options": (modal(field(select(*options(101)))), "no more than 100"),
    "neither options nor groups": (modal(field({"type": "static_select"})), "either options or option_groups"),
    "options and groups": (modal(field(select(option("x"), option_groups=groups(1)))), "either options"),
    "101 groups": (modal(field({"type": "static_select", "option_groups": groups(101)})), "no more than 100"),
    "101 in a group": (modal(field({"type": "static_select", "option_groups": groups(1, 101)})), "no more than 100"),
    "group label too long": (
        modal(field({"type": "static_select", "option_groups": groups(1, label="x" * 76)})),
        "less than 76",
    ),
    "same value twice": (modal(field(select(option("x"), option("x")))), "unique"),
    "initial option not offered": (modal(field(select(option("x"), initial_option=option("y")))), "initial_option"),
    "initial option differs": (modal(field(radio(option("x"), initial_option=option("x", "d")))), "initial_option"),
    "initial checkbox not offered": (
        modal(field({"type": "checkboxes", "options": options(1), "initial_options": [option("y")]})),
        "initial_options",
    ),
    "min_query_length no number": (modal(field(type_ahead(min_query_length="2"))), "integer"),
    "options in a type-ahead": (modal(field(type_ahead(options=options(1)))), "options"),
    "button text too long": (modal(actions(button("x" * 76))), "less than 76"),
    "button text in mrkdwn": (modal(actions(button(text=mrkdwn("x")))), "plain_text"),
    "button value too long": (modal(actions(button(value="x" * 2001))), "less than 2001"),
    "button style": (modal(actions(button(style="default"))), "primary, danger"),
    "section empty": (modal({"type": "section"}), "text or fields"),
    "section text too long": (modal(section("x" * 3001)), "less than 3001"),
    "section text blank": (modal(section(" ")), "more than 0"),
    "text of unknown type": (modal(section(text={"type": "html", "text": "x"})), "unsupported text object type"),
    "text no object": (modal(section(text="x")), "must be an object"),
    "text no string": (modal(section(text={"type": "mrkdwn", "text": 1})), "must be a string"),
    "verbatim on plain_text": (modal(section(text=text("x") | {"verbatim": True})), "verbatim"),
    "emoji on mrkdwn": (modal(section(text=mrkdwn("x") | {"emoji": True})), "emoji"),
    "11 fields": (modal(section(fields=[mrkdwn("x")] * 11)), "no more than 10"),
    "field too long": (modal(section(fields=[mrkdwn("x" * 2001)])), "less than 2001"),
    "header too long": (modal({"type": "header", "text": text("x" * 151)}), "less than 151"),
    "header in mrkdwn": (modal({"type": "header", "text": mrkdwn("x")}), "plain_text"),
    "context empty": (modal({"type": "context", "elements": []}), "at least 1 item"),
    "context with 11": (modal({"type": "context", "elements": [mrkdwn("x")] * 11}), "no more than 10"),
    "actions empty": (modal(actions()), "at least 1 item"),
    "26 actions": (modal(actions(*(button() | {"action_id": str(n)} for n in range(26)))), "no more than 25"),
    "confirm title too long": (modal(actions(button(confirm=confirm(title=text("x" * 101))))), "less than 101"),
    "confirm text too long": (modal(actions(button(confirm=confirm(text=text("x" * 301))))), "less than 301"),
    "confirm button too long": (modal(actions(button(confirm=confirm(confirm=text("x" * 31))))), "less than 31"),
    "deny button too long": (modal(actions(button(confirm=confirm(deny=text("x" * 31))))), "less than 31"),
    "confirm without text": (modal(actions(button(confirm={"title": text("x")}))), "required field: text"),
    "focus twice": (modal(field(typed(focus_on_load=True)), field(typed(focus_on_load=True))), "focus_on_load"),
    "max_length beyond 3000": (modal(field(typed(max_length=3001))), "from 1 to 3000"),
    "min_length above max_length": (modal(field(typed(min_length=5, max_length=4))), "min_length"),
    "initial_value longer than max_length": (modal(field(typed(initial_value="abc", max_length=2))), "initial_value"),
    "optional no boolean": (modal(field(typed(), optional="yes")), "boolean"),
    "rich text empty": (modal(rich()), "at least 1 item"),
    "rich text of unknown kind": (modal(rich({"type": "rich_text_table"})), "unsupported rich text element type"),
    "rich text part of unknown kind": (
        modal(rich({"type": "rich_text_section", "elements": [{"type": "image"}]})),
        "unsupported rich text element type: image",
    ),
    "user in preformatted": (
        modal(rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U1"}]})),
        "not allowed here: user",
    ),
    "rich text empty string": (modal(rich(words(""))), "more than 0"),
    "list without style": (modal(rich({"type": "rich_text_list", "elements": [words("x")]})), "style"),
}


def test_a_view_at_every_limit_is_accepted() -> None:
    check_view(GOOD_VIEW)


def test_a_view_without_input_needs_no_submit() -> None:
    check_view(modal(section(), submit=None))


@pytest.mark.parametrize(("view", "fault"), REFUSED_VIEWS.values(), ids=REFUSED_VIEWS.keys())
def test_a_view_that_slack_would_refuse_is_refused_by_name(view: Any, fault: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_view(view)
    assert caught.value.code == "invalid_arguments"
    assert fault in " ".join(caught.value.messages)
    assert all("[json-pointer:/view" in message for message in caught.value.messages)


def test_a_view_beyond_250_kilobytes_is_refused() -> None:
    with pytest.raises(RefusedError, match="view_too_large"):
        check_view(modal(*[section("x" * 3000)] * 90))


@pytest.mark.parametrize(
    ("blocks", "fault"),
    [
        ([section()] * 51, "no more than 50"),
        ([field(typed())], "not allowed here: input"),
        ([section(block_id="b"), section(block_id="b")], "block_id already exists"),
        ([actions(button(), button())], "action_id already exists"),
        ([section("")], "more than 0"),
        (["x"], "must be an object"),
    ],
)
def test_a_message_that_slack_would_refuse_is_refused_by_name(blocks: list[Any], fault: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_message({"text": "t", "blocks": blocks})
    assert caught.value.code == "invalid_blocks"
    assert fault in " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40001}, "msg_too_long"),
        ({"text": 1}, "invalid_arguments"),
    ],
)
def test_a_message_needs_a_text_or_blocks(content: Json, code: str) -> None:
    with pytest.raises(RefusedError, match=code):
        check_message(content)


def test_blocks_without_ids_get_them() -> None:
    _, blocks = check_message({"text": "t", "blocks": [actions({"type": "button", "text": text("b")})]})
    assert blocks[0]["block_id"]
    assert blocks[0]["elements"][0]["action_id"]
