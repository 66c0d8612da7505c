"""The limits. Each is taken by one conditional upsert in STARTED's transaction, so that never more win than allowed.

A refused limit rolls back those taken before it. The workspace's hour is one row, for which all resets queue until the
holder's transaction ends. It is therefore the last statement of each transaction; the same order everywhere prevents
deadlocks.
"""

from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy import and_, case, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.limits import LimitKind, LimitReached, Limits
from bot.domain.permissions import AgentId
from bot.domain.resets import Reset
from bot.store.database import upsert
from bot.store.errors import LimitReachedError
from bot.store.jobs import JobKind
from bot.store.schema import AgentHourRow, JobRow, UserHoldRow, WorkspaceHourRow

_HourRow: TypeAlias = AgentHourRow | WorkspaceHourRow

_HOUR: Final = timedelta(hours=1)
_WORKSPACE: Final = "everybody"
"""The name of the workspace's only row."""


async def take_limits(connection: AsyncConnection, reset: Reset, limits: Limits, now: datetime) -> None:
    """Take the user's and the agent's limit, within a transaction that has to be rolled back if this raises.

    Raises: LimitReachedError.
    """
    await _hold_user(connection, reset, now)
    until_at = await _take_hour(connection, AgentHourRow, reset.agent_id, limits.agent_resets_per_hour, now)
    if until_at is not None:
        raise LimitReachedError(LimitReached(kind=LimitKind.AGENT_HOUR, until_at=until_at))


async def take_shared_limit(connection: AsyncConnection, limits: Limits, now: datetime) -> None:
    """Take the workspace's limit, as the transaction's last statement.

    Raises: LimitReachedError.
    """
    until_at = await _take_hour(connection, WorkspaceHourRow, _WORKSPACE, limits.resets_per_hour, now)
    if until_at is not None:
        raise LimitReachedError(LimitReached(kind=LimitKind.WORKSPACE_HOUR, until_at=until_at))


async def give_back_limits(connection: AsyncConnection, reset: Reset) -> None:
    """Uncount a reset that changed nothing; `give_back_shared_limit` has to follow at the transaction's end."""
    await connection.execute(delete(UserHoldRow).where(UserHoldRow.reference == reset.reference))
    await _give_back_hour(connection, AgentHourRow, reset.agent_id, reset)


async def give_back_shared_limit(connection: AsyncConnection, reset: Reset) -> None:
    """Give back the workspace's limit, as the transaction's last statement."""
    await _give_back_hour(connection, WorkspaceHourRow, _WORKSPACE, reset)


async def begin_cool_down(connection: AsyncConnection, reset: Reset, until: datetime) -> None:
    """Hold the user of a reset that has ended until the given time."""
    change = update(UserHoldRow).where(UserHoldRow.reference == reset.reference).values(held_until=until)
    await connection.execute(change)


async def _hold_user(connection: AsyncConnection, reset: Reset, now: datetime) -> None:
    values = {"reference": reset.reference, "agent_id": reset.agent_id, "held_until": None}
    taking = (
        upsert(connection, UserHoldRow)
        .values(user_id=reset.user_id, **values)
        .on_conflict_do_update(index_elements=[UserHoldRow.user_id], set_=values, where=UserHoldRow.held_until <= now)
        .returning(UserHoldRow.user_id)
    )
    if (await connection.execute(taking)).one_or_none() is not None:
        return
    # A request for approval has this job for as long as it waits; an overdue one ends within seconds.
    is_asked = and_(
        JobRow.reference == UserHoldRow.reference, JobRow.kind == JobKind.EXPIRE_APPROVAL, JobRow.due_at > now
    )
    query = (
        select(UserHoldRow.agent_id, UserHoldRow.held_until, JobRow.due_at.label("asked_until"))
        .outerjoin(JobRow, is_asked)
        .where(UserHoldRow.user_id == reset.user_id)
    )
    held = (await connection.execute(query)).one()
    kind = LimitKind.USER_BUSY if held.held_until is None else LimitKind.USER_COOLDOWN
    until_at = held.asked_until if held.held_until is None else held.held_until
    raise LimitReachedError(LimitReached(kind=kind, until_at=until_at, by=AgentId(held.agent_id)))


async def _take_hour(
    connection: AsyncConnection, hour: type[_HourRow], name: str, most: int, now: datetime
) -> datetime | None:
    """Count one reset in the row's hour, which begins with its first reset. If it is full, return when it ends."""
    (key,) = hour.__table__.primary_key
    is_over = hour.began_at <= now - _HOUR
    taking = (
        upsert(connection, hour)
        .values({key.name: name, "began_at": now, "resets": 1})
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
    began_at: datetime = (await connection.execute(select(hour.began_at).where(key == name))).scalar_one()
    return began_at + _HOUR


async def _give_back_hour(connection: AsyncConnection, hour: type[_HourRow], name: str, reset: Reset) -> None:
    (key,) = hour.__table__.primary_key
    # An hour that began later is another one, in which this reset was not counted.
    is_counted = (key == name, hour.began_at <= reset.started_at, hour.resets > 0)
    await connection.execute(update(hour).where(*is_counted).values(resets=hour.resets - 1))
