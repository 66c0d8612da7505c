"""The limits. Each is taken by one conditional upsert in STARTED's transaction, so that never more win than allowed.

A refused limit rolls back those taken before it. The workspace's hour is one row, for which all resets queue until the
holder's transaction ends. It is therefore the last statement of each transaction; the same order everywhere prevents
deadlocks.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Final, TypeAlias

from sqlalchemy import Executable, Integer, and_, bindparam, case, delete, or_, select, update
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


_NOW: Final = "at"
_HOUR_AGO: Final = "hour_ago"
_MOST: Final = "most"
_REFERENCE: Final = "held_by"
_TIME: Final = UserHoldRow.held_until.type

_COOL_DOWN: Final = update(UserHoldRow).where(UserHoldRow.reference == bindparam(_REFERENCE))


@cache
def _hold(dialect: str) -> Executable:
    """Take a user's row, unless another reset holds it."""
    taking = upsert(dialect, UserHoldRow)
    changes = {name: taking.excluded[name] for name in ("reference", "agent_id", "held_until")}
    is_free = UserHoldRow.held_until <= bindparam(_NOW, type_=_TIME)
    return taking.on_conflict_do_update(index_elements=[UserHoldRow.user_id], set_=changes, where=is_free).returning(
        UserHoldRow.user_id
    )


@cache
def _take(dialect: str, hour: type[_HourRow]) -> Executable:
    """Count one reset in the row's hour, or begin a new hour, unless the hour is full."""
    taking = upsert(dialect, hour)
    is_over = hour.began_at <= bindparam(_HOUR_AGO, type_=_TIME)
    changes = {
        "began_at": case((is_over, taking.excluded.began_at), else_=hour.began_at),
        "resets": case((is_over, 1), else_=hour.resets + 1),
    }
    is_allowed = or_(is_over, hour.resets < bindparam(_MOST, type_=Integer))
    return taking.on_conflict_do_update(
        index_elements=[*hour.__table__.primary_key], set_=changes, where=is_allowed
    ).returning(hour.resets)


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
    await connection.execute(_COOL_DOWN, {_REFERENCE: reset.reference, "held_until": until})


async def _hold_user(connection: AsyncConnection, reset: Reset, now: datetime) -> None:
    values = {
        "user_id": reset.user_id,
        "reference": reset.reference,
        "agent_id": reset.agent_id,
        "held_until": None,
        _NOW: now,
    }
    if (await connection.execute(_hold(connection.dialect.name), values)).one_or_none() is not None:
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
    taking, (key,) = _take(connection.dialect.name, hour), hour.__table__.primary_key
    values = {key.name: name, "began_at": now, "resets": 1, _HOUR_AGO: now - _HOUR, _MOST: most}
    if (await connection.execute(taking, values)).one_or_none() is not None:
        return None
    began_at: datetime = (await connection.execute(select(hour.began_at).where(key == name))).scalar_one()
    return began_at + _HOUR


async def _give_back_hour(connection: AsyncConnection, hour: type[_HourRow], name: str, reset: Reset) -> None:
    (key,) = hour.__table__.primary_key
    # An hour that began later is another one, in which this reset was not counted.
    is_counted = (key == name, hour.began_at <= reset.started_at, hour.resets > 0)
    await connection.execute(update(hour).where(*is_counted).values(resets=hour.resets - 1))
