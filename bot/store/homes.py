"""Agents whose Home tab is kept up to date, and refused visits to it."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from bot.domain.audit import AuditEvent
from bot.domain.permissions import AgentId
from bot.store.audit import append_events, log_events
from bot.store.database import Database, upsert
from bot.store.schema import HomeDenialRow, HomeRow

_DAY: Final = timedelta(days=1)
_MAX_HOMES: Final = 50
"""As many as can be updated within a minute."""


class HomeStore:
    """All methods raise StoreUnavailableError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember_home(self, agent_id: AgentId, now: datetime) -> None:
        """Record that an agent has a Home tab, which every replica keeps up to date."""
        async with self._database.write() as connection:
            await connection.execute(
                upsert(connection.dialect.name, HomeRow)
                .values(agent_id=agent_id, opened_at=now)
                .on_conflict_do_update(index_elements=[HomeRow.agent_id], set_={"opened_at": now})
            )

    async def has_home(self, agent_id: AgentId) -> bool:
        query = select(HomeRow.agent_id).where(HomeRow.agent_id == agent_id)
        async with self._database.read() as connection:
            return (await connection.execute(query)).one_or_none() is not None

    async def list_home_agents(self) -> tuple[AgentId, ...]:
        """Return the agents who opened their Home tab last, newest first."""
        query = select(HomeRow.agent_id).order_by(HomeRow.opened_at.desc()).limit(_MAX_HOMES)
        async with self._database.read() as connection:
            return tuple(AgentId(agent_id) for agent_id in (await connection.execute(query)).scalars())

    async def forget_home(self, agent_id: AgentId) -> None:
        """Stop updating the Home tab of a person who is no longer an agent."""
        async with self._database.write() as connection:
            await connection.execute(delete(HomeRow).where(HomeRow.agent_id == agent_id))

    async def record_home_denial(self, event: AuditEvent) -> bool:
        """Append the event, unless one was appended for the same person within a day; of several at once, one wins."""
        now = event.at
        values = {"denied_at": now}
        async with self._database.write() as connection:
            first = await connection.execute(
                upsert(connection.dialect.name, HomeDenialRow)
                .values(person_id=event.actor, **values)
                .on_conflict_do_update(
                    index_elements=[HomeDenialRow.person_id], set_=values, where=HomeDenialRow.denied_at <= now - _DAY
                )
                .returning(HomeDenialRow.person_id)
            )
            if first.one_or_none() is None:
                return False
            await append_events(connection, event)
        log_events(event)
        return True
