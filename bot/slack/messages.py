"""Messages: posted, updated, read, deleted, and sent to a response_url."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.permissions import AgentId
from bot.domain.resets import MessageRef, Origin
from bot.slack.client import RedirectedError, SlackClient
from bot.slack.errors import SlackRedirectedError, SlackRefusedError, SlackUnansweredError
from bot.views.direct_message import MessageContent

_logger = structlog.stdlib.get_logger(__name__)

_RESPONSE_HOSTS: Final = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
_OK: Final = 200
_NEWEST: Final = 50


class Messages:
    """`loopback_host`: the Web API's `host:port` if it is on this machine, whose response_urls are accepted too."""

    def __init__(self, client: SlackClient, *, loopback_host: str | None = None) -> None:
        self._client = client
        self._loopback_host = loopback_host

    async def post(self, to: str, content: MessageContent, *, attempts: int = 1) -> MessageRef:
        """Post a message and return its place. `to`: a person's id, for a direct message, or a channel's.

        `attempts`: more than one only if a duplicate is harmless.

        Raises: SlackRefusedError; SlackUnansweredError: it may have been posted.
        """
        answer = await self._client.call_patiently(
            "chat.postMessage",
            lambda web: web.chat_postMessage(channel=to, unfurl_links=False, unfurl_media=False, **_content(content)),
            attempts=attempts,
        )
        place = MessageRef(channel=str(answer.get("channel") or ""), ts=str(answer.get("ts") or ""))
        if not place.channel or not place.ts:
            raise SlackUnansweredError("chat.postMessage", "an answer without channel and ts")
        return place

    async def update(self, place: MessageRef, content: MessageContent, *, attempts: int = 4) -> None:
        """Replace a message's content. Repeating is harmless.

        Raises: SlackError: the last attempt's.
        """
        await self._client.call_patiently(
            "chat.update",
            lambda web: web.chat_update(channel=place.channel, ts=place.ts, **_content(content)),
            attempts=attempts,
        )

    async def find(self, place: MessageRef) -> Mapping[str, object] | None:
        """Return the message at this place, as Slack returns it. None: it is gone.

        Raises: SlackError.
        """
        answer = await self._client.call_patiently(
            "conversations.history",
            lambda web: web.conversations_history(channel=place.channel, latest=place.ts, inclusive=True, limit=1),
            attempts=2,
        )
        found = answer.get("messages")
        # If it is gone, Slack returns the one before it.
        told = [message for message in found if isinstance(message, Mapping)] if isinstance(found, list) else []
        return next((message for message in told if message.get("ts") == place.ts), None)

    async def list_since(self, place: MessageRef) -> tuple[Mapping[str, object], ...]:
        """Return the messages after this one, as Slack returns them; only the newest if there are many.

        Raises: SlackError.
        """
        answer = await self._client.call_patiently(
            "conversations.history",
            lambda web: web.conversations_history(channel=place.channel, oldest=place.ts, limit=_NEWEST),
            attempts=2,
        )
        found = answer.get("messages")
        return tuple(message for message in found if isinstance(message, Mapping)) if isinstance(found, list) else ()

    async def delete(self, place: MessageRef) -> bool:
        """Delete a message of the bot's. False: it was gone already.

        Raises: SlackError.
        """
        try:
            await self._client.call("chat.delete", lambda web: web.chat_delete(channel=place.channel, ts=place.ts))
        except SlackRefusedError as error:
            if error.code != "message_not_found":
                raise
            return False
        return True

    async def answer(self, origin: Origin, agent_id: AgentId, content: MessageContent) -> None:
        """Answer only to the agent, where they acted; without a usable response_url, in a direct message.

        Raises: SlackError: both ways failed.
        """
        if self._is_ours(origin.response_url) and await self._respond(origin.response_url, content):
            return
        await self.post(agent_id, content, attempts=2)

    def _is_ours(self, response_url: str) -> bool:
        """Return True if the address is Slack's. Nothing is sent to any other."""
        try:
            parts = urlsplit(response_url)
        except ValueError:
            return False
        if parts.scheme == "https" and parts.netloc in _RESPONSE_HOSTS:
            return True
        return self._loopback_host is not None and parts.netloc == self._loopback_host

    async def _respond(self, url: str, content: MessageContent) -> bool:
        """Return False if the address has expired or does not answer."""
        webhook = AsyncWebhookClient(url, session=self._client.session, retry_handlers=[])
        webhook.proxy = self._client.proxies.find_proxy(url)
        try:
            response = await webhook.send_dict(
                {"response_type": "ephemeral", "replace_original": False, **_content(content)}
            )
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
            reason = type(error).__name__
            if isinstance(error, RedirectedError):
                reason = str(SlackRedirectedError("response_url", error.host))
            _logger.warning("response_url.failed", error=reason)
            self._client.observe("response_url", "unanswered")
            return False
        if response.status_code != _OK:
            _logger.warning("response_url.failed", error=f"HTTP {response.status_code}")
            self._client.observe("response_url", f"http_{response.status_code}")
            return False
        self._client.observe("response_url", "none")
        return True


def _content(content: MessageContent) -> dict[str, Any]:
    return {"text": content.text, "blocks": list(content.blocks)}
