"""The two HTTP listeners: one for Slack, one for operators.

Size, content type, signature and syntax of a request are checked here, before Bolt gets it: Bolt parses before it
verifies, and mistakes a command whose text contains `payload` for an interaction.
"""

import asyncio
import contextlib
import json
import re
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.connections import ConnectionLimits, LimitedConfig, keep_connection
from bot.listeners.dispatcher import Dispatcher, MalformedPayloadError

_logger = structlog.stdlib.get_logger(__name__)

MAX_BODY_BYTES: Final = 1_000_000
"""Slack's largest view has 250 kB; with its state and form-encoded it stays well below this."""

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_MAX_FIELDS: Final = 100
_MAX_UNSIGNED_BYTES: Final = 1000

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")
_STALE_SECONDS: Final = 300
"""Slack signs with its own time. Its documentation recommends five minutes, as in slack_sdk."""


class _BadRequestError(Exception):
    """`text`: for the sender. `detail`: only for the log."""

    def __init__(self, status: int, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.detail = detail


def build_public_app(dispatcher: Dispatcher, signing_secret: str) -> Starlette:
    """Return the app for `POST /slack/events` and `GET /healthz`. It reveals nothing about what runs here."""
    verifier = SignatureVerifier(signing_secret)

    async def receive(request: Request) -> Response:
        try:
            kind = _content_type(request)
            if _is_unsigned(request):
                return await _answer_unsigned(request, kind)
            body = _parse(kind, await _read_signed(request, verifier))
            if _is_certificate_check(body):
                return Response()
            answer = await dispatcher.dispatch(body)
        except _BadRequestError as error:
            _logger.warning("request.refused", status=error.status, reason=error.detail or error.text)
            return PlainTextResponse(error.text, status_code=error.status)
        except MalformedPayloadError:
            return PlainTextResponse("malformed", status_code=400)
        except ClientDisconnect:
            _logger.warning("request.unfinished")
            return Response(status_code=400)
        headers = {name: values[0] for name, values in answer.headers.items() if name.lower() == "content-type"}
        return Response(answer.body, status_code=answer.status, headers=headers)

    routes = [
        Route("/slack/events", receive, methods=["POST"]),
        Route("/healthz", _is_alive, methods=["GET"]),
    ]
    return _build(routes)


@dataclass(frozen=True, slots=True)
class Readiness:
    """`parts`: a word for each part. `is_ready` False: answered with 503."""

    is_ready: bool
    parts: Mapping[str, str]


def build_ops_app(readiness: Callable[[], Readiness], metrics: Callable[[], Awaitable[bytes]]) -> Starlette:
    """Return the app for `GET /healthz`, `/readyz` and `/metrics`, for operators."""

    async def is_ready(_request: Request) -> Response:
        now = readiness()
        status = "ready" if now.is_ready else "not ready"
        return JSONResponse({"status": status, **now.parts}, status_code=200 if now.is_ready else 503)

    async def show_metrics(_request: Request) -> Response:
        return Response(await metrics(), headers={"content-type": CONTENT_TYPE_LATEST})

    routes = [
        Route("/healthz", _is_alive, methods=["GET"]),
        Route("/readyz", is_ready, methods=["GET"]),
        Route("/metrics", show_metrics, methods=["GET"]),
    ]
    return _build(routes)


class Listener(uvicorn.Server):
    """One HTTP listener. Signals are handled elsewhere: uvicorn's own handling would stop only one listener."""

    def __init__(self, app: ASGIApp, host: str, port: int, limits: ConnectionLimits | None = None) -> None:
        super().__init__(LimitedConfig(app, host=host, port=port, limits=limits or ConnectionLimits()))
        self._serving: asyncio.Task[None] | None = None
        self._is_accepting = asyncio.Event()

    @property
    def address(self) -> str:
        return f"{self.config.host}:{self.config.port}"

    async def begin(self) -> None:
        """Accept connections.

        Raises: OSError: the address can't be bound.
        """
        # Bound here: uvicorn would end the process if that fails.
        self._serving = asyncio.create_task(self.serve(sockets=[_bind(self.config.host, self.config.port)]))
        await self._is_accepting.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._is_accepting.set()

    async def end(self) -> None:
        """Accept no more requests, and wait for those in progress."""
        self.should_exit = True
        if self._serving is not None:
            await self._serving

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _bind(host: str, port: int) -> socket.socket:
    # With the protocol named, since asyncio disables Nagle's algorithm only for sockets that state it. With Nagle, every
    # answer would wait 40 ms for the peer's delayed acknowledgement.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _build(routes: Sequence[Route]) -> Starlette:
    """Serve these exact paths: by default Starlette redirects `/healthz/` to `/healthz`."""
    app = Starlette(routes=routes, exception_handlers={Exception: _fault})
    app.router.redirect_slashes = False
    return app


async def _is_alive(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _fault(_request: Request, error: Exception) -> Response:
    _logger.error("request.crashed", exc_info=error)
    return PlainTextResponse("internal error", status_code=500)


def _content_type(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {_FORM, _JSON}:
        raise _BadRequestError(415, "unsupported content type")
    return kind


def _is_unsigned(request: Request) -> bool:
    return "x-slack-request-timestamp" not in request.headers and "x-slack-signature" not in request.headers


async def _answer_unsigned(request: Request, kind: str) -> Response:
    """Answer Slack's certificate check, a form with `ssl_check=1` that is never signed; refuse anything else.

    Source: https://docs.slack.dev/interactivity/implementing-slash-commands
    """
    if kind != _FORM:
        raise _BadRequestError(401, "not signed")
    try:
        fields = _parse_fields((await _read(request, _MAX_UNSIGNED_BYTES)).decode())
    except (_BadRequestError, ValueError):
        fields = {}
    if not _is_certificate_check(fields):
        raise _BadRequestError(401, "not signed")
    return Response()


def _is_certificate_check(fields: Mapping[str, object]) -> bool:
    return fields.get("ssl_check") == "1"


async def _read_signed(request: Request, verifier: SignatureVerifier) -> bytes:
    """Return the raw body of a signed request. If its headers rule it out, it is refused before the body is read."""
    timestamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
        raise _BadRequestError(401, "malformed signature headers")
    behind_seconds = int(time.time()) - int(timestamp)
    if abs(behind_seconds) > _STALE_SECONDS:
        raise _stale(behind_seconds)
    body = await _read(request, MAX_BODY_BYTES)
    try:
        is_valid = verifier.is_valid(body, timestamp, signature)
    except UnicodeDecodeError:
        # slack_sdk decodes the body to sign it; a body that is not UTF-8 was not signed by Slack.
        raise _BadRequestError(400, "not UTF-8") from None
    if not is_valid:
        raise _BadRequestError(401, "wrong signature")
    keep_connection(request.scope)
    return body


def _stale(behind_seconds: int) -> _BadRequestError:
    direction = "behind" if behind_seconds > 0 else "ahead of"
    return _BadRequestError(
        401,
        "stale timestamp",
        f"clock: the timestamp is {abs(behind_seconds)} s {direction} this host's clock; check the clock, not the secret",
    )


async def _read(request: Request, limit_bytes: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if (
        declared.isascii()
        and declared.isdigit()
        and (len(declared) > len(str(limit_bytes)) or int(declared) > limit_bytes)
    ):
        raise _BadRequestError(413, "too large")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise _BadRequestError(413, "too large")
    return bytes(body)


def _parse(kind: str, raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
        body = _parse_form(text) if kind == _FORM else json.loads(text)
    except (ValueError, RecursionError):
        raise _BadRequestError(400, "malformed") from None
    if not isinstance(body, dict):
        raise _BadRequestError(400, "malformed")
    return body


def _parse_form(text: str) -> Any:
    """Return a command's fields, or the interaction in the JSON of the field `payload`."""
    fields = _parse_fields(text)
    return json.loads(fields["payload"]) if fields.keys() == {"payload"} else fields


def _parse_fields(text: str) -> dict[str, str]:
    """Raises: ValueError."""
    return dict(
        parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MAX_FIELDS)
    )
