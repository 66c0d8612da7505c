"""A message as a person reads and uses it."""

from typing import Protocol

from sandbox.slack import reading
from sandbox.slack.acknowledgements import Acknowledgements
from sandbox.slack.delivery import Acknowledgement, Delivery
from sandbox.slack.faults import Faults
from sandbox.slack.home_tabs import HomeTabs
from sandbox.slack.payloads import Payloads
from sandbox.slack.views import Views
from sandbox.slack.workspace import JsonObject, Member, StoredMessage, Workspace


class Backend(Protocol):
    """The parts of the local Slack that a person's client uses."""

    workspace: Workspace
    views: Views
    home_tabs: HomeTabs
    payloads: Payloads
    delivery: Delivery
    acknowledgements: Acknowledgements
    faults: Faults


class Message:
    """The current state of a message. Objects of the same message are equal."""

    def __init__(self, backend: Backend, member: Member, stored: StoredMessage) -> None:
        self._backend = backend
        self._member = member
        self.stored = stored

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and other.stored is self.stored

    def __hash__(self) -> int:
        return hash(self.stored)

    def __repr__(self) -> str:
        return f"<Message {self.ts} in {self.channel}: {self.visible_text!r}>"

    @property
    def text(self) -> str:
        """The text of the notification, also shown if there are no blocks."""
        return self.stored.text

    @property
    def visible_text(self) -> str:
        """The visible texts, one per line."""
        return reading.visible_text(self.blocks) if self.blocks else reading.drawn(self.stored.text)

    @property
    def blocks(self) -> list[JsonObject]:
        return self.stored.blocks

    @property
    def channel(self) -> str:
        return self.stored.channel

    @property
    def ts(self) -> str:
        return self.stored.ts

    @property
    def author(self) -> str:
        """The id of the author."""
        return self.stored.author

    @property
    def thread_ts(self) -> str | None:
        """The ts of the first message of its thread."""
        return self.stored.thread_ts

    @property
    def is_deleted(self) -> bool:
        return self.stored.is_deleted

    @property
    def is_ephemeral(self) -> bool:
        return self.stored.ephemeral_to is not None

    @property
    def password(self) -> str:
        """The preformatted text. Raises: AssertionError if there is none."""
        found = reading.preformatted(self.blocks)
        if found is None:
            raise AssertionError(f"no preformatted text in this message:\n{self.visible_text}")
        return found

    @property
    def buttons(self) -> tuple[str, ...]:
        return tuple(reading.plain(field.element["text"]) for field in self._button_fields())

    async def press(self, button: str) -> Acknowledgement:
        """Press a button, confirm if asked, and wait for the acknowledgement."""
        if self.is_deleted:
            raise AssertionError(f"the message is deleted: {self.visible_text!r}")
        return await self.press_button(reading.find_button(self._button_fields(), button))

    async def press_button(self, button: reading.Field) -> Acknowledgement:
        """Press this button, as `press()` does by its text."""
        payload = self._backend.payloads.message_action(self._member, self.stored, reading.button_action(button))
        answer = await self._backend.delivery.deliver("block_actions", payload)
        self._backend.acknowledgements.interaction(None, self._member, answer)
        return answer

    async def gone(self, timeout_seconds: float = 5.0) -> None:
        """Wait until the message is deleted. Raises: AssertionError."""
        await self._backend.workspace.changes_of(self._member.id).wait_until(
            lambda: self.is_deleted, timeout_seconds, lambda: f"still there: {self.visible_text!r}"
        )

    async def shows(self, text: str, timeout_seconds: float = 5.0) -> None:
        """Wait until the message contains the text. Raises: AssertionError, with its text."""
        await self._backend.workspace.changes_of(self._member.id).wait_until(
            lambda: text in self.visible_text,
            timeout_seconds,
            lambda: f"no {text!r} in:\n{self.visible_text}",
        )

    def _button_fields(self) -> list[reading.Field]:
        return [field for field in reading.fields_of(self.blocks) if field.element["type"] == "button"]
