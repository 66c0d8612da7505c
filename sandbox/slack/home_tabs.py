"""The app's Home tab, of which each person has one of their own."""

from sandbox.slack.views import OpenView
from sandbox.slack.workspace import JsonObject, RefusedError, Workspace


class HomeTabs:
    """What was published for whom. `is_enabled` says whether the app has a Home tab at all."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tabs: dict[str, OpenView] = {}
        self.is_enabled = True

    def publish(self, member_id: str, definition: JsonObject, view_hash: str | None = None) -> OpenView:
        """Show somebody this Home tab from now on.

        Raises: RefusedError not_enabled, duplicate_external_id, or hash_conflict when it was published anew since.
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
        """Return what was published for this person last, if anything."""
        return self._tabs.get(member_id)
