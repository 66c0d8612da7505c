"""Deletion of rows that are no longer needed: ended resets and replies, and expired limits. Audit events are kept."""

import asyncio
import time
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from bot.domain.resets import Phase
from bot.store.database import Database
from bot.store.schema import AgentHourRow, HomeDenialRow, JobRow, ReplyRow, ResetRow, UserHoldRow, WorkspaceHourRow

_BATCH_ROWS: Final = 100
_REST: Final = 19
"""How much longer than its batch the pause after it is: resets have the database for 95 % of the time."""


class Retention:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete_ended(self, before: datetime) -> int:
        """Delete what ended before that time, slowly enough to delay nobody; return the number of rows.

        Several processes may do it at once. A reset that still has a job is kept.
        """
        has_job = exists(select(JobRow.kind).where(JobRow.reference == ResetRow.reference))
        is_over = ResetRow.phase.in_([Phase.DONE, Phase.SETTLED])
        return (
            await self._delete(ResetRow.reference, is_over, ResetRow.started_at < before, ~has_job)
            + await self._delete(ReplyRow.reference, ReplyRow.lease_until < before)
            + await self._delete(AgentHourRow.agent_id, AgentHourRow.began_at < before)
            + await self._delete(WorkspaceHourRow.name, WorkspaceHourRow.began_at < before)
            + await self._delete(UserHoldRow.user_id, UserHoldRow.held_until < before)
            + await self._delete(HomeDenialRow.person_id, HomeDenialRow.denied_at < before)
        )

    async def _delete(
        self, key: InstrumentedAttribute[str] | InstrumentedAttribute[int], *conditions: ColumnElement[bool]
    ) -> int:
        deleted = 0
        while True:
            began_at = time.monotonic()
            batch = select(key).where(*conditions).limit(_BATCH_ROWS)
            async with self._database.read(is_slow=True) as connection:
                keys = (await connection.execute(batch)).scalars().all()
            if not keys:
                return deleted
            # The conditions are repeated, since a limit may have been taken again in between.
            deletion = delete(key.class_).where(key.in_(keys), *conditions)
            async with self._database.write(is_slow=True) as connection:
                deleted += (await connection.execute(deletion)).rowcount
            await asyncio.sleep((time.monotonic() - began_at) * _REST)
