"""Methods views.* of the Web API."""

from sandbox.slack import validation
from sandbox.slack.home_tabs import HomeTabs
from sandbox.slack.refusal import RefusedError
from sandbox.slack.views import OpenView, Views
from sandbox.slack.workspace import BOT_USER_ID, JsonObject, Workspace


class ViewMethods:
    def __init__(self, workspace: Workspace, views: Views, home_tabs: HomeTabs) -> None:
        self._workspace = workspace
        self._views = views
        self._home_tabs = home_tabs

    def open(self, arguments: JsonObject) -> JsonObject:
        definition = self._definition(arguments)
        return self._shown(self._views.open(str(arguments["trigger_id"]), definition))

    def push(self, arguments: JsonObject) -> JsonObject:
        definition = self._definition(arguments)
        return self._shown(self._views.push(str(arguments["trigger_id"]), definition))

    def update(self, arguments: JsonObject) -> JsonObject:
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

    def publish(self, arguments: JsonObject) -> JsonObject:
        """Publish a Home tab for one person."""
        validation.check_home(arguments["view"])
        user_id = str(arguments["user_id"])
        if user_id not in self._workspace.members or user_id == BOT_USER_ID:
            raise RefusedError("invalid_arguments", "[ERROR] invalid `user_id`")
        return self._shown(self._home_tabs.publish(user_id, arguments["view"], arguments.get("hash")))

    def _definition(self, arguments: JsonObject, drawn: OpenView | None = None) -> JsonObject:
        definition: JsonObject = arguments["view"]
        validation.check_view(definition)
        external_id = definition.get("external_id")
        if external_id and self._views.has_external_id(external_id, but=drawn):
            raise RefusedError("duplicate_external_id")
        return definition

    def _shown(self, view: OpenView) -> JsonObject:
        return {"view": view.as_json(self._workspace.team_id)}
