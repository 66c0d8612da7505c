"""Schemas of texts, options, interactive elements, rich text and blocks, as Slack accepts them."""

from typing import Final

from sandbox.slack.schema import (
    Check,
    Report,
    anything,
    boolean,
    by_type,
    fields,
    integer,
    list_of,
    one_of,
    rule,
    string,
)
from sandbox.slack.workspace import JsonObject

ID_LIMIT: Final = 255
OPTION_LIMIT: Final = 100


def plain_text(limit: int) -> Check:
    """Accept a plain_text object."""
    return fields({"type": one_of("plain_text"), "text": string(limit)}, {"emoji": boolean})


def any_text(limit: int) -> Check:
    """Accept a plain_text or a mrkdwn object."""
    mrkdwn = fields({"type": one_of("mrkdwn"), "text": string(limit)}, {"verbatim": boolean})
    return by_type("text object", {"plain_text": plain_text(limit), "mrkdwn": mrkdwn})


def option(text: Check) -> Check:
    """Accept an option whose text passes."""
    described = any_text(75) if text is _TEXT_75 else plain_text(75)
    return fields({"text": text, "value": string(75)}, {"description": described})


_PLAIN_75: Final = plain_text(75)
_TEXT_75: Final = any_text(75)
SELECT_OPTION: Final = option(_PLAIN_75)
CHOICE_OPTION: Final = option(_TEXT_75)
OPTION_GROUPS: Final = list_of(
    fields({"label": plain_text(75), "options": list_of(SELECT_OPTION, least=1, most=OPTION_LIMIT)}, {}),
    least=1,
    most=OPTION_LIMIT,
)
SELECT_OPTIONS: Final = list_of(SELECT_OPTION, least=1, most=OPTION_LIMIT)
CHOICE_OPTIONS: Final = list_of(CHOICE_OPTION, least=1, most=10)
CONFIRM: Final = fields(
    {"title": plain_text(100), "text": any_text(300), "confirm": plain_text(30), "deny": plain_text(30)},
    {"style": one_of("primary", "danger")},
)


def _all_options(element: JsonObject) -> list[JsonObject]:
    grouped = [found for group in element.get("option_groups") or [] for found in group["options"]]
    return [*(element.get("options") or []), *grouped]


_INITIAL_OFFERED: Final = rule(
    lambda element: element.get("initial_option") is None or element["initial_option"] in _all_options(element),
    "initial_option must be one of the options",
)
_INITIALS_OFFERED: Final = rule(
    lambda element: all(chosen in _all_options(element) for chosen in element.get("initial_options") or []),
    "initial_options must be among the options",
)
_VALUES_DIFFER: Final = rule(
    lambda element: len({chosen["value"] for chosen in _all_options(element)}) == len(_all_options(element)),
    "option values must be unique",
)
_OPTIONS_OR_GROUPS: Final = rule(
    lambda element: (element.get("options") is None) != (element.get("option_groups") is None),
    "must have either options or option_groups",
)
_LENGTHS_AGREE: Final = rule(
    lambda element: (element.get("min_length") or 0) <= (element.get("max_length") or 3000),
    "min_length must not be more than max_length",
)
_INITIAL_FITS: Final = rule(
    lambda element: len(element.get("initial_value") or "") <= (element.get("max_length") or 3000),
    "initial_value must not be longer than max_length",
)

_ACTION: Final[dict[str, Check]] = {"action_id": string(ID_LIMIT)}
_INPUT: Final[dict[str, Check]] = {**_ACTION, "placeholder": plain_text(150), "focus_on_load": boolean}
_TYPED: Final[dict[str, Check]] = {
    **_INPUT,
    "initial_value": string(3000),
    "dispatch_action_config": fields(
        {}, {"trigger_actions_on": list_of(one_of("on_enter_pressed", "on_character_entered"), least=1, most=2)}
    ),
}
_CHOICE: Final[dict[str, Check]] = {**_ACTION, "focus_on_load": boolean, "confirm": CONFIRM}


def _element(name: str, required: dict[str, Check], optional: dict[str, Check], *rules: Check) -> Check:
    return fields({"type": one_of(name), **required}, optional, *rules)


