"""What modals and Home tabs have in common: blocks that somebody reads, fills in and presses."""

from abc import ABC, abstractmethod

from sandbox.slack import reading
from sandbox.slack.client_words import choose_client_words
from sandbox.slack.delivery import Acknowledgement
from sandbox.slack.message import Desk
from sandbox.slack.reading import Field
from sandbox.slack.views import OpenView
from sandbox.slack.workspace import JsonObject, Member, RefusedError


class ShownView(ABC):
    """A view as one person has it before them."""

    def __init__(self, desk: Desk, member: Member) -> None:
        self._desk = desk
        self._member = member

    @property
    @abstractmethod
    def shown(self) -> OpenView:
        """The view as it is now. Raises: AssertionError if there is none."""

    @property
    @abstractmethod
    def text(self) -> str:
        """Everything that is visible, one text a line."""

    @property
    def view(self) -> JsonObject:
        """The view as the Web API shows it, with state and hash."""
        return self.shown.as_json(self._desk.workspace.team_id)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of everything that can be filled in or chosen."""
        return tuple(field.label for field in self._fields())

    @property
    def notice(self) -> str:
        """Slack's own error at the head of the view; empty if there is none."""
        return self.shown.notice

    @property
    def buttons(self) -> tuple[str, ...]:
        """The buttons among the blocks."""
        return tuple(reading.plain(field.element["text"]) for field in self._buttons())

    def options(self, label: str) -> tuple[str, ...]:
        """The texts of the options to choose from, without descriptions."""
        element = reading.find_field(self._fields(), label).element
        return tuple(reading.plain(option["text"]) for option in reading.options_of(element))

    def chosen(self, label: str) -> str | None:
        """What is chosen or filled in: an option's text (several: joined by a comma), a text, or None."""
        value = self._value(reading.find_field(self._fields(), label))
        if "selected_options" in value:
            return ", ".join(reading.plain(option["text"]) for option in value["selected_options"]) or None
        option = value.get("selected_option")
        typed: str | None = value.get("value")
        return reading.plain(option["text"]) if option else typed

    async def suggestions(self, label: str, typed: str) -> tuple[str, ...]:
        """Type into a type-ahead and return what it offers; a late or invalid answer offers nothing, as in Slack."""
        return tuple(reading.plain(option["text"]) for option in await self.suggest(self._field(label), typed))

    async def picks(self, label: str, typed: str, option: str) -> Acknowledgement | None:
        """Type into a type-ahead and choose the only offered option that holds this text."""
        field = self._field(label)
        offered = await self.suggest(field, typed)
        return await self.set_value(field, {"selected_option": reading.find_option(offered, option, prefix=False)})

    async def choose(self, label: str, option: str) -> Acknowledgement | None:
        """Choose an option by its text, or the beginning of it; a checkbox is ticked, or cleared if it was ticked.

        Waits for the acknowledgement where the choice is sent at once; else returns None.
        """
        field = self._field(label)
        options = reading.options_of(field.element)
        if field.element["type"] not in {"radio_buttons", "static_select", "checkboxes"}:
            raise AssertionError(f"nothing to choose at {label!r}: it is a {field.element['type']}")
        found = reading.find_option(options, option, prefix=True)
        before = self._value(field)
        if field.element["type"] == "checkboxes":
            ticked = before["selected_options"]
            return await self.set_value(
                field, {"selected_options": [o for o in options if (o in ticked) != (o == found)]}
            )
        if field.element["type"] == "radio_buttons" and before["selected_option"] == found:
            return None  # a click on the chosen one changes nothing, so Slack sends nothing
        return await self.set_value(field, {"selected_option": found})

    async def fill(self, label: str, text: str) -> Acknowledgement | None:
        """Type a text into a field; an empty text clears it."""
        field = self._field(label)
        if not field.element["type"].endswith("_input"):
            raise AssertionError(f"nothing to fill in at {label!r}: it is a {field.element['type']}")
        return await self.set_value(field, {"value": text or None})

    async def press(self, button: str) -> Acknowledgement:
        """Press a button among the blocks, confirming if asked, and wait until the bot has acknowledged."""
        return await self.press_button(reading.find_button(self._buttons(), button))

    async def press_button(self, button: Field) -> Acknowledgement:
        """As `press()`, for who has the button itself and need not go by its text."""
        self._check_usable()
        return await self._send_action(reading.button_action(button))

    async def set_value(self, field: Field, value: JsonObject) -> Acknowledgement | None:
        """Put a value into a field, as `choose()` and `fill()` do, for who has the field itself."""
        self._value(field).update(value)
        self._desk.workspace.show([self._member.id], value)
        if not field.sends_actions:
            return None
        return await self._send_action(reading.value_action(field, value))

    async def suggest(self, field: Field, typed: str) -> list[JsonObject]:
        """As `suggestions()`, for who has the field itself; returns the options whole."""
        if field.element["type"] != "external_select":
            raise AssertionError(f"no type-ahead at {field.label!r}: it is a {field.element['type']}")
        if len(typed) < field.element.get("min_query_length", 3):
            return []
        payload = self._desk.payloads.suggestion(
            self._member,
            self.view,
            block_id=field.block["block_id"],
            action_id=field.element["action_id"],
            value=typed,
        )
        answer = await self._desk.delivery.deliver("block_suggestion", payload)
        try:
            offered = self._desk.acknowledgements.suggestions(answer)
        except RefusedError as error:
            words = choose_client_words(self._member.locale)
            self._desk.workspace.notice(self._member.id, words.no_options.format(error=error))
            return []
        self._desk.workspace.show([self._member.id], offered)
        return offered

    @abstractmethod
    def _check_usable(self) -> None:
        """Raises: AssertionError when a person could not touch this view now."""

    def _fields(self) -> list[Field]:
        return [field for field in reading.fields_of(self.shown.definition["blocks"]) if field.has_value]

    def _buttons(self) -> list[Field]:
        return [f for f in reading.fields_of(self.shown.definition["blocks"]) if f.element["type"] == "button"]

    def _field(self, label: str) -> Field:
        self._check_usable()
        return reading.find_field(self._fields(), label)

    def _value(self, field: Field) -> JsonObject:
        return self.shown.values[field.block["block_id"]][field.element["action_id"]]

    async def _send_action(self, action: JsonObject) -> Acknowledgement:
        shown = self.shown
        payload = self._desk.payloads.view_action(self._member, self.view, action)
        answer = await self._desk.delivery.deliver("block_actions", payload)
        self._desk.acknowledgements.interaction(shown, self._member, answer)
        return answer
