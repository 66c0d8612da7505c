"""What a modal of the bot has in its private_metadata, and the same with other values."""

import json
from collections.abc import Mapping
from typing import Any

from bot.domain.seals import Seal
from bot.views.state import State

TOKEN = "xoxb-fake-local-slack"
SEAL = Seal.derive(TOKEN)


def read_metadata(view: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that the view's private_metadata holds."""
    _, _, _, content = str(view["private_metadata"]).split(".", 3)
    values: dict[str, Any] = json.loads(content)
    return values


def reference_of(view: Mapping[str, Any]) -> str:
    values = read_metadata(view)
    return str(values.get("form", values)["reference"])


def forge(view: dict[str, Any], **values: object) -> None:
    """Change values without the key, as somebody outside would."""
    head, _, _ = str(view["private_metadata"]).partition("{")
    view["private_metadata"] = head + json.dumps(read_metadata(view) | values, separators=(",", ":"))


def reseal(view: dict[str, Any], **values: object) -> None:
    """Change values under the bot's own key: what no one outside can do, and what is checked all the same."""
    state = State.model_validate(read_metadata(view) | values)
    view["private_metadata"] = state.sealed_by(SEAL).write()
