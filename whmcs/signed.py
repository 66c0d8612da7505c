"""Client for the companion module, which adds to WHMCS what its API lacks. Each request is signed."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Self, TypeVar

from whmcs import signed_answers
from whmcs.breaker import Breaker
from whmcs.error_parsing import (
    MAX_REFUSAL_BYTES,
    Call,
    error_of_redirect,
    error_of_silence,
    error_of_unusable,
    parsed,
    valid_address,
)
from whmcs.errors import (
    AddressRefusedError,
    ClockSkewError,
    CredentialsError,
    NotAUserOfClientError,
    NotFoundError,
    NotInstalledError,
    OutcomeUnknownError,
    RefusedError,
    UnusableKind,
    WhmcsError,
)
from whmcs.json_body import find_object
from whmcs.masking import Confidential
from whmcs.metrics_hook import Observe, ignore, observed
from whmcs.models import Companion, CompanionUser, PasswordSet, SetPasswordResult
from whmcs.retries import read_with_retries
from whmcs.transport import DIRECT, Answer, NoAnswer, Request, Transport, Way
from whmcs.urls import checked_url

T = TypeVar("T")
_REFUSALS = frozenset(
    {
        "clock_skew",
        "replayed",
        "https_required",
        "password_refused",
        "request_id_conflict",
        "rate_limited",
        "invalid_request",
        "unknown_action",
    }
)
_ERRORS: Mapping[str, Callable[[str], WhmcsError]] = {
    "inactive": partial(NotInstalledError, is_inactive=True),
    "bad_signature": CredentialsError,
    "user_not_found": NotFoundError,
    "client_not_found": NotFoundError,
    "not_a_user_of_client": NotAUserOfClientError,
}


class CompanionClient:
    """Client for one companion, with one pool of connections.

    Every method can raise a WhmcsError and ends within its deadline. Reads are retried if that may help, each time with
    a new nonce.
    """

    def __init__(self, transport: Transport, secret: str, observe: Observe = ignore) -> None:
        self._transport = transport
        self._observe = observe
        self._secret = secret.encode()
        self._confidential = Confidential(secret)

    @classmethod
    def connect(
        cls, url: str, secret: str, *, observe: Observe = ignore, breaker: Breaker | None = None, way: Way = DIRECT
    ) -> Self:
        """Build a client with its own connection pool for the full address of the companion's api.php.

        Raises: ValueError if the address is neither https nor on this machine.
        """
        return cls(Transport(checked_url(url), breaker, way), secret, observe)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._transport!r}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def ping(self, *, deadline_seconds: float = 5.0) -> Companion:
        """Return the installed version and its capabilities.

        Raises: NotInstalledError.
        """
        return await self._read("ping", {}, signed_answers.parse_ping, deadline_seconds)

    async def users(self, client_id: int, *, deadline_seconds: float = 8.0) -> tuple[CompanionUser, ...]:
        """Return the client's users with the data that the API lacks.

        Raises: NotFoundError.
        """
        return await self._read("users", {"client_id": client_id}, signed_answers.parse_users, deadline_seconds)

    async def set_password(
        self,
        *,
        request_id: str,
        client_id: int,
        user_id: int,
        password: str,
        agent: str,
        approved_by: str = "",
        deadline_seconds: float = 10.0,
    ) -> PasswordSet:
        """Set a user's password in one attempt. `agent`, and `approved_by` if a second agent approved it: Slack users' ids.

        Raises: OutcomeUnknownError: it may have been set; repeating it with the same request id and password is
        harmless. NotFoundError, NotAUserOfClientError, RefusedError and the others: nothing was changed.
        """
        call = Call("set_password", is_write=True, confidential=self._confidential.and_also(password))
        fields = {"request_id": request_id, "client_id": client_id, "user_id": user_id, "agent": agent}
        if approved_by:
            fields["approved_by"] = approved_by
        body = _Body(call.action, {**fields, "password": password})
        del password  # keep it out of tracebacks that print local variables
        ends_at = asyncio.get_running_loop().time() + deadline_seconds

        def parse(data: Mapping[str, object]) -> PasswordSet:
            done = signed_answers.parse_password_set(data)
            if done.user_id != user_id:
                raise ValueError("not the requested user")
            return done

        with observed(self._observe, call.action):
            return await self._ask(call, body, parse, ends_at)

    async def result(self, request_id: str, *, deadline_seconds: float = 8.0) -> SetPasswordResult:
        """Return the recorded outcome of a request whose answer was lost."""
        return await self._read("result", {"request_id": request_id}, signed_answers.parse_result, deadline_seconds)

    async def _read(
        self,
        action: str,
        fields: Mapping[str, object],
        parse: Callable[[dict[str, object]], T],
        deadline_seconds: float,
    ) -> T:
        call = Call(action, is_write=False, confidential=self._confidential)
        body = _Body(action, fields)
        with observed(self._observe, action):
            return await read_with_retries(lambda ends_at: self._ask(call, body, parse, ends_at), deadline_seconds)

    async def _ask(self, call: Call, body: "_Body", parse: Callable[[dict[str, object]], T], ends_at: float) -> T:
        headers = signed_headers(self._secret, body.content, int(time.time()), secrets.token_hex(16))
        request = Request(body.content, headers)
        exchange = await self._transport.post(request, ends_at=ends_at, is_write=call.is_write)
        data, status = _verdict(call, exchange)
        return parsed(call, parse, data, status)


class _Body:
    """A request's JSON, hidden from its repr."""

    __slots__ = ("content",)

    def __init__(self, action: str, fields: Mapping[str, object]) -> None:
        self.content = json.dumps({"action": action, **fields}, separators=(",", ":")).encode()


