"""A text input with a list of choices below it: the combobox pattern of WAI-ARIA."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from nicegui.element import Element

from sandbox.page.elements import Attribute, on_script, on_value, put_value, set_attributes, set_text, tag

# Escape closes an open list, and the modal only where no list is open.
_ESCAPE: Final = """(event) => {
  if (event.target.getAttribute("aria-expanded") === "true") { event.stopPropagation(); emit(""); }
}"""
_ENTER: Final = "(event) => { event.preventDefault(); emit(event.target.value); }"
_QUIET: Final = "() => emit('')"


@dataclass(frozen=True)
class Choice:
    """A line of the list."""

    text: str
    detail: str = ""


class Combobox:
    """Calls `on_input` at each change of the text, and at Enter either `on_choose` or `on_enter`.

    `on_choose` takes the index of the chosen line, also when clicked; `on_enter` takes the text, if no list is open.
    `on_leave` is called when the input loses the focus, or at Escape.
    """

    def __init__(
        self,
        label: str,
        *,
        on_input: Callable[[str], Awaitable[None] | None],
        on_choose: Callable[[int], Awaitable[None] | None],
        on_enter: Callable[[str], Awaitable[None] | None],
        on_leave: Callable[[], None],
        **attributes: Attribute,
    ) -> None:
        self._on_choose = on_choose
        self._on_enter = on_enter
        self._on_leave = on_leave
        self._choices: Sequence[Choice] = ()
        self._active = 0
        self._lines: list[Element] = []
        with tag("div", classes="combobox") as self.root:
            self.input = tag(
                "input",
                type="text",
                role="combobox",
                autocomplete="off",
                spellcheck="false",
                aria_autocomplete="list",
                aria_expanded="false",
            )
            set_attributes(self.input, **attributes)
            with tag("div", classes="popup") as self._popup:
                self._list = tag("ul", role="listbox", aria_label=label)
                self._status = tag("p", " ", role="status")
        set_attributes(self.input, aria_controls=self._list.html_id)
        self.close()
        on_value(self.input, "input", on_input)
        on_script(self.input, "keydown.enter", self._enter, _ENTER)
        on_script(self.input, "keydown.escape", lambda _: self._leave(), _ESCAPE)
        on_script(self.input, "keydown.down.prevent", lambda _: self._move(1), _QUIET)
        on_script(self.input, "keydown.up.prevent", lambda _: self._move(-1), _QUIET)
        on_script(self.input, "blur", lambda _: self._leave(), _QUIET)

    @property
    def is_deleted(self) -> bool:
        return self.root.is_deleted

    def open(self, choices: Sequence[Choice]) -> None:
        """Show these lines, with the first one active."""
        self._list.clear()
        self._choices, self._active = choices, 0
        with self._list:
            self._lines = [self._draw_line(number, choice) for number, choice in enumerate(choices)]
        set_attributes(self._popup, hidden=None)
        set_attributes(self._list, hidden=None)
        set_attributes(self._status, hidden=True)
        set_attributes(self.input, aria_expanded="true")
        self._mark()

    def show_status(self, text: str) -> None:
        """Show a text in place of the list."""
        self.close()
        set_text(self._status, text)
        set_attributes(self._popup, hidden=None)
        set_attributes(self._status, hidden=None)

    def close(self) -> None:
        self._choices = ()
        self._lines = []
        self._list.clear()
        set_attributes(self._popup, hidden=True)
        set_attributes(self._list, hidden=True)
        set_attributes(self._status, hidden=True)
        set_attributes(self.input, aria_expanded="false", aria_activedescendant=None)

    def write(self, text: str) -> None:
        """Set the text of the input."""
        put_value(self.input, text)

    def _draw_line(self, number: int, choice: Choice) -> Element:
        with tag("li", role="option", aria_selected="false") as line:
            tag("span", choice.text, classes="option-text")
            if choice.detail:
                tag("span", choice.detail, classes="option-detail")
        # Not on click: the input would lose the focus before it, which closes the list.
        on_script(line, "mousedown.prevent", lambda _: self._on_choose(number), _QUIET)
        return line

    def _enter(self, text: str) -> Awaitable[None] | None:
        if self._choices:
            return self._on_choose(self._active)
        return self._on_enter(text)

    def _leave(self) -> None:
        self.close()
        self._on_leave()

    def _move(self, step: int) -> None:
        if self._choices:
            self._active = (self._active + step) % len(self._choices)
            self._mark()

    def _mark(self) -> None:
        for number, line in enumerate(self._lines):
            set_attributes(line, aria_selected="true" if number == self._active else "false")
        active = self._lines[self._active]
        set_attributes(self.input, aria_activedescendant=active.html_id)
        active.client.run_javascript(f"getHtmlElement({active.id})?.scrollIntoView({{block: 'nearest'}})")
