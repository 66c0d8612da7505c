"""Resets that wait for a second agent. One answer counts, on whichever replica it is given."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.approvals import Asked, Pending
from bot.domain.audit import BOT, Action, AuditOutcome, build_event
from bot.domain.lifecycle import LEASE
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, Outcome, Phase, Reason, Reset
from bot.store.audit import append_events, log_events
from bot.store.database import Database
from bot.store.jobs import JobKind, put_job, remove_job
from bot.store.limits import give_back_limits, give_back_shared_limit
from bot.store.resets import read_reset
from bot.store.schema import JobRow, ResetRow

_MAX_PENDING = 20


class ApprovalStore:
    """All methods raise StoreUnavailableError. A method that returns None or False found the reset no longer waiting."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note_asked(self, reference: Reference) -> None:
        """Drop the lease, as the second agent has the question now and their time to answer counts.

        If they have answered already, the lease is that of the reset that goes on, and stays.
        """
        waiting = (
            update(ResetRow)
            .where(ResetRow.reference == reference, ResetRow.phase == Phase.WAITING)
            .values(phase=Phase.WAITING)
        )
        async with self._database.write() as connection:
            if (await connection.execute(waiting)).rowcount == 1:
                await remove_job(connection, JobKind.RECOVER_RESET, reference)

    async def find_pending(self, reference: Reference) -> Pending | None:
        query = _select_pending().where(ResetRow.reference == reference)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return _read_pending(row) if row is not None else None

    async def list_pending(self) -> tuple[Pending, ...]:
        """Return the resets that wait, the oldest first."""
        query = _select_pending().order_by(ResetRow.started_at).limit(_MAX_PENDING)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(_read_pending(row) for row in rows)

    async def grant_approval(self, reset: Reset, *, by: AgentId, now: datetime) -> Reset | None:
        """Commit that the reset may go on, with a lease, and return it."""
        event = build_event(reset, Action.APPROVAL, AuditOutcome.GRANTED, at=now, actor=by)
        async with self._database.write() as connection:
            if not await _end_waiting(connection, reset, phase=Phase.CHECKING, approved_by=by):
                return None
            await put_job(connection, JobKind.RECOVER_RESET, reset, now + LEASE)
            await append_events(connection, event)
        log_events(event)
        return replace(reset, phase=Phase.CHECKING, approved_by=by)

    async def revoke_request(self, reset: Reset, *, now: datetime) -> Reset | None:
        """Commit that no answer is accepted any more, and return the reset, with a lease, for the caller to end."""
        async with self._database.write() as connection:
            if not await _end_waiting(connection, reset, phase=Phase.CHECKING):
                return None
            await put_job(connection, JobKind.RECOVER_RESET, reset, now + LEASE)
        return replace(reset, phase=Phase.CHECKING)

    async def reject_approval(self, reset: Reset, *, by: AgentId, now: datetime) -> bool:
        """Commit that the reset was rejected; a job notifies its agent."""
        return await self._refuse(reset, AuditOutcome.REJECTED, Reason.APPROVAL_REJECTED, actor=by, now=now)

    async def expire_approval(self, reset: Reset, *, now: datetime) -> bool:
        """Commit that no agent answered in time; a job notifies the reset's agent."""
        return await self._refuse(reset, AuditOutcome.EXPIRED, Reason.APPROVAL_EXPIRED, actor=BOT, now=now)

    async def _refuse(self, reset: Reset, outcome: AuditOutcome, reason: Reason, *, actor: str, now: datetime) -> bool:
        events = (
            build_event(reset, Action.APPROVAL, outcome, at=now, actor=actor),
            build_event(reset, Action.RESET, AuditOutcome.REFUSED, at=now, actor=actor, reason=reason),
        )
        async with self._database.write() as connection:
            ended = {"phase": Phase.DONE, "outcome": Outcome.REFUSED, "reason": reason}
            if not await _end_waiting(connection, reset, **ended):
                return False
            await give_back_limits(connection, reset)
            await remove_job(connection, JobKind.RECOVER_RESET, reset.reference)
            await put_job(connection, JobKind.TELL_AGENT, reset, now)
            await append_events(connection, *events)
            await give_back_shared_limit(connection, reset)
        log_events(*events)
        return True


async def _end_waiting(connection: AsyncConnection, reset: Reset, **values: str) -> bool:
    """Leave WAITING in one conditional update, so that of several answers one counts."""
    is_waiting = (ResetRow.reference == reset.reference, ResetRow.phase == Phase.WAITING)
    if (await connection.execute(update(ResetRow).where(*is_waiting).values(**values))).rowcount != 1:
        return False
    await remove_job(connection, JobKind.EXPIRE_APPROVAL, reset.reference)
    return True


def _select_pending() -> Select[tuple[object, ...]]:
    """Select waiting resets with the job that holds the question's place and expiry."""
    return (
        select(*ResetRow.__table__.columns, JobRow.channel, JobRow.ts, JobRow.due_at)
        .join(JobRow, JobRow.reference == ResetRow.reference)
        .where(JobRow.kind == JobKind.EXPIRE_APPROVAL, ResetRow.phase == Phase.WAITING)
    )


def _read_pending(row: RowMapping) -> Pending:
    place = MessageRef(channel=row["channel"], ts=row["ts"])
    return Pending(reset=read_reset(row), asked=Asked(place=place, expires_at=row["due_at"]))
