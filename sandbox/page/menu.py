"""A button that opens a menu: the menu button pattern of WAI-ARIA.

page.js moves the focus into the menu when it opens, within it by arrow keys, and back when it closes.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from nicegui.element import Element

from sandbox.page.elements import on_click, on_script, set_attributes, tag

_QUIET: Final = "() => emit('')"
_LEFT: Final = "(event) => { if (!event.currentTarget.contains(event.relatedTarget)) emit(''); }"


@dataclass(frozen=True)
class Entry:
    """A menu item with a quieter text beside it."""

    text: str
    detail: str
    do: Callable[[], Awaitable[object]]


class Menu:
    """A menu, of which the items exist only while it is open."""

    def __init__(self, sign: str, label: str, entries: Sequence[Entry], *, classes: str = "") -> None:
        self._label = label
        self._entries = entries
        self._list: Element | None = None
        with tag("div", classes=f"menu-box {classes}") as self.root:
            self.button = tag(
                "button",
                sign,
                classes="icon",
                type="button",
                title=label,
                aria_label=label,
                aria_haspopup="menu",
                aria_expanded="false",
            )
        on_click(self.button, self._toggle)
        on_script(self.button, "keydown.down.prevent", lambda _: self._open(), _QUIET)
        on_script(self.root, "focusout", lambda _: self._close(), _LEFT)
        on_script(self.root, "keydown.escape", lambda _: self._close(), _QUIET)

    def _toggle(self) -> None:
        if self._list is None:
            self._open()
        else:
            self._close()

    def _open(self) -> None:
        if self._list is not None:
            return
        with self.root, tag("ul", classes="popup menu", role="menu", aria_label=self._label) as self._list:
            for entry in self._entries:
                self._draw_line(entry)
        set_attributes(self.button, aria_expanded="true")

    def _close(self) -> None:
        drawn, self._list = self._list, None
        if drawn is not None and not drawn.is_deleted:
            drawn.delete()
            set_attributes(self.button, aria_expanded="false")

    def _draw_line(self, entry: Entry) -> None:
        async def do() -> None:
            self._close()
            await entry.do()

        with tag("li", role="none"), tag("button", type="button", role="menuitem", tabindex="-1") as line:
            tag("span", entry.text, classes="option-text")
            tag("span", entry.detail, classes="option-detail")
        on_click(line, do)
