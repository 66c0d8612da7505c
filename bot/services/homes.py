"""The app's Home tab: drawn when an agent looks at it, and anew when something of his changes."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from bot.domain.approvals import Pending
from bot.domain.homes import Home
from bot.domain.pauses import Pause
from bot.domain.permissions import Agent, AgentId, Denial
from bot.domain.resets import Reset
from bot.services.access import Access
from bot.services.capabilities import Capabilities
from bot.services.tasks import Tasks
from bot.slack.errors import SlackError
from bot.slack.home_tabs import HomeTabs
from bot.store.approvals import ApprovalStore
from bot.store.errors import StoreUnavailableError
from bot.store.homes import HomeStore
from bot.store.pauses import PauseStore
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)

_RESETS: Final = 10

# Slack takes a hundred a minute from all replicas together (docs.slack.dev, rate limits: views.publish is Tier 4).
_PACE_SECONDS: Final = 0.7


class Homes:
    """WHMCS is not asked: what is known of it from the last calls is shown."""

    def __init__(
        self,
        *,
        store: HomeStore,
        resets: ResetStore,
        pauses: PauseStore,
        approvals: ApprovalStore,
        access: Access,
        capabilities: Capabilities,
        tabs: HomeTabs,
        tasks: Tasks,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._resets = resets
        self._pauses = pauses
        self._approvals = approvals
        self._access = access
        self._capabilities = capabilities
        self._tabs = tabs
        self._tasks = tasks
        self._clock = clock
        self._changed: dict[AgentId, None] = {}
        self._is_redrawing = False
        self._is_stopping = False
        self._drawing: set[AgentId] = set()
        self._again: set[AgentId] = set()

    async def open(self, agent: Agent) -> None:
        """An agent looks at his Home: draw it, and keep it up to date from now on."""
        try:
            await self._store.remember(agent.id, self._clock())
        except StoreUnavailableError as error:
            _logger.warning("home will not be drawn anew", actor=agent.id, error=str(error))
        try:
            await self._draw(agent)
        except SlackError as error:
            _logger.warning("home not drawn", actor=agent.id, error=str(error))

    def note_change(self, agent_id: AgentId) -> None:
        """Say that something of this agent's has changed. It is drawn soon, once for all that changes meanwhile."""
        if self._is_stopping:
            return
        self._changed[agent_id] = None
        if not self._is_redrawing:
            self._is_redrawing = True
            self._tasks.spawn(self._redraw_changed(), name="homes")

    async def note_approvals_change(self) -> None:
        """Say that what waits for a second agent has changed, which stands in everybody's Home."""
        try:
            known = await self._store.list_known()
        except StoreUnavailableError as error:
            _logger.warning("homes not drawn anew", error=str(error))
            return
        for agent_id in known:
            self.note_change(agent_id)

    def stop(self) -> None:
        """What changes from now on is drawn when its agent looks at it."""
        self._is_stopping = True

    async def _redraw_changed(self) -> None:
        try:
            while self._changed and not self._is_stopping:
                agent_id = next(iter(self._changed))
                del self._changed[agent_id]
                if await self._has_home(agent_id):
                    await asyncio.sleep(_PACE_SECONDS)
                    self._changed.pop(agent_id, None)
                    await self._redraw(agent_id)
        finally:
            self._is_redrawing = False

    async def _has_home(self, agent_id: AgentId) -> bool:
        """Whoever never opened it costs no call to Slack."""
        try:
            return await self._store.is_known(agent_id)
        except StoreUnavailableError as error:
            _logger.warning("home not drawn anew", actor=agent_id, error=str(error))
            return False

    async def _redraw(self, agent_id: AgentId) -> None:
        """Nobody waits for it, so that a failure is only logged."""
        try:
            found = await self._access.find_agent(agent_id)
            if isinstance(found, Agent):
                await self._draw(found)
            elif found is not Denial.UNVERIFIED:
                await self._tabs.show_denial(agent_id, found)
                await self._store.forget(agent_id)
        except (SlackError, StoreUnavailableError) as error:
            _logger.warning("home not drawn anew", actor=agent_id, error=str(error))

    async def _draw(self, agent: Agent) -> None:
        """One at a time for each agent, so that an older Home is never drawn over a newer one."""
        if agent.id in self._drawing:
            self._again.add(agent.id)
            return
        self._drawing.add(agent.id)
        try:
            is_current = False
            while not is_current:
                self._again.discard(agent.id)
                await self._tabs.show(agent, await self._read(agent))
                is_current = agent.id not in self._again
        finally:
            self._drawing.discard(agent.id)
            self._again.discard(agent.id)

    async def _read(self, agent: Agent) -> Home:
        (pause, resets, pending), may_set_passwords = await asyncio.gather(
            self._read_database(agent.id), self._access.may_set_passwords(agent)
        )
        mine = tuple(one for one in pending if may_set_passwords and one.reset.agent_id != agent.id)
        return Home(
            read_at=self._clock(),
            whmcs_failure=self._capabilities.whmcs_failure,
            offer=self._capabilities.offer_to(may_set_passwords=may_set_passwords),
            pause=pause,
            resets=resets,
            pending=mine,
        )

    async def _read_database(
        self, agent_id: AgentId
    ) -> tuple[Pause | None, tuple[Reset, ...] | None, tuple[Pending, ...]]:
        try:
            pause = await self._pauses.find()
            return pause, await self._resets.list_recent(agent_id, _RESETS), await self._approvals.list_pending()
        except StoreUnavailableError as error:
            _logger.warning("home without resets: the database does not answer", error=str(error))
            return None, None, ()
