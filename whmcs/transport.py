"""HTTP to one server over one pool of connections: returns the answer, or how far the call got.

Network failures are returned, never raised: httpx's errors hold the request, and so the credentials.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import Final, Literal

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from whmcs.breaker import Breaker
from whmcs.urls import strip_credentials

CONNECT_SECONDS = 3.0
PHASE_SECONDS = 60.0  # per silent phase of a call; the deadline of the call usually ends it earlier
CONNECTIONS = 10
KEEP_ALIVE_SECONDS = 30.0
MAX_BODY_BYTES = 5_000_000

_HEADERS: Final[dict[str, str]] = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "reset-password-bot",
}

Reason = Literal["no_connection", "tls", "timed_out", "connection_lost", "too_large", "not_answering"]
Cause = Literal["", "name", "connection_refused", "certificate", "protocol"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request, hidden from its repr and so from tracebacks that print variables."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `location` is set for a redirect, whose body is not read."""

    status: int
    body: bytes = field(repr=False)
    location: str | None = None
    retry_after_seconds: int | None = None

    @property
    def is_redirect(self) -> bool:
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST

    @property
    def is_server_error(self) -> bool:
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The reason for a missing or incomplete answer.

    `may_have_arrived`: the request may have reached the server. `cause` and `detail` describe a failed connection.
    `since` is set if the circuit breaker kept the request from being sent: the server has not answered since then.
    """

    reason: Reason
    may_have_arrived: bool
    status: int = 0
    cause: Cause = ""
    detail: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """Proxy and certificates for a server. `proxy`: the address of an HTTP proxy, which can hold a password, or None.

    `certificates`: the certificate authorities to trust in place of the usual public ones.
    """

    proxy: str | None = field(default=None, repr=False)
    certificates: ssl.SSLContext | None = None


DIRECT: Final = Way()


class Transport:
    """A pool of at most ten kept-alive connections to one address. `breaker` None: no circuit breaker.

    Cookies are not kept: PHP serializes requests that share one. Redirects are not followed. No proxy or
    certificate is taken from the environment, only from `way`.
    """

    def __init__(self, url: str, breaker: Breaker | None = None, way: Way = DIRECT) -> None:
        self._url = url
        self._breaker = breaker
        self._certificates = way.certificates or _certificates()
        # Without httpx's client, whose redirects, cookies and authentication are not used. aiohttp's connections take a
        # third of the CPU of httpcore's.
        self._transport = AiohttpTransport(
            verify=self._certificates, trust_env=False, proxy=_proxy(way.proxy), client=self._open_session
        )

    def _open_session(self) -> aiohttp.ClientSession:
        """Open the pool, within the event loop that uses it."""
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_end.append(_note_connection)
        tracing.on_connection_reuseconn.append(_note_connection)
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=self._certificates
        )
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, trace_configs=[tracing]
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {strip_credentials(self._url)}>"

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def post(self, request: Request, *, ends_at: float, is_write: bool = False) -> Answer | NoAnswer:
        """Send once, unless the circuit breaker is open.

        `ends_at` is on the event loop's clock and covers everything, including the wait for a connection. Nothing is
        sent after it, even by a process that was suspended in between.
        """
        breaker = self._breaker
        if breaker is None:
            return await self._send(request, ends_at)
        since = breaker.find_refusal(is_write=is_write)
        if since is not None:
            return NoAnswer("not_answering", may_have_arrived=False, since=since)
        sent_at, timeout_seconds = breaker.now(), ends_at - asyncio.get_running_loop().time()
        exchange = await self._send(request, ends_at)
        if isinstance(exchange, NoAnswer) and exchange.reason == "timed_out":
            breaker.note_timeout(sent_at, timeout_seconds)
        else:
            breaker.note_answer()
        return exchange

    async def _send(self, request: Request, ends_at: float) -> Answer | NoAnswer:
        progress = _Progress(ends_at)
        _PROGRESS.set(progress)
        try:
            async with asyncio.timeout_at(ends_at):
                return await self._exchange(request)
        except TimeoutError:
            return NoAnswer("timed_out", may_have_arrived=progress.is_sending)
        except UnicodeError:
            # A host name with a symbol or mixed text directions, which is rejected only when it is connected to.
            return NoAnswer("no_connection", may_have_arrived=False, cause="name")
        except (httpx.RequestError, aiohttp.ClientError, OSError) as error:
            if any(isinstance(seen, aiohttp.ServerTimeoutError) for seen in _chain(error)):
                return NoAnswer("timed_out", may_have_arrived=progress.is_sending)
            if progress.is_sending:
                return NoAnswer("connection_lost", may_have_arrived=True)
            return _no_connection(error)

    async def _exchange(self, request: Request) -> Answer | NoAnswer:
        response = await self._transport.handle_async_request(
            httpx.Request(
                "POST",
                self._url,
                content=request.body,
                headers=_HEADERS | dict(request.headers),
                extensions={"timeout": {"connect": CONNECT_SECONDS, "read": PHASE_SECONDS}},
            )
        )
        try:
            status = response.status_code
            if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
                return Answer(status, b"", location=strip_credentials(self._url, response.headers.get("location", "")))
            received = bytearray()
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > MAX_BODY_BYTES:
                    return NoAnswer("too_large", may_have_arrived=True, status=status)
            return Answer(status, bytes(received), retry_after_seconds=_retry_after(response, datetime.now(UTC)))
        finally:
            await response.aclose()


@dataclass(slots=True)
class _Progress:
    """How far a request got. `is_sending`: a byte of it may have been sent."""

    ends_at: float
    is_sending: bool = False


_PROGRESS: Final[ContextVar[_Progress]] = ContextVar("progress")


async def _note_connection(*_details: object) -> None:
    """Note that there is a connection, and that the request is about to be sent; prevent late sending."""
    progress = _PROGRESS.get()
    # After a suspension the new connection can be reported before the timeout is.
    if asyncio.get_running_loop().time() >= progress.ends_at:
        raise TimeoutError
    progress.is_sending = True


def _proxy(address: str | None) -> httpx.Proxy | None:
    """Return the proxy, with its credentials in a header: `httpx-aiohttp` passes them to aiohttp in a deprecated way."""
    if not address:
        return None
    given = httpx.Proxy(address)
    if given.auth is None:
        return given
    header = aiohttp.encode_basic_auth(*given.auth, encoding="utf-8")
    return httpx.Proxy(given.url, headers={"Proxy-Authorization": header})


@cache
def _certificates() -> ssl.SSLContext:
    """Return the TLS context with the usual public authorities, cached: loading them takes 25 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _no_connection(error: BaseException) -> NoAnswer:
    """Classify a connection error by the underlying error of the system or the TLS library."""
    for seen in _chain(error):
        if isinstance(seen, ssl.SSLCertVerificationError):
            return NoAnswer("tls", may_have_arrived=False, cause="certificate", detail=seen.verify_message)
        if isinstance(seen, ssl.SSLError) or "[SSL" in str(seen):
            return NoAnswer("tls", may_have_arrived=False, cause="protocol")
        if isinstance(seen, socket.gaierror):
            return NoAnswer("no_connection", may_have_arrived=False, cause="name")
        if isinstance(seen, ConnectionRefusedError):
            return NoAnswer("no_connection", may_have_arrived=False, cause="connection_refused")
    return NoAnswer("no_connection", may_have_arrived=False)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the causes of an error, deepest first; the libraries re-raise them with less detail."""
    behind = error.__cause__ or error.__context__
    if behind is not None:
        yield from _chain(behind)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _chain(one)
    yield error


def _retry_after(response: httpx.Response, now: datetime) -> int | None:
    """Parse Retry-After of a 429 or 503: seconds or a date (RFC 9110 10.2.3)."""
    if response.status_code not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return None
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < len("1000000"):
        return int(text)
    try:
        at = parsedate_to_datetime(text)
        return max(0, round((at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()))
    except (ValueError, OverflowError):
        return None
