"""Checks of Slack: token, workspace, scopes, clock, people, approval channel, delivery."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from bot.check.delivery import check_delivery
from bot.check.people import check_people
from bot.check.report import Line, Lines, failed, not_tried, ok, warning
from bot.manifest import BOT_SCOPES
from bot.settings import Settings
from bot.slack.client import SlackClient
from bot.slack.errors import SlackError, SlackRateLimitedError, SlackRedirectedError, SlackRefusedError
from bot.slack.token import BotToken, describe_bot_token

_TOKEN: Final = "slack.token"  # noqa: S105 - the name of a check
_SCOPES: Final = "slack.scopes"
_CLOCK: Final = "slack.clock"
_APPROVALS: Final = "slack.approvals"
_NOT_IN_CHANNEL: Final = {
    "not_in_channel": "the bot is not in it",
    "channel_not_found": "there is none with this id, or it is private and the bot is not in it",
    "is_archived": "it is archived",
}
_PEOPLE: Final = ("slack.groups", "slack.agents", "slack.set_password")
_SKEW_SECONDS: Final = 60
_REFUSED_SKEW_SECONDS: Final = 300
_NOT_REPORTED: Final = (
    "Slack does not report the rest: the Messages tab (direct messages can't be delivered without it), the Home tab with"
    " its event, and the shortcuts. If the app was created for an older version, replace its manifest."
)


async def check_slack(settings: Settings) -> Lines:
    client = SlackClient.connect(
        settings.slack_bot_token.get_secret_value(), settings.slack_api_url, proxies=settings.proxies
    )
    try:
        of_token, of_delivery = await asyncio.gather(_check_token(client, settings), check_delivery(client, settings))
    finally:
        await client.aclose()
    return (*of_token, of_delivery)


async def _check_token(client: SlackClient, settings: Settings) -> Lines:
    try:
        token = await describe_bot_token(client)
    except SlackError as error:
        is_proxied = client.proxies.find_proxy(settings.slack_api_url) is not None
        return (
            _explain(error, settings.slack_api_url, is_proxied=is_proxied),
            *not_tried((_SCOPES, _CLOCK, *_PEOPLE), _TOKEN),
        )
    workspace = token.identity.workspace
    return (
        ok(_TOKEN, f"{token.bot_name} in the workspace {token.workspace_name} ({workspace.team_id})"),
        _judge_scopes(token.scopes),
        _judge_clock(token, is_http=settings.slack_app_token is None),
        *await check_people(client, settings, workspace),
        *await _check_approvals(client, settings, token.identity.bot_user_id),
    )


def _explain(error: SlackError, api_url: str, *, is_proxied: bool) -> Line:
    match error:
        case SlackRateLimitedError():
            return failed(
                _TOKEN, "Slack is rate-limiting the bot", f"Check again in {error.retry_after_seconds:.0f} s."
            )
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
        case SlackRedirectedError():
            return failed(
                _TOKEN,
                f"SLACK_API_URL redirects to {error.host}; the token is not sent there",
                "Correct SLACK_API_URL, or the proxy that answers in Slack's place.",
            )
        case _ if is_proxied:
            return failed(
                _TOKEN,
                f"no answer from {api_url} through the proxy of HTTPS_PROXY ({error})",
                "Correct HTTPS_PROXY, let the proxy reach that address, or name its host in NO_PROXY.",
            )
        case _:
            return failed(
                _TOKEN,
                f"no answer from {api_url} ({error})",
                "Let this host reach it by https, or correct SLACK_API_URL.",
            )


def _judge_scopes(granted: frozenset[str] | None) -> Line:
    if granted is None:
        return warning(_SCOPES, "Slack did not report them", "Compare OAuth & Permissions with manifest.yml.")
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
    return ok(_SCOPES, "those of the manifest", _NOT_REPORTED)


def _judge_clock(token: BotToken, *, is_http: bool) -> Line:
    if token.told_at is None:
        return ok(_CLOCK, "Slack does not report its time")
    ahead = (datetime.now(UTC) - token.told_at).total_seconds()
    if abs(ahead) <= _SKEW_SECONDS:
        return ok(_CLOCK, "agrees with Slack's")
    text = f"this host's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} Slack's"
    then = "Synchronize this host by NTP."
    if is_http and abs(ahead) > _REFUSED_SKEW_SECONDS:
        return failed(_CLOCK, f"{text}: signed requests are refused", then)
    return warning(_CLOCK, text, then)


async def _check_approvals(client: SlackClient, settings: Settings, bot_user_id: str) -> Lines:
    """Check that the bot is in APPROVAL_CHANNEL; no line if none is set.

    The check is an ephemeral message to the bot itself: only members of the channel may send one, and no person sees it.
    Reading the channel would need a scope that nothing else needs.
    """
    channel = settings.approval_channel
    if not channel:
        return ()
    try:
        await client.call(
            "chat.postEphemeral", lambda web: web.chat_postEphemeral(channel=channel, user=bot_user_id, text="check")
        )
    except SlackRefusedError as error:
        return (_judge_channel(channel, error),)
    except SlackError as error:
        return (warning(_APPROVALS, f"Slack did not report on {channel} ({error})", "Check again."),)
    return (ok(_APPROVALS, f"second agents are asked in {channel}"),)


def _judge_channel(channel: str, error: SlackRefusedError) -> Line:
    if error.code in _NOT_IN_CHANNEL:
        return failed(
            _APPROVALS,
            f"APPROVAL_CHANNEL {channel}: {_NOT_IN_CHANNEL[error.code]}",
            "In Slack, invite the app into that channel, or correct APPROVAL_CHANNEL.",
        )
    return warning(
        _APPROVALS,
        f"Slack did not report whether the bot is in {channel} ({error.code})",
        "In Slack, make sure that the app is in that channel.",
    )
