"""The buttons with which a second agent answers."""

from bot.domain.approvals import Verdict
from bot.domain.forms import FormFault, UnusableFormError
from bot.domain.permissions import Agent
from bot.domain.references import parse_reference
from bot.listeners.payloads import MessageAction
from bot.listeners.results import word_refusal
from bot.services.approvals import Approvals
from bot.services.errors import NotAllowedError, ServiceError
from bot.slack.messages import Messages
from bot.views import direct_message
from bot.views.text import Languages, Texts, approval


class ApprovalListeners:
    def __init__(self, *, approvals: Approvals, messages: Messages, languages: Languages) -> None:
        self._approvals = approvals
        self._messages = messages
        self._languages = languages

    async def approve(self, action: MessageAction, agent: Agent) -> None:
        await self._decide(action, agent, Verdict.GRANTED)

    async def reject(self, action: MessageAction, agent: Agent) -> None:
        await self._decide(action, agent, Verdict.REJECTED)

    async def _decide(self, action: MessageAction, agent: Agent, verdict: Verdict) -> None:
        t = self._languages.for_locale(agent.locale)
        try:
            reference = parse_reference(action.element.value or "")
        except ValueError:
            raise UnusableFormError(FormFault.NOT_OURS) from None
        try:
            decided = await self._approvals.decide(agent, reference, verdict, action.channel)
        except NotAllowedError:
            raise
        except ServiceError as error:
            await self._answer(action, agent, word_refusal(error, agent, t), t)
            return
        if decided is None:
            await self._answer(action, agent, approval.no_longer(t), t)
            return
        await self._approvals.show(action.place, decided)

    async def _answer(self, action: MessageAction, agent: Agent, sentence: str, t: Texts) -> None:
        await self._messages.answer(action.origin, agent.id, direct_message.build_notice(sentence, t))
