"""A message as somebody sees it and presses its buttons."""

from typing import Protocol

from sandbox.slack import reading
from sandbox.slack.acknowledgements import Acknowledgements
from sandbox.slack.delivery import Acknowledgement, Delivery
from sandbox.slack.faults import Faults
from sandbox.slack.home_tabs import HomeTabs
from sandbox.slack.payloads import Payloads
from sandbox.slack.views import Views
from sandbox.slack.workspace import JsonObject, Member, StoredMessage, Workspace


class Desk(Protocol):
    """What a person's client works with."""

    workspace: Workspace
    views: Views
    home_tabs: HomeTabs
    payloads: Payloads
    delivery: Delivery
    acknowledgements: Acknowledgements
    faults: Faults


class Message:
    """One message, as it is now. Two of the same message are equal."""

    def __init__(self, desk: Desk, member: Member, stored: StoredMessage) -> None:
        self._desk = desk
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
        """The notification's text; also what is shown when there are no blocks."""
        return self.stored.text

    @property
    def visible_text(self) -> str:
        """What a person reads, one text a line."""
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
        """The id of who wrote it."""
        return self.stored.author

    @property
    def thread_ts(self) -> str | None:
        """The message in whose thread it stands."""
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
        """Press a button, confirming if asked, and wait until the bot has acknowledged."""
        if self.is_deleted:
            raise AssertionError(f"the message is deleted: {self.visible_text!r}")
        return await self.press_button(reading.find_button(self._button_fields(), button))

    async def press_button(self, button: reading.Field) -> Acknowledgement:
        """As `press()`, for who has the button itself and need not go by its text."""
        payload = self._desk.payloads.message_action(self._member, self.stored, reading.button_action(button))
        answer = await self._desk.delivery.deliver("block_actions", payload)
        self._desk.acknowledgements.interaction(None, self._member, answer)
        return answer

    async def gone(self, timeout_seconds: float = 5.0) -> None:
        """Wait until the message is deleted. Raises: AssertionError."""
        try:
            await self._desk.workspace.changes_of(self._member.id).wait_until(lambda: self.is_deleted, timeout_seconds)
        except TimeoutError:
            raise AssertionError(f"still there after {timeout_seconds} s: {self.visible_text!r}") from None

    async def shows(self, text: str, timeout_seconds: float = 5.0) -> None:
        """Wait until the message says this. Raises: AssertionError with what it says."""
        try:
            await self._desk.workspace.changes_of(self._member.id).wait_until(
                lambda: text in self.visible_text, timeout_seconds
            )
        except TimeoutError:
            raise AssertionError(f"no {text!r} after {timeout_seconds} s in:\n{self.visible_text}") from None

    def _button_fields(self) -> list[reading.Field]:
        return [field for field in reading.fields_of(self.blocks) if field.element["type"] == "button"]
