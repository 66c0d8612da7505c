"""One server, one pool of connections: sends a body, brings back an answer or says how far the call came.

Nothing here raises for what the network does: httpx's errors hold the request and so the credentials, and end here.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from whmcs.breaker import Breaker

CONNECT_SECONDS = 3.0
PHASE_SECONDS = 60.0  # one silent phase of a call; the deadline of the call is what really ends it
CONNECTIONS = 10  # httpcore looks at every idle connection at every call
KEEP_ALIVE_SECONDS = 30.0
LARGEST_BODY_BYTES = 5_000_000

Reason = Literal["no_connection", "tls", "timed_out", "connection_lost", "too_large", "not_answering"]
Cause = Literal["", "name", "connection_refused", "certificate", "protocol"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. It shows nothing of itself, not even in a traceback that prints variables."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said. `location` is set for a redirect, whose body is not read."""

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
    """Why there is no whole answer, and whether the request may have reached the server.

    `cause` and `detail` say more of a connection that did not come about. `since` is set where nothing was sent because
    the server has not answered for so long.
    """

    reason: Reason
    may_have_arrived: bool
    status: int = 0
    cause: Cause = ""
    detail: str = ""
    since: datetime | None = None


class Transport:
    """A pool of at most ten kept-alive connections to one address. `breaker` None: it is always asked.

    Cookies are not kept: PHP would let calls of one session wait for each other. Redirects are not followed. Proxies of
    the environment are honoured, but never for this machine itself.
    """

    def __init__(self, url: str, breaker: Breaker | None = None) -> None:
        self._url = url
        self._breaker = breaker
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(PHASE_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(
                max_connections=CONNECTIONS,
                max_keepalive_connections=CONNECTIONS,
                keepalive_expiry=KEEP_ALIVE_SECONDS,
            ),
            verify=_certificates(),
            follow_redirects=False,
            trust_env=not is_loopback(httpx.URL(url)),
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "reset-password-bot"},
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {without_confidences(self._url)}>"

    async def aclose(self) -> None:
        await self._client.aclose()

    async def post(self, request: Request, *, ends_at: float, is_write: bool = False) -> Answer | NoAnswer:
        """Send once, or not at all where the breaker says so. `ends_at` is on the event loop's clock and covers everything, the pool's queue included.

        Nothing is sent after it, also by a process that was stopped meanwhile and goes on.
        """
        breaker = self._breaker
        if breaker is None:
            return await self._send(request, ends_at)
        since = breaker.find_refusal(is_write=is_write)
        if since is not None:
            return NoAnswer("not_answering", may_have_arrived=False, since=since)
        sent_at, patience = breaker.now(), ends_at - asyncio.get_running_loop().time()
        exchange = await self._send(request, ends_at)
        if isinstance(exchange, NoAnswer) and exchange.reason == "timed_out":
            breaker.note_timeout(sent_at, patience)
        else:
            breaker.note_answer()
        return exchange

    async def _send(self, request: Request, ends_at: float) -> Answer | NoAnswer:
        trace = _Trace(ends_at)
        try:
            async with asyncio.timeout_at(ends_at):
                return await self._exchange(request, trace)
        except (TimeoutError, httpx.TimeoutException):
            return NoAnswer("timed_out", may_have_arrived=trace.is_sending)
        except (httpx.RequestError, OSError) as error:
            if trace.is_sending:
                return NoAnswer("connection_lost", may_have_arrived=True)
            return _no_connection(error)

    async def _exchange(self, request: Request, trace: "_Trace") -> Answer | NoAnswer:
        async with self._client.stream(
            "POST", self._url, content=request.body, headers=dict(request.headers), extensions={"trace": trace}
        ) as response:
            status = response.status_code
            if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
                return Answer(
                    status, b"", location=without_confidences(self._url, response.headers.get("location", ""))
                )
            received = bytearray()
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > LARGEST_BODY_BYTES:
                    return NoAnswer("too_large", may_have_arrived=True, status=status)
            return Answer(status, bytes(received), retry_after_seconds=_retry_after(response, datetime.now(UTC)))


class _Trace:
    """Learns from httpcore's trace whether a byte of the request itself may have left, and lets none leave too late."""

    __slots__ = ("_ends_at", "is_sending")

    def __init__(self, ends_at: float) -> None:
        self.is_sending = False
        self._ends_at = ends_at

    async def __call__(self, event: str, info: Mapping[str, object]) -> None:
        if not event.endswith("send_request_headers.started"):
            return
        # A process that was stopped may be told of its new connection before it is told that the time is over.
        if asyncio.get_running_loop().time() >= self._ends_at:
            raise TimeoutError
        # A proxy is asked for a tunnel first; that is not the request.
        self.is_sending |= getattr(info.get("request"), "method", b"") != b"CONNECT"


@cache
def _certificates() -> ssl.SSLContext:
    """Whom everybody here trusts. It takes 25 ms to read, so it is read once."""
    return httpx.create_ssl_context()


def checked_url(url: str) -> str:
    """Return the address if it may be called: https, or http on this machine.

    Raises: ValueError, which does not repeat the address: it may hold a password.
    """
    address = _readable(url.strip())
    if address is None or address.scheme not in {"http", "https"} or not address.host:
        raise ValueError("not an http or https address")
    if address.scheme == "http" and not is_loopback(address):
        raise ValueError("only https is allowed, except on this machine")
    return str(address.copy_with(query=None, fragment=None))


def _readable(url: str) -> httpx.URL | None:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return None


def is_loopback(url: httpx.URL) -> bool:
    host = url.host
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def without_confidences(url: str, location: str | None = None) -> str:
    """Return the address, or where it points, without user name, query and fragment; "" if it can't be read."""
    if location == "":
        return ""
    try:
        parts = urlsplit(urljoin(url, location or ""))
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _no_connection(error: BaseException) -> NoAnswer:
    """Look behind httpx's error for the one of the system or of the TLS library, or for the latter's usual text."""
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
    """The error that lies deepest first; httpcore raises anew on the way up, with less to tell."""
    behind = error.__cause__ or error.__context__
    if behind is not None:
        yield from _chain(behind)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _chain(one)
    yield error


def _retry_after(response: httpx.Response, now: datetime) -> int | None:
    """Read Retry-After, seconds or a date (RFC 9110 10.2.3), of the two answers for which it means "come back"."""
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
