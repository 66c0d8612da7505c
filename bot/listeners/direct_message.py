"""The button in the direct message with a password."""

from bot.domain.forms import FormFault, UnusableFormError
from bot.domain.permissions import Agent
from bot.domain.references import parse_reference
from bot.listeners.payloads import MessageAction
from bot.services.deletions import Deletions
from bot.slack.messages import Messages
from bot.views import direct_message
from bot.views.text import Languages, messages


class DirectMessageListeners:
    def __init__(self, *, deletions: Deletions, messages: Messages, languages: Languages) -> None:
        self._deletions = deletions
        self._messages = messages
        self._languages = languages

    async def delete(self, action: MessageAction, agent: Agent) -> None:
        t = self._languages.for_agent(agent)
        try:
            reference = parse_reference(action.element.value or "")
        except ValueError:
            raise UnusableFormError(FormFault.NOT_OURS) from None
        if not await self._deletions.delete_now(agent, reference, action.place):
            content = direct_message.build_notice(messages.deleted_late(t), t)
            await self._messages.answer(action.origin, agent.id, content)
