"""Open modals: their definition, what is filled in, and what an update leaves of it."""

import copy
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from sandbox.slack.workspace import APP_ID, BOT_ID, JsonObject, RefusedError, Workspace

STACK_LIMIT: Final = 3
# A little less than the half second for which an app has to wait: the two count from different ends of the wire.
OVERDRAWN_SECONDS: Final = 0.45

# What an untouched element reports in `state.values`: the key there, and the key of its first value in the definition.
INPUT_VALUES: Final = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
}


class OpenView:
    """One view of a modal's stack. Its id stays through updates; its hash changes at each."""

    def __init__(self, member_id: str, definition: JsonObject, previous: "OpenView | None" = None) -> None:
        self.id = f"V{secrets.token_hex(5).upper()}"
        self.member_id = member_id
        self.root_id: str = previous.root_id if previous else self.id
        self.previous_id = previous.id if previous else None
        self.hash = ""
        self.definition: JsonObject = {}
        self.values: dict[str, dict[str, JsonObject]] = {}
        self.errors: dict[str, str] = {}
        self.notice = ""
        self.is_open = True
        self.overdrawn_by: tuple[float, JsonObject] | None = None
        self.draw(definition)

    def draw(self, definition: JsonObject) -> None:
        """Show a definition. A value survives where block_id and action_id (and the kind of element) stay the same."""
        before = self.values
        self.definition = complete_texts({key: value for key, value in definition.items() if value is not None})
        self.definition["blocks"] = fill_in_ids(definition["blocks"])
        self.values = {}
        for block_id, element in input_elements(self.definition):
            action_id = element["action_id"]
            value = before.get(block_id, {}).get(action_id)
            if value is None or value["type"] != element["type"]:
                value = first_value(element)
            self.values.setdefault(block_id, {})[action_id] = value
        self.errors = {}
        self.notice = ""
        self.hash = f"{int(time.time())}.{secrets.token_hex(4)}"

    def as_json(self, team_id: str) -> JsonObject:
        """Return the view as payloads and the Web API show it."""
        return copy.deepcopy(
            {
                "id": self.id,
                "team_id": team_id,
                "private_metadata": "",
                "callback_id": "",
                "external_id": "",
                "close": None,
                "submit": None,
                "clear_on_close": False,
                "notify_on_close": False,
                **self.definition,
                "state": {"values": self.values},
                "hash": self.hash,
                "previous_view_id": self.previous_id,
                "root_view_id": self.root_id,
                "app_id": APP_ID,
                "app_installed_team_id": team_id,
                "bot_id": BOT_ID,
            }
        )


