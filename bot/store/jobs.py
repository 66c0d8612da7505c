"""Jobs: work due at a time, in one table, leased by one process at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Executable,
    RowMapping,
    ScalarSelect,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import AuditEvent
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import NO_MESSAGE, MessageRef, Reset, SecretMessage
from bot.store.audit import append_events, log_events
from bot.store.database import Database, upsert
from bot.store.schema import JobRow


class JobKind(StrEnum):
    """DELETE_MESSAGE: the message with a password has expired. RECOVER_RESET: the lease of a running reset has ended.

    TELL_AGENT: the agent may not have seen the outcome. SETTLE_RESET: the outcome may not be final. EXPIRE_APPROVAL: no
    second agent has answered in time. SETTLE_REPLY: a reply's result is unknown, or the agent may not have seen it.
    """

    DELETE_MESSAGE = "delete_message"
    RECOVER_RESET = "recover_reset"
    TELL_AGENT = "tell_agent"
    SETTLE_RESET = "settle_reset"
    EXPIRE_APPROVAL = "expire_approval"
    SETTLE_REPLY = "settle_reply"


_KIND: Final = "of_kind"
_REFERENCE: Final = "of_reset"
_CHANNEL: Final = "in_channel"
_TS: Final = "of_ts"
_IS_JOB: Final = (
    JobRow.kind == bindparam(_KIND),
    JobRow.reference == bindparam(_REFERENCE),
    JobRow.channel == bindparam(_CHANNEL),
    JobRow.ts == bindparam(_TS),
)
"""The job including its place: during a deletion, another message may have taken over the reset's job."""

