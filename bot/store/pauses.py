"""Pauses: at most one is in force, and each stays on record when it is over."""

from datetime import datetime
from typing import Final

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.pauses import Pause
from bot.store.database import Database, lock_out_writers
from bot.store.errors import PausedError
from bot.store.schema import PauseRow

_IN_FORCE: Final = (
    select(PauseRow.reason, PauseRow.paused_by, PauseRow.paused_at)
    .where(PauseRow.resumed_at.is_(None))
    .order_by(PauseRow.id.desc())
    .limit(1)
)
# FOR SHARE marks the table as in use on PostgreSQL, even without a row to lock. SQLite ignores it: it has one writer.
_IN_FORCE_SHARED: Final = _IN_FORCE.with_for_update(read=True)


class PauseStore:
    """All methods raise StoreUnavailableError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_pause(self) -> Pause | None:
        """Return the pause in force; never cached."""
        async with self._database.read() as connection:
            return await _find_pause(connection)

    async def begin_pause(self, pause: Pause) -> Pause | None:
        """Commit the pause, from which on no reset starts. If one is in force already, it stays and is returned."""
        values = {"reason": pause.reason, "paused_by": pause.by, "paused_at": pause.paused_at}
        async with self._database.write() as connection:
            await lock_out_writers(connection, PauseRow)
            if (present := await _find_pause(connection)) is not None:
                return present
            await connection.execute(insert(PauseRow).values(**values))
        return None

    async def end_pause(self, by: str, now: datetime) -> Pause | None:
        """Commit that the pause is over, and return it, or None if there was none."""
        ending = update(PauseRow).where(PauseRow.resumed_at.is_(None)).values(resumed_by=by, resumed_at=now)
        async with self._database.write() as connection:
            await lock_out_writers(connection, PauseRow)
            if (present := await _find_pause(connection)) is not None:
                await connection.execute(ending)
        return present


async def require_unpaused(connection: AsyncConnection) -> None:
    """Check within the transaction that starts a reset, so that the reset and a pause come one after the other.

    Raises: PausedError.
    """
    present = await _find_pause(connection, _IN_FORCE_SHARED)
    if present is not None:
        raise PausedError(present)


async def _find_pause(connection: AsyncConnection, query: Select[str, str, datetime] = _IN_FORCE) -> Pause | None:
    row = (await connection.execute(query)).one_or_none()
    return Pause(reason=row.reason, by=row.paused_by, paused_at=row.paused_at) if row is not None else None
