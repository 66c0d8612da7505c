"""A modal as a person reads, fills in and submits it."""

from sandbox.slack import reading
from sandbox.slack.delivery import Acknowledgement
from sandbox.slack.message import Backend
from sandbox.slack.reading import Field
from sandbox.slack.shown_view import ShownView
from sandbox.slack.views import OpenView
from sandbox.slack.workspace import JsonObject, Member
from sandbox.words import choose_words

TEXT_MOST = 3000


class Modal(ShownView):
    """A modal with its stack of views. Everything refers to the top view, or the last one once closed."""

    def __init__(self, backend: Backend, member: Member, root_id: str) -> None:
        super().__init__(backend, member)
        self.root_id = root_id
        self.last_acknowledgement: Acknowledgement | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Modal) and other.root_id == self.root_id

    def __hash__(self) -> int:
        return hash(self.root_id)

    def __repr__(self) -> str:
        return f"<Modal {self.root_id} {'open' if self.is_open else 'closed'}: {self.title}>"

    @property
    def shown(self) -> OpenView:
        return self._backend.views.of_modal(self.root_id)

    @property
    def is_open(self) -> bool:
        return self.shown.is_open

    @property
    def depth(self) -> int:
        """The number of views in the stack; 0 if the modal is closed."""
        return len(self._backend.views.stack(self.root_id))

    @property
    def title(self) -> str:
        return reading.plain(self._definition["title"])

    @property
    def text(self) -> str:
        """All visible texts, one per line: title, blocks, values, errors, buttons, Slack's notice."""
        shown = self.shown
        blocks = reading.visible_text(self._definition["blocks"], shown.values, shown.errors)
        ends = [reading.plain(self._definition.get(key)) for key in ("close", "submit")]
        return "\n".join(line for line in (self.title, blocks, *ends, shown.notice) if line)

    @property
    def errors(self) -> dict[str, str]:
        """Field errors by label."""
        errors = self.shown.errors
        return {
            field.label: errors[field.block["block_id"]]
            for field in self._fields()
            if field.block["block_id"] in errors
        }

    async def shows(self, text: str, timeout_seconds: float = 5.0) -> None:
        """Wait until the text is visible. Raises: AssertionError, with the visible text."""
        await self._backend.workspace.changes_of(self._member.id).wait_until(
            lambda: text in self.text or not self.is_open,
            timeout_seconds,
            lambda: f"no {text!r} in:\n{self.text}",
        )
        if not self.is_open or text not in self.text:
            raise AssertionError(f"the modal closed without {text!r}; it said:\n{self.text}")

    async def submit(self, *, even_if_incomplete: bool = False) -> "Modal":
        """Submit the view; return when the bot has acknowledged it and Slack has applied the response.

        If a required field is empty or a text too short or too long, Slack's client sends nothing; see `errors`.
        """
        self._check_usable()
        shown = self.shown
        if not shown.definition.get("submit"):
            raise AssertionError(f"there is no submit button in:\n{self.text}")
        shown.errors = {} if even_if_incomplete else self._find_errors()
        if shown.errors:
            self._backend.workspace.changes.notify()
            return self
        payload = self._backend.payloads.submission(self._member, self.view)
        answer = await self._backend.delivery.deliver("view_submission", payload)
        self.last_acknowledgement = answer
        self._backend.acknowledgements.submission(shown, self._member, answer)
        return self

    async def close(self) -> None:
        """Close the top view, or with `clear_on_close` all; notify the bot if `notify_on_close` is set."""
        self._check_usable()
        shown = self.shown
        is_cleared = bool(shown.definition.get("clear_on_close"))
        payload = self._backend.payloads.closing(self._member, self.view, is_cleared=is_cleared)
        if is_cleared:
            self._backend.views.clear(self.root_id)
        else:
            self._backend.views.close(shown)
        if shown.definition.get("notify_on_close"):
            await self._backend.delivery.deliver("view_closed", payload)

    @property
    def _definition(self) -> JsonObject:
        return self.shown.definition

    def _check_usable(self) -> None:
        if not self.is_open:
            raise AssertionError(f"the modal is closed; it said:\n{self.text}")

    def _find_errors(self) -> dict[str, str]:
        found = {field.block["block_id"]: self._find_error(field) for field in self._fields()}
        return {block_id: error for block_id, error in found.items() if error}

    def _find_error(self, field: Field) -> str:
        words = choose_words(self._member.locale, "slack")
        value = self._value(field)
        if not any(found for key, found in value.items() if key != "type"):
            return words["required"] if field.is_required else ""
        if field.element["type"] != "plain_text_input":
            return ""
        least, most = field.element.get("min_length", 0), field.element.get("max_length", TEXT_MOST)
        if least <= len(value["value"]) <= most:
            return ""
        if len(value["value"]) < least:
            return words["too_short"].format(count=least)
        return words["too_long"].format(count=most)
