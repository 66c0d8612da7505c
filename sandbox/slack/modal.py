"""A modal as somebody reads it, fills it in and sends it off."""

from sandbox.slack import reading
from sandbox.slack.delivery import Acknowledgement
from sandbox.slack.message import Desk
from sandbox.slack.reading import Field
from sandbox.slack.views import OpenView
from sandbox.slack.workspace import JsonObject, Member, RefusedError

REQUIRED = "Please complete this required field."


class Modal:
    """One modal with its stack of views; everything concerns the view on top (or the last one, once closed)."""

    def __init__(self, desk: Desk, member: Member, root_id: str) -> None:
        self._desk = desk
        self._member = member
        self.root_id = root_id
        self.last_acknowledgement: Acknowledgement | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Modal) and other.root_id == self.root_id

    def __hash__(self) -> int:
        return hash(self.root_id)

    def __repr__(self) -> str:
        return f"<Modal {self.root_id} {'open' if self.is_open else 'closed'}: {self.title}>"

    @property
    def view(self) -> JsonObject:
        """The view as the Web API shows it, with state and hash."""
        return self._shown.as_json(self._desk.workspace.team_id)

    @property
    def is_open(self) -> bool:
        return self._shown.is_open

    @property
    def title(self) -> str:
        return reading.plain(self._definition["title"])

    @property
    def text(self) -> str:
        """Everything that is visible, one text a line: title, blocks, what is filled in, errors, buttons, Slack's notice."""
        shown = self._shown
        blocks = reading.visible_text(self._definition["blocks"], shown.values, shown.errors)
        ends = [reading.plain(self._definition.get(key)) for key in ("close", "submit")]
        return "\n".join(line for line in (self.title, blocks, *ends, shown.notice) if line)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of everything that can be filled in or chosen."""
        return tuple(field.label for field in self._fields())

    @property
    def errors(self) -> dict[str, str]:
        """Field errors by label."""
        errors = self._shown.errors
        return {
            field.label: errors[field.block["block_id"]]
            for field in self._fields()
            if field.block["block_id"] in errors
        }

    @property
    def notice(self) -> str:
        """Slack's own error at the head of the modal; empty if there is none."""
        return self._shown.notice

    @property
    def buttons(self) -> tuple[str, ...]:
        """The buttons among the blocks; submit and close are not in it."""
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

    async def shows(self, text: str, timeout_seconds: float = 5.0) -> None:
        """Wait until this is visible. Raises: AssertionError with what is visible instead."""
        try:
            await self._desk.workspace.changes.wait_until(
                lambda: text in self.text or not self.is_open, timeout_seconds
            )
        except TimeoutError:
            raise AssertionError(f"no {text!r} after {timeout_seconds} s in:\n{self.text}") from None
        if not self.is_open or text not in self.text:
            raise AssertionError(f"the modal closed without {text!r}; it said:\n{self.text}")

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
        self._check_open()
        return await self._send_action(reading.button_action(button))

    async def submit(self, *, even_if_incomplete: bool = False) -> "Modal":
        """Send the view off and return once the bot has acknowledged and Slack has done what it said.

        Slack's client sends nothing while a required field is empty: the error stands in `errors` then.
        """
        self._check_open()
        shown = self._shown
        if not shown.definition.get("submit"):
            raise AssertionError(f"there is no submit button in:\n{self.text}")
        shown.errors = {} if even_if_incomplete else self._incomplete()
        if shown.errors:
            self._desk.workspace.changes.announce()
            return self
        payload = self._desk.payloads.submission(self._member, self.view)
        answer = await self._desk.delivery.deliver("view_submission", payload)
        self.last_acknowledgement = answer
        self._desk.acknowledgements.submission(shown, self._member, answer)
        return self

    async def close(self) -> None:
        """Close the view on top; the bot hears of it if it asked to (`notify_on_close`)."""
        self._check_open()
        shown = self._shown
        payload = self._desk.payloads.closing(self._member, self.view, is_cleared=False)
        self._desk.views.close(shown)
        if shown.definition.get("notify_on_close"):
            await self._desk.delivery.deliver("view_closed", payload)

    @property
    def _shown(self) -> OpenView:
        return self._desk.views.of_modal(self.root_id)

    @property
    def _definition(self) -> JsonObject:
        return self._shown.definition

    def _fields(self) -> list[Field]:
        return [field for field in reading.fields_of(self._definition["blocks"]) if field.has_value]

    def _buttons(self) -> list[Field]:
        return [f for f in reading.fields_of(self._definition["blocks"]) if f.element["type"] == "button"]

    def _field(self, label: str) -> Field:
        self._check_open()
        return reading.find_field(self._fields(), label)

    def _check_open(self) -> None:
        if not self.is_open:
            raise AssertionError(f"the modal is closed; it said:\n{self.text}")

    def _value(self, field: Field) -> JsonObject:
        return self._shown.values[field.block["block_id"]][field.element["action_id"]]

    def _incomplete(self) -> dict[str, str]:
        return {
            field.block["block_id"]: REQUIRED
            for field in self._fields()
            if field.is_required and not any(v for key, v in self._value(field).items() if key != "type")
        }

    async def set_value(self, field: Field, value: JsonObject) -> Acknowledgement | None:
        """Put a value into a field, as `choose()` and `fill()` do, for who has the field itself."""
        self._value(field).update(value)
        self._desk.workspace.show([self._member.id], value)
        if not field.sends_actions:
            return None
        return await self._send_action(reading.value_action(field, value))

    async def _send_action(self, action: JsonObject) -> Acknowledgement:
        shown = self._shown
        payload = self._desk.payloads.view_action(self._member, self.view, action)
        answer = await self._desk.delivery.deliver("block_actions", payload)
        self._desk.acknowledgements.interaction(shown, self._member, answer)
        return answer

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
            self._desk.workspace.notice(self._member.id, f"The options could not be loaded ({error})")
            return []
        self._desk.workspace.show([self._member.id], offered)
        return offered
