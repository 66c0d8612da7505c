"""Arguments of Web API calls as they arrive: in query, form or JSON, each sometimes as text."""

import json
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from sandbox.slack.workspace import JsonObject

# Arguments that hold JSON, also where they come in a form or a query.
_JSON_ARGUMENTS: Final = ("view", "blocks", "attachments", "metadata")


async def read_arguments(request: Request) -> JsonObject:
    """Merge query, form and JSON body: Slack reads arguments from any of them."""
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
    """Read an argument that arrives as JSON, as 1 or as text."""
    return value is True or str(value).lower() in {"1", "true"}