class Views:
    """Every modal of the workspace, open or closed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._views: dict[str, OpenView] = {}
        self._modals: defaultdict[str, list[OpenView]] = defaultdict(list)
        self._roots: defaultdict[str, list[str]] = defaultdict(list)

    def open(self, trigger_id: str, definition: JsonObject) -> OpenView:
        """Open a modal. Raises: RefusedError for a bad trigger or when the trigger arose in a modal that is open."""
        trigger = self._workspace.redeem_trigger(trigger_id)
        if trigger.from_root and self.stack(trigger.from_root):
            raise RefusedError("invalid_arguments", "[ERROR] a modal is open here already: push or update it")
        view = self._show(OpenView(trigger.member_id, definition))
        trigger.opened = view.id
        self._workspace.announce_to([view.member_id])
        return view

    def push(self, trigger_id: str, definition: JsonObject) -> OpenView:
        """Put a view on top of the modal in which the trigger arose."""
        trigger = self._workspace.redeem_trigger(trigger_id)
        stack = self.stack(trigger.from_root or "")
        if not stack:
            raise RefusedError("not_found")
        return self.put_on(stack[-1], definition)

    def put_on(self, top: OpenView, definition: JsonObject) -> OpenView:
        """Put a view on top of this one. Raises: RefusedError push_limit_reached at the fourth."""
        if len(self.stack(top.root_id)) >= STACK_LIMIT:
            raise RefusedError("push_limit_reached")
        return self._show(OpenView(top.member_id, definition, previous=top))

    def update(self, view: OpenView, definition: JsonObject, view_hash: str | None = None) -> None:
        """Draw a view anew. Raises: RefusedError not_found when it is closed, hash_conflict when the hash is stale."""
        if not view.is_open:
            raise RefusedError("not_found")
        if view_hash is not None and view_hash != view.hash:
            raise RefusedError("hash_conflict")
        view.draw(definition)
        self._show(view)
        if view.overdrawn_by and time.monotonic() - view.overdrawn_by[0] < OVERDRAWN_SECONDS:
            view.draw(view.overdrawn_by[1])
            self._show(view)

    def find(self, view_id: str = "", external_id: str = "") -> OpenView:
        """Return the view with this id. Raises: RefusedError not_found."""
        if view_id in self._views:
            return self._views[view_id]
        for view in self._views.values():
            if external_id and view.is_open and external_id == view.definition.get("external_id"):
                return view
        raise RefusedError("not_found")

    def has_external_id(self, external_id: str, but: OpenView | None = None) -> bool:
        """Tell whether an open view, other than this one, carries this external_id."""
        return any(
            v.is_open and v is not but and v.definition.get("external_id") == external_id for v in self._views.values()
        )

    def stack(self, root_id: str) -> list[OpenView]:
        """Return the open views of a modal, the visible one last."""
        return [view for view in self._modals.get(root_id, ()) if view.is_open]

    def of_modal(self, root_id: str) -> OpenView:
        """Return the view of a modal that a person sees now or saw last."""
        return (self.stack(root_id) or self._modals[root_id])[-1]

    def roots(self, member_id: str) -> list[str]:
        """Return the root ids of the modals that this person has ever seen, oldest first."""
        return list(self._roots.get(member_id, ()))

    def close(self, view: OpenView) -> None:
        """Close one view; the one below it, if any, is visible again."""
        view.is_open = False
        self._workspace.announce_to([view.member_id])

    def clear(self, root_id: str) -> None:
        """Close a whole modal."""
        for view in self.stack(root_id):
            self.close(view)

    def _show(self, view: OpenView) -> OpenView:
        if view.id not in self._views:
            self._views[view.id] = view
            self._modals[view.root_id].append(view)
            if view.previous_id is None:
                self._roots[view.member_id].append(view.id)
        self._workspace.show([view.member_id], view.definition)
        return view


def fill_in_ids(blocks: list[JsonObject]) -> list[JsonObject]:
    """Return a copy in which each block and element has an id and each text its defaults, as Slack sends it back."""
    filled: list[JsonObject] = complete_texts(blocks)
    for block in filled:
        block["block_id"] = block.get("block_id") or secrets.token_urlsafe(4)
        for element in elements_of(block):
            element["action_id"] = element.get("action_id") or secrets.token_urlsafe(4)
    return filled


def complete_texts(value: Any) -> Any:
    """Return a deep copy in which text objects carry the fields that Slack adds to them."""
    if isinstance(value, list):
        return [complete_texts(item) for item in value]
    if not isinstance(value, dict):
        return value
    copied = {key: complete_texts(item) for key, item in value.items()}
    if copied.get("type") == "plain_text":
        copied.setdefault("emoji", True)
    if copied.get("type") == "mrkdwn":
        copied.setdefault("verbatim", False)
    return copied


def elements_of(block: JsonObject) -> list[JsonObject]:
    """Return the interactive elements of a block."""
    if block["type"] == "input":
        return [block["element"]]
    if block["type"] == "section":
        return [block["accessory"]] if block.get("accessory") else []
    return list(block["elements"]) if block["type"] == "actions" else []


def input_elements(definition: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Yield block_id and element for everything in a view that holds a value."""
    for block in definition["blocks"]:
        for element in elements_of(block):
            if element["type"] in INPUT_VALUES:
                yield block["block_id"], element


def first_value(element: JsonObject) -> JsonObject:
    """Return what `state.values` says of an untouched element."""
    key, initial = INPUT_VALUES[element["type"]]
    nothing: list[JsonObject] | None = [] if key == "selected_options" else None
    return {"type": element["type"], key: element.get(initial, nothing)}
