"""Finds the visible texts and the interactive elements in views and messages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.slack.views import INPUT_VALUES, elements_of
from sandbox.slack.workspace import JsonObject

_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_EMPHASIS = re.compile(r"(?<![\w*_~`])([*_~`])(?=\S)([^\n]*?\S)\1(?![\w*_~`])")


@dataclass(frozen=True)
class Field:
    """An element with a value, or a button: its visible label, block and element."""

    label: str
    block: JsonObject
    element: JsonObject

    @property
    def has_value(self) -> bool:
        return self.element["type"] in INPUT_VALUES

    @property
    def sends_actions(self) -> bool:
        """True if a choice is sent at once as block_actions."""
        return self.block["type"] != "input" or bool(self.block.get("dispatch_action"))

    @property
    def is_required(self) -> bool:
        return self.block["type"] == "input" and not self.block.get("optional")


def plain(text: JsonObject | str | None) -> str:
    """Return the visible text of a text object: mrkdwn without marks, links as their text, entities decoded."""
    if text is None:
        return ""
    if isinstance(text, str):
        return text
    if text.get("type") != "mrkdwn":
        return str(text["text"])
    return drawn(str(text["text"]))


def drawn(mrkdwn: str) -> str:
    """Return the visible text of mrkdwn."""
    text = _LINK.sub(lambda found: _reference(found[1], found[2]), mrkdwn)
    text = _EMPHASIS.sub(lambda found: found[2], text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _reference(target: str, label: str | None) -> str:
    if label:
        return label
    if target.startswith("!"):
        return "@" + target[1:]
    return target


def option_texts(option: JsonObject) -> tuple[str, str]:
    """Return the text of an option, and the text with its description."""
    text, description = plain(option["text"]), plain(option.get("description"))
    return text, f"{text} {description}".strip()


def options_of(element: JsonObject) -> list[JsonObject]:
    """Return the options of an element, including those in groups."""
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def fields_of(blocks: list[JsonObject]) -> list[Field]:
    """Return all fields and buttons, in order. The label of an element in actions is the section or header above it."""
    found: list[Field] = []
    above = ""
    for block in blocks:
        if block["type"] in {"section", "header"}:
            above = "\n".join(_block_lines(block, {}, {}))
        label = plain(block["label"]) if block["type"] == "input" else above
        if block["type"] == "section":
            label = plain(block.get("text")) or above
        found += [Field(label, block, element) for element in elements_of(block)]
    return found


def visible_text(blocks: list[JsonObject], values: JsonObject | None = None, errors: JsonObject | None = None) -> str:
    """Return the visible texts of these blocks, one per line, with values and errors."""
    lines: list[str] = []
    for block in blocks:
        lines += _block_lines(block, values or {}, errors or {})
    return "\n".join(line for line in lines if line)


def _block_lines(block: JsonObject, values: JsonObject, errors: JsonObject) -> Iterator[str]:
    if block["type"] == "rich_text":
        yield from (rich_text(element) for element in block["elements"])
        return
    if block["type"] == "input":
        yield plain(block["label"])
    if "text" in block:
        yield plain(block["text"])
    yield from (plain(text) for text in block.get("fields", []))
    if block["type"] == "context":
        yield from (plain(text) for text in block["elements"])
    for element in elements_of(block):
        value = values.get(block["block_id"], {}).get(element["action_id"], {})
        yield from _element_lines(element, value)
    yield plain(block.get("hint"))
    yield errors.get(block["block_id"], "")


def _element_lines(element: JsonObject, value: JsonObject) -> Iterator[str]:
    if element["type"] == "button":
        yield plain(element["text"])
    for group in element.get("option_groups", []):
        yield plain(group["label"])
    options = options_of(element)
    for option in options:
        yield from (plain(option["text"]), plain(option.get("description")))
    chosen = value.get("selected_option")
    if chosen and chosen not in options:
        yield from (plain(chosen["text"]), plain(chosen.get("description")))
    if value.get("value"):
        yield str(value["value"])
    elif not chosen:
        yield plain(element.get("placeholder"))


def rich_text(element: JsonObject) -> str:
    """Return the text of a rich_text element."""
    if element["type"] == "text":
        return str(element["text"])
    if element["type"] == "link":
        return str(element.get("text") or element["url"])
    if element["type"] == "user":
        return f"@{element['user_id']}"
    separator = "\n" if element["type"] == "rich_text_list" else ""
    return separator.join(rich_text(part) for part in element.get("elements", []))


def preformatted(blocks: list[JsonObject]) -> str | None:
    """Return the first preformatted text of a message, or None."""
    for block in blocks:
        if block["type"] == "rich_text":
            for element in block["elements"]:
                if element["type"] == "rich_text_preformatted":
                    return rich_text(element)
    return None


def find_button(buttons: list[Field], text: str) -> Field:
    """Return the only button with this text, else the only one that begins with it. Raises: AssertionError."""
    texts = [plain(button.element["text"]) for button in buttons]
    return buttons[_only_match(text, [(found,) for found in texts], "button", prefix=True)]


def find_field(fields: list[Field], label: str) -> Field:
    """Return the only field with this label, else the only one whose label contains it. Raises: AssertionError."""
    return fields[_only_match(label, [(field.label,) for field in fields], "field", prefix=False)]


def find_option(options: list[JsonObject], text: str, *, prefix: bool) -> JsonObject:
    """Return the only option with this text, else the only one that begins with or contains it. Raises: AssertionError."""
    return options[_only_match(text, [option_texts(option) for option in options], "option", prefix=prefix)]


def _only_match(wanted: str, candidates: list[tuple[str, ...]], kind: str, *, prefix: bool) -> int:
    exact = [index for index, texts in enumerate(candidates) if wanted in texts]
    close = [
        index
        for index, texts in enumerate(candidates)
        if any(text.startswith(wanted) if prefix else wanted in text for text in texts)
    ]
    found = exact or close
    if len(found) != 1:
        quantity = f"{len(found)} match" if found else "none is"
        raise AssertionError(f"{quantity} {kind} {wanted!r}; there are: {[texts[0] for texts in candidates]}")
    return found[0]


def button_action(field: Field) -> JsonObject:
    """Return the action that a pressed button reports."""
    action = _action(field) | {"text": field.element["text"]}
    return action | {key: field.element[key] for key in ("value", "style") if key in field.element}


def value_action(field: Field, value: JsonObject) -> JsonObject:
    """Return the action that a choice reports."""
    return _action(field) | value


def _action(field: Field) -> JsonObject:
    return {
        "type": field.element["type"],
        "block_id": field.block["block_id"],
        "action_id": field.element["action_id"],
    }
