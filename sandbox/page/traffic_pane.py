"""The pane that lists the traffic. One password can be shown: one that the person who is acted as has been given."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from nicegui.element import Element

from sandbox.page.elements import Item, LiveList, button, on_click, set_attributes, tag
from sandbox.page.traffic import Exchange, list_exchanges, mask
from sandbox.page.viewer import Viewer


class TrafficPane:
    def __init__(self, viewer: Viewer, refresh: Callable[[], None]) -> None:
        self._viewer = viewer
        self._refresh = refresh
        self._opened: set[str] = set()
        self._revealed: set[str] = set()
        words = viewer.words
        tag("p", words.traffic_hint, classes="quiet")
        self._empty = tag("p", words.no_traffic, classes="quiet")
        self._list = LiveList(tag("ul", classes="traffic", aria_label=words.traffic))

    def show(self) -> None:
        exchanges = list_exchanges(self._viewer.world)
        set_attributes(self._empty, hidden=bool(exchanges))
        self._list.show(Item(one.key, self._sign(one), partial(self._draw, one)) for one in exchanges)

    def _sign(self, exchange: Exchange) -> str:
        state = [exchange.key in keys for keys in (self._opened, self._revealed)]
        return f"{exchange.seconds} {state} {bool(self._find_visible(exchange))}"

    def _draw(self, exchange: Exchange) -> Element:
        at = datetime.fromtimestamp(exchange.at, UTC).astimezone(ZoneInfo(self._viewer.tz))
        is_open = exchange.key in self._opened
        with tag("li", classes="exchange" if exchange.is_good else "exchange bad") as line:
            opener = tag("button", classes="summary", type="button", aria_expanded="true" if is_open else "false")
            with on_click(opener, lambda: self._toggle(self._opened, exchange.key)):
                tag("time", f"{at:%H:%M:%S}", datetime=at.isoformat(timespec="seconds"))
                tag("span", f"{exchange.sender} → {exchange.receiver}", classes="way")
                tag("strong", exchange.name)
                tag("span", self._tell_time(exchange), classes="took")
                tag("span", exchange.outcome if exchange.seconds is not None else "", classes="outcome")
            if is_open:
                self._draw_contents(exchange)
        return line

    def _tell_time(self, exchange: Exchange) -> str:
        words = self._viewer.words
        if exchange.seconds is None:
            return words.under_way
        took = f"{exchange.seconds:.2f}"
        if exchange.limit_seconds is not None:
            return words.of_limit.format(seconds=took, limit=f"{exchange.limit_seconds:g}")
        if exchange.trigger_age_seconds is not None:
            limit = f"{self._viewer.world.slack.trigger_lifetime_seconds:g}"
            age = words.trigger_age.format(seconds=f"{exchange.trigger_age_seconds:.2f}", limit=limit)
            return f"{took} s · {age}"
        return f"{took} s"

    def _draw_contents(self, exchange: Exchange) -> None:
        words = self._viewer.words
        is_revealed = exchange.key in self._revealed
        visible = self._find_visible(exchange)
        if visible:
            label = words.hide_password if is_revealed else words.show_password
            button(label, lambda: self._toggle(self._revealed, exchange.key), classes="slack-button")
        shown = visible if is_revealed else frozenset()
        for heading, content in ((words.sent, exchange.sent), (words.answered, exchange.answered)):
            tag("h3", heading)
            written = json.dumps(mask(content, exchange.passwords, shown), indent=1, ensure_ascii=False)
            tag("pre", written, tabindex="0", role="group", aria_label=heading)

    def _find_visible(self, exchange: Exchange) -> frozenset[str]:
        """The passwords in it that were shown to this person in Slack anyway."""
        slack, person = self._viewer.world.slack, self._viewer.person
        return frozenset(one for one in exchange.passwords if person in slack.people_who_saw(one))

    def _toggle(self, keys: set[str], key: str) -> None:
        keys ^= {key}
        self._refresh()
