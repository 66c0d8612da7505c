"""Replies that were sent or may be on their way: one row per reset, so that each ticket is answered once."""

import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final, Self

from sqlalchemy import RowMapping, Update, and_, select, update

from bot.domain.audit import AuditEvent
from bot.domain.references import Reference
from bot.domain.replies import ReplyPhase, ReplyReason
from bot.domain.resets import Reset
from bot.store.audit import append_events, log_events
from bot.store.database import Database, upsert
from bot.store.errors import LeaseLostError
from bot.store.jobs import JobKind, put_job, remove_job
from bot.store.schema import ReplyRow

_COLUMNS: Final = tuple(ReplyRow.__table__.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A write that may arrive until `settles_at`, on the ticket after the message `after_id`."""

    content: ReplyReason
    after_id: int
    settles_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyLease:
    """The right to send the reply for one reset while the lease lasts. `holder` tells it from later leases.

    `attempt`: an earlier write with an unknown result.
    """

    reference: Reference
    holder: str
    attempt: Attempt | None = None

    def without_attempt(self) -> Self:
        """Return the lease once the earlier attempt is known not to have arrived."""
        return replace(self, attempt=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentReply:
    content: ReplyReason
    sent_at: datetime


class ReplyStore:
    """All methods raise StoreUnavailableError. A method that returns False lost its lease, and has written nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire_lease(
        self, reference: Reference, *, now: datetime, lease_until: datetime, watched: Reset | None = None
    ) -> ReplyLease | SentReply | None:
        """Acquire the lease if it is free; of several callers at once, one gets it. None: another caller holds it.

        `watched`: the reset whose agent a job notifies, if the holder dies before anything is written.
        """
        values = {"holder": secrets.token_hex(8), "lease_until": lease_until}
        is_free = and_(ReplyRow.phase != ReplyPhase.SENT, ReplyRow.lease_until <= now)
        async with self._database.write() as connection:
            leasing = (
                upsert(connection.dialect.name, ReplyRow)
                .values(reference=reference, phase=ReplyPhase.CHECKING, after_id=0, **values)
                .on_conflict_do_update(index_elements=[ReplyRow.reference], set_=values, where=is_free)
                .returning(*_COLUMNS)
            )
            row = (await connection.execute(leasing)).mappings().one_or_none()
            if row is not None and row["phase"] == ReplyPhase.CHECKING and watched is not None:
                await put_job(connection, JobKind.SETTLE_REPLY, watched, lease_until)
        return _read_lease(row) if row is not None else await self.find_sent_reply(reference)

    async def find_sent_reply(self, reference: Reference) -> SentReply | None:
        """Return the reply that is known to be on the ticket."""
        query = select(*_COLUMNS).where(ReplyRow.reference == reference, ReplyRow.phase == ReplyPhase.SENT)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return SentReply(content=ReplyReason(row.content), sent_at=row.sent_at) if row is not None else None

    async def commit_attempt(self, lease: ReplyLease, attempt: Attempt, reset: Reset) -> None:
        """Commit that WHMCS is about to be called. A job settles the attempt once it can no longer arrive.

        Raises: LeaseLostError: WHMCS must not be called.
        """
        change = _change(lease, {"phase": ReplyPhase.SENDING} | asdict(attempt))
        async with self._database.write() as connection:
            if (await connection.execute(change)).rowcount != 1:
                raise LeaseLostError
            await put_job(connection, JobKind.SETTLE_REPLY, reset, attempt.settles_at)

    async def record_sent(
        self,
        lease: ReplyLease,
        content: ReplyReason,
        event: AuditEvent,
        *,
        untold: Reset | None = None,
        tell_at: datetime | None = None,
    ) -> bool:
        """Commit that the reply is on the ticket.

        `untold`: the reset whose agent a job notifies at `tell_at`, unless it is removed before.
        """
        sent = {"phase": ReplyPhase.SENT, "content": content, "sent_at": event.at}
        async with self._database.write() as connection:
            if (await connection.execute(_change(lease, sent))).rowcount != 1:
                return False
            await remove_job(connection, JobKind.SETTLE_REPLY, lease.reference)
            if untold is not None and tell_at is not None:
                await put_job(connection, JobKind.SETTLE_REPLY, untold, tell_at)
            await append_events(connection, event)
        log_events(event)
        return True

    async def release_failed(self, lease: ReplyLease, event: AuditEvent) -> bool:
        """Commit that certainly nothing was sent, and free the lease."""
        values = {"phase": ReplyPhase.CHECKING, "lease_until": event.at}
        return await self._release(lease, values, event, is_settled=True)

    async def release_unresolved(self, lease: ReplyLease, *events: AuditEvent, now: datetime) -> bool:
        """Free the lease of an attempt with an unknown result, which the next holder settles first."""
        return await self._release(lease, {"lease_until": now}, *events, is_settled=False)

    async def _release(
        self, lease: ReplyLease, values: dict[str, object], *events: AuditEvent, is_settled: bool
    ) -> bool:
        async with self._database.write() as connection:
            if (await connection.execute(_change(lease, values))).rowcount != 1:
                return False
            if is_settled:
                await remove_job(connection, JobKind.SETTLE_REPLY, lease.reference)
            await append_events(connection, *events)
        log_events(*events)
        return True


def _read_lease(row: RowMapping) -> ReplyLease:
    attempt = None
    if row["phase"] == ReplyPhase.SENDING:
        attempt = Attempt(content=ReplyReason(row["content"]), after_id=row["after_id"], settles_at=row["settles_at"])
    return ReplyLease(reference=Reference(row["reference"]), holder=row["holder"], attempt=attempt)


def _change(lease: ReplyLease, values: dict[str, object]) -> Update:
    """Update the row of the lease's holder; a sent reply stays sent."""
    return (
        update(ReplyRow)
        .where(
            ReplyRow.reference == lease.reference,
            ReplyRow.holder == lease.holder,
            ReplyRow.phase != ReplyPhase.SENT,
        )
        .values(**values)
    )
