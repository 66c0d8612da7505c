"""Socket Mode: payloads and acknowledgements travel over a WebSocket that the bot opens.

slack_sdk's own client closes a socket that Slack wants to replace before it has opened the next one, retries an expired
address, and starts tasks without an owner: see docs/decisions/0012. Facts:
https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

import asyncio
import random
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import structlog
from aiohttp import ClientWebSocketResponse

from bot.domain.backoff import Backoff
from bot.domain.network import is_loopback
from bot.slack.client import RedirectedError, SlackClient
from bot.slack.errors import SlackError, SlackRateLimitedError, SlackRedirectedError, SlackUnansweredError
from bot.slack.socket_connection import Acknowledge, SocketConnection

_logger = structlog.stdlib.get_logger(__name__)

SILENT_SECONDS: Final = 15.0
"""A socket that has been silent for this long, despite pings every few seconds, is dead."""

_PING_SECONDS: Final = 5.0
_HELLO_SECONDS: Final = 10.0
_OVERLAP_SECONDS: Final = 10.0
_LASTING_SECONDS: Final = 10.0
_BACKOFF: Final = Backoff(first_seconds=0.5, longest_seconds=30)
_LONGEST_PAUSE_SECONDS: Final = 300.0
_SOCKETS: Final = 3
_MAX_MESSAGE_BYTES: Final = 1_000_000
_OPEN: Final = "apps.connections.open"


class SocketMode:
    """Keeps a socket open from `begin()` to `end()`; two while Slack replaces one.

    Tests shorten `silent_after_seconds` and `ping_seconds`.
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
        self._connections: set[SocketConnection] = set()
        self._keeper: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._last_heard_at = asyncio.get_running_loop().time()
        self._failure = ""
        self._attempts = 0
        self._wait_seconds = 0.0

    @property
    def silent_seconds(self) -> float:
        """Return the seconds since Slack's last hello, ping or pong on any socket."""
        heard = (connection.heard_at for connection in self._connections)
        self._last_heard_at = max(self._last_heard_at, *heard, self._last_heard_at)
        return asyncio.get_running_loop().time() - self._last_heard_at

    @property
    def state(self) -> str:
        """Return `ok`, or `unusable: …` with the reason."""
        if any(connection.is_usable for connection in self._connections):
            return "ok"
        return f"unusable: {self._failure or 'no socket'}, nothing heard for {self.silent_seconds:.0f} s"

    @property
    def next_try_seconds(self) -> float:
        """Return the longest wait before the next attempt to open a socket."""
        return self._wait_seconds

    async def begin(self) -> None:
        """Open a socket, and keep one open from now on. Returns after Slack's hello.

        Raises: SlackError.
        """
        self._keeper = asyncio.create_task(self._keep(await self._open()))

    async def end(self) -> None:
        """Close after acknowledging everything that arrives meanwhile."""
        tasks = [*self._retiring, *([self._keeper] if self._keeper is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(connection.close() for connection in list(self._connections)))

    async def _keep(self, connection: SocketConnection) -> None:
        """Replace the socket whenever it ends or is about to; the next one is opened first."""
        while True:
            opened_at = asyncio.get_running_loop().time()
            await connection.is_ending.wait()
            self._failure = connection.ending
            _logger.info("socket.replaced", reason=connection.ending)
            has_lasted = asyncio.get_running_loop().time() - opened_at >= _LASTING_SECONDS
            self._attempts = 0 if has_lasted else self._attempts + 1
            self._wait_seconds = _BACKOFF.decide_wait_seconds(self._attempts)
            following = await self._open_again()
            # A flapping connection must not pile up sockets: Slack allows ten.
            self._retire(connection, _OVERLAP_SECONDS if len(self._connections) <= _SOCKETS else 0)
            connection = following

    async def _open_again(self) -> SocketConnection:
        """Retry with back-off until a socket is open."""
        while True:
            await asyncio.sleep(self._wait_seconds * random.uniform(0.5, 1.0))  # noqa: S311 - spreads replicas, hides nothing
            self._attempts += 1
            self._wait_seconds = _BACKOFF.decide_wait_seconds(self._attempts)
            try:
                return await self._open()
            except SlackRateLimitedError as error:
                self._failure = str(error)
                self._wait_seconds = max(self._wait_seconds, min(error.retry_after_seconds, _LONGEST_PAUSE_SECONDS))
            except SlackError as error:
                self._failure = str(error)
            except Exception as error:
                # An unforeseen error: without another attempt the bot would receive nothing any more.
                self._failure = type(error).__name__
                _logger.exception("socket.crashed")
            _logger.warning("socket.not_opened", error=self._failure, next_seconds=round(self._wait_seconds))

    async def _open(self) -> SocketConnection:
        """Raises: SlackError."""
        answer = await self._client.call(_OPEN, lambda web: web.apps_connections_open(app_token=self._app_token))
        connection = SocketConnection(
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
        _logger.info("socket.opened", sockets=len(self._connections))
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
                # Pings and pongs are handled here: their age shows if the socket is alive.
                autoping=False,
                proxy=self._client.proxies.find_proxy(url),
                max_msg_size=_MAX_MESSAGE_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
            )
        except RedirectedError as error:
            raise SlackRedirectedError(_OPEN, error.host) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Without the cause: its text holds the address with the ticket.
            raise SlackUnansweredError(_OPEN, f"no socket ({type(error).__name__})") from None

    def _retire(self, connection: SocketConnection, overlap_seconds: float) -> None:
        task = asyncio.create_task(connection.retire(overlap_seconds))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    def _ended(self, connection: SocketConnection) -> None:
        """Handle the end of a connection."""
        self._last_heard_at = max(self._last_heard_at, connection.heard_at)
        self._connections.discard(connection)
