"""State of the local Slack: people, groups, channels, messages, triggers, and what each person has seen."""

import itertools
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sandbox.change_notifier import ChangeNotifier
from sandbox.slack.refusal import RefusedError

JsonObject: TypeAlias = dict[str, Any]

BOT_USER_ID: Final = "U0BOT"
BOT_ID: Final = "B0BOT"
APP_ID: Final = "A0DEMO"
TEAM_DOMAIN: Final = "demo"
GENERAL_ID: Final = "C0SOPORTE"
DEFAULT_SCOPES: Final = ("commands", "chat:write", "im:history", "users:read", "usergroups:read")
RESPONSE_URL_USES: Final = 5
RESPONSE_URL_SECONDS: Final = 1800.0


@dataclass(eq=False)
class Member:
    """A person with a Slack account. Tests may change any field at any time.

    `name` is the full name, `display_name` the chosen one, or "".
    """

    id: str
    name: str
    team_id: str
    display_name: str = ""
    locale: str = "es-ES"
    tz: str = "Europe/Madrid"
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    is_deleted: bool = False
    is_stranger: bool = False


@dataclass
class Channel:
    id: str
    name: str
    members: set[str]
    is_direct: bool = False
    is_private: bool = False
    is_archived: bool = False


@dataclass(eq=False)
class StoredMessage:
    """A stored message; `ephemeral_to` is the only person who sees an ephemeral message.

    `thread_ts` is the first message of its thread; `bot_id` is empty if a person wrote it. `parts` holds further parts
    of the message: `attachments` of another app, `files` such as a forwarded e-mail.
    """

    channel: str
    ts: str
    author: str
    text: str
    blocks: list[JsonObject] = field(default_factory=list)
    ephemeral_to: str | None = None
    thread_ts: str | None = None
    bot_id: str = ""
    is_deleted: bool = False
    is_edited: bool = False
    parts: JsonObject = field(default_factory=dict)

    def as_json(self) -> JsonObject:
        """Return the message in the format of the Web API and payloads."""
        shown: JsonObject = {**self.parts, "type": "message", "user": self.author, "ts": self.ts, "text": self.text}
        if self.bot_id:
            shown["bot_id"] = self.bot_id
        if self.author == BOT_USER_ID:
            shown["app_id"] = APP_ID
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if self.blocks:
            shown["blocks"] = self.blocks
        if self.is_edited:
            shown["edited"] = {"user": self.author, "ts": self.ts}
        return shown


@dataclass(eq=False)
class Trigger:
    """The right to open one modal. `from_root` is the modal that it came from, `opened` the one that it opened."""

    id: str
    member_id: str
    issued_at: float
    from_root: str | None = None
    is_used: bool = False
    opened: str | None = None


@dataclass(eq=False)
class ResponseUrl:
    key: str
    member_id: str
    channel: str
    issued_at: float
    message: StoredMessage | None = None
    uses: int = 0


