"""What a person does in Slack: types commands, uses shortcuts, posts, reads, waits."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from sandbox.slack.composing import compose
from sandbox.slack.delivery import Acknowledgement
from sandbox.slack.home import Home
from sandbox.slack.message import Desk, Message
from sandbox.slack.modal import Modal
from sandbox.slack.workspace import GENERAL_ID, JsonObject, Member, StoredMessage

TIMEOUT_SECONDS = 5.0
T = TypeVar("T")


class Person:
    """Somebody at the keyboard. Waiting ends with an AssertionError that says what was seen instead."""

    def __init__(self, desk: Desk, member: Member) -> None:
        self._desk = desk
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

        Fails as soon as something else is shown in its place: an ephemeral message or an error of Slack.
        """
        payload = self._desk.payloads.command(self.member, text, channel or GENERAL_ID)
        return await self._open(payload, self._send_command, repr(text))

    async def sends(self, text: str, channel: str | None = None) -> Acknowledgement:
        """Send a slash command and return the bot's acknowledgement."""
        return await self._send_command(self._desk.payloads.command(self.member, text, channel or GENERAL_ID))

    async def uses_shortcut(self, callback_id: str) -> Modal:
        """Use a global shortcut and return the modal that it opens.

        Fails as `types()` does, and at a direct message: a global shortcut has no other place to answer in.
        """
        payload = self._desk.payloads.shortcut(self.member, callback_id)
        return await self._open(payload, self._send_shortcut, f"the shortcut {callback_id!r}")

    async def sends_shortcut(self, callback_id: str) -> Acknowledgement:
        """Use a global shortcut and return the bot's acknowledgement."""
        return await self._send_shortcut(self._desk.payloads.shortcut(self.member, callback_id))

    async def uses_message_shortcut(self, callback_id: str, message: Message) -> Modal:
        """Use a shortcut on a message and return the modal that it opens. Fails as `types()` does."""
        payload = self._desk.payloads.message_shortcut(self.member, callback_id, message.stored)
        return await self._open(payload, self._send_shortcut, f"the shortcut {callback_id!r} on {message!r}")

    async def sends_message_shortcut(self, callback_id: str, message: Message) -> Acknowledgement:
        """Use a shortcut on a message and return the bot's acknowledgement."""
        return await self._send_shortcut(self._desk.payloads.message_shortcut(self.member, callback_id, message.stored))

    async def posts(self, text: str, channel: str | None = None, *, thread: Message | None = None) -> Message:
        """Post an ordinary message into a channel, or into the thread of a message there.

        Slack makes links of the addresses in it: `<mailto:ana@example.com|ana@example.com>`.
        Raises: AssertionError where this person can't write.
        """
        place = self._desk.workspace.channel(thread.channel if thread else channel or GENERAL_ID)
        if self.id not in place.members or place.is_archived:
            raise AssertionError(f"{self.name} can't write in #{place.name}")
        written, blocks = compose(text)
        thread_ts = (thread.thread_ts or thread.ts) if thread else None
        stored = self._desk.workspace.post(place, written, blocks, author=self.id, thread_ts=thread_ts)
        return Message(self._desk, self.member, stored)

    async def opens_home(self) -> Home:
        """Look at the app's Home tab; it is empty until the bot publishes it, and changes when the bot does so anew."""
        published = self._desk.home_tabs.find(self.id)
        view = published.as_json(self._desk.workspace.team_id) if published else None
        payload = self._desk.payloads.home_opened(self.member, view)
        home = Home(self._desk, self.member)
        home.last_acknowledgement = await self._desk.delivery.deliver("event_callback", payload)
        return home

    async def modal(self, timeout_seconds: float = TIMEOUT_SECONDS) -> Modal:
        """Wait for a modal that opened without having been handed out yet: after `sends()` or a pressed button."""
        roots = await self._wait(self._new_roots, timeout_seconds, "no new modal")
        self._taken.add(roots[0])
        return Modal(self._desk, self.member, roots[0])

    @property
    def modals(self) -> tuple[Modal, ...]:
        """The modals that are open, oldest first."""
        found = (Modal(self._desk, self.member, root) for root in self._desk.views.roots(self.id))
        return tuple(modal for modal in found if modal.is_open)

    @property
    def ephemeral_messages(self) -> tuple[Message, ...]:
        """Every ephemeral message that is shown to this person, oldest first."""
        return self._messages(self._desk.workspace.ephemeral_messages(self.id))

    @property
    def direct_messages(self) -> tuple[Message, ...]:
        """The messages in the direct-message channel with the bot, oldest first; deleted ones are gone."""
        channel = self._desk.workspace.direct_channel(self.id).id
        return self._messages(self._desk.workspace.lasting_messages(channel))

    def channel_messages(self, channel: str | None = None) -> tuple[Message, ...]:
        """The lasting messages in a channel, answers in threads included, oldest first.

        Raises: AssertionError when this person is not in the channel.
        """
        place = self._desk.workspace.channel(channel or GENERAL_ID)
        if self.id not in place.members:
            raise AssertionError(f"{self.name} is not in #{place.name}")
        return self._messages(self._desk.workspace.lasting_messages(place.id))

    @property
    def notices(self) -> tuple[str, ...]:
        """The errors that Slack itself has shown to this person."""
        return tuple(text for member_id, text in self._desk.workspace.notices if member_id == self.id)

    async def ephemeral_message(self, containing: str = "", timeout_seconds: float = TIMEOUT_SECONDS) -> Message:
        """Return the next ephemeral message that this person has not read yet (and that contains the text)."""

        def unread() -> list[Message]:
            return [m for m in self.ephemeral_messages if m not in self._read and containing in m.visible_text]

        message = (await self._wait(unread, timeout_seconds, f"no unread ephemeral message with {containing!r}"))[0]
        self._read.add(message)
        return message

    async def direct_message(self, containing: str = "", timeout_seconds: float = TIMEOUT_SECONDS) -> Message:
        """Return the newest direct message that is there (and contains the text)."""

        def present() -> list[Message]:
            return [message for message in self.direct_messages if containing in message.visible_text]

        return (await self._wait(present, timeout_seconds, f"no direct message with {containing!r}"))[-1]

    async def channel_message(
        self, containing: str = "", channel: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> Message:
        """Return the newest message that is there in a channel (and contains the text)."""

        def present() -> list[Message]:
            return [message for message in self.channel_messages(channel) if containing in message.visible_text]

        return (await self._wait(present, timeout_seconds, f"no message with {containing!r}"))[-1]

    async def waits_until(self, condition: Callable[[], object], timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Wait until the condition is true; it is looked at after every change of the local Slack."""
        try:
            await self._desk.workspace.changes.wait_until(condition, timeout_seconds)
        except TimeoutError:
            raise AssertionError(
                f"the condition is not true after {timeout_seconds} s; seen:\n{self._seen()}"
            ) from None

    async def _send_command(self, payload: JsonObject) -> Acknowledgement:
        answer = await self._desk.delivery.deliver("command", payload)
        self._desk.acknowledgements.command(self.member, payload, answer)
        return answer

    async def _send_shortcut(self, payload: JsonObject) -> Acknowledgement:
        answer = await self._desk.delivery.deliver(payload["type"], payload)
        self._desk.acknowledgements.interaction(None, self.member, answer)
        return answer

    async def _open(self, payload: JsonObject, send: Callable[[JsonObject], Awaitable[object]], what: str) -> Modal:
        """Send what asks for a modal, and return the modal that its trigger opens, unless something else is said."""
        trigger = self._desk.workspace.triggers[payload["trigger_id"]]
        direct = self._desk.workspace.direct_channel(self.id).id
        told_in = {direct} if payload.get("type") == "shortcut" else set()

        def count_answers() -> int:
            workspace = self._desk.workspace
            told = [m for channel in told_in for m in workspace.lasting_messages(channel) if m.bot_id]
            return len(workspace.ephemeral_messages(self.id)) + len(told) + len(self.notices)

        before = count_answers()

        def opened_or_answered() -> bool:
            return trigger.opened is not None or count_answers() != before

        await send(payload)
        await self._wait(opened_or_answered, TIMEOUT_SECONDS, f"no modal after {what}")
        if trigger.opened is None:
            raise AssertionError(f"no modal after {what}, but:\n{self._seen()}")
        self._taken.add(trigger.opened)
        return Modal(self._desk, self.member, trigger.opened)

    async def _wait(self, condition: Callable[[], T], timeout_seconds: float, failure: str) -> T:
        try:
            return await self._desk.workspace.changes_of(self.id).wait_until(condition, timeout_seconds)
        except TimeoutError:
            raise AssertionError(f"{failure} after {timeout_seconds} s; seen:\n{self._seen()}") from None

    def _new_roots(self) -> list[str]:
        return [modal.root_id for modal in self.modals if modal.root_id not in self._taken]

    def _messages(self, found: Iterable[StoredMessage]) -> tuple[Message, ...]:
        return tuple(Message(self._desk, self.member, stored) for stored in found)

    def _seen(self) -> str:
        lines = [f"ephemeral: {message.visible_text}" for message in self.ephemeral_messages]
        lines += [f"direct message: {message.visible_text}" for message in self.direct_messages]
        lines += [f"modal: {modal.text}" for modal in self.modals]
        lines += [f"Slack says: {notice}" for notice in self.notices]
        return "\n".join(lines) or "nothing"
