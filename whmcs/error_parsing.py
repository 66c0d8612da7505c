"""Turns responses, and missing responses, into results or into the error that names who should act."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeVar

from whmcs.answers import decode_entities
from whmcs.errors import (
    AddressRefusedError,
    CredentialsError,
    NotAnsweringError,
    NotFoundError,
    NotPermittedError,
    OutcomeUnknownError,
    RedirectedError,
    RefusedError,
    TimedOutError,
    UnknownActionError,
    UnreachableError,
    UnusableAnswerError,
    UnusableKind,
    WhmcsError,
)
from whmcs.json_body import find_object
from whmcs.masking import Confidential
from whmcs.transport import Answer, NoAnswer

T = TypeVar("T")
MAX_REFUSAL_BYTES = 100_000
"""Limit for refusals: masking and searching their text takes far longer than reading it."""
_TOO_MANY_REQUESTS = 429

# Texts of WHMCS 5 to 9, collected from public API clients. Any HTTP status occurs with them.
_CREDENTIALS = re.compile(
    r"invalid or missing credentials|authentication failed|administrator account disabled|invalid password provided"
    r"|^access denied"
)
_NOT_PERMITTED = re.compile(r"^invalid permissions")
_UNKNOWN_ACTION = re.compile(
    r"^(api )?(action|command|function|api function) not found|requested api action could not be found"
)
_NOT_FOUND = re.compile(r"(?<!admin )\b(user|client|ticket)( id)? not found|^not found\b")
_NOT_ENCODED = "error generating json encoded response"  # the action ran, but its answer could not be encoded
_ADDRESS = re.compile(r"^invalid ip\b[\s:]*(\S*)")


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `is_write` decides what a missing response means: nothing changed, or outcome unknown."""

    action: str
    is_write: bool
    confidential: Confidential


def verdict(call: Call, exchange: Answer | NoAnswer) -> tuple[dict[str, object], int]:
    """Return a successful API answer's object and its HTTP status. Refusals are read from the body, whatever the status.

    Some reads of WHMCS carry no `result`; their parser validates them. A write must state its success, and not on a
    page that a hook has broken (HTTP 500). HTTP 429 is a refusal in any format.

    Raises: WhmcsError.
    """
    found = _judge(call, exchange)
    if isinstance(found, WhmcsError):
        raise found  # here no local variable holds the answer
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
        if len(exchange.body) > MAX_REFUSAL_BYTES:
            return error_of_unusable(call, "shape", exchange.status, after)
        text = message if isinstance(message, str) else ""
        return error_of_message(call, decode_entities(text), after)
    is_success = result == "success" and not exchange.is_server_error
    if not is_success and (call.is_write or result):
        return error_of_unusable(call, "shape", exchange.status, after)
    return data


def error_of_silence(call: Call, silence: NoAnswer) -> WhmcsError:
    """Return the error for a call without a complete response: nothing changed, or outcome unknown."""
    reason = silence.reason
    if reason == "not_answering" and silence.since is not None:
        return NotAnsweringError(call.action, silence.since)
    if reason == "too_large":
        return error_of_unusable(call, "too_large", silence.status)
    if call.is_write and silence.may_have_arrived:
        return OutcomeUnknownError(call.action, "timed_out" if reason == "timed_out" else "connection_lost")
    if reason == "timed_out":
        return TimedOutError(call.action, is_connecting=not silence.may_have_arrived)
    return UnreachableError(
        call.action, reason, cause=silence.cause, detail=call.confidential.presentable(silence.detail)
    )


def error_of_redirect(call: Call, answer: Answer) -> WhmcsError:
    """Return the error for a redirect. It was not followed, so nothing changed."""
    return RedirectedError(call.action, call.confidential.presentable(answer.location or ""))


def error_of_unusable(
    call: Call, kind: UnusableKind, status: int, retry_after_seconds: int | None = None
) -> WhmcsError:
    """Return the error for an unreadable answer. A write may have been done before something else broke the page."""
    if call.is_write:
        if Answer(status, b"").is_server_error:
            return OutcomeUnknownError(call.action, "server_error")
        return OutcomeUnknownError(call.action, "web_page" if kind == "html" else "unusable_answer")
    return UnusableAnswerError(call.action, kind, status, retry_after_seconds=retry_after_seconds)


def error_of_message(call: Call, message: str, retry_after_seconds: int | None = None) -> WhmcsError:
    """Return the error for WHMCS's own refusal, recognized by its text.

    Nothing changed, unless WHMCS failed to encode its answer to a write. An unknown action ("Action not found" and older
    spellings) is a subclass of a missing permission: with a role, WHMCS reports it as one, and the remedy is the same.
    """
    text = " ".join(message.split())
    folded = text.casefold()
    if address := _ADDRESS.search(folded):
        return AddressRefusedError(call.action, valid_address(address[1]))
    if _CREDENTIALS.search(folded):
        return CredentialsError(call.action)
    if _NOT_PERMITTED.search(folded):
        return NotPermittedError(call.action)
    if _UNKNOWN_ACTION.search(folded):
        return UnknownActionError(call.action)
    if call.is_write and _NOT_ENCODED in folded:
        return OutcomeUnknownError(call.action, "unusable_answer")
    if _NOT_FOUND.search(folded):
        return NotFoundError(call.action)
    return RefusedError(call.action, call.confidential.presentable(text), retry_after_seconds=retry_after_seconds)


def valid_address(text: object) -> str | None:
    """Return the text if it is an IP address, so that errors hold no other text."""
    try:
        return str(ip_address(str(text).strip(" .,;\"'")))
    except ValueError:
        return None


def parsed(call: Call, parse: Callable[[dict[str, object]], T], data: dict[str, object], status: int) -> T:
    """Parse the data. The error raised does not chain the parser's, which holds the data."""
    try:
        return parse(data)
    except (ValueError, OverflowError, RecursionError):
        del data
    raise error_of_unusable(call, "shape", status)
