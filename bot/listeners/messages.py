"""Buttons in messages: *Delete now* beside a password, and a second agent's answer."""

from dataclasses import dataclass

from bot.domain.approvals import Verdict
from bot.domain.permissions import Agent
from bot.domain.references import parse_reference
from bot.listeners.forms import parse_button
from bot.listeners.modal_session import ModalSessions
from bot.listeners.payloads import MessageAction
from bot.listeners.rendering import word_refusal
from bot.services.approvals import Approvals
from bot.services.deletions import Deletions
from bot.services.resets import ResetService
from bot.services.results import Refused
from bot.views.text import Texts, refusals


@dataclass(kw_only=True)
class MessageListeners:
    resets: ResetService
    approvals: Approvals
    deletions: Deletions
    sessions: ModalSessions

    async def delete(self, action: MessageAction, agent: Agent, t: Texts) -> None:
        reference = parse_button(parse_reference, action.element.value)
        if not await self.deletions.delete_now(agent, reference, action.place):
            await self.sessions.notify(action.origin, agent.id, t.say(refusals.DELETED_LATER), t)

    async def approve(self, action: MessageAction, agent: Agent, t: Texts) -> None:
        await self._decide(action, agent, Verdict.GRANTED, t)

    async def reject(self, action: MessageAction, agent: Agent, t: Texts) -> None:
        await self._decide(action, agent, Verdict.REJECTED, t)

    async def _decide(self, action: MessageAction, agent: Agent, verdict: Verdict, t: Texts) -> None:
        written, _, question = (action.element.value or "").partition(" ")
        reference = parse_button(parse_reference, written)
        decided = await self.resets.answer_approval(agent, reference, verdict, action.channel, question)
        if isinstance(decided, Refused):
            await self.sessions.notify(action.origin, agent.id, word_refusal(decided.error, t), t)
        elif decided is None:
            await self.sessions.notify(action.origin, agent.id, t.say(refusals.NO_LONGER_PENDING), t)
        else:
            await self.approvals.show(action.place, decided)