class Workspace:
    """The state of the local Slack. `changes` notifies of each change."""

    def __init__(self, team_id: str, clock: Callable[[], float] = time.time) -> None:
        self.team_id = team_id
        self.clock = clock
        self.changes = ChangeNotifier()
        self.trigger_lifetime_seconds = 3.0
        self.members: dict[str, Member] = {}
        self.groups: dict[str, list[str]] = {}
        self.channels = {GENERAL_ID: Channel(GENERAL_ID, "soporte", {BOT_USER_ID})}
        self.messages: list[StoredMessage] = []
        self.notices: list[tuple[str, str]] = []
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.response_url_base = ""
        self._sightings: list[tuple[frozenset[str], str]] = []
        self._changes_of: dict[str, ChangeNotifier] = {}
        self._lasting: defaultdict[str, list[StoredMessage]] = defaultdict(list)
        self._ephemeral: defaultdict[str, list[StoredMessage]] = defaultdict(list)
        self._numbers = itertools.count(1)
        self.add(Member(BOT_USER_ID, "reset-password-bot", team_id, is_bot=True))

    def add(self, member: Member) -> None:
        """Add a person to #soporte, with a direct-message channel with the bot."""
        self.members[member.id] = member
        self.channels[GENERAL_ID].members.add(member.id)
        if member.id != BOT_USER_ID:
            channel_id = f"D0{member.id}"
            self.channels[channel_id] = Channel(channel_id, "directmessage", {member.id, BOT_USER_ID}, is_direct=True)
        self.changes.notify()

    def add_channel(self, name: str, members: Iterable[str], *, is_private: bool = False) -> Channel:
        """Create a channel with these members."""
        channel_id = "C0" + "".join(letter for letter in name.upper() if letter.isascii() and letter.isalnum())
        if channel_id in self.channels:
            raise ValueError(f"there is a channel {name!r} already")
        self.channels[channel_id] = Channel(channel_id, name, set(members), is_private=is_private)
        self.changes.notify()
        return self.channels[channel_id]

    def direct_channel(self, member_id: str) -> Channel:
        """Return the channel between this person and the bot. Raises: RefusedError channel_not_found."""
        channel = self.channels.get(f"D0{member_id}")
        if channel is None:
            raise RefusedError("channel_not_found")
        return channel

    def channel(self, channel_id: str) -> Channel:
        """Return the channel with this id. Raises: RefusedError channel_not_found."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise RefusedError("channel_not_found")
        return channel

    def new_ts(self) -> str:
        """Return a new, unique timestamp, which is the id of a message."""
        return f"{int(self.clock())}.{next(self._numbers):06d}"

    def post(
        self,
        channel: Channel,
        text: str,
        blocks: list[JsonObject],
        *,
        author: str,
        ephemeral_to: str | None = None,
        thread_ts: str | None = None,
    ) -> StoredMessage:
        """Post a message to a channel, or to one person there. The author need not be a member (Slackbot)."""
        member = self.members.get(author)
        other_bot = f"B{author[1:]}" if member is not None and member.is_bot else ""
        bot_id = BOT_ID if author == BOT_USER_ID else other_bot
        message = StoredMessage(channel.id, self.new_ts(), author, text, blocks, ephemeral_to, thread_ts, bot_id)
        self.messages.append(message)
        self._place_of(message).append(message)
        self._show_message(message)
        return message

    def edit(self, message: StoredMessage, text: str, blocks: list[JsonObject]) -> None:
        """Replace the content of a message."""
        message.text, message.blocks, message.is_edited = text, blocks, not blocks
        self._show_message(message)

    def delete(self, message: StoredMessage) -> None:
        """Delete a message."""
        message.is_deleted = True
        self.notify_members(self._readers_of(message))

    def message(self, channel_id: str, ts: str) -> StoredMessage:
        """Return the lasting message with this timestamp. Raises: RefusedError message_not_found."""
        for message in self.lasting_messages(channel_id):
            if message.ts == ts:
                return message
        raise RefusedError("message_not_found")

    def lasting_messages(self, channel_id: str) -> list[StoredMessage]:
        """Return the messages that all members of a channel see, oldest first."""
        return [message for message in self._lasting.get(channel_id, ()) if not message.is_deleted]

    def ephemeral_messages(self, member_id: str) -> list[StoredMessage]:
        """Return the ephemeral messages of a person, oldest first."""
        return [message for message in self._ephemeral.get(member_id, ()) if not message.is_deleted]

    def notice(self, member_id: str, text: str) -> None:
        """Show an error of Slack itself to a person."""
        self.notices.append((member_id, text))
        self.show([member_id], text)

    def issue_trigger(self, member_id: str, from_root: str | None = None) -> str:
        """Return a new trigger_id."""
        trigger_id = f"{next(self._numbers)}.{int(self.clock())}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(trigger_id, member_id, self.clock(), from_root)
        return trigger_id

    def redeem_trigger(self, trigger_id: str) -> Trigger:
        """Use a trigger. Raises: RefusedError with Slack's code if it is unknown, used or expired."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.is_used:
            raise RefusedError("exchanged_trigger_id")
        if self.clock() - trigger.issued_at > self.trigger_lifetime_seconds:
            raise RefusedError("expired_trigger_id")
        trigger.is_used = True
        return trigger

    def issue_response_url(self, member_id: str, channel: str, message: StoredMessage | None = None) -> str:
        """Return a new response_url."""
        key = f"{self.team_id}/{next(self._numbers)}/{secrets.token_hex(12)}"
        self.response_urls[key] = ResponseUrl(key, member_id, channel, self.clock(), message)
        return self.response_url_base + key

    def use_response_url(self, key: str) -> ResponseUrl:
        """Count one use. Raises: RefusedError used_url or expired_url."""
        issued = self.response_urls.get(key)
        if issued is None or issued.uses >= RESPONSE_URL_USES:
            raise RefusedError("used_url")
        if self.clock() - issued.issued_at > RESPONSE_URL_SECONDS:
            raise RefusedError("expired_url")
        issued.uses += 1
        return issued

    def show(self, member_ids: Iterable[str], *content: object) -> None:
        """Record that the clients of these people received the content, and notify of the change."""
        people = frozenset(member_ids)
        self._sightings.append((people, "\n".join(strings_in(content))))
        self.notify_members(people)

    def changes_of(self, member_id: str) -> ChangeNotifier:
        """Return the notifier of changes that this person can see. Separate, so that waiting tasks don't wake each other."""
        return self._changes_of.setdefault(member_id, ChangeNotifier())

    def notify_members(self, member_ids: Iterable[str]) -> None:
        """Notify of a change that these people can see."""
        for member_id in member_ids:
            if (changes := self._changes_of.get(member_id)) is not None:
                changes.notify()
        self.changes.notify()

    def who_saw(self, text: str) -> set[str]:
        """Return the ids of all people whose client has received this text."""
        return {member_id for member_ids, shown in self._sightings if text in shown for member_id in member_ids}

    def forget(self) -> None:
        """Drop all messages, triggers, response_urls, notices and sightings."""
        for past in (self.messages, self.notices, self._sightings):
            past.clear()
        for present in (self.triggers, self.response_urls, self._lasting, self._ephemeral):
            present.clear()

    def _show_message(self, message: StoredMessage) -> None:
        self.show(self._readers_of(message), message.text, message.blocks)

    def _readers_of(self, message: StoredMessage) -> set[str]:
        if message.ephemeral_to:
            return {message.ephemeral_to}
        return self.channels[message.channel].members - {BOT_USER_ID}

    def _place_of(self, message: StoredMessage) -> list[StoredMessage]:
        if message.ephemeral_to:
            return self._ephemeral[message.ephemeral_to]
        return self._lasting[message.channel]


def strings_in(value: object) -> list[str]:
    """Return all strings in a JSON value, in order, without keys."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [found for item in value.values() for found in strings_in(item)]
    if isinstance(value, (list, tuple)):
        return [found for item in value for found in strings_in(item)]
    return []
