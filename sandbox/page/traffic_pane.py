"""The pane that lists the traffic."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from sandbox.page.elements import set_attributes, tag
from sandbox.page.lists import ExpandableList, Line, draw_time
from sandbox.page.traffic import Exchange, list_exchanges, mask
from sandbox.page.viewer import Viewer


class TrafficPane:
    def __init__(self, viewer: Viewer, refresh: Callable[[], None]) -> None:
        self._viewer = viewer
        words = viewer.words
        tag("p", words["traffic_hint"], classes="quiet")
        self._empty = tag("p", words["no_traffic"], classes="quiet")
        self._list = ExpandableList(words["traffic"], viewer, refresh)

    def show(self) -> None:
        exchanges = list_exchanges(self._viewer.world)
        set_attributes(self._empty, hidden=bool(exchanges))
        self._list.show(
            Line(
                key=one.key,
                signature=f"{one.seconds}",
                passwords=one.passwords,
                draw_summary=partial(self._draw_summary, one),
                draw_contents=partial(self._draw_contents, one),
                is_bad=not one.is_good,
            )
            for one in exchanges
        )

    def _draw_summary(self, exchange: Exchange) -> None:
        draw_time(datetime.fromtimestamp(exchange.at, UTC), self._viewer)
        tag("span", f"{exchange.sender} → {exchange.receiver}", classes="way")
        tag("strong", exchange.name)
        tag("span", self._describe_time(exchange), classes="took")
        tag("span", exchange.outcome if exchange.seconds is not None else "", classes="outcome")

    def _describe_time(self, exchange: Exchange) -> str:
        words = self._viewer.words
        if exchange.seconds is None:
            return words["under_way"]
        took = f"{exchange.seconds:.2f}"
        if exchange.limit_seconds is not None:
            return words["of_limit"].format(seconds=took, limit=f"{exchange.limit_seconds:g}")
        if exchange.trigger_age_seconds is not None:
            limit = f"{self._viewer.world.slack.trigger_lifetime_seconds:g}"
            age = words["trigger_age"].format(seconds=f"{exchange.trigger_age_seconds:.2f}", limit=limit)
            return f"{took} s · {age}"
        return f"{took} s"

    def _draw_contents(self, exchange: Exchange, shown: frozenset[str]) -> None:
        for word, content in (("sent", exchange.sent), ("answered", exchange.answered)):
            heading = self._viewer.words[word]
            tag("h3", heading)
            written = json.dumps(mask(content, exchange.passwords, shown), indent=1, ensure_ascii=False)
            tag("pre", written, tabindex="0", role="group", aria_label=heading)
