"""From a payload of Slack, whichever way it came, to the acknowledgement of the listener that answers it."""

import json
import time
from collections.abc import Mapping
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.metrics import Metrics

_logger = structlog.stdlib.get_logger(__name__)

_JSON: Final = "application/json"
_OK: Final = 200
_SERVER_ERROR: Final = 500
_KINDS: Final = frozenset(
    {
        "block_actions",
        "block_suggestion",
        "event_callback",
        "message_action",
        "shortcut",
        "url_verification",
        "view_closed",
        "view_submission",
    }
)


class MalformedPayloadError(Exception):
    """Nothing that Slack ever sends. Holds nothing of it."""


class Dispatcher:
    def __init__(self, bolt: AsyncApp, metrics: Metrics) -> None:
        self._bolt = bolt
        self._metrics = metrics

    async def dispatch(self, body: Mapping[str, Any]) -> BoltResponse:
        """Let Bolt find the listener; 404 if there is none.

        Bolt is given JSON, which it can't take for anything else. Our listeners answer their own faults, so that an
        error here is Bolt's, over a payload of a shape that Slack never sends.

        Raises: MalformedPayloadError.
        """
        began_at = time.perf_counter()
        try:
            request = AsyncBoltRequest(body=json.dumps(body), headers={"content-type": [_JSON]})
            answer = await self._bolt.async_dispatch(request)
        except Exception as error:  # noqa: BLE001 - whatever Bolt stumbles over is the sender's malformed payload
            _logger.warning("payload not understood", error=type(error).__name__)
            # Without the cause: it can hold the payload.
            raise MalformedPayloadError from None
        if answer.status >= _SERVER_ERROR:
            _logger.warning("payload not understood", status=answer.status)
            raise MalformedPayloadError
        self._metrics.acknowledgement_seconds.labels(_kind(body)).observe(time.perf_counter() - began_at)
        return answer

    async def acknowledge(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """As `dispatch`, for Socket Mode: the acknowledgement's payload, empty for a plain one.

        What nobody listens to, or is malformed, is acknowledged as well: Slack would show an error or send it again.
        """
        try:
            answer = await self.dispatch(body)
        except MalformedPayloadError:
            return {}
        if answer.status != _OK:
            _logger.warning("payload that nobody listens to", kind=_kind(body))
            return {}
        payload = json.loads(answer.body) if answer.body else {}
        return payload if isinstance(payload, dict) else {}


def _kind(body: Mapping[str, Any]) -> str:
    """What Slack sent, from a short list: it labels figures."""
    if "command" in body:
        return "command"
    kind = body.get("type")
    return kind if isinstance(kind, str) and kind in _KINDS else "unknown"
