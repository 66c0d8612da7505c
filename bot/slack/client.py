"""The client for Slack's Web API: one session, and one way to make a call."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.backoff import Backoff
from bot.domain.names import one_line
from bot.domain.network import DIRECT, Proxies
from bot.domain.permissions import Workspace
from bot.slack.errors import (
    SlackRateLimitedError,
    SlackRedirectedError,
    SlackRefusedError,
    SlackUnansweredError,
)

CALL_SECONDS: Final = 8.0
_CONNECTIONS: Final = 16
_TOO_MANY_REQUESTS: Final = 429
_REDIRECTS: Final = range(300, 400)
_SERVER_ERROR: Final = 500
_LONGEST_HOST: Final = 100
_MAX_PATIENCE_SECONDS: Final = 30.0
_BACKOFF: Final = Backoff(first_seconds=0.4, longest_seconds=_MAX_PATIENCE_SECONDS)

# By Slack's reference, the operation may have been carried out in part or whole.
_PERHAPS_DONE: Final = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})

Call = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]
Observe = Callable[[str, str], None]
"""Called for each call to Slack with its method and Slack's error code, `unanswered`, or `none` for a success."""


def _ignore(method: str, error: str) -> None:
    """Record no metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The bot's identity, as auth.test returns it."""

    workspace: Workspace
    bot_id: str
    bot_user_id: str


class RedirectedError(aiohttp.ClientError):
    """The session refuses to follow a redirect to `host`. Callers turn it into a SlackRedirectedError."""

    def __init__(self, host: str) -> None:
        super().__init__(f"redirected to {host}")
        self.host = host


class SlackClient:
    """Owns the session; `aclose()` at the end.

    Nothing is retried implicitly: only the caller knows if a retry is harmless. (slack_sdk's own
    retry handler would post a message twice after a lost connection.)
    """

    def __init__(self, session: aiohttp.ClientSession, web: AsyncWebClient, observe: Observe, proxies: Proxies) -> None:
        self._session = session
        self._web = web
        self.observe = observe
        self.proxies = proxies

    @classmethod
    def connect(cls, token: str, api_url: str, observe: Observe = _ignore, *, proxies: Proxies = DIRECT) -> Self:
        # With our own session, the client's `timeout` is ignored: each call gets one here.
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
            middlewares=(_refuse_redirect,),
        )
        web = AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[])
        # By default slack_sdk would use HTTPS_PROXY even for hosts in NO_PROXY.
        web.proxy = proxies.find_proxy(api_url)
        return cls(session, web, observe, proxies)

    @property
    def session(self) -> aiohttp.ClientSession:
        return self._session

    async def call(self, method: str, make: Call, *, seconds: float = CALL_SECONDS) -> Mapping[str, Any]:
        """Make one call and return Slack's answer.

        Raises: SlackRefusedError, SlackRateLimitedError, SlackUnansweredError.
        """
        response = await self.respond(method, make, seconds=seconds)
        return response.data if isinstance(response.data, dict) else {}

    async def respond(self, method: str, make: Call, *, seconds: float = CALL_SECONDS) -> AsyncSlackResponse:
        """Make one call and return Slack's answer with its headers."""
        try:
            answer = await self._call(method, make, seconds)
        except SlackRefusedError as error:
            self.observe(method, error.code)
            raise
        except SlackUnansweredError:
            self.observe(method, "unanswered")
            raise
        self.observe(method, "none")
        return answer

    async def _call(self, method: str, make: Call, seconds: float) -> AsyncSlackResponse:
        try:
            async with asyncio.timeout(seconds):
                return await make(self._web)
        except SlackApiError as error:
            raise _told_apart(method, error) from None
        except RedirectedError as error:
            raise SlackRedirectedError(method, error.host) from None
        except TimeoutError:
            raise SlackUnansweredError(method, "timed out") from None
        except (aiohttp.ClientError, SlackClientError, OSError, ValueError) as error:
            raise SlackUnansweredError(method, type(error).__name__) from None

    async def call_patiently(self, method: str, make: Call, *, attempts: int = 3) -> Mapping[str, Any]:
        """Make a call that is harmless to repeat: retried after a lost answer, and after the wait that Slack asks for.

        Raises: SlackError: the last attempt's.
        """
        attempt, is_certain = 1, True
        while True:
            try:
                return await self.call(method, make)
            except SlackRefusedError as error:
                error.is_certain = is_certain
                if attempt == attempts or not isinstance(error, SlackRateLimitedError):
                    raise
                wait = min(error.retry_after_seconds, _MAX_PATIENCE_SECONDS)
            except SlackUnansweredError:
                if attempt == attempts:
                    raise
                is_certain = False
                wait = _BACKOFF.decide_wait_seconds(attempt)
            await asyncio.sleep(wait)
            attempt += 1

    async def identify(self) -> Identity:
        """Raises: SlackRefusedError: the token is no good; SlackUnansweredError."""
        return read_identity(await self.call("auth.test", lambda web: web.auth_test()))

    async def aclose(self) -> None:
        await self._session.close()


async def _refuse_redirect(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Refuse redirects: aiohttp would forward body and password to any host, even over http.

    Raises: RedirectedError.
    """
    response = await handler(request)
    if response.status in _REDIRECTS:
        response.close()
        raise RedirectedError(_host_of(str(request.url), response.headers.get("location", "")))
    return response


def _host_of(url: str, location: str) -> str:
    """Return scheme, host and port of a redirect's target, without user name and password."""
    try:
        parts = urlsplit(urljoin(url, location)) if location else None
    except ValueError:
        parts = None
    if parts is None or not parts.netloc:
        return "an unnamed place"
    return one_line(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")[:_LONGEST_HOST]


def read_identity(answer: Mapping[str, Any]) -> Identity:
    """Parse auth.test's answer."""
    workspace = Workspace(team_id=_text(answer, "team_id"), enterprise_id=_text(answer, "enterprise_id"))
    return Identity(workspace=workspace, bot_id=_text(answer, "bot_id"), bot_user_id=_text(answer, "user_id"))


def _told_apart(method: str, error: SlackApiError) -> SlackRefusedError | SlackUnansweredError:
    """Classify slack_sdk's error. Its response is slack_sdk's or aiohttp's, with a body that may not be JSON."""
    response = error.response
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    if status == _TOO_MANY_REQUESTS or code == "ratelimited":
        return SlackRateLimitedError(method, _retry_after(response.headers))
    if not isinstance(code, str) or status >= _SERVER_ERROR or code in _PERHAPS_DONE:
        return SlackUnansweredError(method, code if isinstance(code, str) else f"HTTP {status}")
    return SlackRefusedError(method, code)


def _retry_after(headers: Mapping[str, str]) -> float:
    value = next((text for name, text in headers.items() if name.lower() == "retry-after"), "1")
    return float(value) if value.isascii() and value.isdigit() else 1.0


def _text(answer: Mapping[str, Any], key: str) -> str:
    value = answer.get(key)
    return value if isinstance(value, str) else ""
