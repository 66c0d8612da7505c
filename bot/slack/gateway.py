"""The gateway to Slack: every kind of call behind one object, created once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from bot.domain.network import is_loopback
from bot.slack.approvals import ApprovalMessages
from bot.slack.client import Identity, SlackClient
from bot.slack.home_tabs import HomeTabs
from bot.slack.messages import Messages
from bot.slack.modals import Modals
from bot.slack.notices import Notices
from bot.slack.people import People
from bot.views.text import Languages


@dataclass(frozen=True, kw_only=True)
class Slack:
    """`identity`: the bot's own user, and its workspace."""

    client: SlackClient
    identity: Identity
    people: People
    messages: Messages
    modals: Modals
    home_tabs: HomeTabs
    notices: Notices
    approvals: ApprovalMessages

    @classmethod
    def build(
        cls,
        client: SlackClient,
        identity: Identity,
        languages: Languages,
        seconds: Callable[[], float],
        *,
        api_url: str,
        approval_channel: str,
        emails_url: Callable[[int], str],
        offers_replies: bool,
    ) -> Self:
        """`seconds`: a monotonic clock. The other arguments are those of the parts that take them."""
        messages = Messages(client, loopback_host=_find_loopback_host(api_url))
        return cls(
            client=client,
            identity=identity,
            people=People(client, seconds),
            messages=messages,
            modals=Modals(client),
            home_tabs=HomeTabs(client, languages),
            notices=Notices(messages, languages, emails_url, offers_replies=offers_replies),
            approvals=ApprovalMessages(messages, languages, approval_channel),
        )


def _find_loopback_host(api_url: str) -> str | None:
    parts = urlsplit(api_url)
    return parts.netloc if parts.hostname is not None and is_loopback(parts.hostname) else None
