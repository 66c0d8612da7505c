"""Who has looked at the app's Home tab: agents, whose Home is drawn anew, and others, whose refusal is recorded."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from bot.domain.audit import AuditEvent
from bot.domain.permissions import AgentId
from bot.store.audit import announce, append
from bot.store.database import Database
from bot.store.models import HomeDenialRow, HomeRow
from bot.store.upserts import upsert

_DAY: Final = timedelta(days=1)
_MOST: Final = 50


class HomeStore:
    """Every method raises StoreUnavailableError where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, agent_id: AgentId, now: datetime) -> None:
        """Say that an agent has a Home, which is to be kept up to date by every replica."""
        async with self._database.write() as connection:
            await connection.execute(
                upsert(connection, HomeRow)
                .values(agent_id=agent_id, opened_at=now)
                .on_conflict_do_update(index_elements=[HomeRow.agent_id], set_={"opened_at": now})
            )

    async def is_known(self, agent_id: AgentId) -> bool:
        async with self._database.read() as connection:
            query = select(HomeRow.agent_id).where(HomeRow.agent_id == agent_id)
            return (await connection.execute(query)).one_or_none() is not None

    async def list_known(self) -> tuple[AgentId, ...]:
        """Those who looked at theirs last, at most so many as can be drawn anew in a minute."""
        query = select(HomeRow.agent_id).order_by(HomeRow.opened_at.desc()).limit(_MOST)
        async with self._database.read() as connection:
            return tuple(AgentId(agent_id) for agent_id in (await connection.execute(query)).scalars())

    async def forget(self, agent_id: AgentId) -> None:
        """Whoever it was is no agent any more."""
        async with self._database.write() as connection:
            await connection.execute(delete(HomeRow).where(HomeRow.agent_id == agent_id))

    async def record_denial(self, event: AuditEvent) -> bool:
        """Append the event, unless one was appended for the same person within a day; of any number at once one wins."""
        now = event.at
        taking = {"denied_at": now}
        async with self._database.write() as connection:
            is_first = await connection.execute(
                upsert(connection, HomeDenialRow)
                .values(person_id=event.actor, **taking)
                .on_conflict_do_update(
                    index_elements=[HomeDenialRow.person_id], set_=taking, where=HomeDenialRow.denied_at <= now - _DAY
                )
                .returning(HomeDenialRow.person_id)
            )
            if is_first.one_or_none() is None:
                return False
            await append(connection, event)
        announce(event)
        return True
