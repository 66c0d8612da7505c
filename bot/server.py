"""The two listeners: what Slack reaches, and what the operators reach.

Everything that reaches Bolt was looked at here first: size, content type, signature, and that it is JSON or a form.
(Bolt parses before it verifies, and takes a command whose text holds the word `payload` for an interaction.)
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.listeners.dispatching import Dispatcher, MalformedPayloadError

_logger = structlog.stdlib.get_logger(__name__)

MAX_BODY_BYTES: Final = 1_000_000
"""Slack's largest view has 250 kB; with its state and as a form it stays well below."""

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_MAX_FIELDS: Final = 100
_TIMESTAMP_DIGITS: Final = 12


class _BadRequestError(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def build_public_app(dispatcher: Dispatcher, signing_secret: str) -> Starlette:
    """`POST /slack/events` and `GET /healthz`; nothing else, and nothing that tells what runs here."""
    verifier = SignatureVerifier(signing_secret)

    async def receive(request: Request) -> Response:
        try:
            body = _parse(_content_type(request), await _read_signed(request, verifier))
            answer = await dispatcher.dispatch(body)
        except _BadRequestError as error:
            _logger.warning("request refused", status=error.status, reason=error.text)
            return PlainTextResponse(error.text, status_code=error.status)
        except MalformedPayloadError:
            return PlainTextResponse("malformed", status_code=400)
        headers = {name: values[0] for name, values in answer.headers.items() if name.lower() == "content-type"}
        return Response(answer.body, status_code=answer.status, headers=headers)

    routes = [
        Route("/slack/events", receive, methods=["POST"]),
        Route("/healthz", _is_alive, methods=["GET"]),
    ]
    return _build(routes)


@dataclass(frozen=True, slots=True)
class Readiness:
    """`parts`: a word for each part; `is_ready` False makes it a 503."""

    is_ready: bool
    parts: Mapping[str, str]


def build_ops_app(readiness: Callable[[], Readiness], metrics: Callable[[], bytes]) -> Starlette:
    """`GET /healthz`, `/readyz`, `/metrics`, for those who run the bot."""

    async def is_ready(_request: Request) -> Response:
        now = readiness()
        status = "ready" if now.is_ready else "not ready"
        return JSONResponse({"status": status, **now.parts}, status_code=200 if now.is_ready else 503)

    async def show_metrics(_request: Request) -> Response:
        return Response(metrics(), headers={"content-type": CONTENT_TYPE_LATEST})

    routes = [
        Route("/healthz", _is_alive, methods=["GET"]),
        Route("/readyz", is_ready, methods=["GET"]),
        Route("/metrics", show_metrics, methods=["GET"]),
    ]
    return _build(routes)


class Listener(uvicorn.Server):
    """One of the two. Signals are the composition root's: uvicorn's own handling would reach one listener alone."""

    def __init__(self, app: Callable[..., Awaitable[None]], host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                lifespan="off",
                timeout_graceful_shutdown=5,
            )
        )

        self._serving: asyncio.Task[None] | None = None
        self._is_accepting = asyncio.Event()

    @property
    def address(self) -> str:
        return f"{self.config.host}:{self.config.port}"

    async def begin(self) -> None:
        """Accept connections.

        Raises: OSError: the address can't be had.
        """
        # Bound here: uvicorn would end the process where it can't.
        self._serving = asyncio.create_task(self.serve(sockets=[_bind(self.config.host, self.config.port)]))
        await self._is_accepting.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._is_accepting.set()

    async def end(self) -> None:
        """Accept nothing more, and wait for the requests that are being answered."""
        self.should_exit = True
        if self._serving is not None:
            await self._serving

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _bind(host: str, port: int) -> socket.socket:
    # TCP is named, since asyncio switches Nagle's algorithm off only for sockets that say what they are; with it, every
    # answer would wait 40 ms for the other side's delayed acknowledgement.
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
    """These paths and no others: by itself Starlette would send `/healthz/` to `/healthz`."""
    app = Starlette(routes=routes, exception_handlers={Exception: _fault})
    app.router.redirect_slashes = False
    return app


async def _is_alive(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _fault(_request: Request, error: Exception) -> Response:
    _logger.error("request failed", exc_info=error)
    return PlainTextResponse("internal error", status_code=500)


def _content_type(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {_FORM, _JSON}:
        raise _BadRequestError(415, "unsupported content type")
    return kind


async def _read_signed(request: Request, verifier: SignatureVerifier) -> bytes:
    """The raw body, once its size and its signature are good."""
    timestamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not (
        timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_DIGITS and signature.isascii()
    ):
        raise _BadRequestError(401, "not signed")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _BadRequestError(413, "too large")
    try:
        is_valid = verifier.is_valid(body, timestamp, signature)
    except UnicodeDecodeError:
        # slack_sdk decodes the body to sign it; what is not UTF-8 was not signed by Slack.
        raise _BadRequestError(400, "not UTF-8") from None
    if not is_valid:
        raise _BadRequestError(401, "wrong signature")
    return body


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
    """A form is a command's fields, or one field `payload` with an interaction as JSON."""
    fields = dict(
        parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MAX_FIELDS)
    )
    return json.loads(fields["payload"]) if fields.keys() == {"payload"} else fields
