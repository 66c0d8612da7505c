"""What each Web API method does: arguments in, answer out, or Slack's refusal."""

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.slack import validation
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.views import OpenView, Views
from sandbox.slack.workspace import (
    BOT_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    Channel,
    JsonObject,
    Member,
    RefusedError,
    StoredMessage,
    Workspace,
)

HISTORY_LIMIT: Final = 100


class Methods:
    """The Web API without its wire: `call()` checks scope and required arguments, then does the work."""

    def __init__(self, workspace: Workspace, views: Views, sockets: SocketMode, granted_scopes: set[str]) -> None:
        self._workspace = workspace
        self._views = views
        self._granted = granted_scopes
        # Method, the scope that it needs, the arguments that it can't do without, who does it.
        self._table: dict[str, tuple[str, tuple[str, ...], Callable[[JsonObject], JsonObject]]] = {
            "api.test": ("", (), lambda _: {}),
            "auth.test": ("", (), self._auth_test),
            "apps.connections.open": ("", (), lambda _: {"url": sockets.issue_url()}),
            "views.open": ("", ("trigger_id", "view"), self._views_open),
            "views.push": ("", ("trigger_id", "view"), self._views_push),
            "views.update": ("", ("view",), self._views_update),
            "chat.postMessage": ("chat:write", ("channel",), self._post),
            "chat.postEphemeral": ("chat:write", ("channel", "user"), self._post_ephemeral),
            "chat.update": ("chat:write", ("channel", "ts"), self._edit),
            "chat.delete": ("chat:write", ("channel", "ts"), self._delete),
            "conversations.history": ("", ("channel",), self._history),
            "conversations.open": ("im:write", ("users",), self._open_conversation),
            "users.info": ("users:read", ("user",), self._user),
            "usergroups.list": ("usergroups:read", (), self._groups),
            "usergroups.users.list": ("usergroups:read", ("usergroup",), self._group_users),
        }

    def call(self, method: str, arguments: JsonObject) -> JsonObject:
        """Do the work and return the answer without `ok`. Raises: RefusedError."""
        if method not in self._table:
            raise RefusedError("unknown_method")
        scope, required, work = self._table[method]
        self._need(scope)
        missing = [name for name in required if arguments.get(name) in (None, "")]
        if missing:
            raise RefusedError("invalid_arguments", *(f"[ERROR] missing required field: {name}" for name in missing))
        return work(arguments)

    def _need(self, scope: str) -> None:
        if scope and scope not in self._granted:
            raise RefusedError("missing_scope", needed=scope, provided=",".join(sorted(self._granted)))

    def _auth_test(self, _: JsonObject) -> JsonObject:
        return {
            "url": f"https://{TEAM_DOMAIN}.slack.com/",
            "team": "Demo",
            "user": self._workspace.members[BOT_USER_ID].name,
            "team_id": self._workspace.team_id,
            "user_id": BOT_USER_ID,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    # views.*

    def _views_open(self, arguments: JsonObject) -> JsonObject:
        definition = self._definition(arguments)
        return self._shown(self._views.open(str(arguments["trigger_id"]), definition))

    def _views_push(self, arguments: JsonObject) -> JsonObject:
        definition = self._definition(arguments)
        return self._shown(self._views.push(str(arguments["trigger_id"]), definition))

    def _views_update(self, arguments: JsonObject) -> JsonObject:
        view_id, external_id = str(arguments.get("view_id") or ""), str(arguments.get("external_id") or "")
        if not view_id and not external_id:
            raise RefusedError("invalid_arguments", "[ERROR] missing required field: view_id")
        if view_id and external_id:
            raise RefusedError("invalid_arguments", "[ERROR] view_id and external_id exclude each other")
        validation.check_view(arguments["view"])
        view = self._views.find(view_id, external_id)
        definition = self._definition(arguments, drawn=view)
        self._views.update(view, definition, arguments.get("hash"))
        return self._shown(view)

    def _definition(self, arguments: JsonObject, drawn: OpenView | None = None) -> JsonObject:
        definition: JsonObject = arguments["view"]
        validation.check_view(definition)
        external_id = definition.get("external_id")
        if external_id and self._views.has_external_id(external_id, but=drawn):
            raise RefusedError("duplicate_external_id")
        return definition

    def _shown(self, view: OpenView) -> JsonObject:
        return {"view": view.as_json(self._workspace.team_id)}

    # chat.*

    def _post(self, arguments: JsonObject) -> JsonObject:
        text, blocks = validation.check_message(arguments)
        target = str(arguments["channel"])
        if target in self._workspace.members:
            self._check_reachable(self._workspace.members[target])
            channel = self._workspace.direct_channel(target)
        else:
            channel = self._bots_channel(target)
        message = self._workspace.post(channel, text, blocks, author=BOT_USER_ID)
        return {"channel": channel.id, "ts": message.ts, "message": message.as_json()}

    def _check_reachable(self, member: Member) -> None:
        if member.is_bot:
            raise RefusedError("cannot_dm_bot")
        if member.is_deleted:
            raise RefusedError("user_disabled")

    def _bots_channel(self, channel_id: str) -> Channel:
        channel = self._workspace.channel(channel_id)
        if BOT_USER_ID not in channel.members:
            raise RefusedError("not_in_channel")
        return channel

    def _post_ephemeral(self, arguments: JsonObject) -> JsonObject:
        text, blocks = validation.check_message(arguments)
        channel = self._bots_channel(str(arguments["channel"]))
        user = str(arguments["user"])
        if user not in channel.members:
            raise RefusedError("user_not_in_channel")
        message = self._workspace.post(channel, text, blocks, author=BOT_USER_ID, ephemeral_to=user)
        return {"message_ts": message.ts}

    def _edit(self, arguments: JsonObject) -> JsonObject:
        text, blocks = validation.check_message(arguments)
        message = self._own_message(arguments, "cant_update_message")
        # A text without blocks takes the blocks away that were there.
        self._workspace.edit(message, text, blocks)
        return {"channel": message.channel, "ts": message.ts, "text": text, "message": message.as_json()}

    def _delete(self, arguments: JsonObject) -> JsonObject:
        message = self._own_message(arguments, "cant_delete_message")
        self._workspace.delete(message)
        return {"channel": message.channel, "ts": message.ts}

    def _own_message(self, arguments: JsonObject, refusal: str) -> StoredMessage:
        channel = self._workspace.channel(str(arguments["channel"]))
        message = self._workspace.message(channel.id, str(arguments["ts"]))
        if message.author != BOT_USER_ID:
            raise RefusedError(refusal)
        return message

    # conversations.*, users.*, usergroups.*

    def _history(self, arguments: JsonObject) -> JsonObject:
        channel = self._workspace.channel(str(arguments["channel"]))
        self._need("im:history" if channel.is_direct else "channels:history")
        oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "9" * 12)
        is_inclusive = is_true(arguments.get("inclusive"))
        found = [
            message.as_json()
            for message in reversed(self._workspace.messages)
            if message.channel == channel.id and not message.is_deleted and message.ephemeral_to is None
            if _is_between(message.ts, oldest, latest, is_inclusive=is_inclusive)
        ]
        limit = int(arguments.get("limit") or HISTORY_LIMIT)
        return {"messages": found[:limit], "has_more": len(found) > limit, "pin_count": 0}

    def _open_conversation(self, arguments: JsonObject) -> JsonObject:
        users = str(arguments["users"]).split(",")
        if len(users) != 1:
            raise RefusedError("missing_scope", needed="mpim:write", provided=",".join(sorted(self._granted)))
        if users[0] not in self._workspace.members:
            raise RefusedError("user_not_found")
        self._check_reachable(self._workspace.members[users[0]])
        return {"channel": {"id": self._workspace.direct_channel(users[0]).id}}

    def _user(self, arguments: JsonObject) -> JsonObject:
        member = self._workspace.members.get(str(arguments["user"]))
        if member is None:
            raise RefusedError("user_not_found")
        return {"user": describe(member, has_locale=is_true(arguments.get("include_locale")))}

    def _groups(self, arguments: JsonObject) -> JsonObject:
        groups = []
        for group_id, users in self._workspace.groups.items():
            group: JsonObject = {
                "id": group_id,
                "team_id": self._workspace.team_id,
                "is_usergroup": True,
                "name": group_id,
                "handle": group_id.lower(),
                "user_count": len(users),
            }
            groups.append(group | {"users": list(users)} if is_true(arguments.get("include_users")) else group)
        return {"usergroups": groups}

    def _group_users(self, arguments: JsonObject) -> JsonObject:
        users = self._workspace.groups.get(str(arguments["usergroup"]))
        if users is None:
            raise RefusedError("no_such_subteam")
        return {"users": list(users)}


def _is_between(ts: str, oldest: str, latest: str, *, is_inclusive: bool) -> bool:
    """Compare message ids as numbers, without losing digits."""
    first, at, last = (tuple(int(part) for part in (value + ".0").split(".")[:2]) for value in (oldest, ts, latest))
    return first <= at <= last if is_inclusive else first < at < last


def is_true(value: object) -> bool:
    """Read an argument that arrives as JSON, as 1 or as text."""
    return value is True or str(value).lower() in {"1", "true"}


def describe(member: Member, *, has_locale: bool) -> Mapping[str, object]:
    """Return a user as users.info shows it."""
    return {
        "id": member.id,
        "team_id": member.team_id,
        "name": member.name.lower().replace(" ", "."),
        "real_name": member.name,
        "deleted": member.is_deleted,
        "tz": member.tz,
        "profile": {"real_name": member.name, "display_name": member.name, "team": member.team_id},
        "is_admin": False,
        "is_owner": False,
        "is_restricted": member.is_restricted,
        "is_ultra_restricted": member.is_ultra_restricted,
        "is_bot": member.is_bot,
        "is_stranger": member.is_stranger,
        "is_app_user": False,
    } | ({"locale": member.locale} if has_locale else {})
