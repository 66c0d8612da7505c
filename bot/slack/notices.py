"""What is said to an agent outside of a modal: how a reset ended, and the message with the password."""

from collections.abc import Callable

from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.replies import ReplyReason, ReplyResult
from bot.domain.resets import MessageRef, Origin, Reset, Result, SecretMessage
from bot.slack.messages import Messages
from bot.views import direct_message
from bot.views.text import Languages, outcomes, replies


class Notices:
    """Draws in the agent's language and sends. Every method raises SlackError where the call does.

    `emails_url`: from a client's id to the list of the e-mails that WHMCS sent it. `offers_replies`: whether a reset with
    a ticket can be replied to.
    """

    def __init__(
        self,
        messages: Messages,
        languages: Languages,
        emails_url: Callable[[int], str],
        *,
        offers_replies: bool = False,
    ) -> None:
        self._messages = messages
        self._languages = languages
        self._emails_url = emails_url
        self._offers_replies = offers_replies

    async def place(self, agent_id: AgentId, locale: str, reference: Reference) -> MessageRef:
        """Post a message without a secret, into which the password will go; twice is harmless, and is tried."""
        content = direct_message.build_placeholder(reference, self._languages.for_locale(locale))
        return await self._messages.post(agent_id, content, attempts=2)

    async def fill(self, message: SecretMessage, reset: Reset, password: str) -> None:
        """Put the password into the placeholder; repeated until Slack has answered."""
        await self._messages.update(message.place, self._secret(message, reset, password))

    async def post_secret(self, message: SecretMessage, reset: Reset, password: str) -> MessageRef:
        """Send the password in a new message, tried once: nobody may get it twice."""
        return await self._messages.post(message.agent_id, self._secret(message, reset, password))

    async def read_secret(self, message: SecretMessage) -> str | None:
        """The password that stands in its message; None: the message is gone."""
        found = await self._messages.find(message.place)
        return direct_message.parse_secret(found, message.reference) if found is not None else None

    async def find_posted_secret(self, message: SecretMessage, password: str) -> MessageRef | None:
        """Where the password stands that was sent after this message; None: it is not there, or not there yet."""
        for told in await self._messages.list_since(message.place):
            if direct_message.parse_secret(told, message.reference) == password:
                return MessageRef(channel=message.place.channel, ts=str(told.get("ts")))
        return None

    async def mark_replied(self, message: SecretMessage, reset: Reset, password: str, content: ReplyReason) -> None:
        """Say in the message with the password what was sent on the ticket."""
        await self._messages.update(message.place, self._secret(message, reset, password, content))

    async def replace(self, place: MessageRef, result: Result) -> None:
        """Turn a message of ours into how the reset ended."""
        await self._messages.update(place, self._result(result))

    async def confirm(self, origin: Origin, result: Result) -> None:
        """Say how the reset ended where the agent typed, or else in a direct message."""
        await self._messages.answer(origin, result.reset.agent_id, self._result(result))

    async def tell_record_follows(self, reset: Reset) -> None:
        """Say in a direct message that the outcome could not be recorded yet; twice is harmless."""
        t = self._languages.for_locale(reset.agent_locale)
        content = direct_message.build_notice(outcomes.record_follows(t, reset.reference), t)
        await self._messages.post(reset.agent_id, content, attempts=2)

    async def tell_reply(self, result: ReplyResult) -> None:
        """Say in a new direct message what became of a reply of which that was not known."""
        t = self._languages.for_locale(result.reset.agent_locale)
        content = direct_message.build_notice(replies.sentence(t, result), t)
        await self._messages.post(result.reset.agent_id, content, attempts=2)

    async def delete(self, place: MessageRef) -> bool:
        """False: it was gone already. Raises: SlackError."""
        return await self._messages.delete(place)

    def _secret(
        self, message: SecretMessage, reset: Reset, password: str, replied: ReplyReason | None = None
    ) -> direct_message.MessageContent:
        return direct_message.build_secret(
            reset,
            password,
            message.deletes_at,
            self._languages.for_locale(message.agent_locale),
            offers_reply=self._offers_replies and bool(reset.ticket),
            replied=replied,
        )

    def _result(self, result: Result) -> direct_message.MessageContent:
        reset = result.reset
        return direct_message.build_result(
            result,
            self._languages.for_locale(reset.agent_locale),
            emails_url=self._emails_url(reset.client_id) if result.is_doubtful_mail else "",
        )
