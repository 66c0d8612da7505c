"""Block Kit pieces shared by the views.

They are plain dicts: Slack's classes check each object again whenever it is rendered, which was a tenth of the bot's CPU.
The tests check every view against Slack's limits instead.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, TypeAlias

from bot.domain.names import shorten
from bot.domain.permissions import AgentId

View: TypeAlias = dict[str, Any]
"""A view as the Web API takes it; so are the parts of one."""
Block: TypeAlias = dict[str, Any]
Element: TypeAlias = dict[str, Any]
Option: TypeAlias = dict[str, Any]
_Object: TypeAlias = dict[str, Any]

# Slack's limits (docs.slack.dev, blocks and composition objects).
OPTION: Final = 75
_SECTION: Final = 3000
_FIELD: Final = 2000
_SEPARATOR: Final = " · "
_NOT_IN_IDS: Final = re.compile("[^A-Z0-9]")


def modal(
    *,
    title: str,
    close: str,
    blocks: list[Block],
    submit: str | None = None,
    callback_id: str | None = None,
    private_metadata: str | None = None,
) -> View:
    return _without_none(
        type="modal",
        title=plain(title),
        close=plain(close),
        blocks=blocks,
        submit=_plain_or_none(submit),
        callback_id=callback_id,
        private_metadata=private_metadata,
    )


def home_tab(blocks: list[Block]) -> View:
    return {"type": "home", "blocks": blocks}


def input_block(
    *,
    block_id: str,
    label: str,
    element: Element,
    hint: str | None = None,
    dispatch_action: bool = False,
    optional: bool = False,
) -> Block:
    return _without_none(
        type="input",
        block_id=block_id,
        label=plain(label),
        element=element,
        hint=_plain_or_none(hint),
        dispatch_action=dispatch_action,
        optional=optional,
    )


def actions(*, elements: list[Element]) -> Block:
    return {"type": "actions", "elements": elements}


def header(*, text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def divider() -> Block:
    return {"type": "divider"}


def button(
    *,
    text: str,
    action_id: str,
    value: str | None = None,
    style: Literal["primary", "danger"] | None = None,
    confirm: _Object | None = None,
) -> Element:
    return _without_none(
        type="button", text=plain(text), action_id=action_id, value=value, style=style, confirm=confirm
    )


def confirm_dialog(*, title: str, text: str, confirm: str, deny: str) -> _Object:
    return {"title": plain(title), "text": plain(text), "confirm": plain(confirm), "deny": plain(deny)}


def radio_buttons(*, action_id: str, options: list[Option], initial_option: Option | None = None) -> Element:
    return _without_none(type="radio_buttons", action_id=action_id, options=options, initial_option=initial_option)


def static_select(
    *,
    action_id: str,
    options: list[Option] | None = None,
    option_groups: list[_Object] | None = None,
    initial_option: Option | None = None,
) -> Element:
    """Either `options` or `option_groups`."""
    return _without_none(
        type="static_select",
        action_id=action_id,
        options=options,
        option_groups=option_groups,
        initial_option=initial_option,
    )


def external_select(
    *,
    action_id: str,
    placeholder: str,
    min_query_length: int,
    initial_option: Option | None = None,
    focus_on_load: bool = False,
) -> Element:
    return _without_none(
        type="external_select",
        action_id=action_id,
        placeholder=plain(placeholder),
        min_query_length=min_query_length,
        initial_option=initial_option,
        focus_on_load=focus_on_load,
    )


def checkboxes(*, action_id: str, options: list[Option], initial_options: list[Option] | None = None) -> Element:
    return _without_none(type="checkboxes", action_id=action_id, options=options, initial_options=initial_options)


def text_input(*, action_id: str, multiline: bool, max_length: int, initial_value: str) -> Element:
    return _without_none(
        type="plain_text_input",
        action_id=action_id,
        multiline=multiline,
        max_length=max_length,
        initial_value=initial_value or None,
    )


def option(*, text: str, value: str, description: str | None = None) -> Option:
    return _without_none(text=plain(text), value=value, description=_plain_or_none(description))


def option_group(*, label: str, options: list[Option]) -> _Object:
    return {"label": plain(label), "options": options}


def plain(text: str) -> _Object:
    """Literal text: no markup, no mention, and `:name:` stays what it is."""
    return {"type": "plain_text", "text": text, "emoji": False}


def paragraph(text: str) -> Block:
    return {"type": "section", "text": plain(text[:_SECTION])}


def small(text: str) -> Block:
    return {"type": "context", "elements": [plain(text)]}


def markup(text: str) -> Block:
    """Text with markup: only for our own words and ids, never for anything typed by a person."""
    return {"type": "section", "text": _markup(text)}


def small_markup(text: str) -> Block:
    """Like `markup`, in small print."""
    return {"type": "context", "elements": [_markup(text)]}


def link(url: str, text: str) -> str:
    """Return the markup of a link. `text`: one of our own."""
    return f"<{url}|{text}>"


def mention(agent_id: AgentId) -> str:
    """Return the markup that Slack renders as the person's name. Characters that no id has are dropped."""
    return f"<@{_NOT_IN_IDS.sub('', agent_id)}>"


def strong(text: str) -> Block:
    """A bold line of literal text."""
    words = {"type": "text", "text": text, "style": {"bold": True}}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [words]}]}


def copyable(text: str) -> Block:
    """Literal text in a box that can be selected as a whole."""
    box = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [box]}


def fields(labelled: Iterable[tuple[str, str]]) -> Block:
    """Labels with their values; those without a value are left out."""
    shown = [plain(shorten(f"{label}\n{value}", _FIELD)) for label, value in labelled if value]
    return {"type": "section", "fields": shown}


def describe(parts: Sequence[str], *, least: Sequence[str] = ()) -> str:
    """Join parts for an option's description. A part that does not fit is left out as a whole.

    `least`: parts that are left out first, the least important one at the beginning.
    """
    kept = [part for part in parts if 0 < len(part) <= OPTION]
    for part in (*least, *reversed(parts)):
        if len(_SEPARATOR.join(kept)) <= OPTION:
            break
        if part in kept:
            kept.remove(part)
    return _SEPARATOR.join(kept)


def join_known(*parts: str) -> str:
    """Join the parts that are not empty into one line."""
    return _SEPARATOR.join(part for part in parts if part)


def _markup(text: str) -> _Object:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain_or_none(text: str | None) -> _Object | None:
    return plain(text) if text else None


def _without_none(**values: Any) -> _Object:
    return {name: value for name, value in values.items() if value is not None}
