"""Base of modals and Home tabs: blocks that a person reads, fills in and presses."""

from abc import ABC, abstractmethod

from sandbox.slack import reading
from sandbox.slack.delivery import Acknowledgement
from sandbox.slack.message import Backend
from sandbox.slack.reading import Field
from sandbox.slack.refusal import RefusedError
from sandbox.slack.views import OpenView
from sandbox.slack.workspace import JsonObject, Member
from sandbox.words import choose_words


class ShownView(ABC):
    """A view as one person sees it."""

    def __init__(self, backend: Backend, member: Member) -> None:
        self._backend = backend
        self._member = member

    @property
    @abstractmethod
    def shown(self) -> OpenView:
        """The current view. Raises: AssertionError if there is none."""

    @property
    @abstractmethod
    def text(self) -> str:
        """All visible texts, one per line."""

    @property
    def view(self) -> JsonObject:
        """The view in the format of the Web API, with state and hash."""
        return self.shown.as_json(self._backend.workspace.team_id)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all fields."""
        return tuple(field.label for field in self._fields())

    @property
    def notice(self) -> str:
        """Slack's own error at the top of the view; empty if there is none."""
        return self.shown.notice

    @property
    def buttons(self) -> tuple[str, ...]:
        """The buttons among the blocks."""
        return tuple(reading.plain(field.element["text"]) for field in self._buttons())

    def options(self, label: str) -> tuple[str, ...]:
        """Return the texts of the options, without descriptions."""
        element = reading.find_field(self._fields(), label).element
        return tuple(reading.plain(option["text"]) for option in reading.options_of(element))

    def chosen(self, label: str) -> str | None:
        """Return the value: an option's text (several: joined by a comma), a text, or None."""
        value = self._value(reading.find_field(self._fields(), label))
        if "selected_options" in value:
            return ", ".join(reading.plain(option["text"]) for option in value["selected_options"]) or None
        option = value.get("selected_option")
        typed: str | None = value.get("value")
        return reading.plain(option["text"]) if option else typed

    async def suggestions(self, label: str, typed: str) -> tuple[str, ...]:
        """Type into a type-ahead and return the offered texts; none after a late or invalid response, as in Slack."""
        return tuple(reading.plain(option["text"]) for option in await self.suggest(self._field(label), typed))

    async def picks(self, label: str, typed: str, option: str) -> Acknowledgement | None:
        """Type into a type-ahead and choose the only offered option that contains this text."""
        field = self._field(label)
        offered = await self.suggest(field, typed)
        return await self.set_value(field, {"selected_option": reading.find_option(offered, option, prefix=False)})

    async def choose(self, label: str, option: str) -> Acknowledgement | None:
        """Choose an option by its text, or the beginning of it. A checkbox is toggled.

        Returns the acknowledgement if the choice is sent at once, else None.
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
            return None  # the choice is unchanged, so Slack sends nothing
        return await self.set_value(field, {"selected_option": found})

    async def fill(self, label: str, text: str) -> Acknowledgement | None:
        """Type a text into a field; "" clears it."""
        field = self._field(label)
        if not field.element["type"].endswith("_input"):
            raise AssertionError(f"nothing to fill in at {label!r}: it is a {field.element['type']}")
        return await self.set_value(field, {"value": text or None})

    async def press(self, button: str) -> Acknowledgement:
        """Press a button, confirm if asked, and wait for the acknowledgement."""
        return await self.press_button(reading.find_button(self._buttons(), button))

    async def press_button(self, button: Field) -> Acknowledgement:
        """Press this button, as `press()` does by its text."""
        self._check_usable()
        return await self._send_action(reading.button_action(button))

    async def set_value(self, field: Field, value: JsonObject) -> Acknowledgement | None:
        """Set the value of a field, as `choose()` and `fill()` do by its label."""
        self._value(field).update(value)
        self._backend.workspace.show([self._member.id], value)
        if not field.sends_actions:
            return None
        return await self._send_action(reading.value_action(field, value))

    async def suggest(self, field: Field, typed: str) -> list[JsonObject]:
        """Return the offered options of a field, as `suggestions()` does by its label."""
        if field.element["type"] != "external_select":
            raise AssertionError(f"no type-ahead at {field.label!r}: it is a {field.element['type']}")
        if len(typed) < field.element.get("min_query_length", 3):
            return []
        payload = self._backend.payloads.suggestion(
            self._member,
            self.view,
            block_id=field.block["block_id"],
            action_id=field.element["action_id"],
            value=typed,
        )
        answer = await self._backend.delivery.deliver("block_suggestion", payload)
        try:
            offered = self._backend.acknowledgements.suggestions(answer)
        except RefusedError as error:
            words = choose_words(self._member.locale, "slack")
            self._backend.workspace.notice(self._member.id, words["no_options"].format(error=error))
            return []
        self._backend.workspace.show([self._member.id], offered)
        return offered

    @abstractmethod
    def _check_usable(self) -> None:
        """Raises: AssertionError if a person cannot use this view."""

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
        payload = self._backend.payloads.view_action(self._member, self.view, action)
        answer = await self._backend.delivery.deliver("block_actions", payload)
        self._backend.acknowledgements.interaction(shown, self._member, answer)
        return answer
