"""Time and number limits for the connections of a listener.

uvicorn never ends a connection whose request arrives slowly or not at all, and its `limit_concurrency` refuses new
connections while it keeps the ones that cause the trouble. Here every connection has a deadline at all times, and a new
one is always accepted: if there are too many, the one that has waited longest is closed.
"""

import asyncio
import math
import time
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import structlog
import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

_logger = structlog.stdlib.get_logger(__name__)

_CONNECTION: Final = "connection"
_WARNING_SECONDS: Final = 60.0

_MAX_OVERHEAD_BYTES: Final = 65_536
"""Bytes of one request that are not its body: headers, chunk sizes, trailers. httptools stores them without a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Limits of one listener; tests use shorter times.

    `connections`: open at the same time. With bodies of up to 1 MB this also limits the memory.
    `request_seconds`: from the first byte of a request to the last.
    `answer_seconds`: from there until the answer is sent. Slack waits for 3 s.
    `idle_seconds`: before the first request and between two requests.
    `signed_idle_seconds`: between two requests, once a signed one came over the connection. Longer than the 60 s for which
    common proxies keep an idle connection, so that a proxy never sends a request over one that is being closed.
    """

    connections: int = 200
    request_seconds: float = 5.0
    answer_seconds: float = 10.0
    idle_seconds: float = 5.0
    signed_idle_seconds: float = 75.0


class LimitedConfig(uvicorn.Config):
    """uvicorn's settings of a listener whose connections are limited."""

    def __init__(self, app: ASGIApp, *, host: str, port: int, limits: ConnectionLimits) -> None:
        super().__init__(
            app,
            host=host,
            port=port,
            http=LimitedConnection,
            # An upgraded connection would have no limits.
            ws="none",
            # Nothing uses the sender's address.
            proxy_headers=False,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            # Never sooner than our own deadline, which no byte stops that begins no request.
            timeout_keep_alive=math.ceil(max(limits.idle_seconds, limits.signed_idle_seconds)),
            timeout_graceful_shutdown=5,
        )
        self.limits = limits
        self._next_warning_at = 0.0

    def warn_of_limit(self) -> None:
        """Log that the number of connections has reached its limit, at most once a minute."""
        now = time.monotonic()
        if now >= self._next_warning_at:
            self._next_warning_at = now + _WARNING_SECONDS
            _logger.warning("connections.limit_reached", port=self.port, connections=self.limits.connections)


class _Phase(IntEnum):
    """What a connection is doing. When there are too many, those with the lowest value are closed first."""

    IDLE = 0
    RECEIVING = 1
    ANSWERING = 2


class LimitedConnection(HttpToolsProtocol):
    """One connection, with a deadline for whatever it is doing."""

    def __init__(
        self,
        config: LimitedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limited = config
        self._phase = _Phase.IDLE
        self._since = 0.0
        self._deadline: asyncio.TimerHandle | None = None
        self._has_signed_request = False
        self._overhead_bytes = 0

    def keep(self) -> None:
        """Allow `signed_idle_seconds` between requests from now on."""
        self._has_signed_request = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        self._make_room()
        super().connection_made(transport)
        self._enter(_Phase.IDLE)

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._overhead_bytes += len(data)
        super().data_received(data)
        if self._overhead_bytes > _MAX_OVERHEAD_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"][_CONNECTION] = self
        self._enter(_Phase.RECEIVING)

    def on_body(self, body: bytes) -> None:
        self._overhead_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._overhead_bytes = 0
        # A request can be refused, and so be answered, before all of it has arrived.
        self._enter(_Phase.IDLE if self.cycle.response_complete else _Phase.ANSWERING)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._phase is _Phase.ANSWERING and self.cycle.response_complete:
            self._enter(_Phase.IDLE)

    def _make_room(self) -> None:
        others = [connection for connection in self.connections if isinstance(connection, LimitedConnection)]
        if len(others) < self._limited.limits.connections:
            return
        self._limited.warn_of_limit()
        oldest = min(others, key=lambda connection: (connection._phase, connection._since))  # noqa: SLF001 - of this class
        # Here, since connection_lost() comes only after other new connections have been accepted.
        self.connections.discard(oldest)
        oldest.transport.abort()

    def _enter(self, phase: _Phase) -> None:
        self._cancel_deadline()
        self._phase = phase
        self._since = self.loop.time()
        # Not close(), which waits for a peer that does not read.
        self._deadline = self.loop.call_later(self._seconds(phase), self.transport.abort)

    def _seconds(self, phase: _Phase) -> float:
        limits = self._limited.limits
        match phase:
            case _Phase.RECEIVING:
                return limits.request_seconds
            case _Phase.ANSWERING:
                return limits.answer_seconds
            case _Phase.IDLE:
                return limits.signed_idle_seconds if self._has_signed_request else limits.idle_seconds

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def keep_connection(scope: Scope) -> None:
    """Keep the connection of this request, which is signed, for longer than others."""
    connection = scope.get("state", {}).get(_CONNECTION)
    if isinstance(connection, LimitedConnection):
        connection.keep()
