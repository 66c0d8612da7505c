"""Dispatches a payload, received by HTTP or socket, to its listener, and returns the acknowledgement."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.listeners.payloads import Envelope, PayloadError
from bot.metrics import Metrics

_logger = structlog.stdlib.get_logger(__name__)

_JSON: Final = "application/json"
_OK: Final = 200
_NOT_FOUND: Final = 404
_SERVER_ERROR: Final = 500
_UNKNOWN: Final = "unknown"


class MalformedPayloadError(Exception):
    """A payload that Slack never sends. Holds nothing of it."""


@dataclass(kw_only=True)
class Dispatcher:
    bolt: AsyncApp
    metrics: Metrics

    async def dispatch(self, body: Mapping[str, Any]) -> BoltResponse:
        """Let Bolt find the listener; 404 if there is none. Each refusal is logged as one warning.

        Bolt gets JSON, which it can't misread, and only payloads with a shape it can route.

        Raises: MalformedPayloadError.
        """
        began_at = time.perf_counter()
        try:
            text, envelope = _write(body), Envelope.parse(body)
        except PayloadError as error:
            raise _malformed(str(error)) from None
        answer = BoltResponse(status=_NOT_FOUND)
        if envelope.kind != _UNKNOWN:
            answer = await self._ask_bolt(text)
        if answer.status == _NOT_FOUND:
            _logger.warning("payload.not_handled", kind=envelope.kind)
        self.metrics.acknowledgement_seconds.labels(envelope.kind).observe(time.perf_counter() - began_at)
        return answer

    async def _ask_bolt(self, text: str) -> BoltResponse:
        """Let Bolt route the payload. Listeners answer their own errors, so an error here is Bolt's, over an unknown shape.

        Raises: MalformedPayloadError.
        """
        try:
            answer = await self.bolt.async_dispatch(AsyncBoltRequest(body=text, headers={"content-type": [_JSON]}))
        except Exception as error:  # noqa: BLE001 - whatever Bolt stumbles over is the sender's malformed payload
            # Without the cause: it can hold the payload.
            raise _malformed(type(error).__name__) from None
        if answer.status >= _SERVER_ERROR:
            raise _malformed(f"Bolt answered {answer.status}")
        return answer

    async def acknowledge(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Dispatch for Socket Mode. Returns the acknowledgement's payload, empty for a plain one.

        Unknown and malformed payloads are acknowledged too: Slack would show an error or send them again.
        """
        try:
            answer = await self.dispatch(body)
        except MalformedPayloadError:
            return {}
        if answer.status != _OK:
            return {}
        payload = json.loads(answer.body) if answer.body else {}
        return payload if isinstance(payload, dict) else {}


def _write(body: Mapping[str, Any]) -> str:
    """Return the payload as JSON.

    Raises: PayloadError: nested too deeply, or with a lone surrogate, which neither the database nor Slack accepts.
    """
    try:
        text = json.dumps(body, ensure_ascii=False)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise PayloadError(type(error).__name__) from None
    return text


def _malformed(reason: str) -> MalformedPayloadError:
    _logger.warning("payload.malformed", error=reason)
    return MalformedPayloadError()
