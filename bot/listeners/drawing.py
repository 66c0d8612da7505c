"""Modals whose next view takes a while: what is shown meanwhile, and that the newest one wins."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeAlias

import structlog

from bot.domain.permissions import Agent
from bot.domain.resets import Origin
from bot.services.tasks import Tasks
from bot.slack.errors import SlackError
from bot.slack.messages import Messages
from bot.slack.modals import Modals
from bot.views import direct_message
from bot.views.blocks import View
from bot.views.text import Languages, outcomes

_logger = structlog.stdlib.get_logger(__name__)

ANSWER_SECONDS: Final = 1.5
"""Until then a submission's acknowledgement is what it leads to; later it is progress."""

_AFTER_ANSWER_SECONDS: Final = 0.6
"""A views.update that reaches Slack before the acknowledgement that it follows would be drawn over by it."""

_PATIENCE_SECONDS: Final = 0.7
_MODALS: Final = 1024

Then: TypeAlias = Callable[[], Awaitable[None]]


class Drawing:
    """One for the whole bot: it remembers, for each open modal, which view was asked for last."""

    def __init__(self, *, modals: Modals, messages: Messages, languages: Languages, tasks: Tasks) -> None:
        self._modals = modals
        self._messages = messages
        self._languages = languages
        self._tasks = tasks
        self._newest: dict[str, object] = {}

    def begin(self, view_id: str) -> object:
        """From now on, what was asked for before is not drawn in this modal any more. Returns the ticket to draw with."""
        ticket = object()
        self._newest.pop(view_id, None)
        while len(self._newest) >= _MODALS:
            self._newest.pop(next(iter(self._newest)))
        self._newest[view_id] = ticket
        return ticket

    async def replace(self, view_id: str, work: Coroutine[Any, Any, View], meanwhile: View | None = None) -> None:
        """Draw what `work` leads to; `meanwhile` stands there if that takes longer than a moment.

        Raises: SlackError, and what `work` raises.
        """
        ticket = self.begin(view_id)
        task = self._tasks.spawn(work, name="view")
        if meanwhile is not None:
            await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
            if not task.done() and self._is_newest(view_id, ticket):
                await self._modals.update(view_id, meanwhile)
        view = await task
        if self._is_newest(view_id, ticket):
            await self._modals.update(view_id, view)

    async def ends_in_time(self, task: asyncio.Task[Any], arrived_at: float) -> bool:
        """Wait for the task as long as the acknowledgement may wait. `arrived_at`: in the loop's time."""
        left = arrived_at + ANSWER_SECONDS - asyncio.get_running_loop().time()
        await asyncio.wait({task}, timeout=max(left, 0))
        return task.done()

    def draw_later(
        self,
        view_id: str,
        ticket: object,
        work: Coroutine[Any, Any, View],
        *,
        shown: Then | None = None,
        missed: Then | None = None,
        unshown: Then | None = None,
    ) -> None:
        """Draw what `work` leads to, well after the acknowledgement that is made now.

        Then `shown` is called; or `missed`, where the person has closed the modal meanwhile; or `unshown`, where Slack
        does not take the view.
        """
        self._tasks.spawn(self._later(view_id, ticket, work, shown, missed, unshown), name="later view")

    async def say_unshown(self, origin: Origin, agent: Agent) -> None:
        """Say where the agent began that the next view can't be shown, and what to do; nothing was changed.

        Raises: SlackError.
        """
        t = self._languages.for_agent(agent)
        await self._messages.answer(origin, agent.id, direct_message.build_notice(outcomes.not_shown(t), t))

    async def _later(
        self,
        view_id: str,
        ticket: object,
        work: Coroutine[Any, Any, View],
        shown: Then | None,
        missed: Then | None,
        unshown: Then | None,
    ) -> None:
        _, view = await asyncio.gather(asyncio.sleep(_AFTER_ANSWER_SECONDS), work)
        if not self._is_newest(view_id, ticket):
            return
        try:
            then = shown if await self._modals.update(view_id, view) else missed
        except SlackError as error:
            _logger.warning("later view not shown", error=str(error))
            then = unshown
        if then is not None:
            await then()

    def _is_newest(self, view_id: str, ticket: object) -> bool:
        return self._newest.get(view_id) is ticket
