"""Work that is due at a time, in one table, taken under a lease by whichever process looks first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import AuditEvent
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, SecretMessage
from bot.store.audit import announce, append
from bot.store.database import Database
from bot.store.models import JobRow


class JobKind(StrEnum):
    """DELETE_MESSAGE: a direct message's time is over. RECOVER_RESET: the process of a running reset fell silent.

    TELL_AGENT: how it ended has not been told yet. SETTLE_RESET: its outcome may not be the last word.
    EXPIRE_APPROVAL: no second agent has answered in time. SETTLE_REPLY: what became of a reply is to be found out, or to be told.
    """

    DELETE_MESSAGE = "delete_message"
    RECOVER_RESET = "recover_reset"
    TELL_AGENT = "tell_agent"
    SETTLE_RESET = "settle_reset"
    EXPIRE_APPROVAL = "expire_approval"
    SETTLE_REPLY = "settle_reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`attempts` counts this one; `place` is the message that it is about, empty where it is about none."""

    kind: JobKind
    reference: Reference
    due_at: datetime
    attempts: int
    agent_id: AgentId
    agent_locale: str
    place: MessageRef


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCounts:
    """`unresolved_resets`: begun, and without a recorded outcome."""

    pending_messages: int
    overdue_messages: int
    unresolved_resets: int


class JobStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_due(
        self, kinds: Iterable[JobKind], now: datetime, lease_until: datetime, limit: int
    ) -> tuple[Job, ...]:
        """Lease jobs of these kinds whose time has come and which nobody else holds, the most overdue first."""
        is_due = and_(
            JobRow.kind.in_(list(kinds)),
            JobRow.due_at <= now,
            or_(JobRow.lease_until.is_(None), JobRow.lease_until <= now),
        )
        async with self._database.read() as connection:
            # Who finds nothing takes no lock, and asks every second.
            if (await connection.execute(select(JobRow.reference).where(is_due).limit(1))).first() is None:
                return ()
        due = (
            select(JobRow.kind, JobRow.reference)
            .where(is_due)
            .order_by(JobRow.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            # So that it is looked up once: as a plain subquery PostgreSQL may look again for each row, and lock more.
            .cte("due")
        )
        taking = (
            update(JobRow)
            .where(tuple_(JobRow.kind, JobRow.reference).in_(select(due.c.kind, due.c.reference)))
            .values(lease_until=lease_until, attempts=JobRow.attempts + 1)
            .returning(*JobRow.__table__.columns)
        )
        async with self._database.write() as connection:
            rows = (await connection.execute(taking)).all()
        return tuple(sorted((_job(row) for row in rows), key=lambda job: job.due_at))

    async def complete(
        self,
        kind: JobKind,
        reference: Reference,
        place: MessageRef,
        event: AuditEvent | None = None,
        *,
        due_at: datetime | None = None,
    ) -> bool:
        """Remove the job, with the event that it ends in. `due_at`: this one alone, and none that took its place.

        False: somebody else had completed it, or it is about another message by now; no event then.
        """
        removal = delete(JobRow).where(*_is_job(kind, reference, place))
        if due_at is not None:
            removal = removal.where(JobRow.due_at == due_at)
        async with self._database.write() as connection:
            removed = (await connection.execute(removal)).rowcount == 1
            if removed and event is not None:
                await append(connection, event)
        if removed and event is not None:
            announce(event)
        return removed

    async def postpone(self, job: Job, until: datetime, event: AuditEvent | None = None) -> None:
        """Give the job back; it is due for everybody at `until`. Its own due time stays, so that lateness can be told."""
        change = update(JobRow).where(*_is_job(job.kind, job.reference, job.place)).values(lease_until=until)
        async with self._database.write() as connection:
            await connection.execute(change)
            if event is not None:
                await append(connection, event)
        if event is not None:
            announce(event)

    async def find_secret_message(self, reference: Reference) -> SecretMessage | None:
        """Tell the message that is to be deleted for this reset; None: it is gone already."""
        query = select(*JobRow.__table__.columns).where(
            JobRow.kind == JobKind.DELETE_MESSAGE, JobRow.reference == reference
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return _secret_message(_job(row)) if row is not None else None

    async def replace_message(self, message: SecretMessage) -> None:
        """Commit that another message has to be deleted instead of the one committed before."""
        async with self._database.write() as connection:
            await add_message_job(connection, message)

    async def hasten_deletion(self, reference: Reference, now: datetime) -> None:
        """The message's time is over already, since its agent says so."""
        change = (
            update(JobRow)
            .where(JobRow.kind == JobKind.DELETE_MESSAGE, JobRow.reference == reference, JobRow.due_at > now)
            .values(due_at=now)
        )
        async with self._database.write() as connection:
            await connection.execute(change)

    async def forget_message(self, reference: Reference) -> None:
        """The message never held a password and may stay."""
        async with self._database.write() as connection:
            await remove_job(connection, JobKind.DELETE_MESSAGE, reference)

    async def count(self, overdue_before: datetime) -> JobCounts:
        """What is waiting; a message is overdue if it should have been deleted before that time."""
        is_message = JobRow.kind == JobKind.DELETE_MESSAGE
        query = select(
            func.count().filter(is_message),
            func.count().filter(is_message, JobRow.due_at < overdue_before),
            func.count().filter(JobRow.kind == JobKind.RECOVER_RESET),
        )
        async with self._database.read() as connection:
            pending, overdue, unresolved = (await connection.execute(query)).one()
        return JobCounts(pending_messages=pending, overdue_messages=overdue, unresolved_resets=unresolved)


async def add_message_job(connection: AsyncConnection, message: SecretMessage) -> None:
    """Within the caller's transaction; a message that replaces an earlier one takes over its job."""
    await remove_job(connection, JobKind.DELETE_MESSAGE, message.reference)
    await connection.execute(
        insert(JobRow).values(
            kind=JobKind.DELETE_MESSAGE,
            reference=message.reference,
            due_at=message.deletes_at,
            lease_until=None,
            attempts=0,
            agent_id=message.agent_id,
            agent_locale=message.agent_locale,
            channel=message.place.channel,
            ts=message.place.ts,
        )
    )


async def remove_job(connection: AsyncConnection, kind: JobKind, reference: Reference) -> bool:
    """Within the caller's transaction. False: there was none."""
    removal = delete(JobRow).where(JobRow.kind == kind, JobRow.reference == reference)
    return (await connection.execute(removal)).rowcount == 1


def _is_job(kind: JobKind, reference: Reference, place: MessageRef) -> tuple[ColumnElement[bool], ...]:
    """The place belongs to it: while a message is being deleted, another one may have taken over its reset's job."""
    return (
        JobRow.kind == kind,
        JobRow.reference == reference,
        JobRow.channel == place.channel,
        JobRow.ts == place.ts,
    )


def _job(row: Row[Any]) -> Job:
    return Job(
        kind=JobKind(row.kind),
        reference=Reference(row.reference),
        due_at=row.due_at,
        attempts=row.attempts,
        agent_id=AgentId(row.agent_id),
        agent_locale=row.agent_locale,
        place=MessageRef(channel=row.channel, ts=row.ts),
    )


def _secret_message(job: Job) -> SecretMessage:
    return SecretMessage(
        reference=job.reference,
        agent_id=job.agent_id,
        agent_locale=job.agent_locale,
        place=job.place,
        deletes_at=job.due_at,
    )
