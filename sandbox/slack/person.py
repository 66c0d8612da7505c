"""A person who uses Slack: types commands, uses shortcuts, posts, reads, waits."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from sandbox.slack.composing import compose
from sandbox.slack.delivery import Acknowledgement
from sandbox.slack.home import Home
from sandbox.slack.message import Backend, Message
from sandbox.slack.modal import Modal
from sandbox.slack.workspace import GENERAL_ID, JsonObject, Member, StoredMessage

TIMEOUT_SECONDS = 5.0
T = TypeVar("T")


class NotOpenedError(AssertionError):
    """Something else was shown in place of the modal."""


class Person:
    """A person at the keyboard. Waits that time out raise AssertionError with what was visible."""

    def __init__(self, backend: Backend, member: Member) -> None:
        self._backend = backend
        self.member = member
        self._read: set[Message] = set()
        self._taken: set[str] = set()

    def __repr__(self) -> str:
        return f"<Person {self.name} {self.id}>"

    @property
    def id(self) -> str:
        return self.member.id

    @property
    def name(self) -> str:
        return self.member.name

    async def types(self, text: str, channel: str | None = None) -> Modal:
        """Send a slash command and return the modal that it opens.

        Raises: NotOpenedError as soon as an ephemeral message or an error of Slack is shown instead.
        """
        payload = self._backend.payloads.command(self.member, text, channel or GENERAL_ID)
        return await self._open(payload, self._send_command, repr(text))

    async def sends(self, text: str, channel: str | None = None) -> Acknowledgement:
        """Send a slash command and return the bot's acknowledgement."""
        return await self._send_command(self._backend.payloads.command(self.member, text, channel or GENERAL_ID))

    async def uses_shortcut(self, callback_id: str) -> Modal:
        """Use a global shortcut and return the modal that it opens.

        Raises: NotOpenedError as `types()`, also at a direct message, the place for responses to a global shortcut.
        """
        payload = self._backend.payloads.shortcut(self.member, callback_id)
        return await self._open(payload, self._send_shortcut, f"the shortcut {callback_id!r}")

    async def sends_shortcut(self, callback_id: str) -> Acknowledgement:
        """Use a global shortcut and return the bot's acknowledgement."""
        return await self._send_shortcut(self._backend.payloads.shortcut(self.member, callback_id))

    async def uses_message_shortcut(self, callback_id: str, message: Message) -> Modal:
        """Use a shortcut on a message and return the modal that it opens. Raises: as `types()`."""
        payload = self._backend.payloads.message_shortcut(self.member, callback_id, message.stored)
        return await self._open(payload, self._send_shortcut, f"the shortcut {callback_id!r} on {message!r}")

    async def sends_message_shortcut(self, callback_id: str, message: Message) -> Acknowledgement:
        """Use a shortcut on a message and return the bot's acknowledgement."""
        return await self._send_shortcut(
            self._backend.payloads.message_shortcut(self.member, callback_id, message.stored)
        )

    async def posts(self, text: str, channel: str | None = None, *, thread: Message | None = None) -> Message:
        """Post an ordinary message to a channel, or to the thread of a message.

        Slack converts addresses to links: `<mailto:ana@example.com|ana@example.com>`.
        Raises: AssertionError if this person cannot post there.
        """
        place = self._backend.workspace.channel(thread.channel if thread else channel or GENERAL_ID)
        if self.id not in place.members or place.is_archived:
            raise AssertionError(f"{self.name} can't write in #{place.name}")
        written, blocks = compose(text)
        thread_ts = (thread.thread_ts or thread.ts) if thread else None
        stored = self._backend.workspace.post(place, written, blocks, author=self.id, thread_ts=thread_ts)
        return Message(self._backend, self.member, stored)

    async def shares(self, message: Mapping[str, Any], channel: str | None = None) -> Message:
        """Post a message composed by Slack or another app, given as in the payload of a message shortcut.

        `message` has `text` in mrkdwn, and may have `blocks`, `attachments` and `files` (a forwarded e-mail).
        """
        place = self._backend.workspace.channel(channel or GENERAL_ID)
        text, blocks = str(message.get("text", "")), list(message.get("blocks", ()))
        stored = self._backend.workspace.post(place, text, blocks, author=self.id)
        stored.parts = {key: value for key, value in message.items() if key not in {"text", "blocks"}}
        return Message(self._backend, self.member, stored)

    async def opens_home(self) -> Home:
        """Open the app's Home tab; it is empty until the bot publishes it, and follows later changes."""
        published = self._backend.home_tabs.find(self.id)
        view = published.as_json(self._backend.workspace.team_id) if published else None
        payload = self._backend.payloads.home_opened(self.member, view)
        home = Home(self._backend, self.member)
        home.last_acknowledgement = await self._backend.delivery.deliver("event_callback", payload)
        return home

    def forget(self) -> None:
        """Drop what is known of modals and messages that were read."""
        self._read.clear()
        self._taken.clear()

    async def modal(self, timeout_seconds: float = TIMEOUT_SECONDS) -> Modal:
        """Wait for the next modal that was not returned yet, such as after `sends()` or a pressed button."""
        roots = await self._wait(self._new_roots, timeout_seconds, "no new modal")
        self._taken.add(roots[0])
        return Modal(self._backend, self.member, roots[0])

    @property
    def modals(self) -> tuple[Modal, ...]:
        """The open modals, oldest first."""
        found = (Modal(self._backend, self.member, root) for root in self._backend.views.roots(self.id))
        return tuple(modal for modal in found if modal.is_open)

    @property
    def ephemeral_messages(self) -> tuple[Message, ...]:
        """The ephemeral messages of this person, oldest first."""
        return self._messages(self._backend.workspace.ephemeral_messages(self.id))

    @property
    def direct_messages(self) -> tuple[Message, ...]:
        """The messages in the direct-message channel with the bot, oldest first, without deleted ones."""
        channel = self._backend.workspace.direct_channel(self.id).id
        return self._messages(self._backend.workspace.lasting_messages(channel))

    def channel_messages(self, channel: str | None = None) -> tuple[Message, ...]:
        """Return the lasting messages in a channel, including replies in threads, oldest first.

        Raises: AssertionError if this person is not in the channel.
        """
        place = self._backend.workspace.channel(channel or GENERAL_ID)
        if self.id not in place.members:
            raise AssertionError(f"{self.name} is not in #{place.name}")
        return self._messages(self._backend.workspace.lasting_messages(place.id))

    @property
    def notices(self) -> tuple[str, ...]:
        """The errors of Slack itself shown to this person."""
        return tuple(text for member_id, text in self._backend.workspace.notices if member_id == self.id)

    async def ephemeral_message(self, containing: str = "", timeout_seconds: float = TIMEOUT_SECONDS) -> Message:
        """Return the next unread ephemeral message, which must contain the text."""

        def unread() -> list[Message]:
            return [m for m in self.ephemeral_messages if m not in self._read and containing in m.visible_text]

        message = (await self._wait(unread, timeout_seconds, f"no unread ephemeral message with {containing!r}"))[0]
        self._read.add(message)
        return message

    async def direct_message(self, containing: str = "", timeout_seconds: float = TIMEOUT_SECONDS) -> Message:
        """Wait for a direct message that contains the text, and return the newest."""

        def present() -> list[Message]:
            return [message for message in self.direct_messages if containing in message.visible_text]

        return (await self._wait(present, timeout_seconds, f"no direct message with {containing!r}"))[-1]

    async def channel_message(
        self, containing: str = "", channel: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> Message:
        """Wait for a message in a channel that contains the text, and return the newest."""

        def present() -> list[Message]:
            return [message for message in self.channel_messages(channel) if containing in message.visible_text]

        return (await self._wait(present, timeout_seconds, f"no message with {containing!r}"))[-1]

    async def waits_until(self, condition: Callable[[], object], timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Wait until the condition is true; it is evaluated after each change of the local Slack."""
        changes = self._backend.workspace.changes
        await changes.wait_until(
            condition, timeout_seconds, lambda: f"the condition is not true; visible:\n{self._seen()}"
        )

    async def _send_command(self, payload: JsonObject) -> Acknowledgement:
        answer = await self._backend.delivery.deliver("command", payload)
        self._backend.acknowledgements.command(self.member, payload, answer)
        return answer

    async def _send_shortcut(self, payload: JsonObject) -> Acknowledgement:
        answer = await self._backend.delivery.deliver(payload["type"], payload)
        self._backend.acknowledgements.interaction(None, self.member, answer)
        return answer

    async def _open(self, payload: JsonObject, send: Callable[[JsonObject], Awaitable[object]], what: str) -> Modal:
        """Send a payload and return the modal that its trigger opens. Raises: NotOpenedError."""
        trigger = self._backend.workspace.triggers[payload["trigger_id"]]
        direct = self._backend.workspace.direct_channel(self.id).id
        answer_channels = {direct} if payload.get("type") == "shortcut" else set()

        def count_answers() -> int:
            workspace = self._backend.workspace
            answers = [m for channel in answer_channels for m in workspace.lasting_messages(channel) if m.bot_id]
            return len(workspace.ephemeral_messages(self.id)) + len(answers) + len(self.notices)

        before = count_answers()

        def opened_or_answered() -> bool:
            return trigger.opened is not None or count_answers() != before

        await send(payload)
        await self._wait(opened_or_answered, TIMEOUT_SECONDS, f"no modal after {what}")
        if trigger.opened is None:
            raise NotOpenedError(f"no modal after {what}, but:\n{self._seen()}")
        self._taken.add(trigger.opened)
        return Modal(self._backend, self.member, trigger.opened)

    async def _wait(self, condition: Callable[[], T], timeout_seconds: float, failure: str) -> T:
        return await self._backend.workspace.changes_of(self.id).wait_until(
            condition, timeout_seconds, lambda: f"{failure}; visible:\n{self._seen()}"
        )

    def _new_roots(self) -> list[str]:
        return [modal.root_id for modal in self.modals if modal.root_id not in self._taken]

    def _messages(self, found: Iterable[StoredMessage]) -> tuple[Message, ...]:
        return tuple(Message(self._backend, self.member, stored) for stored in found)

    def _seen(self) -> str:
        lines = [f"ephemeral: {message.visible_text}" for message in self.ephemeral_messages]
        lines += [f"direct message: {message.visible_text}" for message in self.direct_messages]
        lines += [f"modal: {modal.text}" for modal in self.modals]
        lines += [f"Slack says: {notice}" for notice in self.notices]
        return "\n".join(lines) or "nothing"
