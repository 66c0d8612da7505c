"""From what came back, or did not, to the error that says who should act."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeVar

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
from whmcs.masking import Confidential
from whmcs.transport import Answer, NoAnswer

T = TypeVar("T")

# Texts of WHMCS 5 to 9, as public clients of the API have met them; they come with status 200, 400, 403 or any other.
_CREDENTIALS = re.compile(
    r"invalid or missing credentials|authentication failed|administrator account disabled|invalid password provided"
    r"|^access denied"
)
_NOT_PERMITTED = re.compile(r"^invalid permissions")
_UNKNOWN_ACTION = re.compile(
    r"^(api )?(action|command|function|api function) not found|requested api action could not be found"
)
_NOT_FOUND = re.compile(r"(?<!admin )\b(user|client|ticket)( id)? not found|^not found\b")
_NOT_SAID = "error generating json encoded response"  # the action ran, its answer could not be put into words
_ADDRESS = re.compile(r"^invalid ip\b[\s:]*(\S*)")


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked, and whether it changes something: the same silence means different things."""

    action: str
    is_write: bool
    confidential: Confidential


def error_of_silence(call: Call, silence: NoAnswer) -> WhmcsError:
    """Name what a call without a whole answer is: nothing changed, or nobody knows."""
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
    """Name a redirect: it was not followed, so nothing was changed."""
    return RedirectedError(call.action, call.confidential.presentable(answer.location or ""))


def error_of_unusable(
    call: Call, kind: UnusableKind, status: int, retry_after_seconds: int | None = None
) -> WhmcsError:
    """Name an answer that is none. A write may have been done before something else broke the page."""
    if call.is_write:
        if Answer(status, b"").is_server_error:
            return OutcomeUnknownError(call.action, "server_error")
        return OutcomeUnknownError(call.action, "web_page" if kind == "html" else "unusable_answer")
    return UnusableAnswerError(call.action, kind, status, retry_after_seconds=retry_after_seconds)


def error_of_message(call: Call, message: str, retry_after_seconds: int | None = None) -> WhmcsError:
    """Name WHMCS's own refusal by its text; nothing was changed, unless WHMCS failed at wording its answer to a write.

    An action that this WHMCS does not know ("Action not found" and its older spellings) is also one that is not
    permitted: with a role WHMCS itself says that instead, and what is left to do is the same.
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
    if call.is_write and _NOT_SAID in folded:
        return OutcomeUnknownError(call.action, "unusable_answer")
    if _NOT_FOUND.search(folded):
        return NotFoundError(call.action)
    return RefusedError(call.action, call.confidential.presentable(text), retry_after_seconds=retry_after_seconds)


def valid_address(text: object) -> str | None:
    """Return the text if it is an IP address, so that nothing else gets into an error."""
    try:
        return str(ip_address(str(text).strip(" .,;\"'")))
    except ValueError:
        return None


def parsed(call: Call, parse: Callable[[dict[str, object]], T], data: dict[str, object], status: int) -> T:
    """Check the data at the border. The error does not hold the reader's, which holds the data."""
    try:
        return parse(data)
    except (ValueError, OverflowError, RecursionError):
        del data
    raise error_of_unusable(call, "shape", status)
