"""Lists of the panes: lines that open on a click and may reveal a password, and plain lines with a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from nicegui.element import Element

from sandbox.page.elements import Item, LiveList, button, on_click, set_attributes, set_text, tag
from sandbox.page.viewer import Viewer

_SHOWN_LINES: Final = 30


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of an ExpandableList, which is drawn again when its signature changes.

    `draw_contents` takes those of the `passwords` in the line that are to be shown; it masks the others.
    """

    key: str
    signature: str
    passwords: frozenset[str]
    draw_summary: Callable[[], None]
    draw_contents: Callable[[frozenset[str]], None]
    is_bad: bool = False


@dataclass
class _Parts:
    """The elements of a line. `state`: is open, passwords that can be revealed, revealed passwords."""

    opener: Element
    reveal: Element
    contents: Element
    state: tuple[bool, frozenset[str], frozenset[str]] | None = None


class ExpandableList:
    """A list of summaries, each a button that opens its contents.

    A password in the contents can be revealed if Slack has shown it to the person who is acted as.
    """

    def __init__(self, label: str, viewer: Viewer, refresh: Callable[[], None]) -> None:
        self._viewer = viewer
        self._refresh = refresh
        self._opened: set[str] = set()
        self._revealed: set[str] = set()
        self._parts: dict[str, _Parts] = {}
        self._list = LiveList(tag("ul", classes="traffic", aria_label=label))

    def show(self, lines: Iterable[Line]) -> None:
        shown = list(lines)
        self._list.show(Item(line.key, line.signature, partial(self._draw, line)) for line in shown)
        for line in shown:
            self._show_contents(line)

    def _draw(self, line: Line) -> Element:
        with tag("li", classes="exchange bad" if line.is_bad else "exchange", data_key=line.key) as drawn:
            opener = tag("button", classes="summary", type="button")
            with on_click(opener, lambda: self._toggle(self._opened, line.key)):
                line.draw_summary()
            reveal = button(" ", lambda: self._toggle(self._revealed, line.key), classes="slack-button")
            self._parts[line.key] = _Parts(opener, reveal, tag("div", classes="contents"))
        return drawn

    def _show_contents(self, line: Line) -> None:
        """Open or close a line in place, so that its buttons keep the focus."""
        parts, is_open = self._parts[line.key], line.key in self._opened
        visible = self._find_visible(line) if is_open else frozenset()
        shown = visible if line.key in self._revealed else frozenset()
        if parts.state == (is_open, visible, shown):
            return
        parts.state = (is_open, visible, shown)
        set_attributes(parts.opener, aria_expanded="true" if is_open else "false")
        set_attributes(parts.reveal, hidden=not visible)
        set_text(parts.reveal, self._viewer.words["hide_password" if shown else "show_password"])
        parts.contents.clear()
        set_attributes(parts.contents, hidden=not is_open)
        if is_open:
            with parts.contents:
                line.draw_contents(shown)

    def _find_visible(self, line: Line) -> frozenset[str]:
        slack, person = self._viewer.world.slack, self._viewer.person
        return frozenset(one for one in line.passwords if person in slack.people_who_saw(one))

    def _toggle(self, keys: set[str], key: str) -> None:
        keys ^= {key}
        self._refresh()


class TimedLines:
    """A heading with the newest of some lines below it, newest first, or a text if there are none."""

    def __init__(self, heading: str, empty: str, viewer: Viewer) -> None:
        self._viewer = viewer
        tag("h3", heading)
        self._empty = tag("p", empty, classes="quiet")
        self._list = LiveList(tag("ul", classes="lines", aria_label=heading))

    def show(self, lines: Sequence[tuple[datetime, str]]) -> None:
        """Show the lines, which come oldest first."""
        set_attributes(self._empty, hidden=bool(lines))
        newest = list(enumerate(lines))[::-1][:_SHOWN_LINES]
        self._list.show(Item(str(number), "", partial(self._draw, *line)) for number, line in newest)

    def _draw(self, at: datetime, text: str) -> Element:
        with tag("li") as line:
            draw_time(at, self._viewer)
            tag("span", text)
        return line


def draw_time(at: datetime, viewer: Viewer, form: str = "%H:%M:%S") -> None:
    """Draw a time in the time zone of the person who is acted as."""
    here = at.astimezone(ZoneInfo(viewer.tz))
    tag("time", here.strftime(form), datetime=here.isoformat(timespec="seconds"))
