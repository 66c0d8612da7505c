"""Resets that wait for a second agent: one answer counts, whoever and on whichever replica gives it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.approvals import Asked, Pending
from bot.domain.audit import BOT, Happened
from bot.domain.lifecycle import LEASE
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, Outcome, Phase, Reason, Reset
from bot.store.audit import announce, append
from bot.store.database import Database
from bot.store.jobs import JobKind, remove_job
from bot.store.limits import give_back_limits, give_back_shared_limit
from bot.store.models import JobRow, ResetRow
from bot.store.resets import add_job, approval_event, read_reset, reset_event

_PENDING = 20


class ApprovalStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def note_asked(self, reference: Reference) -> None:
        """The second agent has the question before him: from now on its own time counts, not the lease.

        He may have answered already; then the lease is that of the reset that goes on.
        """
        waiting = (
            update(ResetRow)
            .where(ResetRow.reference == reference, ResetRow.phase == Phase.WAITING)
            .values(phase=Phase.WAITING)
        )
        async with self._database.write() as connection:
            if (await connection.execute(waiting)).rowcount == 1:
                await remove_job(connection, JobKind.RECOVER_RESET, reference)

    async def find(self, reference: Reference) -> Pending | None:
        """None: it does not wait, or no longer."""
        query = _pending().where(ResetRow.reference == reference)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return _read(row) if row is not None else None

    async def list_pending(self) -> tuple[Pending, ...]:
        """All that wait, the oldest first."""
        query = _pending().order_by(ResetRow.started_at).limit(_PENDING)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(_read(row) for row in rows)

    async def grant(self, reset: Reset, *, by: AgentId, now: datetime) -> Reset | None:
        """Commit that it may go on, under a lease of its own, and return it. None: it no longer waits."""
        event = approval_event(reset, Happened.GRANTED, now, actor=by)
        async with self._database.write() as connection:
            if not await _leave_waiting(connection, reset, phase=Phase.CHECKING, approved_by=by):
                return None
            await _begin_lease(connection, reset, now)
            await append(connection, event)
        announce(event)
        return replace(reset, phase=Phase.CHECKING, approved_by=by)

    async def take_back(self, reset: Reset, *, now: datetime) -> Reset | None:
        """Commit that nobody can answer any more, under a lease, and return it, to be ended. None: it no longer waits."""
        async with self._database.write() as connection:
            if not await _leave_waiting(connection, reset, phase=Phase.CHECKING):
                return None
            await _begin_lease(connection, reset, now)
        return replace(reset, phase=Phase.CHECKING)

    async def reject(self, reset: Reset, *, by: AgentId, now: datetime) -> bool:
        """Commit that it must not go on; the agent is told by a job. False: it no longer waits."""
        return await self._turn_down(reset, Happened.REJECTED, Reason.APPROVAL_REJECTED, actor=by, now=now)

    async def expire(self, reset: Reset, *, now: datetime) -> bool:
        """Commit that nobody answered; the agent is told by a job. False: it no longer waits."""
        return await self._turn_down(reset, Happened.EXPIRED, Reason.APPROVAL_EXPIRED, actor=BOT, now=now)

    async def _turn_down(self, reset: Reset, happened: Happened, reason: Reason, *, actor: str, now: datetime) -> bool:
        events = (
            approval_event(reset, happened, now, actor=actor),
            reset_event(reset, Happened.REFUSED, now, actor=actor, reason=reason),
        )
        async with self._database.write() as connection:
            ended = {"phase": Phase.DONE, "outcome": Outcome.REFUSED, "reason": reason}
            if not await _leave_waiting(connection, reset, **ended):
                return False
            await give_back_limits(connection, reset)
            await remove_job(connection, JobKind.RECOVER_RESET, reset.reference)
            await add_job(connection, JobKind.TELL_AGENT, reset, now)
            for event in events:
                await append(connection, event)
            await give_back_shared_limit(connection, reset)
        for event in events:
            announce(event)
        return True


async def _leave_waiting(connection: AsyncConnection, reset: Reset, **values: str) -> bool:
    """One conditional change, so that of any number of answers one counts."""
    change = (
        update(ResetRow).where(ResetRow.reference == reset.reference, ResetRow.phase == Phase.WAITING).values(**values)
    )
    if (await connection.execute(change)).rowcount != 1:
        return False
    await remove_job(connection, JobKind.EXPIRE_APPROVAL, reset.reference)
    return True


async def _begin_lease(connection: AsyncConnection, reset: Reset, now: datetime) -> None:
    await remove_job(connection, JobKind.RECOVER_RESET, reset.reference)
    await add_job(connection, JobKind.RECOVER_RESET, reset, now + LEASE)


def _pending() -> Any:
    """A reset that waits, with the job that knows where it is asked for and until when."""
    return (
        select(*ResetRow.__table__.columns, JobRow.channel, JobRow.ts, JobRow.due_at)
        .join(JobRow, JobRow.reference == ResetRow.reference)
        .where(JobRow.kind == JobKind.EXPIRE_APPROVAL, ResetRow.phase == Phase.WAITING)
    )


def _read(row: Row[Any]) -> Pending:
    return Pending(
        reset=read_reset(row),
        asked=Asked(place=MessageRef(channel=row.channel, ts=row.ts), expires_at=row.due_at),
    )