_COMPLETION: Final = delete(JobRow).where(*_IS_JOB)
_RELEASE: Final = update(JobRow).where(*_IS_JOB)
_REMOVAL: Final = delete(JobRow).where(JobRow.kind == bindparam(_KIND), JobRow.reference == bindparam(_REFERENCE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`attempts` includes the current one; `place`: the message that the job is about, or NO_MESSAGE."""

    kind: JobKind
    reference: Reference
    due_at: datetime
    attempts: int
    agent_id: AgentId
    agent_locale: str
    place: MessageRef


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCounts:
    """`unresolved_resets`: started, and without a recorded outcome."""

    pending_messages: int
    overdue_messages: int
    unresolved_resets: int


class JobStore:
    """All methods raise StoreUnavailableError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_due_kinds(self, now: datetime) -> frozenset[JobKind]:
        """Return the kinds of which jobs are due that no process holds."""
        async with self._database.read() as connection:
            [row] = (await connection.execute(_DUE_KINDS, {_NOW: now})).mappings()
        return frozenset(kind for kind in JobKind if row[kind.value])

    async def lease_due_jobs(
        self, kinds: Iterable[JobKind], now: datetime, lease_until: datetime, limit: int
    ) -> tuple[Job, ...]:
        """Lease jobs of these kinds that are due and that no process holds, the most overdue first."""
        is_due = and_(JobRow.kind.in_(list(kinds)), _is_due(literal(now)))
        async with self._database.read() as connection:
            # Other replicas' workers also found them due. Without a due job, no lock is taken.
            if (await connection.execute(select(JobRow.reference).where(is_due).limit(1))).first() is None:
                return ()
        due = (
            select(JobRow.kind, JobRow.reference)
            .where(is_due)
            .order_by(JobRow.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            # Evaluated once: PostgreSQL may run a plain subquery again for each row, and lock more rows.
            .cte("due")
        )
        leasing = (
            update(JobRow)
            .where(tuple_(JobRow.kind, JobRow.reference).in_(select(due.c.kind, due.c.reference)))
            .values(lease_until=lease_until, attempts=JobRow.attempts + 1)
            .returning(*JobRow.__table__.columns)
        )
        async with self._database.write() as connection:
            rows = (await connection.execute(leasing)).mappings().all()
        return tuple(sorted((_read_job(row) for row in rows), key=lambda job: job.due_at))

    async def complete_job(
        self,
        kind: JobKind,
        reference: Reference,
        place: MessageRef,
        *events: AuditEvent,
        due_at: datetime | None = None,
    ) -> bool:
        """Remove the job and record the events. `due_at`: remove only the job due then, not one that replaced it.

        False: another process completed it, or the job is about another message by now; no event is recorded.
        """
        removal = _COMPLETION if due_at is None else _COMPLETION.where(JobRow.due_at == due_at)
        async with self._database.write() as connection:
            is_removed = (await connection.execute(removal, _name_job(kind, reference, place))).rowcount == 1
            recorded = events if is_removed else ()
            await append_events(connection, *recorded)
        log_events(*recorded)
        return is_removed

    async def postpone_job(self, job: Job, until: datetime, *events: AuditEvent) -> None:
        """Release the job for any process from `until` on. `due_at` is kept, as lateness is measured from it."""
        changes = _name_job(job.kind, job.reference, job.place) | {"lease_until": until}
        async with self._database.write() as connection:
            await connection.execute(_RELEASE, changes)
            await append_events(connection, *events)
        log_events(*events)

    async def find_secret_message(self, reference: Reference) -> SecretMessage | None:
        """Return the message that is to be deleted for this reset, or None if it is deleted already."""
        query = select(*JobRow.__table__.columns).where(
            JobRow.kind == JobKind.DELETE_MESSAGE, JobRow.reference == reference
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        job = _read_job(row)
        return SecretMessage(
            reference=job.reference,
            agent_id=job.agent_id,
            agent_locale=job.agent_locale,
            place=job.place,
            deletes_at=job.due_at,
        )

    async def replace_secret_message(self, message: SecretMessage) -> None:
        """Commit that this message has to be deleted instead of the one committed before."""
        async with self._database.write() as connection:
            await put_message_job(connection, message)

    async def expedite_deletion(self, reference: Reference, now: datetime) -> None:
        """Make the message's deletion due now, at its agent's request."""
        change = (
            update(JobRow)
            .where(JobRow.kind == JobKind.DELETE_MESSAGE, JobRow.reference == reference, JobRow.due_at > now)
            .values(due_at=now)
        )
        async with self._database.write() as connection:
            await connection.execute(change)

    async def forget_secret_message(self, reference: Reference) -> None:
        """Cancel the deletion of a message that never held a password."""
        async with self._database.write() as connection:
            await remove_job(connection, JobKind.DELETE_MESSAGE, reference)

    async def count_jobs(self, overdue_before: datetime) -> JobCounts:
        """Count pending work. Messages due before `overdue_before` are overdue."""
        query = select(
            _count(JobRow.kind == JobKind.DELETE_MESSAGE),
            _count(JobRow.kind == JobKind.DELETE_MESSAGE, JobRow.due_at < overdue_before),
            _count(JobRow.kind == JobKind.RECOVER_RESET),
        )
        async with self._database.read(is_slow=True) as connection:
            pending, overdue, unresolved = (await connection.execute(query)).one()
        return JobCounts(pending_messages=pending, overdue_messages=overdue, unresolved_resets=unresolved)


async def put_job(
    connection: AsyncConnection,
    kind: JobKind,
    subject: Reset | SecretMessage,
    due_at: datetime,
    place: MessageRef = NO_MESSAGE,
) -> None:
    """Insert a job, or replace the one of this kind and reference, within the caller's transaction.

    `place`: the message that the job is about.
    """
    values = {
        "kind": kind,
        "reference": subject.reference,
        "due_at": due_at,
        "lease_until": None,
        "attempts": 0,
        "agent_id": subject.agent_id,
        "agent_locale": subject.agent_locale,
        "channel": place.channel,
        "ts": place.ts,
    }
    await connection.execute(_put(connection.dialect.name), values)


async def put_message_job(connection: AsyncConnection, message: SecretMessage) -> None:
    """Schedule the message's deletion, and no other's for the same reset, within the caller's transaction."""
    await put_job(connection, JobKind.DELETE_MESSAGE, message, message.deletes_at, message.place)


async def remove_job(connection: AsyncConnection, kind: JobKind, reference: Reference) -> None:
    """Remove a job, if there is one, within the caller's transaction."""
    await connection.execute(_REMOVAL, {_KIND: kind, _REFERENCE: reference})


@cache
def _put(dialect: str) -> Executable:
    insertion = upsert(dialect, JobRow)
    key = [column.name for column in JobRow.__table__.primary_key]
    changes = {column.name: column for column in insertion.excluded if column.name not in key}
    return insertion.on_conflict_do_update(index_elements=key, set_=changes)


def _is_due(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(JobRow.due_at <= now, or_(JobRow.lease_until.is_(None), JobRow.lease_until <= now))


_NOW: Final = "now"
_DUE_KINDS: Final = select(
    *(
        exists().where(JobRow.kind == kind, _is_due(bindparam(_NOW, type_=JobRow.due_at.type))).label(kind.value)
        for kind in JobKind
    )
)


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """Count in a query of its own, which the index by kind answers; one query for all would read the whole table."""
    return select(func.count()).select_from(JobRow).where(*conditions).scalar_subquery()


def _name_job(kind: JobKind, reference: Reference, place: MessageRef) -> dict[str, object]:
    return {_KIND: kind, _REFERENCE: reference, _CHANNEL: place.channel, _TS: place.ts}


def _read_job(row: RowMapping) -> Job:
    return Job(
        kind=JobKind(row["kind"]),
        reference=Reference(row["reference"]),
        due_at=row["due_at"],
        attempts=row["attempts"],
        agent_id=AgentId(row["agent_id"]),
        agent_locale=row["agent_locale"],
        place=MessageRef(channel=row["channel"], ts=row["ts"]),
    )
