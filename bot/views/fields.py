"""Naming the fields of a form, and reading what was filled in."""

from collections.abc import Mapping
from typing import Any, Final

from bot.views.state import State

UNAVAILABLE: Final = "unavailable"
"""The value of an option that only says why there are none; it is never a client or a ticket."""


def block_id(state: State, name: str) -> str:
    """A block_id that changes with the client, so that Slack never carries a choice over to another client's card."""
    return f"{name}:{state.reference}:{state.client_id or 0}"


def values_of(view: Mapping[str, Any]) -> Mapping[str, Any]:
    state = view.get("state")
    values = state.get("values") if isinstance(state, Mapping) else None
    return values if isinstance(values, Mapping) else {}


def chosen_in(values: Mapping[str, Any], block: str, action_id: str) -> str | None:
    """The value of the option that is chosen in a select or among radio buttons."""
    found: Any = values
    for key in (block, action_id, "selected_option", "value"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None
