"""How a call is written for the WHMCS API, and how its answer is judged."""

from collections.abc import Mapping
from urllib.parse import urlencode

from whmcs.answers import decode_entities
from whmcs.bodies import find_object
from whmcs.errors import WhmcsError
from whmcs.refusals import Call, error_of_message, error_of_redirect, error_of_silence, error_of_unusable
from whmcs.transport import Answer, NoAnswer

Parameters = Mapping[str, str | int | bool]

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
_TOO_MANY_REQUESTS = 429


def form_body(action: str, parameters: Parameters, credentials: Mapping[str, str]) -> bytes:
    """Encode a call. A true is sent as `true`, a false is left out: PHP takes the text `false` for true.

    Raises: ValueError for a parameter `password`, which WHMCS reads as the credentials' own.
    """
    if "password" in parameters:
        raise ValueError("WHMCS takes a parameter of this name for its own credentials")
    sent = {name: "true" if value is True else value for name, value in parameters.items() if value is not False}
    fields = {"action": action, "responsetype": "json", **sent, **credentials}
    return urlencode(fields, errors="replace").encode()


def verdict(call: Call, exchange: Answer | NoAnswer) -> tuple[dict[str, object], int]:
    """Return a successful answer's object and its status. The body is read before the status: refusals stand in it.

    Some reads of WHMCS carry no `result`; whether such an answer is one, its reader decides. A write needs its verdict
    said, and its success not on a page that a hook has broken (HTTP 500). Too many requests is a refusal in any form.
    """
    found = _judge(call, exchange)
    if isinstance(found, WhmcsError):
        raise found  # here, where no variable holds what was answered
    return found, exchange.status


def _judge(call: Call, exchange: Answer | NoAnswer) -> dict[str, object] | WhmcsError:
    if isinstance(exchange, NoAnswer):
        return error_of_silence(call, exchange)
    if exchange.is_redirect:
        return error_of_redirect(call, exchange)
    data = find_object(exchange.body)
    after = exchange.retry_after_seconds
    if isinstance(data, str):
        if exchange.status == _TOO_MANY_REQUESTS:
            return error_of_message(call, "Too many requests", after)
        return error_of_unusable(call, data, exchange.status, after)
    result, message = str(data.get("result", "")).casefold(), data.get("message")
    if result == "error" or (not result and message is not None and not call.is_write):
        text = message if isinstance(message, str) else ""
        return error_of_message(call, decode_entities(text), after)
    is_clear = result == "success" and not exchange.is_server_error
    if not is_clear and (call.is_write or result):
        return error_of_unusable(call, "shape", exchange.status, after)
    return data
