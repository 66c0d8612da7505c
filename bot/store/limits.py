"""The limits: taken in STARTED's transaction, each by one conditional upsert.

So of any number at the same moment no more than allowed win. One that is refused rolls back what was taken before it.
The workspace's hour is one row for all, for which everybody waits until whoever has it commits: it comes last in its
transaction, after everything else that is written. The order is the same everywhere, so that nobody waits for somebody
who waits for him.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.permissions import AgentId
from bot.domain.resets import LimitKind, LimitReached, Limits, Reset
from bot.store.errors import LimitReachedError
from bot.store.models import AgentHourRow, UserHoldRow, WorkspaceHourRow
from bot.store.upserts import upsert

_HOUR: Final = timedelta(hours=1)
_EVERYBODY: Final = "everybody"


async def take_limits(connection: AsyncConnection, reset: Reset, limits: Limits, now: datetime) -> None:
    """Those of the user and of the agent, within the caller's transaction, which has to be rolled back if this raises.

    Raises: LimitReachedError.
    """
    await _take_user(connection, reset, now)
    until_at = await _take_hour(connection, AgentHourRow.agent_id, reset.agent_id, limits.agent_resets_per_hour, now)
    if until_at is not None:
        raise LimitReachedError(LimitReached(kind=LimitKind.AGENT_HOUR, until_at=until_at))


async def take_shared_limit(connection: AsyncConnection, limits: Limits, now: datetime) -> None:
    """The workspace's, as the last statement of the transaction.

    Raises: LimitReachedError.
    """
    until_at = await _take_hour(connection, WorkspaceHourRow.name, _EVERYBODY, limits.resets_per_hour, now)
    if until_at is not None:
        raise LimitReachedError(LimitReached(kind=LimitKind.WORKSPACE_HOUR, until_at=until_at))


async def give_back_limits(connection: AsyncConnection, reset: Reset) -> None:
    """What changed nothing counts for nothing; `give_back_shared_limit` belongs to it, at the transaction's end."""
    await connection.execute(delete(UserHoldRow).where(UserHoldRow.reference == reset.reference))
    await _give_back_hour(connection, AgentHourRow.agent_id, reset.agent_id, reset)


async def give_back_shared_limit(connection: AsyncConnection, reset: Reset) -> None:
    """The workspace's, as the last statement of the transaction."""
    await _give_back_hour(connection, WorkspaceHourRow.name, _EVERYBODY, reset)


async def begin_cool_down(connection: AsyncConnection, reset: Reset, until: datetime) -> None:
    """The reset is over, and its user is held for a while longer."""
    change = update(UserHoldRow).where(UserHoldRow.reference == reset.reference).values(held_until=until)
    await connection.execute(change)


async def _take_user(connection: AsyncConnection, reset: Reset, now: datetime) -> None:
    values = {"reference": reset.reference, "agent_id": reset.agent_id, "held_until": None}
    taking = (
        upsert(connection, UserHoldRow)
        .values(user_id=reset.user_id, **values)
        .on_conflict_do_update(index_elements=[UserHoldRow.user_id], set_=values, where=UserHoldRow.held_until <= now)
        .returning(UserHoldRow.user_id)
    )
    if (await connection.execute(taking)).one_or_none() is not None:
        return
    query = select(UserHoldRow.agent_id, UserHoldRow.held_until).where(UserHoldRow.user_id == reset.user_id)
    held = (await connection.execute(query)).one()
    kind = LimitKind.USER_BUSY if held.held_until is None else LimitKind.USER_COOLDOWN
    raise LimitReachedError(LimitReached(kind=kind, until_at=held.held_until, by=AgentId(held.agent_id)))


async def _take_hour(connection: AsyncConnection, key: Any, whose: str, most: int, now: datetime) -> datetime | None:
    """Count one in the hour of that row, or tell when it is over. It began with the first reset that was counted."""
    hour = key.class_
    is_over = hour.began_at <= now - _HOUR
    taking = (
        upsert(connection, hour)
        .values({key.key: whose, "began_at": now, "resets": 1})
        .on_conflict_do_update(
            index_elements=[key],
            set_={
                "began_at": case((is_over, now), else_=hour.began_at),
                "resets": case((is_over, 1), else_=hour.resets + 1),
            },
            where=or_(is_over, hour.resets < most),
        )
        .returning(hour.resets)
    )
    if (await connection.execute(taking)).one_or_none() is not None:
        return None
    began_at: datetime = (await connection.execute(select(hour.began_at).where(key == whose))).scalar_one()
    return began_at + _HOUR


async def _give_back_hour(connection: AsyncConnection, key: Any, whose: str, reset: Reset) -> None:
    hour = key.class_
    # A window that began later is another hour: this reset was not counted in it.
    is_counted = (key == whose, hour.began_at <= reset.started_at, hour.resets > 0)
    await connection.execute(update(hour).where(*is_counted).values(resets=hour.resets - 1))
