"""The app's Home tabs, one per person."""

from sandbox.slack.refusal import RefusedError
from sandbox.slack.views import OpenView
from sandbox.slack.workspace import JsonObject, Workspace


class HomeTabs:
    """The published Home tabs by person. `is_enabled` is False for an app without Home tab."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tabs: dict[str, OpenView] = {}
        self.is_enabled = True

    def publish(self, member_id: str, definition: JsonObject, view_hash: str | None = None) -> OpenView:
        """Publish a Home tab for a person.

        Raises: RefusedError not_enabled, duplicate_external_id, or hash_conflict if `view_hash` is stale.
        """
        if not self.is_enabled:
            raise RefusedError("not_enabled")
        tab = self._tabs.get(member_id)
        if view_hash is not None and (tab is None or view_hash != tab.hash):
            raise RefusedError("hash_conflict")
        external_id = definition.get("external_id")
        others = (other for other in self._tabs.values() if other is not tab)
        if external_id and any(other.definition.get("external_id") == external_id for other in others):
            raise RefusedError("duplicate_external_id")
        if tab is None:
            tab = self._tabs[member_id] = OpenView(member_id, definition)
        else:
            tab.draw(definition)
        self._workspace.show([member_id], definition)
        return tab

    def find(self, member_id: str) -> OpenView | None:
        """Return the Home tab of this person, if one was published."""
        return self._tabs.get(member_id)
