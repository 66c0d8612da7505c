"""What nobody needs any more is removed: resets that are over, and limits that are long free. Never the audit."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, exists, select

from bot.domain.resets import Phase
from bot.store.database import Database
from bot.store.models import AgentHourRow, HomeDenialRow, JobRow, ReplyRow, ResetRow, UserHoldRow, WorkspaceHourRow

_AT_ONCE: Final = 500


class Pruning:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def prune(self, before: datetime) -> int:
        """Remove what was over before that time, in small transactions that keep nobody waiting. Returns how many rows.

        Any number of processes may do it at the same time. A reset for which a job is left stays.
        """
        has_job = exists(select(JobRow.kind).where(JobRow.reference == ResetRow.reference))
        is_over = ResetRow.phase.in_([Phase.DONE, Phase.SETTLED])
        removed = 0
        for key, conditions in (
            (ResetRow.reference, (is_over, ResetRow.started_at < before, ~has_job)),
            (ReplyRow.reference, (ReplyRow.lease_until < before,)),
            (AgentHourRow.agent_id, (AgentHourRow.began_at < before,)),
            (WorkspaceHourRow.name, (WorkspaceHourRow.began_at < before,)),
            (UserHoldRow.user_id, (UserHoldRow.held_until < before,)),
            (HomeDenialRow.person_id, (HomeDenialRow.denied_at < before,)),
        ):
            removed += await self._remove(key, conditions)
        return removed

    async def _remove(self, key: Any, conditions: tuple[ColumnElement[bool], ...]) -> int:
        removed = 0
        while True:
            some = select(key).where(*conditions).limit(_AT_ONCE)
            async with self._database.read() as connection:
                keys = (await connection.execute(some)).scalars().all()
            if not keys:
                return removed
            # The condition again: meanwhile a limit may have been taken anew.
            removal = delete(key.class_).where(key.in_(keys), *conditions)
            async with self._database.write() as connection:
                removed += (await connection.execute(removal)).rowcount
