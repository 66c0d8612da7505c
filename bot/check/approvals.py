"""Whether second agents can be asked where the settings say."""

from typing import Final

from bot.check.report import Line, Lines, failed, ok, warning
from bot.settings import Settings
from bot.slack.client import SlackClient
from bot.slack.errors import SlackError, SlackRefusedError

APPROVALS: Final = "slack.approvals"
_CLOSED: Final = {
    "not_in_channel": "the bot is not in it",
    "channel_not_found": "there is none with this id, or it is private and the bot is not in it",
    "is_archived": "it is archived",
}


async def check_approvals(client: SlackClient, settings: Settings, bot_user_id: str) -> Lines:
    """No line where there is no such rule.

    Asked by an ephemeral message to the bot itself: nobody sees it, and only who is in the channel may send one. (To read
    the channel would take a scope that nothing else needs.)
    """
    channel = settings.approval_channel
    if not channel:
        return ()
    try:
        await client.call(
            "chat.postEphemeral", lambda web: web.chat_postEphemeral(channel=channel, user=bot_user_id, text="check")
        )
    except SlackRefusedError as error:
        return (_judge(channel, error),)
    except SlackError as error:
        return (warning(APPROVALS, f"Slack did not tell of {channel} ({error})", "Check again."),)
    return (ok(APPROVALS, f"second agents are asked in {channel}"),)


def _judge(channel: str, error: SlackRefusedError) -> Line:
    if error.code in _CLOSED:
        return failed(
            APPROVALS,
            f"APPROVAL_CHANNEL {channel}: {_CLOSED[error.code]}",
            "In Slack, invite the app into that channel, or correct APPROVAL_CHANNEL.",
        )
    return warning(
        APPROVALS,
        f"Slack did not tell whether the bot is in {channel} ({error.code})",
        "In Slack, see that the app is in that channel.",
    )
