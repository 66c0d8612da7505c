"""State of modals: definitions, values, and their changes by updates."""

import asyncio
import copy
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from sandbox.slack.refusal import RefusedError
from sandbox.slack.workspace import APP_ID, BOT_ID, JsonObject, Workspace

STACK_LIMIT: Final = 3
# Slightly less than the half second that an app must wait: they measure at different ends of the connection.
OVERDRAWN_SECONDS: Final = 0.45

# The key of an element in `state.values`, and the key of its initial value in the definition.
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
    """A view in the stack of a modal. Updates keep its id and change its hash."""

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
        """Show a definition. Values survive where block_id, action_id and type of element are the same."""
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
        """Return the view in the format of payloads and the Web API."""
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
    """All modals of the workspace, open or closed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._views: dict[str, OpenView] = {}
        self._modals: defaultdict[str, list[OpenView]] = defaultdict(list)
        self._roots: defaultdict[str, list[str]] = defaultdict(list)

    def open(self, trigger_id: str, definition: JsonObject) -> OpenView:
        """Open a modal. Raises: RefusedError for a bad trigger, or one from a modal that is still open."""
        trigger = self._workspace.redeem_trigger(trigger_id)
        if trigger.from_root and self.stack(trigger.from_root):
            raise RefusedError("invalid_arguments", "[ERROR] a modal is open here already: push or update it")
        view = self._show(OpenView(trigger.member_id, definition))
        trigger.opened = view.id
        self._workspace.notify_members([view.member_id])
        return view

    def push(self, trigger_id: str, definition: JsonObject) -> OpenView:
        """Push a view onto the modal from which the trigger came."""
        trigger = self._workspace.redeem_trigger(trigger_id)
        stack = self.stack(trigger.from_root or "")
        if not stack:
            raise RefusedError("not_found")
        return self.put_on(stack[-1], definition)

    def put_on(self, top: OpenView, definition: JsonObject) -> OpenView:
        """Push a view onto this one. Raises: RefusedError push_limit_reached at the fourth."""
        if len(self.stack(top.root_id)) >= STACK_LIMIT:
            raise RefusedError("push_limit_reached")
        return self._show(OpenView(top.member_id, definition, previous=top))

    def update(self, view: OpenView, definition: JsonObject, view_hash: str | None = None) -> None:
        """Update a view. Raises: RefusedError not_found if it is closed, hash_conflict if the hash is stale."""
        if not view.is_open:
            raise RefusedError("not_found")
        if view_hash is not None and view_hash != view.hash:
            raise RefusedError("hash_conflict")
        view.draw(definition)
        self._show(view)
        if view.overdrawn_by and asyncio.get_running_loop().time() - view.overdrawn_by[0] < OVERDRAWN_SECONDS:
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
        """Return True if an open view other than `but` has this external_id."""
        return any(
            v.is_open and v is not but and v.definition.get("external_id") == external_id for v in self._views.values()
        )

    def stack(self, root_id: str) -> list[OpenView]:
        """Return the open views of a modal, with the visible one last."""
        return [view for view in self._modals.get(root_id, ()) if view.is_open]

    def of_modal(self, root_id: str) -> OpenView:
        """Return the visible view of a modal, or the last one."""
        return (self.stack(root_id) or self._modals[root_id])[-1]

    def roots(self, member_id: str) -> list[str]:
        """Return the root ids of all modals of this person, oldest first."""
        return list(self._roots.get(member_id, ()))

    def close(self, view: OpenView) -> None:
        """Close a view, so that the one below is visible."""
        view.is_open = False
        self._workspace.notify_members([view.member_id])

    def clear(self, root_id: str) -> None:
        """Close a modal."""
        for view in self.stack(root_id):
            self.close(view)

    def forget(self) -> None:
        """Drop all modals, also open ones."""
        for known in (self._views, self._modals, self._roots):
            known.clear()

    def _show(self, view: OpenView) -> OpenView:
        if view.id not in self._views:
            self._views[view.id] = view
            self._modals[view.root_id].append(view)
            if view.previous_id is None:
                self._roots[view.member_id].append(view.id)
        self._workspace.show([view.member_id], view.definition)
        return view


def fill_in_ids(blocks: list[JsonObject]) -> list[JsonObject]:
    """Return a copy with ids for all blocks and elements and defaults for all texts, as Slack returns it."""
    filled: list[JsonObject] = complete_texts(blocks)
    for block in filled:
        block["block_id"] = block.get("block_id") or secrets.token_urlsafe(4)
        for element in elements_of(block):
            element["action_id"] = element.get("action_id") or secrets.token_urlsafe(4)
    return filled


def complete_texts(value: Any) -> Any:
    """Return a deep copy with the fields that Slack adds to text objects."""
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
    """Yield block_id and element for each element with a value."""
    for block in definition["blocks"]:
        for element in elements_of(block):
            if element["type"] in INPUT_VALUES:
                yield block["block_id"], element


def first_value(element: JsonObject) -> JsonObject:
    """Return the initial value of an element, in the format of `state.values`."""
    key, initial = INPUT_VALUES[element["type"]]
    nothing: list[JsonObject] | None = [] if key == "selected_options" else None
    return {"type": element["type"], key: element.get(initial, nothing)}
