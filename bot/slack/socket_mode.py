"""Socket Mode: Slack comes over a WebSocket that we open, and answers travel back the same way.

slack_sdk's own client closes a socket that Slack wants to replace before it has opened the next one, tries a spent
address again, and leaves the work that it starts to nobody: see docs/decisions/0012. Facts:
https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import structlog
from aiohttp import ClientWebSocketResponse, WSMsgType

from bot.domain.addresses import is_loopback
from bot.domain.names import one_line
from bot.slack.client import SlackClient, find_proxy
from bot.slack.errors import SlackError, SlackRateLimitedError, SlackUnansweredError

_logger = structlog.stdlib.get_logger(__name__)

SILENT_SECONDS: Final = 15.0
"""A socket on which nothing was heard for so long, though we ask every few seconds, is dead."""

_PING_SECONDS: Final = 5.0
_HELLO_SECONDS: Final = 10.0
_OVERLAP_SECONDS: Final = 10.0
_LASTING_SECONDS: Final = 10.0
_FIRST_WAIT_SECONDS: Final = 0.5
_LONGEST_WAIT_SECONDS: Final = 30.0
_LONGEST_PAUSE_SECONDS: Final = 300.0
_SOCKETS: Final = 3
_AT_ONCE: Final = 1000
_ACKNOWLEDGE_SECONDS: Final = 3.0
_MAX_MESSAGE_BYTES: Final = 1_000_000
_OPEN: Final = "apps.connections.open"

Acknowledge = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""From a payload to the payload of its acknowledgement, empty for a plain one."""


