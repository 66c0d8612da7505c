"""Other shapes of a good response: WHMCS and PHP write lists, ids and counts in several ways.

Sources: in the reference (developers.whmcs.com/api-reference) GetUsers is flat and GetClientsDetails nested, and samples
have counts as text and responses without `result` (GetAdminUsers). yashodhank/whmcs-mcp-server handles numeric keys,
truehostcloud/whmcs-python-client "" for no rows.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from starlette.responses import Response

from sandbox.whmcs.faults import Fault, FaultKind

Rows = list[object]
_LISTS: Final = {"clients": "client", "users": "user", "tickets": "ticket", "replies": "reply", "notes": "note"}


def reshape(fault: Fault, answer: Response) -> Response:
    """Return a good response in the shape of the fault; other responses and faults are unchanged."""
    reshape_list = _OF_LISTS.get(fault.kind)
    if reshape_list is None and fault.kind not in ("no_result", "ids_as_text", "wrong_total"):
        return answer
    data = json.loads(bytes(answer.body))
    if not isinstance(data, dict) or data.get("result") != "success":
        return answer
    match fault.kind:
        case "no_result":
            del data["result"]
        case "wrong_total":
            data["totalresults"] = fault.total
        case "ids_as_text":
            data = _with_ids_as_text(data)
    if reshape_list is not None:
        data = _with_lists(data, reshape_list)
    return Response(json.dumps(data), answer.status_code, media_type="application/json")


def _with_lists(data: object, change: Callable[[Rows, str], object]) -> object:
    """Change each list in the response."""
    if not isinstance(data, Mapping):
        return data
    changed: dict[str, object] = {}
    for key, value in data.items():
        name = _LISTS.get(key)
        rows = value.get(name) if isinstance(value, Mapping) and name is not None else value
        if name is not None and isinstance(rows, list):
            changed[key] = change(rows, name)
        else:
            changed[key] = _with_lists(value, change)
    return changed


def _with_ids_as_text(data: object) -> object:
    if isinstance(data, Mapping):
        return {
            key: str(value) if isinstance(value, int) and not isinstance(value, bool) else _with_ids_as_text(value)
            for key, value in data.items()
        }
    return [_with_ids_as_text(value) for value in data] if isinstance(data, list) else data


_OF_LISTS: Final[Mapping[FaultKind, Callable[[Rows, str], object]]] = {
    "list_flat": lambda rows, _: rows,
    "list_named": lambda rows, name: {name: rows},
    "list_numbered": lambda rows, name: {name: {str(place): row for place, row in enumerate(rows)}},
    "list_single": lambda rows, name: {name: rows[0] if rows else ""},
    "list_text": lambda _, __: "",
    "short_page": lambda rows, name: {name: rows[: len(rows) // 2]},
}
