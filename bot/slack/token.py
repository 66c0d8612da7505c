"""Token checks: the identity and scopes of a token."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.domain.names import one_line
from bot.slack.client import Identity, SlackClient, read_identity


@dataclass(frozen=True, slots=True, kw_only=True)
class BotToken:
    """`scopes` None: not reported. `told_at`: Slack's own time; None if the answer has none."""

    identity: Identity
    bot_name: str
    workspace_name: str
    scopes: frozenset[str] | None
    told_at: datetime | None


async def describe_bot_token(client: SlackClient) -> BotToken:
    """Raises: SlackError."""
    response = await client.respond("auth.test", lambda web: web.auth_test())
    answer = response.data if isinstance(response.data, dict) else {}
    headers = {name.lower(): value for name, value in response.headers.items()}
    return BotToken(
        identity=read_identity(answer),
        bot_name=one_line(str(answer.get("user") or "")),
        workspace_name=one_line(str(answer.get("team") or "")),
        scopes=_scopes(headers),
        told_at=_time(headers.get("date", "")),
    )


async def try_app_token(client: SlackClient, app_token: str) -> None:
    """Request a socket's address, which takes an app token with the right scope. The socket is not opened.

    Raises: SlackError.
    """
    await client.call("apps.connections.open", lambda web: web.apps_connections_open(app_token=app_token))


def _scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    text = headers.get("x-oauth-scopes")
    return frozenset(scope.strip() for scope in text.split(",") if scope.strip()) if text is not None else None


def _time(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC)
