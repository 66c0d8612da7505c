"""Serves an ASGI application on a loopback socket, inside the running event loop.

Uses uvicorn's protocol, but not its server class, which owns the process: it handles signals, polls ten times a second
for the end, and waits for every connection before it stops.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any, Final, Self

import uvicorn
from starlette.requests import ClientDisconnect
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
AsgiApp = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

LOOPBACK: Final = "127.0.0.1"
_EXTENSION: Final = "loopback.connection"
_KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the bot's clients keep theirs: a request on a connection that is just being closed gets no answer."""


class LoopbackServer:
    """Serves an ASGI application at 127.0.0.1 from `start()` to `stop()`; can be started again, at the same port.

    Without WebSockets and lifespan events.
    """

    def __init__(self, app: AsgiApp, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        """`port` 0 chooses a free one at the first start. With `tls` the server only accepts https."""
        self._app = app
        self._port = port
        self._tls = tls
        self._config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        self._state = ServerState()
        self._server: asyncio.Server | None = None
        self.connections = 0
        """TCP connections accepted since this object was made."""

    @property
    def port(self) -> int:
        """Raises: RuntimeError before the first start, unless a port was given."""
        if not self._port:
            raise RuntimeError("the server has no port before it is started")
        return self._port

    @property
    def url(self) -> str:
        """The base address, without a trailing slash."""
        return f"{'https' if self._tls else 'http'}://{LOOPBACK}:{self.port}"

    @property
    def is_running(self) -> bool:
        return self._server is not None

    async def start(self) -> None:
        """Listen; connections are accepted when this returns. Raises: OSError if the port is taken."""
        if self._server is not None:
            raise RuntimeError("the server is already running")
        # asyncio sets TCP_NODELAY only where the protocol is given; else each response takes 40 ms longer.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((LOOPBACK, self._port))
            self._server = await asyncio.get_running_loop().create_server(
                self._make_protocol, sock=listener, ssl=self._tls
            )
        except BaseException:
            listener.close()
            raise
        self._port = listener.getsockname()[1]

    async def stop(self) -> None:
        """Close the port and all connections, cancel running requests, and wait for their end."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for connection in list(self._state.connections):
            if isinstance(connection, _Protocol):
                connection.drop()
        requests = list(self._state.tasks)
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
        async with asyncio.timeout(5):
            while self._state.connections:  # noqa: ASYNC110 - uvicorn has no event for this; it takes one or two turns
                await asyncio.sleep(0)
            await server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def _make_protocol(self) -> asyncio.Protocol:
        self.connections += 1
        return _Protocol(config=self._config, server_state=self._state, app_state={})

    async def _serve(
        self, scope: Scope, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            # The caller was killed in the middle of its request.
            return
        except asyncio.CancelledError:
            if self._server is not None:
                raise
            # Cancelled by stop(); uvicorn would log this as an error of the application.


def drop_connection(scope: Scope, *, is_flushed: bool = False) -> None:
    """Close the TCP connection of this request without (the rest of) a response; the application returns afterwards.

    With `is_flushed` the data written so far is sent first, which truncates a response.
    """
    protocol = scope["extensions"][_EXTENSION]["protocol"]
    if not isinstance(protocol, _Protocol):
        raise TypeError("the request did not come through LoopbackServer")
    protocol.drop(is_flushed=is_flushed)


class _Protocol(HttpToolsProtocol):
    """uvicorn's own protocol, reachable from the request's scope."""

    def __init__(self, config: uvicorn.Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        super().__init__(config=config, server_state=server_state, app_state=app_state)
        self.access_log = False

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"protocol": self}}

    def drop(self, *, is_flushed: bool = False) -> None:
        # Otherwise uvicorn sends a 500 in place of the missing response.
        cycle = self._find_cycle()
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
        if is_flushed:
            self.transport.close()
        else:
            self.transport.abort()

    def _find_cycle(self) -> RequestResponseCycle | None:
        return self.cycle  # None before the first request, in spite of uvicorn's annotation
