"""Plain HTML elements on NiceGUI, and lists that keep unchanged elements.

Native elements bring keyboard support and roles; NiceGUI synchronizes them with the server.
"""

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

Attribute = str | int | bool | None
Handler = Callable[[], Awaitable[None] | None]
ValueHandler = Callable[[str], Awaitable[None] | None]

_QUIET_CLICK: Final = "() => emit()"
_VALUE: Final = "(event) => emit(event.target.value)"


def tag(name: str, text: str = "", /, *, classes: str = "", **attributes: Attribute) -> Element:
    """Draw an element inside the current `with` block.

    In attribute names a trailing `_` is removed and each other `_` becomes `-`. None and False omit the attribute.
    """
    element = TextElement(tag=name, text=text) if text else Element(name)
    element.classes(classes)
    set_attributes(element, **attributes)
    return element


def set_attributes(element: Element, /, **attributes: Attribute) -> None:
    """Set these attributes; None and False remove one."""
    for written, value in attributes.items():
        name = written.rstrip("_").replace("_", "-")
        if value is None or value is False:
            if name in element.props:
                del element.props[name]
        elif element.props.get(name) != value:
            element.props[name] = value


def set_text(element: Element, text: str) -> None:
    """Change the text of an element that was drawn with one."""
    if isinstance(element, TextElement) and element.text != text:
        element.set_text(text)


def button(text: str, handler: Handler, /, *, classes: str = "", **attributes: Attribute) -> Element:
    """Draw a button that calls the handler."""
    drawn = tag("button", text, classes=classes, type="button")
    set_attributes(drawn, **attributes)
    return on_click(drawn, handler)


def draw_labelled(label: str, name: str, /, **attributes: Attribute) -> Element:
    """Draw a form control of this tag with a label, and return the control."""
    with tag("div", classes="labelled"):
        caption = tag("label", label)
        control = tag(name)
    set_attributes(control, **attributes)
    set_attributes(caption, for_=control.html_id)
    return control


def on_click(element: Element, handler: Handler) -> Element:
    return element.on("click", lambda _: handler(), js_handler=_QUIET_CLICK)


def on_value(element: Element, event: str, handler: ValueHandler) -> Element:
    """Call the handler with the element's value at each such event."""
    return element.on(event, lambda arguments: handler(_first(arguments)), js_handler=_VALUE)


def on_script(element: Element, event: str, handler: ValueHandler, script: str) -> Element:
    """Call the handler with the value that the script, a JavaScript function of the event, emits."""
    return element.on(event, lambda arguments: handler(_first(arguments)), js_handler=script)


def put_value(element: Element, value: str) -> None:
    """Set the value of an input. By script, since an attribute would be set again at each update of the page."""
    code = f"const field = getHtmlElement({element.id}); if (field) field.value = {json.dumps(value)};"
    element.client.run_javascript(code)


def _first(arguments: GenericEventArguments) -> str:
    value = arguments.args
    return str(value[0] if isinstance(value, list) and value else value)


@dataclass(frozen=True)
class Item:
    """An item of a list. `draw` draws exactly one element."""

    key: str
    signature: str
    draw: Callable[[], Element]


class LiveList:
    """Draws items inside an element. Items with the same key and signature keep their element, and so the focus."""

    def __init__(self, container: Element) -> None:
        self._container = container
        self._drawn: dict[str, tuple[str, Element]] = {}

    def show(self, items: Iterable[Item]) -> None:
        """Draw new items, remove missing ones, and put all into this order."""
        wanted = list(items)
        signatures = {item.key: item.signature for item in wanted}
        for key, (signature, element) in list(self._drawn.items()):
            if signatures.get(key) != signature:
                element.delete()
                del self._drawn[key]
        for place, item in enumerate(wanted):
            if item.key not in self._drawn:
                with self._container:
                    self._drawn[item.key] = (item.signature, item.draw())
            element = self._drawn[item.key][1]
            if list(self._container)[place] is not element:
                element.move(self._container, place)
