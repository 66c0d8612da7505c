"""The server side of Socket Mode: single-use addresses, `hello`, envelopes and their acknowledgements, `disconnect`.

A separate WebSocket server, as Slack's WebSocket addresses are on another host than its Web API.
"""

import asyncio
import json
import random
import secrets
import uuid
from types import TracebackType
from typing import Final, Literal, Self

from aiohttp import WSMsgType, web

from sandbox.serving import LOOPBACK
from sandbox.slack.refusal import RefusedError
from sandbox.slack.workspace import APP_ID, JsonObject, Workspace

MAX_CONNECTIONS: Final = 10
_PATH: Final = "/link/"

Reason = Literal["warning", "refresh_requested", "link_disabled"]


class SocketLostError(Exception):
    """There is no socket, or it ended before the envelope was acknowledged."""


class Connection:
    """A WebSocket of the bot. With `is_silent` it ignores everything from the bot, also pings, and sends nothing."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[JsonObject]] = {}
        self.is_silent = False
        self.has_been_warned = False

    async def say(self, message: JsonObject) -> None:
        await self.say_text(json.dumps(message))

    async def say_text(self, text: str) -> None:
        if not self.is_silent:
            await self._socket.send_str(text)

    async def send(self, kind: str, payload: JsonObject, **more: object) -> JsonObject:
        """Send an envelope and return the payload of its acknowledgement, or {}.

        `more` is added beside the payload. Raises: SocketLostError.
        """
        accepts = kind in {"slash_commands", "interactive"}
        return await self.send_raw({"type": kind, "accepts_response_payload": accepts, "payload": payload, **more})

    async def send_raw(self, envelope: JsonObject) -> JsonObject:
        """Send this envelope; otherwise as `send()`."""
        envelope_id = str(uuid.uuid4())
        answer: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = answer
        try:
            await self.say({"envelope_id": envelope_id, **envelope})
            return await answer
        except ConnectionError:
            raise SocketLostError from None
        finally:
            self._waiting.pop(envelope_id, None)

    async def disconnect(self, reason: Reason) -> None:
        """Announce that this socket will be closed."""
        self.has_been_warned = True
        await self.say({"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}})

    async def close(self) -> None:
        """Close the socket gracefully."""
        await self._socket.close()

    def drop(self) -> None:
        """Cut the TCP connection."""
        transport = self._socket._req.transport if self._socket._req is not None else None  # noqa: SLF001 - aiohttp has no public way to cut a connection
        if transport is not None:
            transport.abort()

    async def listen(self) -> None:
        """Receive acknowledgements and answer pings until the socket ends."""
        async for message in self._socket:
            if self.is_silent:
                continue
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._acknowledge(json.loads(message.data))
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(SocketLostError())

    def _acknowledge(self, message: JsonObject) -> None:
        answer = self._waiting.get(str(message.get("envelope_id")))
        if answer is not None and not answer.done():
            answer.set_result(message.get("payload") or {})


class SocketMode:
    """The WebSocket server. Faults: `greets` False omits `hello`, `refuses` rejects new sockets with 503."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tickets: set[str] = set()
        self._connections: list[Connection] = []
        self._runner: web.AppRunner | None = None
        self.base_url = ""
        self.greets = True
        self.refuses = False
        self.opened = 0
        """The number of sockets opened so far."""
        self.chosen: Connection | None = None
        """The socket used for all envelopes while it is open; None: any."""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get(_PATH, self._accept)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base_url = f"ws://{LOOPBACK}:{port}{_PATH}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for connection in self._connections:
            connection.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The open sockets, oldest first."""
        return tuple(self._connections)

    def issue_url(self) -> str:
        """Return the address for a new socket, as apps.connections.open does. Raises: RefusedError."""
        if len(self._connections) >= MAX_CONNECTIONS:
            raise RefusedError("too_many_websockets")
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return f"{self.base_url}?ticket={ticket}&app_id={APP_ID}"

    async def send(self, kind: str, payload: JsonObject, **more: object) -> JsonObject:
        """Send an envelope over one of the open sockets, as Slack does. Raises: SocketLostError."""
        if not self._connections:
            raise SocketLostError
        if self.chosen in self._connections:
            return await self.chosen.send(kind, payload, **more)
        return await random.choice(self._connections).send(kind, payload, **more)  # noqa: S311 - Slack may choose any

    async def _accept(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets or self.refuses:
            return web.Response(status=503 if self.refuses else 404)
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        connection = Connection(socket)
        self._connections.append(connection)
        self.opened += 1
        self._workspace.changes.notify()
        try:
            if self.greets:
                await connection.say(self._hello())
            await connection.listen()
        finally:
            self._connections.remove(connection)
            self._workspace.changes.notify()
        return socket

    def _hello(self) -> JsonObject:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {"host": "local", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }
