"""A select whose options the bot looks up during typing."""

import asyncio
from typing import Final

from nicegui.element import Element

from sandbox.page.combobox import Choice, Combobox
from sandbox.page.elements import Attribute
from sandbox.page.viewer import Viewer
from sandbox.slack import reading
from sandbox.slack.reading import Field
from sandbox.slack.shown_view import ShownView
from sandbox.slack.workspace import JsonObject

_PAUSE_SECONDS: Final = 0.2
_SLACKS_QUERY_LENGTH: Final = 3


class TypeAhead:
    """Asks the bot when typing pauses; responses to an older text are dropped."""

    def __init__(self, surface: ShownView, field: Field, viewer: Viewer, **attributes: Attribute) -> None:
        self._surface = surface
        self._field = field
        self._words = viewer.words
        self._person = viewer.person
        self._asked = 0
        self._offered: list[JsonObject] = []
        self._chosen = ""
        self._box = Combobox(
            field.label,
            on_input=self._look_up,
            on_choose=self._choose,
            on_enter=lambda _: None,
            on_leave=self._leave,
            placeholder=reading.plain(field.element.get("placeholder")) or self._words["choose_option"],
            **attributes,
        )
        self._box.input.on("focus", js_handler="(event) => event.target.select()")

    @property
    def root(self) -> Element:
        return self._box.root

    @property
    def control(self) -> Element:
        return self._box.input

    def show(self, value: JsonObject) -> None:
        """Show the chosen option."""
        chosen = reading.plain((value.get("selected_option") or {}).get("text"))
        if chosen != self._chosen:
            self._chosen = chosen
            self._box.write(chosen)

    async def _look_up(self, typed: str) -> None:
        self._asked += 1
        mine = self._asked
        least = self._field.element.get("min_query_length", _SLACKS_QUERY_LENGTH)
        if len(typed) < least:
            self._box.show_status(self._words["type_more"].format(count=least))
            return
        self._box.show_status(self._words["loading"])
        await asyncio.sleep(_PAUSE_SECONDS)
        if mine != self._asked:
            return
        notices = len(self._person.notices)
        offered = await self._surface.suggest(self._field, typed)
        if mine != self._asked or self._box.is_deleted:
            return
        self._offered = offered
        if offered:
            self._box.open([_describe(option) for option in offered])
        else:
            # Slack's own message for a missing or invalid response of the bot.
            failed = self._person.notices[notices:]
            self._box.show_status(failed[-1] if failed else self._words["nothing_found"])

    async def _choose(self, number: int) -> None:
        self._asked += 1
        option = self._offered[number]
        self._box.close()
        self._chosen = reading.plain(option["text"])
        self._box.write(self._chosen)
        await self._surface.set_value(self._field, {"selected_option": option})

    def _leave(self) -> None:
        """Discard a text that was typed without choosing."""
        self._asked += 1
        self._box.write(self._chosen)


def _describe(option: JsonObject) -> Choice:
    return Choice(reading.plain(option["text"]), reading.plain(option.get("description")))