class SocketMode:
    """Keeps a socket open from `begin()` to `end()`; two while Slack replaces one by the next.

    `silent_after_seconds` and `ping_seconds` are what a test makes shorter.
    """

    def __init__(
        self,
        client: SlackClient,
        app_token: str,
        acknowledge: Acknowledge,
        *,
        ping_seconds: float = _PING_SECONDS,
        silent_after_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._acknowledge = acknowledge
        self._ping_seconds = ping_seconds
        self._silent_after_seconds = silent_after_seconds
        self._connections: set[_Connection] = set()
        self._keeper: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._last_heard_at = asyncio.get_running_loop().time()
        self._failure = ""
        self._wait_seconds = 0.0

    @property
    def silent_seconds(self) -> float:
        """How long ago Slack's last hello, ping or pong was heard on any socket."""
        heard = (connection.heard_at for connection in self._connections)
        self._last_heard_at = max(self._last_heard_at, *heard, self._last_heard_at)
        return asyncio.get_running_loop().time() - self._last_heard_at

    @property
    def state(self) -> str:
        """`ok`, or `unusable: …` and why."""
        if any(connection.is_usable for connection in self._connections):
            return "ok"
        return f"unusable: {self._failure or 'no socket'}, nothing heard for {self.silent_seconds:.0f} s"

    @property
    def next_try_seconds(self) -> float:
        """How long it waits at most before it tries to open a socket again."""
        return self._wait_seconds

    async def begin(self) -> None:
        """Open a socket; when this returns, Slack has greeted us on it. From then on there always is one.

        Raises: SlackError.
        """
        self._keeper = asyncio.create_task(self._keep(await self._open()))

    async def end(self) -> None:
        """Take what still comes while answers are under way, acknowledge it, and close."""
        tasks = [*self._retiring, *([self._keeper] if self._keeper is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(connection.close() for connection in list(self._connections)))

    async def _keep(self, connection: "_Connection") -> None:
        """Replace the socket whenever it ends or is about to; the next one is there before an old one goes."""
        while True:
            opened_at = asyncio.get_running_loop().time()
            await connection.is_ending.wait()
            self._failure = connection.ending
            _logger.info("socket is replaced", reason=connection.ending)
            has_lasted = asyncio.get_running_loop().time() - opened_at >= _LASTING_SECONDS
            self._wait_seconds = 0.0 if has_lasted else _longer(self._wait_seconds)
            following = await self._open_again()
            # One that flaps leaves no crowd of sockets behind: Slack allows ten.
            self._retire(connection, _OVERLAP_SECONDS if len(self._connections) <= _SOCKETS else 0)
            connection = following

    async def _open_again(self) -> "_Connection":
        """Try until there is one, less and less often, whatever goes wrong."""
        while True:
            await asyncio.sleep(self._wait_seconds * random.uniform(0.5, 1.0))  # noqa: S311 - spreads replicas, hides nothing
            self._wait_seconds = _longer(self._wait_seconds)
            try:
                return await self._open()
            except SlackRateLimitedError as error:
                self._failure = str(error)
                self._wait_seconds = max(self._wait_seconds, min(error.retry_after_seconds, _LONGEST_PAUSE_SECONDS))
            except SlackError as error:
                self._failure = str(error)
            except Exception as error:
                # Nobody foresaw it; without another try the bot would be deaf for ever.
                self._failure = type(error).__name__
                _logger.exception("socket not opened")
            _logger.warning("no socket", error=self._failure, next_seconds=round(self._wait_seconds))

    async def _open(self) -> "_Connection":
        """Raises: SlackError."""
        answer = await self._client.call(_OPEN, lambda web: web.apps_connections_open(app_token=self._app_token))
        connection = _Connection(
            await self._connect(str(answer.get("url", ""))),
            self._acknowledge,
            ping_seconds=self._ping_seconds,
            silent_after_seconds=self._silent_after_seconds,
        )
        self._connections.add(connection)
        connection.start(on_end=self._ended)
        try:
            async with asyncio.timeout(_HELLO_SECONDS):
                await connection.wait_for_hello()
        except TimeoutError:
            self._retire(connection, 0)
            raise SlackUnansweredError(_OPEN, "a socket without hello") from None
        if not connection.is_usable:
            raise SlackUnansweredError(_OPEN, f"a socket that ended: {connection.ending}")
        _logger.info("socket opened", sockets=len(self._connections))
        return connection

    async def _connect(self, url: str) -> ClientWebSocketResponse:
        try:
            parts = urlsplit(url)
        except ValueError:
            raise SlackUnansweredError(_OPEN, "an answer without a wss address") from None
        if parts.scheme != "wss" and not (parts.scheme == "ws" and is_loopback(parts.hostname or "")):
            raise SlackUnansweredError(_OPEN, "an answer without a wss address")
        try:
            return await self._client.session.ws_connect(
                url,
                # We answer pings and look at pongs ourselves: their age tells whether the socket is alive.
                autoping=False,
                proxy=find_proxy(url),
                max_msg_size=_MAX_MESSAGE_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Without the cause: its text holds the address, and that the ticket.
            raise SlackUnansweredError(_OPEN, f"no socket ({type(error).__name__})") from None

    def _retire(self, connection: "_Connection", overlap_seconds: float) -> None:
        task = asyncio.create_task(connection.retire(overlap_seconds))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    def _ended(self, connection: "_Connection") -> None:
        """Nothing more comes over it, and nothing is to be said there any more."""
        self._last_heard_at = max(self._last_heard_at, connection.heard_at)
        self._connections.discard(connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    """What Slack wants an acknowledgement for. A payload that is no object is an empty one here."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    takes_answer: bool


def _longer(seconds: float) -> float:
    return min(max(2 * seconds, _FIRST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS)


class _Connection:
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
        self._on_end: Callable[[_Connection], None] | None = None
        self._has_begun = asyncio.Event()
        self._has_hello = False
        self._is_over = asyncio.Event()
        self.is_ending = asyncio.Event()
        self.ending = ""
        """Why it ended, or is about to."""
        self.heard_at = asyncio.get_running_loop().time()

    @property
    def is_usable(self) -> bool:
        """Whether Slack sends over it; that it is about to be replaced changes nothing."""
        return self._has_hello and not self._is_over.is_set() and self._silence() < self._silent_after_seconds

    def start(self, *, on_end: Callable[["_Connection"], None]) -> None:
        self._on_end = on_end
        reading = asyncio.create_task(self._read())
        reading.add_done_callback(self._over)
        self._tasks = [reading, asyncio.create_task(self._beat())]

    async def wait_for_hello(self) -> None:
        """Or for the end, if that comes first."""
        await self._has_begun.wait()

    async def retire(self, overlap_seconds: float) -> None:
        """Close it when Slack has had time to send elsewhere, unless Slack is quicker."""
        try:
            async with asyncio.timeout(overlap_seconds):
                await self._is_over.wait()
        except TimeoutError:
            await self.close()

    async def close(self) -> None:
        """Close it when all that came is acknowledged, also what comes meanwhile; wait three seconds at most for that."""
        try:
            async with asyncio.timeout(_ACKNOWLEDGE_SECONDS):
                while self._answering:
                    await asyncio.wait(self._answering)
        except TimeoutError:
            _logger.warning("socket closed without all acknowledgements", missing=len(self._answering))
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
        """Ask whether Slack is there, and give the socket up when nothing comes back."""
        while True:
            if self._silence() >= self._silent_after_seconds:
                # The reader ends with it.
                self._end("silent socket")
                await self._socket.close()
                return
            try:
                await self._socket.ping()
            except (aiohttp.ClientError, ConnectionError):
                # The reader sees the end as well, and tells of it.
                return
            await asyncio.sleep(self._ping_seconds)

    def _take(self, text: str) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            _logger.warning("socket message not understood")
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
            _logger.exception("payload broke off")
        sent: dict[str, Any] = {"envelope_id": envelope.id}
        if answer and envelope.takes_answer:
            sent["payload"] = answer
        try:
            await self._socket.send_str(json.dumps(sent))
        except (aiohttp.ClientError, ConnectionError):
            _logger.warning("acknowledgement lost: the socket has ended", kind=envelope.kind)

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
        # Cancelled by close(), which goes on.
        if not reading.cancelled():
            for task in self._tasks:
                task.cancel()
            self._tell_end()

    def _tell_end(self) -> None:
        if self._on_end is not None:
            self._on_end(self)
