"""Whether resets are paused. A pause stays on record when it is over; at most one is open."""

from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.pauses import Pause
from bot.store.database import Database
from bot.store.errors import PausedError
from bot.store.models import PauseRow

_OPEN: Final = (
    select(PauseRow.reason, PauseRow.paused_by, PauseRow.paused_at)
    .where(PauseRow.resumed_at.is_(None))
    .order_by(PauseRow.id.desc())
    .limit(1)
)


class PauseStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self) -> Pause | None:
        """The pause in force, read anew each time.

        Raises: StoreUnavailableError.
        """
        async with self._database.read() as connection:
            return await _find(connection)

    async def begin(self, pause: Pause) -> Pause | None:
        """Commit the pause: from then on no reset is begun. One that is in force already is given back and stays.

        Raises: StoreUnavailableError.
        """
        values = {"reason": pause.reason, "paused_by": pause.by, "paused_at": pause.paused_at}
        async with self._database.write() as connection:
            await _wait_for_beginnings(connection)
            if (present := await _find(connection)) is not None:
                return present
            await connection.execute(insert(PauseRow).values(**values))
        return None

    async def end(self, by: str, now: datetime) -> Pause | None:
        """Commit that the pause is over, and give it back; None: there was none.

        Raises: StoreUnavailableError.
        """
        ending = update(PauseRow).where(PauseRow.resumed_at.is_(None)).values(resumed_by=by, resumed_at=now)
        async with self._database.write() as connection:
            await _wait_for_beginnings(connection)
            if (present := await _find(connection)) is not None:
                await connection.execute(ending)
        return present


async def require_unpaused(connection: AsyncConnection) -> None:
    """Within the transaction that begins a reset: it and a pause come one after the other, never both at once.

    Raises: PausedError.
    """
    # FOR SHARE says to PostgreSQL that the table is in use, also where it has no row to lock. SQLite knows no such
    # words and needs none: whoever writes is alone.
    present = await _find(connection, is_beginning=True)
    if present is not None:
        raise PausedError(present)


async def _wait_for_beginnings(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE pauses IN EXCLUSIVE MODE"))


async def _find(connection: AsyncConnection, *, is_beginning: bool = False) -> Pause | None:
    query = _OPEN.with_for_update(read=True) if is_beginning else _OPEN
    row = (await connection.execute(query)).one_or_none()
    return Pause(reason=row.reason, by=row.paused_by, paused_at=row.paused_at) if row is not None else None
