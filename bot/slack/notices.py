"""What is said to an agent outside of a modal: how a reset ended, and the message with the password."""

from collections.abc import Callable

from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, Method, Origin, Outcome, Reset, Result, SecretMessage
from bot.slack.messages import Messages
from bot.views import direct_message
from bot.views.text import Languages, messages


class Notices:
    """Draws in the agent's language and sends. Every method raises SlackError where the call does.

    `emails_url`: from a client's id to the list of the e-mails that WHMCS sent it.
    """

    def __init__(self, messages: Messages, languages: Languages, emails_url: Callable[[int], str]) -> None:
        self._messages = messages
        self._languages = languages
        self._emails_url = emails_url

    async def place(self, agent_id: AgentId, locale: str, reference: Reference) -> MessageRef:
        """Post a message without a secret, into which the password will go; twice is harmless, and is tried."""
        content = direct_message.build_placeholder(reference, self._languages.for_locale(locale))
        return await self._messages.post(agent_id, content, attempts=2)

    async def fill(self, message: SecretMessage, reset: Reset, password: str) -> None:
        """Put the password into the placeholder; repeated until Slack has answered."""
        content = direct_message.build_secret(
            reset, password, message.deletes_at, self._languages.for_locale(message.agent_locale)
        )
        await self._messages.update(message.place, content)

    async def post_secret(self, message: SecretMessage, reset: Reset, password: str) -> MessageRef:
        """Send the password in a new message, tried once: nobody may get it twice."""
        content = direct_message.build_secret(
            reset, password, message.deletes_at, self._languages.for_locale(message.agent_locale)
        )
        return await self._messages.post(message.agent_id, content)

    async def replace(self, place: MessageRef, result: Result) -> None:
        """Turn a message of ours into how the reset ended."""
        await self._messages.update(place, self._result(result))

    async def confirm(self, origin: Origin, result: Result) -> None:
        """Say how the reset ended where the agent typed, or else in a direct message."""
        await self._messages.answer(origin, result.reset.agent_id, self._result(result))

    async def tell_record_follows(self, reset: Reset) -> None:
        """Say in a direct message that the outcome could not be recorded yet; twice is harmless."""
        t = self._languages.for_locale(reset.agent_locale)
        content = direct_message.build_notice(messages.record_follows(t, reset.reference), t)
        await self._messages.post(reset.agent_id, content, attempts=2)

    async def delete(self, place: MessageRef) -> None:
        await self._messages.delete(place)

    def _result(self, result: Result) -> direct_message.MessageContent:
        reset = result.reset
        is_doubtful_mail = (
            result.outcome is Outcome.UNKNOWN and reset.settled is None and reset.method is Method.RESET_EMAIL
        )
        return direct_message.build_result(
            result,
            self._languages.for_locale(reset.agent_locale),
            emails_url=self._emails_url(reset.client_id) if is_doubtful_mail else "",
        )
