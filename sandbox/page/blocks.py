"""Draws blocks: texts and buttons. Elements with a value are drawn by a function of the caller."""

import json
from collections.abc import Awaitable, Callable

from nicegui.element import Element

from sandbox.page.elements import on_click, set_attributes, tag
from sandbox.page.markup import UndrawableError, draw_rich_text, draw_text
from sandbox.page.viewer import Viewer
from sandbox.slack import reading
from sandbox.slack.reading import Field
from sandbox.slack.views import elements_of
from sandbox.slack.workspace import JsonObject

Ask = Callable[[JsonObject], Awaitable[bool]]
Press = Callable[[Field], Awaitable[None]]
DrawField = Callable[[Field], None]
"""Draws an element with a value inside the current `with` block. Raises: UndrawableError."""


def sign_block(block: JsonObject) -> str:
    """Return a signature of the block's looks; the block_id only counts in blocks with interactive elements."""
    ignored = () if elements_of(block) else ("block_id",)
    return json.dumps({key: value for key, value in block.items() if key not in ignored})


def draw_block(block: JsonObject, viewer: Viewer, press: Press, draw_field: DrawField | None = None) -> Element:
    """Draw a block, or the name of what the page does not draw in it: without `draw_field` also elements with values."""
    with tag("div", classes=f"kit-block {block['type'].replace('_', '-')}") as drawn:
        try:
            _draw(block, viewer, press, draw_field)
        except UndrawableError as error:
            drawn.clear()
            draw_refusal(str(error), viewer)
    return drawn


def draw_refusal(name: str, viewer: Viewer) -> Element:
    """Draw the name of something that the page does not draw."""
    return tag("p", viewer.words["undrawable"].format(name=name), classes="undrawable", role="alert")


def _draw(block: JsonObject, viewer: Viewer, press: Press, draw_field: DrawField | None) -> None:
    match block["type"]:
        case "section":
            _draw_section(block, viewer, press, draw_field)
        case "header":
            with tag("h3"):
                draw_text(block["text"], viewer)
        case "divider":
            tag("hr")
        case "context":
            for text in block["elements"]:
                with tag("p"):
                    draw_text(text, viewer)
        case "rich_text":
            for element in block["elements"]:
                draw_rich_text(element, viewer)
        case "actions":
            for field in reading.fields_of([block]):
                _draw_element(field, press, draw_field)
        case unknown:
            raise UndrawableError(unknown)


def _draw_section(block: JsonObject, viewer: Viewer, press: Press, draw_field: DrawField | None) -> None:
    with tag("div", classes="section-text"):
        if block.get("text"):
            with tag("p"):
                draw_text(block["text"], viewer)
        if block.get("fields"):
            with tag("div", classes="pairs"):
                for text in block["fields"]:
                    with tag("p"):
                        draw_text(text, viewer)
    for field in reading.fields_of([block]):
        _draw_element(field, press, draw_field)


def _draw_element(field: Field, press: Press, draw_field: DrawField | None) -> None:
    if field.element["type"] == "button":
        _draw_button(field, press)
    elif draw_field is not None and field.has_value:
        draw_field(field)
    else:
        raise UndrawableError(field.element["type"])


def _draw_button(field: Field, press: Press) -> None:
    element = field.element
    text = reading.plain(element["text"])
    classes = f"slack-button {element.get('style', '')}"
    if element.get("url"):
        drawn = tag("a", text, classes=classes, href=element["url"], target="_blank", rel="noopener noreferrer")
    else:
        drawn = tag("button", text, classes=classes, type="button")
    set_attributes(drawn, aria_label=element.get("accessibility_label"))

    async def press_once() -> None:
        if drawn.props.get("aria-disabled"):
            return
        set_attributes(drawn, aria_disabled="true", aria_busy="true")
        try:
            await press(field)
        finally:
            if not drawn.is_deleted:
                set_attributes(drawn, aria_disabled=None, aria_busy=None)

    on_click(drawn, press_once)
