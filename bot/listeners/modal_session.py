"""Modals being worked on: progress, late views, and the rule that the newest view wins."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

import structlog

from bot.domain.permissions import AgentId
from bot.domain.resets import Origin
from bot.listeners.answers import Answer, Deadline, update
from bot.services.tasks import Tasks
from bot.slack.errors import SlackError
from bot.slack.gateway import Slack
from bot.views import direct_message
from bot.views.blocks import View
from bot.views.text import Texts, refusals

_logger = structlog.stdlib.get_logger(__name__)

_AFTER_ANSWER_SECONDS: Final = 0.6
"""A views.update that reaches Slack before the acknowledgement it follows would be overwritten by it."""

_PATIENCE_SECONDS: Final = 0.7
_MODALS: Final = 1024

T = TypeVar("T")
Then: TypeAlias = Callable[[], Awaitable[None]]


@dataclass(kw_only=True)
class ModalSessions:
    """One for the whole bot: it remembers the newest session of each open modal."""

    slack: Slack
    tasks: Tasks
    _newest: dict[str, "ModalSession"] = field(init=False, default_factory=dict)

    def begin(self, view_id: str) -> "ModalSession":
        """Start a session, after which views of older sessions are no longer shown in this modal."""
        session = ModalSession(sessions=self, view_id=view_id)
        self._newest.pop(view_id, None)
        while len(self._newest) >= _MODALS:
            self._newest.pop(next(iter(self._newest)))
        self._newest[view_id] = session
        return session

    def is_newest(self, session: "ModalSession") -> bool:
        return self._newest.get(session.view_id) is session

    async def notify(self, origin: Origin, agent_id: AgentId, sentence: str, t: Texts) -> None:
        """Send a sentence to where the agent began.

        Raises: SlackError.
        """
        await self.slack.messages.answer(origin, agent_id, direct_message.build_notice(sentence, t))

    async def notify_not_shown(self, origin: Origin, agent_id: AgentId, t: Texts) -> None:
        """Tell the agent, where they began, that the next view can't be shown, and what to do. Nothing was changed.

        Raises: SlackError.
        """
        await self.notify(origin, agent_id, t.say(refusals.NOT_SHOWN), t)


@dataclass(kw_only=True, eq=False)
class ModalSession:
    """The work on one modal's next view."""

    sessions: ModalSessions
    view_id: str

    async def show(self, work: Coroutine[Any, Any, View], meanwhile: View | None = None) -> None:
        """Show the view that `work` returns; `meanwhile` is shown if that takes longer than a moment.

        Raises: SlackError, and what `work` raises.
        """
        task = self.sessions.tasks.spawn(work, name="view")
        if meanwhile is not None:
            await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
            if not task.done():
                await self.show_now(meanwhile)
        await self.show_now(await task)

    async def show_now(self, view: View) -> bool:
        """Show the view unless a newer session has begun. Returns False if the agent has closed the modal.

        Raises: SlackError.
        """
        return not self.sessions.is_newest(self) or await self.sessions.slack.modals.update(self.view_id, view)

    async def answer(
        self,
        task: asyncio.Task[T],
        deadline: Deadline,
        in_time: Callable[[T], Answer],
        *,
        late: Callable[[T], View],
        progress: View,
        shown: Then | None = None,
        missed: Then | None = None,
        unshown: Then | None = None,
    ) -> Answer:
        """Return the acknowledgement: `in_time` of the task's result, or `progress`, which is replaced by `late` of it.

        After the late view, one of these is called: `shown`; `missed` if the agent has closed the modal; `unshown` if
        Slack did not accept the view.
        """
        if await deadline.allows(task):
            return in_time(task.result())
        self.sessions.tasks.spawn(self._show_later(task, late, shown, missed, unshown), name="later view")
        return update(progress)

    async def _show_later(
        self,
        task: asyncio.Task[T],
        late: Callable[[T], View],
        shown: Then | None,
        missed: Then | None,
        unshown: Then | None,
    ) -> None:
        _, result = await asyncio.gather(asyncio.sleep(_AFTER_ANSWER_SECONDS), asyncio.shield(task))
        view = late(result)
        if not self.sessions.is_newest(self):
            return
        try:
            then = shown if await self.show_now(view) else missed
        except SlackError as error:
            _logger.warning("view.not_shown", error=str(error))
            then = unshown
        if then is not None:
            await then()


@dataclass(kw_only=True)
class LatestOnly:
    """Runs one piece of work for each key: a type-ahead asks again at every pause in the typing."""

    _running: dict[str, asyncio.Task[Any]] = field(init=False, default_factory=dict)

    async def run(self, key: str, work: Coroutine[Any, Any, T]) -> T | None:
        """Do the work, and cancel what still runs for this key. Returns None if this one was cancelled by a newer one."""
        if (older := self._running.get(key)) is not None:
            older.cancel()
        task = asyncio.create_task(work)
        self._running[key] = task
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            if self._running.get(key) is task:
                del self._running[key]
        return None if task.cancelled() else task.result()