ELEMENTS: Final[dict[str, Check]] = {
    "button": _element(
        "button",
        {"text": plain_text(75)},
        {
            **_ACTION,
            "value": string(2000),
            "url": string(3000),
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "static_select": _element(
        "static_select",
        {},
        {
            **_INPUT,
            "options": SELECT_OPTIONS,
            "option_groups": OPTION_GROUPS,
            "initial_option": SELECT_OPTION,
            "confirm": CONFIRM,
        },
        _OPTIONS_OR_GROUPS,
        _INITIAL_OFFERED,
        _VALUES_DIFFER,
    ),
    "external_select": _element(
        "external_select",
        {},
        {**_INPUT, "initial_option": SELECT_OPTION, "min_query_length": integer(0, 100), "confirm": CONFIRM},
    ),
    "radio_buttons": _element(
        "radio_buttons",
        {"options": CHOICE_OPTIONS},
        {**_CHOICE, "initial_option": CHOICE_OPTION},
        _INITIAL_OFFERED,
        _VALUES_DIFFER,
    ),
    "checkboxes": _element(
        "checkboxes",
        {"options": CHOICE_OPTIONS},
        {**_CHOICE, "initial_options": CHOICE_OPTIONS},
        _INITIALS_OFFERED,
        _VALUES_DIFFER,
    ),
    "overflow": _element(
        "overflow",
        {
            "options": list_of(
                fields({"text": _PLAIN_75, "value": string(150)}, {"description": plain_text(75), "url": string(3000)}),
                least=1,
                most=5,
            )
        },
        {**_ACTION, "confirm": CONFIRM},
    ),
    "plain_text_input": _element(
        "plain_text_input",
        {},
        {**_TYPED, "multiline": boolean, "min_length": integer(0, 3000), "max_length": integer(1, 3000)},
        _LENGTHS_AGREE,
        _INITIAL_FITS,
    ),
    "email_text_input": _element("email_text_input", {}, _TYPED),
    "url_text_input": _element("url_text_input", {}, _TYPED),
    "number_input": _element(
        "number_input",
        {"is_decimal_allowed": boolean},
        {**_TYPED, "min_value": string(40), "max_value": string(40)},
    ),
}
_IN_INPUTS: Final = set(ELEMENTS) - {"button", "overflow"}
_IN_SECTIONS: Final = {"button", "static_select", "external_select", "radio_buttons", "checkboxes", "overflow"}
_IN_ACTIONS: Final = _IN_SECTIONS

_STYLE: Final = fields({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), boolean))
_RICH_PARTS: Final[dict[str, Check]] = {
    "text": fields({"type": one_of("text"), "text": string(40000)}, {"style": _STYLE}),
    "link": fields(
        {"type": one_of("link"), "url": string(3000)}, {"text": string(3000), "style": _STYLE, "unsafe": boolean}
    ),
    "user": fields({"type": one_of("user"), "user_id": string(ID_LIMIT)}, {"style": _STYLE}),
    "emoji": fields({"type": one_of("emoji"), "name": string(ID_LIMIT)}, {"unicode": string(ID_LIMIT)}),
}
_PARTS: Final = list_of(by_type("rich text element", _RICH_PARTS), least=1, most=1000)
_LITERAL_PARTS: Final = list_of(by_type("rich text element", _RICH_PARTS, {"text", "link"}), least=1, most=1000)


def _rich_section(value: object, at: str, report: Report) -> None:
    fields({"type": one_of("rich_text_section"), "elements": _PARTS}, {})(value, at, report)


_RICH_TEXT: Final[dict[str, Check]] = {
    "rich_text_section": _rich_section,
    "rich_text_preformatted": fields(
        {"type": one_of("rich_text_preformatted"), "elements": _LITERAL_PARTS},
        {"border": integer(0, 1), "language": string(ID_LIMIT)},
    ),
    "rich_text_quote": fields({"type": one_of("rich_text_quote"), "elements": _PARTS}, {"border": integer(0, 1)}),
    "rich_text_list": fields(
        {
            "type": one_of("rich_text_list"),
            "style": one_of("bullet", "ordered"),
            "elements": list_of(by_type("list item", {"rich_text_section": _rich_section}), least=1, most=1000),
        },
        {"indent": integer(0, 8), "offset": integer(0, 10000), "border": integer(0, 1)},
    ),
}

_BLOCK: Final[dict[str, Check]] = {"block_id": string(ID_LIMIT)}


def _block(name: str, required: dict[str, Check], optional: dict[str, Check], *rules: Check) -> Check:
    return fields({"type": one_of(name), **required}, {**_BLOCK, **optional}, *rules)


BLOCKS: Final[dict[str, Check]] = {
    "section": _block(
        "section",
        {},
        {
            "text": any_text(3000),
            "fields": list_of(any_text(2000), least=1, most=10),
            "accessory": by_type("element", ELEMENTS, _IN_SECTIONS),
            "expand": boolean,
        },
        rule(lambda block: bool(block.get("text") or block.get("fields")), "must have text or fields"),
    ),
    "header": _block("header", {"text": plain_text(150)}, {}),
    "divider": _block("divider", {}, {}),
    "context": _block("context", {"elements": list_of(any_text(3000), least=1, most=10)}, {}),
    "actions": _block(
        "actions", {"elements": list_of(by_type("element", ELEMENTS, _IN_ACTIONS), least=1, most=25)}, {}
    ),
    "input": _block(
        "input",
        {"label": plain_text(2000), "element": by_type("element", ELEMENTS, _IN_INPUTS)},
        {"hint": plain_text(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": _block(
        "rich_text", {"elements": list_of(by_type("rich text element", _RICH_TEXT), least=1, most=1000)}, {}
    ),
}
_VIEW: Final[dict[str, Check]] = {
    "private_metadata": string(3000, least=0),
    "callback_id": string(ID_LIMIT, least=0),
    "external_id": string(ID_LIMIT, least=0),
}
MODAL: Final = fields(
    {"type": one_of("modal"), "title": plain_text(24), "blocks": anything},
    {
        **_VIEW,
        "submit": plain_text(24),
        "close": plain_text(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
HOME: Final = fields({"type": one_of("home"), "blocks": anything}, _VIEW)
