"""Parses arguments of Web API calls from query, form or JSON."""

import json
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from sandbox.slack.workspace import JsonObject

# Arguments with JSON, also in a form or query.
_JSON_ARGUMENTS: Final = ("view", "blocks", "attachments", "metadata")


async def read_arguments(request: Request) -> JsonObject:
    """Return the merged arguments of query, form and JSON body; Slack reads all of them."""
    arguments: JsonObject = dict(request.query_params)
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            sent = json.loads(body or b"{}")
        except ValueError:
            sent = {}
        arguments |= sent if isinstance(sent, dict) else {}
    else:
        arguments |= dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    for name in _JSON_ARGUMENTS:
        if isinstance(arguments.get(name), str):
            try:
                arguments[name] = json.loads(arguments[name])
            except ValueError:
                continue
    return arguments


def is_true(value: object) -> bool:
    """Return the value of a boolean argument, which may be JSON, 1 or text."""
    return value is True or str(value).lower() in {"1", "true"}
