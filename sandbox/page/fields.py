"""Fields of modals and Home tabs: label, control, hint and error."""

import json
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from nicegui.element import Element

from sandbox.page.elements import on_script, on_value, put_value, set_attributes, set_text, tag
from sandbox.page.markup import UndrawableError, draw_text
from sandbox.page.type_ahead import TypeAhead
from sandbox.page.viewer import Viewer
from sandbox.slack import reading
from sandbox.slack.reading import Field
from sandbox.slack.shown_view import ShownView
from sandbox.slack.workspace import JsonObject

_TYPED: Final = {
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
}
_ROWS: Final = 8
# Properties that an update may change without drawing the field again.
_FIRST_ONLY: Final = ("initial_option", "initial_options", "initial_value", "focus_on_load")

Submit = Callable[[], Awaitable[None]]


class Control(Protocol):
    """The control of a field, which holds its value."""

    def show(self, value: JsonObject) -> None:
        """Show this value."""


def sign(field: Field) -> str:
    """Return a signature of the field's looks, without its value."""
    element = {key: value for key, value in field.element.items() if key not in _FIRST_ONLY}
    return json.dumps([field.label, field.block | {"element": element, "accessory": element, "elements": [element]}])


class FieldView:
    """A field. In a section its label is already visible, so it is only drawn for screen readers.

    Raises: UndrawableError: an unknown element, or one with a confirm dialog.
    """

    def __init__(self, surface: ShownView, field: Field, viewer: Viewer, submit: Submit) -> None:
        if field.element.get("confirm"):
            raise UndrawableError(f"confirm: {field.element['type']}")
        self._surface = surface
        self._field = field
        self._viewer = viewer
        self._submit = submit
        self._has_several = field.element["type"] in {"radio_buttons", "checkboxes"}
        with tag("fieldset" if self._has_several else "div", classes="field") as self.root:
            self._label = self._draw_label()
            self._control = self._draw_control()
            if hint := reading.plain(field.block.get("hint")):
                tag("p", hint, classes="hint")
            self._error = tag("p", " ", classes="error", role="alert", hidden=True)
        if field.element.get("focus_on_load"):
            set_attributes(self._target, data_first="")

    def show(self, value: JsonObject, error: str) -> None:
        self._control.show(value)
        set_text(self._error, error or " ")
        set_attributes(self._error, hidden=not error)
        set_attributes(
            self._target,
            aria_invalid="true" if error and not self._has_several else None,
            aria_describedby=self._error.html_id if error else None,
        )

    def _draw_label(self) -> Element:
        is_shown = self._field.block["type"] == "input"
        with tag("legend" if self._has_several else "label", classes="label" if is_shown else "unseen") as label:
            tag("span", self._field.label)
            if self._field.block.get("optional"):
                tag("span", f" ({self._viewer.words['optional']})", classes="quiet")
        return label

    def _draw_control(self) -> Control:
        kind = self._field.element["type"]
        if kind == "external_select":
            ahead = TypeAhead(self._surface, self._field, self._viewer)
            self._target = ahead.control
            set_attributes(self._label, for_=self._target.html_id)
            return ahead
        if kind == "static_select":
            select = _Select(self._field, self._viewer, self._set)
            self._target = select.root
            set_attributes(self._label, for_=self._target.html_id)
            return select
        if self._has_several:
            self._target = self.root
            return _Options(self._field, self._viewer, self._set)
        if kind in _TYPED:
            text = _Text(self._field, self._set, self._submit)
            self._target = text.root
            set_attributes(self._label, for_=self._target.html_id)
            return text
        raise UndrawableError(kind)

    async def _set(self, value: JsonObject) -> None:
        await self._surface.set_value(self._field, value)


Setter = Callable[[JsonObject], Awaitable[None]]


class _Select:
    """A static select, drawn as a native select."""

    def __init__(self, field: Field, viewer: Viewer, setter: Setter) -> None:
        self._options = reading.options_of(field.element)
        self._setter = setter
        self._drawn: list[Element] = []
        with tag("select") as self.root:
            tag("option", reading.plain(field.element.get("placeholder")) or viewer.words["choose_option"], value="")
            for group in field.element.get("option_groups", []):
                with tag("optgroup", label=reading.plain(group["label"])):
                    self._draw_options(group["options"])
            self._draw_options(field.element.get("options", []))
        on_value(self.root, "change", self._choose)

    def show(self, value: JsonObject) -> None:
        for option, drawn in zip(self._options, self._drawn, strict=True):
            set_attributes(drawn, selected=True if option == value.get("selected_option") else None)

    def _draw_options(self, options: list[JsonObject]) -> None:
        for option in options:
            self._drawn.append(tag("option", reading.plain(option["text"]), value=str(len(self._drawn))))

    async def _choose(self, number: str) -> None:
        await self._setter({"selected_option": self._options[int(number)] if number else None})


class _Options:
    """Radio buttons or checkboxes."""

    def __init__(self, field: Field, viewer: Viewer, setter: Setter) -> None:
        self._field = field
        self._viewer = viewer
        self._setter = setter
        self._is_single = field.element["type"] == "radio_buttons"
        self._options = reading.options_of(field.element)
        self._chosen: list[JsonObject] = []
        with tag("div", classes="options") as root:
            self._drawn = [self._draw(number, option, root.html_id) for number, option in enumerate(self._options)]

    def show(self, value: JsonObject) -> None:
        single = value.get("selected_option")
        self._chosen = [single] if single else list(value.get("selected_options") or [])
        for option, drawn in zip(self._options, self._drawn, strict=True):
            set_attributes(drawn, checked=True if option in self._chosen else None)

    def _draw(self, number: int, option: JsonObject, name: str) -> Element:
        kind = "radio" if self._is_single else "checkbox"
        with tag("label", classes="option"):
            control = tag("input", type=kind, name=name, value=str(number))
            with tag("span", classes="option-words"):
                with tag("span", classes="option-text"):
                    draw_text(option["text"], self._viewer)
                if option.get("description"):
                    with tag("span", classes="option-detail"):
                        draw_text(option["description"], self._viewer)
        on_value(control, "change", self._choose)
        return control

    async def _choose(self, number: str) -> None:
        option = self._options[int(number)]
        if self._is_single:
            await self._setter({"selected_option": option})
        else:
            ticked = [one for one in self._options if (one in self._chosen) != (one == option)]
            await self._setter({"selected_options": ticked})


class _Text:
    """A text input; Enter submits unless it has several lines, as in Slack."""

    def __init__(self, field: Field, setter: Setter, submit: Submit) -> None:
        self._setter = setter
        self._submit = submit
        self._shown = ""
        element = field.element
        is_long = bool(element.get("multiline"))
        self.root = tag(
            "textarea" if is_long else "input",
            type=None if is_long else _TYPED[element["type"]],
            rows=_ROWS if is_long else None,
            placeholder=reading.plain(element.get("placeholder")) or None,
            minlength=element.get("min_length"),
            maxlength=element.get("max_length"),
        )
        on_value(self.root, "change", self._fill)
        if not is_long:
            on_script(self.root, "keydown.enter.prevent", self._enter, "(event) => emit(event.target.value)")

    def show(self, value: JsonObject) -> None:
        text = str(value.get("value") or "")
        if text != self._shown:
            self._shown = text
            put_value(self.root, text)

    async def _fill(self, text: str) -> None:
        self._shown = text
        await self._setter({"value": text or None})

    async def _enter(self, text: str) -> None:
        await self._fill(text)
        await self._submit()