def signed_headers(secret: bytes, body: bytes, timestamp: int, nonce: str) -> dict[str, str]:
    """Sign a body: HMAC-SHA256 over version, timestamp (Unix seconds), nonce (32 hex digits, used once) and body."""
    signature = hmac.new(secret, f"v1:{timestamp}:{nonce}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Resetbot-Timestamp": str(timestamp),
        "X-Resetbot-Nonce": nonce,
        "X-Resetbot-Signature": f"v1={signature}",
    }


def _verdict(call: Call, exchange: Answer | NoAnswer) -> tuple[dict[str, object], int]:
    """Return a successful answer's object and its HTTP status.

    Raises: WhmcsError.
    """
    if isinstance(exchange, NoAnswer):
        raise error_of_silence(call, exchange)
    if exchange.is_redirect:
        raise error_of_redirect(call, exchange)
    data = find_object(exchange.body)
    if isinstance(data, str) or "ok" not in data:
        raise _error_of_other_server(call, exchange, data if isinstance(data, str) else "shape")
    if data["ok"] is True and HTTPStatus.OK <= exchange.status < HTTPStatus.MULTIPLE_CHOICES:
        return data, exchange.status
    is_refusal = data["ok"] is False and isinstance(data.get("error"), str)
    if is_refusal and len(exchange.body) <= MAX_REFUSAL_BYTES:
        raise _error_of_code(call, data, exchange)
    raise error_of_unusable(call, "shape", exchange.status)


def _error_of_code(call: Call, data: Mapping[str, object], answer: Answer) -> WhmcsError:
    """Return the error for the companion's refusal. With `internal`, what was done before is unknown."""
    code = str(data["error"])
    if code in _ERRORS:
        return _ERRORS[code](call.action)
    if code == "address_not_allowed":
        return AddressRefusedError(call.action, valid_address(data.get("address")))
    if code == "internal" and call.is_write:
        return OutcomeUnknownError(call.action, "server_error", has_ended=True)
    if code == "internal" or (answer.is_server_error and code not in _REFUSALS):
        return error_of_unusable(call, "shape", max(answer.status, HTTPStatus.INTERNAL_SERVER_ERROR))
    message = call.confidential.presentable(str(data.get("message", "")))
    if code == "clock_skew":
        return ClockSkewError(call.action, message, time=signed_answers.find_time(data))
    shown = call.confidential.presentable(code)
    return RefusedError(call.action, message, code=shown, retry_after_seconds=answer.retry_after_seconds)


def _error_of_other_server(call: Call, answer: Answer, kind: UnusableKind) -> WhmcsError:
    """Return the error for an answer that is not the companion's: another server is there, or it failed."""
    is_page = kind == "html" and not call.is_write and not answer.is_server_error
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return RefusedError(call.action, "Too many requests", retry_after_seconds=answer.retry_after_seconds)
    if answer.status == HTTPStatus.NOT_FOUND or is_page:
        return NotInstalledError(call.action)
    return error_of_unusable(call, kind, answer.status, answer.retry_after_seconds)
