"""One session for all calls to Slack, and one way to make a call."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.addresses import is_loopback
from bot.domain.permissions import Workspace
from bot.slack.errors import SlackRateLimitedError, SlackRefusedError, SlackUnansweredError

CALL_SECONDS: Final = 8.0
_CONNECTIONS: Final = 16
_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERROR: Final = 500
_MAX_PATIENCE_SECONDS: Final = 30.0

# Slack's reference says of these that the operation may have been carried out in part or whole.
_PERHAPS_DONE: Final = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})

Call = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]
Observe = Callable[[str, str], None]
"""Is told of each call: the method, and Slack's error code, `unanswered`, or `none` where all went well."""


def _ignore(method: str, error: str) -> None:
    """Keep no figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the bot is, as auth.test tells it."""

    workspace: Workspace
    bot_id: str
    bot_user_id: str


class SlackClient:
    """Owns the session; `aclose()` at the end.

    Nothing is repeated by itself: whether a repetition is harmless is known only where the call is made. (slack_sdk's own
    handler would post a message twice after a lost connection.)
    """

    def __init__(self, session: aiohttp.ClientSession, web: AsyncWebClient, observe: Observe) -> None:
        self._session = session
        self._web = web
        self.observe = observe

    @classmethod
    def connect(cls, token: str, api_url: str, observe: Observe = _ignore) -> Self:
        # With a session of ours, the client's own `timeout` is ignored: each call gets one here.
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
        )
        web = AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[])
        # By itself slack_sdk would take HTTPS_PROXY also for hosts that NO_PROXY names.
        web.proxy = find_proxy(api_url)
        return cls(session, web, observe)

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
        """As `call`, with the answer's headers."""
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
        except TimeoutError:
            raise SlackUnansweredError(method, "timed out") from None
        except (aiohttp.ClientError, SlackClientError, OSError, ValueError) as error:
            raise SlackUnansweredError(method, type(error).__name__) from None

    async def call_patiently(self, method: str, make: Call, *, attempts: int = 3) -> Mapping[str, Any]:
        """As `call`, for what is harmless to repeat: after a lost answer, and after the wait that Slack asks for.

        Raises: the last attempt's error.
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
                wait = 0.2 * 2**attempt
            await asyncio.sleep(wait)
            attempt += 1

    async def identify(self) -> Identity:
        """Raises: SlackRefusedError: the token is no good; SlackUnansweredError."""
        return read_identity(await self.call("auth.test", lambda web: web.auth_test()))

    async def aclose(self) -> None:
        await self._session.close()


def find_proxy(url: str) -> str | None:
    """The proxy that the environment names for this address; never one for this machine.

    A WebSocket goes through the same proxy as https (as in slack_sdk).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    return getproxies().get({"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme))


def read_identity(answer: Mapping[str, Any]) -> Identity:
    """Read auth.test's answer."""
    workspace = Workspace(team_id=_text(answer, "team_id"), enterprise_id=_text(answer, "enterprise_id"))
    return Identity(workspace=workspace, bot_id=_text(answer, "bot_id"), bot_user_id=_text(answer, "user_id"))


def _told_apart(method: str, error: SlackApiError) -> SlackRefusedError | SlackUnansweredError:
    """slack_sdk hands over its own answer or aiohttp's, and a body that may be no JSON."""
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
