"""One WebSocket to Slack: reads, acknowledges, pings."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import ClientWebSocketResponse, WSMsgType

from bot.domain.names import one_line

_logger = structlog.stdlib.get_logger(__name__)

_ACKNOWLEDGE_SECONDS: Final = 3.0
_AT_ONCE: Final = 1000

Acknowledge = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Returns the payload of a payload's acknowledgement, empty for a plain one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    """A message that Slack wants acknowledged. A payload that is not an object becomes an empty one."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    takes_answer: bool


class SocketConnection:
    """One socket, from Slack's hello to its end."""

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        acknowledge: Acknowledge,
        *,
        ping_seconds: float,
        silent_after_seconds: float,
    ) -> None:
        self._socket = socket
        self._acknowledge = acknowledge
        self._ping_seconds = ping_seconds
        self._silent_after_seconds = silent_after_seconds
        self._answering: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._on_end: Callable[[SocketConnection], None] | None = None
        self._has_begun = asyncio.Event()
        self._has_hello = False
        self._is_over = asyncio.Event()
        self.is_ending = asyncio.Event()
        self.ending = ""
        """Why it ended, or is about to."""
        self.heard_at = asyncio.get_running_loop().time()

    @property
    def is_usable(self) -> bool:
        """Return True if Slack can send over it, even if it is about to be replaced."""
        return self._has_hello and not self._is_over.is_set() and self._silence() < self._silent_after_seconds

    def start(self, *, on_end: Callable[["SocketConnection"], None]) -> None:
        self._on_end = on_end
        reading = asyncio.create_task(self._read())
        reading.add_done_callback(self._over)
        self._tasks = [reading, asyncio.create_task(self._beat())]

    async def wait_for_hello(self) -> None:
        """Wait for Slack's hello, or for the end of the connection."""
        await self._has_begun.wait()

    async def retire(self, overlap_seconds: float) -> None:
        """Close it once Slack has had time to switch, unless Slack closes it first."""
        try:
            async with asyncio.timeout(overlap_seconds):
                await self._is_over.wait()
        except TimeoutError:
            await self.close()

    async def close(self) -> None:
        """Close it after acknowledging everything received, waiting at most three seconds."""
        try:
            async with asyncio.timeout(_ACKNOWLEDGE_SECONDS):
                while self._answering:
                    await asyncio.wait(self._answering)
        except TimeoutError:
            _logger.warning("socket.closed_unacknowledged", missing=len(self._answering))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()
        self._tell_end()

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            match message.type:
                case WSMsgType.TEXT:
                    self._take(message.data)
                    while len(self._answering) >= _AT_ONCE:
                        await asyncio.wait(self._answering, return_when=asyncio.FIRST_COMPLETED)
                case WSMsgType.PING:
                    self._hear()
                    await self._socket.pong(message.data)
                case WSMsgType.PONG:
                    self._hear()
                case WSMsgType.CLOSE | WSMsgType.CLOSING | WSMsgType.CLOSED | WSMsgType.ERROR:
                    return

    async def _beat(self) -> None:
        """Ping Slack, and give up the socket if no answer comes."""
        while True:
            if self._silence() >= self._silent_after_seconds:
                # The reader ends with it.
                self._end("silent socket")
                await self._socket.close()
                return
            try:
                await self._socket.ping()
            except (aiohttp.ClientError, ConnectionError):
                # The reader notices the end too, and reports it.
                return
            await asyncio.sleep(self._ping_seconds)

    def _take(self, text: str) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            _logger.warning("socket.message_malformed")
            return
        envelope_id, payload = message.get("envelope_id"), message.get("payload")
        if message.get("type") == "hello":
            self._hear()
            self._has_hello = True
            self._has_begun.set()
        elif message.get("type") == "disconnect":
            self._end(f"Slack says {one_line(str(message.get('reason') or 'disconnect'))[:80]}")
        elif isinstance(envelope_id, str):
            envelope = _Envelope(
                id=envelope_id,
                kind=one_line(str(message.get("type")))[:80],
                payload=payload if isinstance(payload, dict) else {},
                takes_answer=message.get("accepts_response_payload") is True,
            )
            task = asyncio.create_task(self._answer(envelope), name=f"envelope {envelope.kind}")
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, envelope: _Envelope) -> None:
        answer: Mapping[str, Any] = {}
        try:
            answer = await self._acknowledge(envelope.payload)
        except Exception:
            _logger.exception("payload.crashed")
        sent: dict[str, Any] = {"envelope_id": envelope.id}
        if answer and envelope.takes_answer:
            sent["payload"] = answer
        try:
            await self._socket.send_str(json.dumps(sent))
        except (aiohttp.ClientError, ConnectionError):
            _logger.warning("acknowledgement.lost", kind=envelope.kind)

    def _hear(self) -> None:
        self.heard_at = asyncio.get_running_loop().time()

    def _silence(self) -> float:
        return asyncio.get_running_loop().time() - self.heard_at

    def _end(self, reason: str) -> None:
        self.ending = self.ending or reason
        self.is_ending.set()

    def _over(self, reading: asyncio.Task[None]) -> None:
        self._is_over.set()
        self._end("socket closed")
        self._has_begun.set()
        # Cancelled by close(), which continues.
        if not reading.cancelled():
            for task in self._tasks:
                task.cancel()
            self._tell_end()

    def _tell_end(self) -> None:
        if self._on_end is not None:
            self._on_end(self)
