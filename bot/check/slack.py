"""Slack: the token, its workspace and scopes, the clock, groups and agents, and how Slack reaches the bot."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from bot.check.approvals import check_approvals
from bot.check.delivery import check_delivery
from bot.check.people import check_people
from bot.check.report import Line, Lines, failed, not_tried, ok, warning
from bot.settings import Settings
from bot.slack.client import SlackClient
from bot.slack.errors import SlackError, SlackRateLimitedError, SlackRefusedError
from bot.slack.scopes import BOT_SCOPES
from bot.slack.token import BotToken, describe_bot_token

_TOKEN: Final = "slack.token"  # noqa: S105 - the name of a check
_SCOPES: Final = "slack.scopes"
_CLOCK: Final = "slack.clock"
_PEOPLE: Final = ("slack.groups", "slack.agents", "slack.set_password")
_SKEW_SECONDS: Final = 60
_REFUSED_SKEW_SECONDS: Final = 300
_NOT_TOLD: Final = (
    "Slack does not tell the rest: whether the Messages tab is on, without which nobody gets a direct message, the Home"
    " tab with its event, and the shortcuts. If the app was made for an older version, put the manifest in place of its own."
)


async def check_slack(settings: Settings) -> Lines:
    client = SlackClient.connect(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    try:
        about_token, about_delivery = await asyncio.gather(
            _check_token(client, settings), check_delivery(client, settings)
        )
    finally:
        await client.aclose()
    return (*about_token, about_delivery)


async def _check_token(client: SlackClient, settings: Settings) -> Lines:
    try:
        token = await describe_bot_token(client)
    except SlackError as error:
        return (_explain(error, settings.slack_api_url), *not_tried((_SCOPES, _CLOCK, *_PEOPLE), _TOKEN))
    workspace = token.identity.workspace
    return (
        ok(_TOKEN, f"{token.bot_name} in the workspace {token.workspace_name} ({workspace.team_id})"),
        _judge_scopes(token.scopes),
        _judge_clock(token, is_http=settings.slack_app_token is None),
        *await check_people(client, settings, workspace),
        *await check_approvals(client, settings, token.identity.bot_user_id),
    )


def _explain(error: SlackError, api_url: str) -> Line:
    match error:
        case SlackRateLimitedError():
            return failed(_TOKEN, "Slack is asked too often", f"Check again in {error.retry_after_seconds:.0f} s.")
        case SlackRefusedError(code="token_revoked" | "account_inactive" | "token_expired"):
            return failed(
                _TOKEN,
                f"the token is no longer valid ({error.code})",
                "In the app's settings, OAuth & Permissions: install the app again, and copy the token to SLACK_BOT_TOKEN.",
            )
        case SlackRefusedError():
            return failed(
                _TOKEN,
                f"Slack does not accept the token ({error.code})",
                "Copy the bot token from OAuth & Permissions in the app's settings to SLACK_BOT_TOKEN.",
            )
        case _:
            return failed(
                _TOKEN,
                f"no answer from {api_url} ({error})",
                "Let this host reach it by https, or correct SLACK_API_URL.",
            )


def _judge_scopes(granted: frozenset[str] | None) -> Line:
    if granted is None:
        return warning(_SCOPES, "Slack did not tell them", "Compare OAuth & Permissions with manifest.yml.")
    missing, unused = sorted(set(BOT_SCOPES) - granted), sorted(granted - set(BOT_SCOPES))
    if missing:
        return failed(
            _SCOPES,
            f"the token lacks {', '.join(missing)}",
            f"In the app's settings, OAuth & Permissions: add {', '.join(missing)}, then install the app again.",
        )
    if unused:
        return warning(
            _SCOPES,
            f"the token has more than it needs: {', '.join(unused)}",
            f"In the app's settings, OAuth & Permissions: remove {', '.join(unused)}, then install the app again.",
        )
    return ok(_SCOPES, "those of the manifest", _NOT_TOLD)


def _judge_clock(token: BotToken, *, is_http: bool) -> Line:
    if token.told_at is None:
        return ok(_CLOCK, "Slack does not tell its time")
    ahead = (datetime.now(UTC) - token.told_at).total_seconds()
    if abs(ahead) <= _SKEW_SECONDS:
        return ok(_CLOCK, "agrees with Slack's")
    text = f"this host's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} Slack's"
    then = "Let this host take its time from NTP."
    if is_http and abs(ahead) > _REFUSED_SKEW_SECONDS:
        return failed(_CLOCK, f"{text}: signed requests are refused", then)
    return warning(_CLOCK, text, then)
