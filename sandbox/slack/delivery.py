"""Sends requests to the bot, which it must acknowledge within three seconds.

Uses signed HTTP requests if an address is known, else Socket Mode.
"""

import asyncio
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlencode

import httpx

from sandbox.slack.socket_mode import SocketLostError, SocketMode
from sandbox.slack.workspace import JsonObject, Workspace

OK: Final = 200
BODY_LIMIT: Final = 1_000_000
EVENTS: Final = {"event_callback", "url_verification"}
"""Sent as JSON; all others are forms."""
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Acknowledgement:
    """The bot's response to a request. `status` is 0 and `error` is set when there was none in time.

    `error` is Slack's code for it: "operation_timeout" (late) or "dispatch_failed" (not 200, or no connection).
    """

    status: int
    body: str
    seconds: float
    error: str | None = None

    def json(self) -> JsonObject:
        """Return the body as a JSON object; {} if it is empty. Raises: ValueError."""
        if not self.body.strip():
            return {}
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise ValueError("the acknowledgement is not a JSON object")  # noqa: TRY004 - one error for every unreadable body
        return value


@dataclass(frozen=True)
class BotRequest:
    """A completed request to the bot, answered or timed out. `answer` is the body of the response."""

    kind: str
    seconds: float
    status: int
    error: str | None
    at: float = 0.0
    payload: JsonObject = field(default_factory=dict)
    answer: str = ""


@dataclass(frozen=True)
class Retry:
    """Slack's retry of an event that was not acknowledged: its number (1 to 3) and the reason."""

    number: int = 1
    reason: str = "http_timeout"


class Delivery:
    """Sends requests to the bot. Used as an async context manager."""

    def __init__(self, workspace: Workspace, signing_secret: str, sockets: SocketMode) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._secret = signing_secret
        self._client = httpx.AsyncClient(
            trust_env=False,
            # Bots are reached over plain HTTP; loading certificate authorities takes longer than most requests.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            timeout=None,  # noqa: S113 - asyncio.timeout limits the whole request
            # Slack has no limit for open requests; httpx would queue the hundred-and-first.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )
        self.events_url = ""
        self.acknowledgement_seconds = 3.0
        self.requests: list[BotRequest] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.aclose()

    def sign(self, body: bytes, timestamp: str) -> str:
        """Return Slack's v0 signature of a body."""
        base = b"v0:" + timestamp.encode() + b":" + body
        return "v0=" + hmac.new(self._secret.encode(), base, hashlib.sha256).hexdigest()

    async def deliver(
        self,
        kind: str,
        payload: JsonObject,
        *,
        sign: bool = True,
        timestamp: str | None = None,
        signature: str | None = None,
        headers: Mapping[str, str] | None = None,
        retry: Retry | None = None,
    ) -> Acknowledgement:
        """Send a request and return the response, without acting on it.

        Over HTTP a "command" is sent as a form, an event as JSON, everything else as a form whose field `payload`
        is JSON. `retry` marks the event as a repetition.
        """
        at = self._workspace.clock()
        if self.events_url:
            repeated = {"x-slack-retry-num": str(retry.number), "x-slack-retry-reason": retry.reason} if retry else {}
            acknowledgement = await self._post(
                kind,
                payload,
                sign=sign,
                timestamp=timestamp,
                signature=signature,
                headers=repeated | dict(headers or {}),
            )
        else:
            acknowledgement = await self._send_envelope(kind, payload, retry)
        self.requests.append(
            BotRequest(
                kind,
                acknowledgement.seconds,
                acknowledgement.status,
                acknowledgement.error,
                at,
                payload,
                acknowledgement.body,
            )
        )
        self._workspace.changes.notify()
        return acknowledgement

    async def _send_envelope(self, kind: str, payload: JsonObject, retry: Retry | None) -> Acknowledgement:
        if kind == "url_verification":
            raise ValueError("Socket Mode has no address to verify")
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self.acknowledgement_seconds):
                if kind in EVENTS:
                    number, reason = (retry.number, retry.reason) if retry else (0, "")
                    answer = await self._sockets.send("events_api", payload, retry_attempt=number, retry_reason=reason)
                else:
                    answer = await self._sockets.send("slash_commands" if kind == "command" else "interactive", payload)
        except TimeoutError:
            return Acknowledgement(0, "", asyncio.get_running_loop().time() - started, "operation_timeout")
        except SocketLostError:
            return Acknowledgement(0, "", asyncio.get_running_loop().time() - started, "dispatch_failed")
        return Acknowledgement(OK, json.dumps(answer) if answer else "", asyncio.get_running_loop().time() - started)

    async def _post(
        self,
        kind: str,
        payload: JsonObject,
        *,
        sign: bool,
        timestamp: str | None,
        signature: str | None,
        headers: Mapping[str, str],
    ) -> Acknowledgement:
        if kind in EVENTS:
            body, content_type = json.dumps(payload).encode(), "application/json"
        else:
            body = urlencode(payload if kind == "command" else {"payload": json.dumps(payload)}).encode()
            content_type = FORM
        stamp = timestamp if timestamp is not None else str(int(time.time()))
        sent = {
            "content-type": content_type,
            "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if sign:
            sent |= {
                "x-slack-request-timestamp": stamp,
                "x-slack-signature": signature if signature is not None else self.sign(body, stamp),
            }
        return await self._exchange(body, sent | dict(headers))

    async def _exchange(self, body: bytes, headers: Mapping[str, str]) -> Acknowledgement:
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self.acknowledgement_seconds):
                answer = await self._client.post(self.events_url, content=body, headers=headers)
        except TimeoutError:
            return Acknowledgement(0, "", asyncio.get_running_loop().time() - started, "operation_timeout")
        except httpx.TransportError as error:
            return Acknowledgement(0, str(error), asyncio.get_running_loop().time() - started, "dispatch_failed")
        failed = None if answer.status_code == OK and len(answer.content) <= BODY_LIMIT else "dispatch_failed"
        return Acknowledgement(answer.status_code, answer.text, asyncio.get_running_loop().time() - started, failed)
