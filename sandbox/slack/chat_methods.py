"""Methods chat.* and conversations.* of the Web API."""

from typing import Final

from sandbox.slack import validation
from sandbox.slack.arguments import is_true
from sandbox.slack.refusal import RefusedError
from sandbox.slack.scopes import Scopes
from sandbox.slack.workspace import BOT_USER_ID, Channel, JsonObject, Member, StoredMessage, Workspace

HISTORY_LIMIT: Final = 100
HISTORY_MOST: Final = 999


class ChatMethods:
    def __init__(self, workspace: Workspace, scopes: Scopes) -> None:
        self._workspace = workspace
        self._scopes = scopes

    def post(self, arguments: JsonObject) -> JsonObject:
        text, blocks = validation.check_message(arguments)
        target = str(arguments["channel"])
        if target in self._workspace.members:
            self._check_reachable(self._workspace.members[target])
            channel = self._workspace.direct_channel(target)
        else:
            channel = self._writable_channel(target)
        thread_ts = self._thread(channel, arguments)
        message = self._workspace.post(channel, text, blocks, author=BOT_USER_ID, thread_ts=thread_ts)
        return {"channel": channel.id, "ts": message.ts, "message": message.as_json()}

    def post_ephemeral(self, arguments: JsonObject) -> JsonObject:
        text, blocks = validation.check_message(arguments)
        channel = self._writable_channel(str(arguments["channel"]))
        user = str(arguments["user"])
        if user not in channel.members:
            raise RefusedError("user_not_in_channel")
        thread_ts = self._thread(channel, arguments)
        message = self._workspace.post(
            channel, text, blocks, author=BOT_USER_ID, ephemeral_to=user, thread_ts=thread_ts
        )
        return {"message_ts": message.ts}

    def edit(self, arguments: JsonObject) -> JsonObject:
        text, blocks = validation.check_message(arguments)
        message = self._own_message(arguments, "cant_update_message")
        # A text without blocks removes the earlier blocks.
        self._workspace.edit(message, text, blocks)
        return {"channel": message.channel, "ts": message.ts, "text": text, "message": message.as_json()}

    def delete(self, arguments: JsonObject) -> JsonObject:
        message = self._own_message(arguments, "cant_delete_message")
        self._workspace.delete(message)
        return {"channel": message.channel, "ts": message.ts}

    def history(self, arguments: JsonObject) -> JsonObject:
        """Return lasting messages outside of threads, newest first."""
        channel = self._known_channel(str(arguments["channel"]))
        self._scopes.need(_history_scope(channel))
        self._check_member(channel)
        oldest, latest = _time(arguments, "oldest", "0"), _time(arguments, "latest", "9" * 12)
        limit = _history_limit(arguments)
        is_inclusive = is_true(arguments.get("inclusive"))
        found = [
            message.as_json()
            for message in reversed(self._workspace.lasting_messages(channel.id))
            if not message.thread_ts
            if _is_between(_parse_ts(message.ts), oldest, latest, is_inclusive=is_inclusive)
        ]
        return {"messages": found[:limit], "has_more": len(found) > limit, "pin_count": 0}

    def open_conversation(self, arguments: JsonObject) -> JsonObject:
        users = str(arguments["users"]).split(",")
        if len(users) != 1:
            raise RefusedError("missing_scope", needed="mpim:write", provided=str(self._scopes))
        if users[0] not in self._workspace.members:
            raise RefusedError("user_not_found")
        self._check_reachable(self._workspace.members[users[0]])
        return {"channel": {"id": self._workspace.direct_channel(users[0]).id}}

    def _check_reachable(self, member: Member) -> None:
        if member.is_bot:
            raise RefusedError("cannot_dm_bot")
        if member.is_deleted:
            raise RefusedError("user_disabled")

    def _known_channel(self, channel_id: str) -> Channel:
        """Return the channel; a private one only exists for its members. Raises: RefusedError."""
        channel = self._workspace.channel(channel_id)
        if channel.is_private and BOT_USER_ID not in channel.members:
            raise RefusedError("channel_not_found")
        return channel

    def _check_member(self, channel: Channel) -> None:
        if BOT_USER_ID not in channel.members:
            raise RefusedError("not_in_channel")

    def _writable_channel(self, channel_id: str) -> Channel:
        channel = self._known_channel(channel_id)
        if channel.is_archived:
            raise RefusedError("is_archived")
        self._check_member(channel)
        return channel

    def _thread(self, channel: Channel, arguments: JsonObject) -> str | None:
        """Return the ts of the first message of the thread, also if a reply in it is given."""
        named = arguments.get("thread_ts")
        if not named:
            return None
        try:
            first = self._workspace.message(channel.id, str(named))
        except RefusedError:
            raise RefusedError("thread_not_found") from None
        return first.thread_ts or first.ts

    def _own_message(self, arguments: JsonObject, refusal: str) -> StoredMessage:
        channel = self._known_channel(str(arguments["channel"]))
        message = self._workspace.message(channel.id, str(arguments["ts"]))
        if message.author != BOT_USER_ID:
            raise RefusedError(refusal)
        return message


def _history_scope(channel: Channel) -> str:
    if channel.is_direct:
        return "im:history"
    return "groups:history" if channel.is_private else "channels:history"


def _history_limit(arguments: JsonObject) -> int:
    """Return the limit. Raises: RefusedError invalid_limit."""
    given = str(arguments.get("limit", HISTORY_LIMIT))
    if not given.isdecimal() or not 1 <= int(given) <= HISTORY_MOST:
        raise RefusedError("invalid_limit")
    return int(given)


def _time(arguments: JsonObject, name: str, otherwise: str) -> tuple[int, ...]:
    """Return a message id. Raises: RefusedError invalid_ts_latest or invalid_ts_oldest."""
    try:
        return _parse_ts(str(arguments.get(name) or otherwise))
    except ValueError:
        raise RefusedError(f"invalid_ts_{name}") from None


def _parse_ts(ts: str) -> tuple[int, ...]:
    """Return a message id in a form that compares exactly."""
    return tuple(int(part) for part in f"{ts}.0".split(".")[:2])


def _is_between(at: tuple[int, ...], oldest: tuple[int, ...], latest: tuple[int, ...], *, is_inclusive: bool) -> bool:
    return oldest <= at <= latest if is_inclusive else oldest < at < latest
