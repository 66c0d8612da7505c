"""What is said in the channel of those who approve. It has one language: many read it."""

from bot.domain.approvals import Decided, Pending
from bot.domain.clients import SetPasswordSummary
from bot.domain.references import Reference
from bot.domain.resets import MessageRef
from bot.slack.messages import Messages
from bot.views import approvals
from bot.views.text import Languages


class ApprovalMessages:
    """Every method raises SlackError where the call does. `channel`: its id, or empty where there is no such rule."""

    def __init__(self, messages: Messages, languages: Languages, channel: str) -> None:
        self._messages = messages
        self._texts = languages.for_locale("")
        self._channel = channel

    async def announce(self, reference: Reference) -> MessageRef:
        """Place a message that asks nothing yet. Posted once: a second one would stay."""
        return await self._messages.post(self._channel, approvals.build_announcement(reference, self._texts))

    async def ask(self, pending: Pending, summary: SetPasswordSummary, requester: str) -> None:
        """Put the question and its buttons into the message; repeated until Slack has answered."""
        content = approvals.build_question(pending, summary, requester, self._texts)
        await self._messages.update(pending.asked.place, content)

    async def show(self, place: MessageRef, decided: Decided, requester: str, by: str) -> None:
        """Put what became of it in place of the question."""
        await self._messages.update(place, approvals.build_decided(decided, requester, by, self._texts))

    async def delete(self, place: MessageRef) -> None:
        await self._messages.delete(place)
