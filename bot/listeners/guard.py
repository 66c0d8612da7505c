"""The guard around every listener: it runs only for agents, within Slack's time, and its failures are answered."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.audit import Step
from bot.domain.forms import FormFault, UnusableFormError
from bot.domain.permissions import Agent
from bot.domain.references import make_reference
from bot.domain.seals import Seal
from bot.listeners.answers import Answer, Deadline
from bot.listeners.payloads import HomeOpened, InModal, MessageAction, Opening, Payload, PayloadError
from bot.services.access import Access
from bot.services.errors import NotAllowedError
from bot.services.tasks import Tasks
from bot.slack.errors import SlackError
from bot.slack.gateway import Slack
from bot.views import direct_message, home, reset_result
from bot.views.state import ViewError, find_origin
from bot.views.text import Languages, Texts, refusals

_logger = structlog.stdlib.get_logger(__name__)

ANSWER_SECONDS: Final = 1.5
"""Slack waits three seconds for an acknowledgement. One that carries the answer is made in half of that."""

P = TypeVar("P", bound=Payload)
BoltListener = Callable[[AsyncAck, dict[str, Any]], Awaitable[None]]


@dataclass(kw_only=True)
class Guard:
    access: Access
    tasks: Tasks
    slack: Slack
    languages: Languages
    seal: Seal

    def ack_then_run(
        self, step: Step, kind: type[P], listener: Callable[[P, Agent, Texts], Coroutine[Any, Any, None]]
    ) -> BoltListener:
        """Acknowledge at once; check the agent and run the listener in a task."""

        async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
            await ack()
            try:
                payload = kind.parse(body)
            except PayloadError as error:
                _logger.warning("payload.malformed", step=step.value, error=str(error))
                return
            if payload.is_answered:
                self.tasks.spawn(self._check_and_run(step, payload, listener), name=step.value)

        return listen

    def run_then_ack(
        self,
        step: Step,
        kind: type[P],
        listener: Callable[[P, Agent, Texts, Deadline], Awaitable[Answer]],
        refuse: Callable[[Texts, str], Answer],
        *,
        seconds: float = ANSWER_SECONDS,
    ) -> BoltListener:
        """Check the agent, and acknowledge with the listener's answer, which it has `seconds` to make.

        `refuse` makes the acknowledgement that shows a sentence instead.
        """

        async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
            deadline = Deadline.after(seconds)
            try:
                payload = kind.parse(body)
            except PayloadError as error:
                _logger.warning("payload.malformed", step=step.value, error=str(error))
                t = self.languages.for_locale("")
                await ack(**refuse(t, t.say(refusals.START_AGAIN[FormFault.UNREADABLE])))
                return
            await ack(**await self._answer(step, payload, listener, refuse, deadline))

        return listen

    async def _answer(
        self,
        step: Step,
        payload: P,
        listener: Callable[[P, Agent, Texts, Deadline], Awaitable[Answer]],
        refuse: Callable[[Texts, str], Answer],
        deadline: Deadline,
    ) -> Answer:
        locale = ""
        try:
            agent = await self.access.admit(payload.user_id, payload.team_id, step, within_seconds=ANSWER_SECONDS)
            locale = agent.locale
            return await listener(payload, agent, self.languages.for_agent(agent), deadline)
        except NotAllowedError as error:
            t = self.languages.for_locale(error.locale or locale)
            return refuse(t, t.say(refusals.DENIED[error.denial]))
        except (UnusableFormError, ViewError) as error:
            t = self.languages.for_locale(locale)
            return refuse(t, t.say(refusals.START_AGAIN[_fault(error, step)]))
        except Exception as error:  # noqa: BLE001 - the last resort: whatever failed is logged and told
            return refuse(*self._explain_fault(error, step, locale))

    async def _check_and_run(
        self, step: Step, payload: P, listener: Callable[[P, Agent, Texts], Coroutine[Any, Any, None]]
    ) -> None:
        locale = ""
        try:
            agent = await self.access.admit(payload.user_id, payload.team_id, step)
            locale = agent.locale
            await listener(payload, agent, self.languages.for_agent(agent))
        except NotAllowedError as error:
            t = self.languages.for_locale(error.locale or locale)
            await self._tell(payload, t.say(refusals.DENIED[error.denial]), t)
        except (UnusableFormError, ViewError) as error:
            t = self.languages.for_locale(locale)
            await self._tell(payload, t.say(refusals.START_AGAIN[_fault(error, step)]), t)
        except SlackError as error:
            _logger.warning("view.refused", step=step.value, error=str(error))
            t = self.languages.for_locale(locale)
            await self._tell(payload, t.say(refusals.NOT_SHOWN), t)
        except Exception as error:  # noqa: BLE001 - the last resort: whatever failed is logged and told
            t, sentence = self._explain_fault(error, step, locale)
            await self._tell(payload, sentence, t)

    def _explain_fault(self, error: Exception, step: Step, locale: str) -> tuple[Texts, str]:
        """Log the error under a reference, and return the sentence that shows it to the person."""
        reference = make_reference()
        _logger.error("listener.crashed", step=step.value, reference=reference, exc_info=error)
        t = self.languages.for_locale(locale)
        return t, refusals.internal_error(t, reference)

    async def _tell(self, payload: Payload, sentence: str, t: Texts) -> None:
        """Show a sentence where the person acted: in the modal, in the channel or in a direct message."""
        try:
            if isinstance(payload, InModal):
                await self._tell_in_modal(payload, sentence, t)
            elif isinstance(payload, HomeOpened):
                await self.slack.home_tabs.publish(payload.user_id, home.build_notice(sentence, t))
            elif isinstance(payload, Opening | MessageAction):
                content = direct_message.build_notice(sentence, t)
                await self.slack.messages.answer(payload.origin, payload.user_id, content)
        except SlackError as error:
            _logger.warning("person.not_notified", error=str(error))

    async def _tell_in_modal(self, payload: InModal, sentence: str, t: Texts) -> None:
        """Show a sentence in the modal; if Slack refuses that, where the conversation began.

        Raises: SlackError.
        """
        try:
            await self.slack.modals.update(payload.view_id, reset_result.build_notice(sentence, t))
        except SlackError as error:
            _logger.warning("modal.not_updated", error=str(error))
            content = direct_message.build_notice(sentence, t)
            await self.slack.messages.answer(find_origin(payload.view, self.seal), payload.user_id, content)


def _fault(error: UnusableFormError | ViewError, step: Step) -> FormFault:
    """Return why a view can't be used. One that the bot didn't render is logged, since Slack never sends it."""
    fault = error.fault if isinstance(error, UnusableFormError) else FormFault.UNREADABLE
    if fault is FormFault.UNREADABLE:
        _logger.warning("form.not_understood", step=step.value)
    return fault
