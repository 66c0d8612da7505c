"""Acknowledgements that are the answer to a submission."""

from collections.abc import Mapping
from typing import Any

from bot.views.blocks import View

Answer = dict[str, Any]
"""Arguments of an acknowledgement."""


def update(view: View) -> Answer:
    return {"response_action": "update", "view": view}


def field_errors(errors: Mapping[str, str]) -> Answer:
    """`errors` by block_id."""
    return {"response_action": "errors", "errors": dict(errors)}
