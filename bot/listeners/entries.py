"""The one check around every way in: nobody reaches a listener who has not been let in.

Where the acknowledgement is no answer, it goes out first, and the check and the work follow in a task. Where it is the
answer, the check comes first and has to be quick.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.audit import Step
from bot.domain.forms import FormFault, UnusableFormError
from bot.domain.permissions import Agent
from bot.domain.references import make_reference
from bot.listeners.answers import Answer
from bot.listeners.payloads import HomeOpened, InModal, MessageAction, Opening, Payload, PayloadError
from bot.services.access import Access
from bot.services.errors import NotAllowedError
from bot.services.tasks import Tasks
from bot.slack.errors import SlackError
from bot.slack.home_tabs import HomeTabs
from bot.slack.messages import Messages
from bot.slack.modals import Modals
from bot.views import direct_message, home, reset_result
from bot.views.state import find_origin
from bot.views.text import Languages, Texts, outcomes

_logger = structlog.stdlib.get_logger(__name__)

CHECK_SECONDS: Final = 1.5
"""How long a check may keep Slack waiting, where the acknowledgement is the answer."""

P = TypeVar("P", bound=Payload)
BoltListener = Callable[[AsyncAck, dict[str, Any]], Awaitable[None]]


class Entries:
    def __init__(
        self,
        *,
        access: Access,
        tasks: Tasks,
        messages: Messages,
        modals: Modals,
        home_tabs: HomeTabs,
        languages: Languages,
    ) -> None:
        self._access = access
        self._tasks = tasks
        self._messages = messages
        self._modals = modals
        self._home_tabs = home_tabs
        self._languages = languages

    def deferred(
        self, step: Step, kind: type[P], listener: Callable[[P, Agent], Coroutine[Any, Any, None]]
    ) -> BoltListener:
        """Acknowledge; then check, and work, in a task."""

        async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
            await ack()
            try:
                payload = kind.parse(body)
            except PayloadError as error:
                _logger.warning("payload not understood", step=step.value, error=str(error))
                return
            if payload.is_answered:
                self._tasks.spawn(self._check_and_work(step, payload, listener), name=step.value)

        return listen

    def answered(
        self,
        step: Step,
        kind: type[P],
        listener: Callable[[P, Agent, float], Awaitable[Answer]],
        refuse: Callable[[Texts, str], Answer],
    ) -> BoltListener:
        """Check; then let the listener make the acknowledgement. It is given the loop's time of arrival.

        `refuse` makes the acknowledgement that says a sentence instead.
        """

        async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
            arrived_at = asyncio.get_running_loop().time()
            try:
                payload = kind.parse(body)
            except PayloadError as error:
                _logger.warning("payload not understood", step=step.value, error=str(error))
                t = self._languages.for_locale("")
                await ack(**refuse(t, outcomes.start_again(t, FormFault.NOT_OURS)))
                return
            await ack(**await self._answer(step, payload, listener, refuse, arrived_at))

        return listen

    async def _answer(
        self,
        step: Step,
        payload: P,
        listener: Callable[[P, Agent, float], Awaitable[Answer]],
        refuse: Callable[[Texts, str], Answer],
        arrived_at: float,
    ) -> Answer:
        locale = ""
        try:
            agent = await self._access.admit(payload.user_id, payload.team_id, step, within_seconds=CHECK_SECONDS)
            locale = agent.locale
            return await listener(payload, agent, arrived_at)
        except NotAllowedError as error:
            t = self._languages.for_locale(error.locale or locale)
            return refuse(t, outcomes.denied(t, error.denial))
        except UnusableFormError as error:
            t = self._languages.for_locale(locale)
            return refuse(t, outcomes.start_again(t, error.fault))
        except Exception as error:  # noqa: BLE001 - the last resort: whatever failed is logged and told
            return refuse(*self._explain_fault(error, step, locale))

    async def _check_and_work(
        self, step: Step, payload: P, listener: Callable[[P, Agent], Coroutine[Any, Any, None]]
    ) -> None:
        locale = ""
        try:
            agent = await self._access.admit(payload.user_id, payload.team_id, step)
            locale = agent.locale
            await listener(payload, agent)
        except NotAllowedError as error:
            t = self._languages.for_locale(error.locale or locale)
            await self._tell(payload, outcomes.denied(t, error.denial), t)
        except UnusableFormError as error:
            t = self._languages.for_locale(locale)
            await self._tell(payload, outcomes.start_again(t, error.fault), t)
        except SlackError as error:
            _logger.warning("not shown", step=step.value, error=str(error))
            t = self._languages.for_locale(locale)
            await self._tell(payload, outcomes.not_shown(t), t)
        except Exception as error:  # noqa: BLE001 - the last resort: whatever failed is logged and told
            t, sentence = self._explain_fault(error, step, locale)
            await self._tell(payload, sentence, t)

    def _explain_fault(self, error: Exception, step: Step, locale: str) -> tuple[Texts, str]:
        """Log the error under a reference that the person is told as well."""
        reference = make_reference()
        _logger.error("listener failed", step=step.value, reference=reference, exc_info=error)
        t = self._languages.for_locale(locale)
        return t, outcomes.internal_error(t, reference)

    async def _tell(self, payload: Payload, sentence: str, t: Texts) -> None:
        """Say it where the person is: in the modal, or where he typed or pressed."""
        try:
            if isinstance(payload, InModal):
                await self._tell_in_modal(payload, sentence, t)
            elif isinstance(payload, HomeOpened):
                await self._home_tabs.publish(payload.user_id, home.build_notice(sentence, t))
            elif isinstance(payload, Opening | MessageAction):
                content = direct_message.build_notice(sentence, t)
                await self._messages.answer(payload.origin, payload.user_id, content)
        except SlackError as error:
            _logger.warning("person not told", error=str(error))

    async def _tell_in_modal(self, payload: InModal, sentence: str, t: Texts) -> None:
        """In the modal; where Slack does not take that, where the person began.

        Raises: SlackError.
        """
        try:
            await self._modals.update(payload.view_id, reset_result.build_notice(sentence, t))
        except SlackError as error:
            _logger.warning("modal not drawn", error=str(error))
            content = direct_message.build_notice(sentence, t)
            await self._messages.answer(find_origin(payload.view), payload.user_id, content)
