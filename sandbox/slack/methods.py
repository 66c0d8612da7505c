"""The methods of the Web API: arguments in, response or Slack's error out."""

from collections.abc import Callable, Mapping

from sandbox.slack.arguments import is_true
from sandbox.slack.chat_methods import ChatMethods
from sandbox.slack.home_tabs import HomeTabs
from sandbox.slack.refusal import RefusedError
from sandbox.slack.scopes import Scopes
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.view_methods import ViewMethods
from sandbox.slack.views import Views
from sandbox.slack.workspace import BOT_ID, BOT_USER_ID, TEAM_DOMAIN, JsonObject, Member, Workspace


class Methods:
    """The Web API without HTTP: `call()` checks scope and required arguments, then does the work."""

    def __init__(
        self, workspace: Workspace, views: Views, home_tabs: HomeTabs, sockets: SocketMode, scopes: Scopes
    ) -> None:
        self._workspace = workspace
        self._scopes = scopes
        view, chat = ViewMethods(workspace, views, home_tabs), ChatMethods(workspace, scopes)
        # Method, its scope, its required arguments, its implementation.
        self._table: dict[str, tuple[str, tuple[str, ...], Callable[[JsonObject], JsonObject]]] = {
            "api.test": ("", (), lambda _: {}),
            "auth.test": ("", (), self._auth_test),
            "apps.connections.open": ("", (), lambda _: {"url": sockets.issue_url()}),
            "views.open": ("", ("trigger_id", "view"), view.open),
            "views.push": ("", ("trigger_id", "view"), view.push),
            "views.update": ("", ("view",), view.update),
            "views.publish": ("", ("user_id", "view"), view.publish),
            "chat.postMessage": ("chat:write", ("channel",), chat.post),
            "chat.postEphemeral": ("chat:write", ("channel", "user"), chat.post_ephemeral),
            "chat.update": ("chat:write", ("channel", "ts"), chat.edit),
            "chat.delete": ("chat:write", ("channel", "ts"), chat.delete),
            # The scope depends on the channel.
            "conversations.history": ("", ("channel",), chat.history),
            "conversations.open": ("im:write", ("users",), chat.open_conversation),
            "users.info": ("users:read", ("user",), self._user),
            "usergroups.list": ("usergroups:read", (), self._groups),
            "usergroups.users.list": ("usergroups:read", ("usergroup",), self._group_users),
        }

    def call(self, method: str, arguments: JsonObject) -> JsonObject:
        """Do the work and return the response without `ok`. Raises: RefusedError."""
        if method not in self._table:
            raise RefusedError("unknown_method")
        scope, required, work = self._table[method]
        self._scopes.need(scope)
        missing = [name for name in required if arguments.get(name) in (None, "")]
        if missing:
            raise RefusedError("invalid_arguments", *(f"[ERROR] missing required field: {name}" for name in missing))
        return work(arguments)

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


def describe(member: Member, *, has_locale: bool) -> Mapping[str, object]:
    """Return a user in the format of users.info."""
    return {
        "id": member.id,
        "team_id": member.team_id,
        "name": member.name.lower().replace(" ", "."),
        "real_name": member.name,
        "deleted": member.is_deleted,
        "tz": member.tz,
        "profile": {"real_name": member.name, "display_name": member.display_name, "team": member.team_id},
        "is_admin": False,
        "is_owner": False,
        "is_restricted": member.is_restricted,
        "is_ultra_restricted": member.is_ultra_restricted,
        "is_bot": member.is_bot,
        "is_stranger": member.is_stranger,
        "is_app_user": False,
    } | ({"locale": member.locale} if has_locale else {})
