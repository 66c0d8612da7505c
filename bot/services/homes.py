"""The app's Home tab: rendered when an agent opens it, and again when something of theirs changes."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog

from bot.domain.approvals import Pending
from bot.domain.homes import Home
from bot.domain.pauses import Pause
from bot.domain.permissions import Agent, AgentId, Denial
from bot.domain.resets import Reset
from bot.services.access import Access
from bot.services.tasks import Tasks
from bot.services.whmcs_gateway import Whmcs
from bot.slack.errors import SlackError
from bot.slack.gateway import Slack
from bot.store.errors import StoreUnavailableError
from bot.store.gateway import Store

_logger = structlog.stdlib.get_logger(__name__)

_RESETS: Final = 10

# Slack takes a hundred a minute from all replicas together (docs.slack.dev, rate limits: views.publish is Tier 4).
_PACE_SECONDS: Final = 0.7


@dataclass(kw_only=True)
class Homes:
    """Renders Home tabs. WHMCS is not called: its state as of the last calls is shown."""

    store: Store
    access: Access
    whmcs: Whmcs
    slack: Slack
    tasks: Tasks
    _changed: dict[AgentId, None] = field(init=False, default_factory=dict)
    _is_redrawing: bool = field(init=False, default=False)
    _is_stopping: bool = field(init=False, default=False)
    _drawing: set[AgentId] = field(init=False, default_factory=set)
    _again: set[AgentId] = field(init=False, default_factory=set)

    async def open(self, agent: Agent) -> None:
        """Render the tab of an agent who opened it, and keep it up to date from now on."""
        try:
            await self.store.homes.remember_home(agent.id, self.store.now())
        except StoreUnavailableError as error:
            _logger.warning("home.not_registered", actor=agent.id, error=str(error))
        try:
            await self._draw(agent)
        except SlackError as error:
            _logger.warning("home.not_shown", actor=agent.id, error=str(error))

    def note_change(self, agent_id: AgentId) -> None:
        """Schedule an update of this agent's tab, one for all changes until then."""
        if self._is_stopping:
            return
        self._changed[agent_id] = None
        if not self._is_redrawing:
            self._is_redrawing = True
            self.tasks.spawn(self._redraw_changed(), name="homes")

    async def note_approvals_change(self) -> None:
        """Schedule an update of every tab: pending approvals are listed on all of them."""
        try:
            known = await self.store.homes.list_home_agents()
        except StoreUnavailableError as error:
            _logger.warning("homes.not_updated", error=str(error))
            return
        for agent_id in known:
            self.note_change(agent_id)

    def stop(self) -> None:
        """Schedule no more updates."""
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
        """Return True if the agent has opened their tab before, so that an update is worth a call to Slack."""
        try:
            return await self.store.homes.has_home(agent_id)
        except StoreUnavailableError as error:
            _logger.warning("home.not_updated", actor=agent_id, error=str(error))
            return False

    async def _redraw(self, agent_id: AgentId) -> None:
        """Update a tab in the background. Failures are logged."""
        try:
            found = await self.access.find_agent(agent_id)
            if isinstance(found, Agent):
                await self._draw(found)
            elif found is not Denial.UNVERIFIED:
                await self.slack.home_tabs.show_denial(agent_id, found)
                await self.store.homes.forget_home(agent_id)
        except (SlackError, StoreUnavailableError) as error:
            _logger.warning("home.not_updated", actor=agent_id, error=str(error))

    async def _draw(self, agent: Agent) -> None:
        """Render one tab at a time for each agent, so that an older view never replaces a newer one."""
        if agent.id in self._drawing:
            self._again.add(agent.id)
            return
        self._drawing.add(agent.id)
        try:
            is_current = False
            while not is_current:
                self._again.discard(agent.id)
                await self.slack.home_tabs.show(agent, await self._read(agent))
                is_current = agent.id not in self._again
        finally:
            self._drawing.discard(agent.id)
            self._again.discard(agent.id)

    async def _read(self, agent: Agent) -> Home:
        (pause, resets, pending), may_set_passwords = await asyncio.gather(
            self._read_database(agent.id), self.access.may_set_passwords(agent)
        )
        mine = tuple(one for one in pending if may_set_passwords and one.reset.agent_id != agent.id)
        return Home(
            read_at=self.store.now(),
            whmcs_failure=self.whmcs.health.whmcs_failure,
            offer=self.whmcs.health.offer_to(may_set_passwords=may_set_passwords),
            pause=pause,
            resets=resets,
            pending=mine,
        )

    async def _read_database(
        self, agent_id: AgentId
    ) -> tuple[Pause | None, tuple[Reset, ...] | None, tuple[Pending, ...]]:
        try:
            pause = await self.store.pauses.find_pause()
            return (
                pause,
                await self.store.resets.list_recent_resets(agent_id, _RESETS),
                await self.store.approvals.list_pending(),
            )
        except StoreUnavailableError as error:
            _logger.warning("home.shown_without_resets", error=str(error))
            return None, None, ()
