"""Resets as the database has them, with the limits that are decided in the same transaction."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Update, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.approvals import Asked
from bot.domain.audit import Action, AuditEvent, Happened
from bot.domain.lifecycle import LEASE, is_to_be_settled, list_sources
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import (
    Limits,
    MessageRef,
    Method,
    Outcome,
    Phase,
    Reason,
    Reset,
    ResetRequest,
    SecretMessage,
    Settled,
)
from bot.store.audit import announce, append
from bot.store.database import Database
from bot.store.errors import NotOursError, ReferenceUsedError
from bot.store.jobs import JobKind, add_message_job, remove_job
from bot.store.limits import (
    begin_cool_down,
    give_back_limits,
    give_back_shared_limit,
    take_limits,
    take_shared_limit,
)
from bot.store.models import JobRow, ResetRow
from bot.store.pauses import require_unpaused
from bot.store.upserts import upsert

_NOWHERE: Final = MessageRef(channel="", ts="")
_CHANGED_NOTHING: Final = frozenset({Outcome.REFUSED, Outcome.FAILED})


class ResetStore:
    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits

    async def begin(self, request: ResetRequest, *, now: datetime, asked: Asked | None = None) -> Reset:
        """Commit STARTED, having taken all limits. Who dies after this is found by the lease.

        `asked`: a second agent has to agree first; the limits count from now on all the same.

        Raises: ReferenceUsedError, PausedError, LimitReachedError, StoreUnavailableError: nothing is written.
        """
        reset = _started(request, now)
        if asked is not None:
            reset = replace(reset, phase=Phase.WAITING, user_email=asked.user_email)
        events = [reset_event(reset, Happened.STARTED, now, actor=reset.agent_id)]
        if asked is not None:
            events.append(approval_event(reset, Happened.REQUESTED, now, actor=reset.agent_id))
        async with self._database.write() as connection:
            await self._insert(connection, reset)
            await require_unpaused(connection)
            await take_limits(connection, reset, self._limits, now)
            await add_job(connection, JobKind.RECOVER_RESET, reset, now + LEASE)
            if asked is not None:
                await add_job(connection, JobKind.EXPIRE_APPROVAL, reset, asked.expires_at, asked.place)
            for event in events:
                await append(connection, event)
            await take_shared_limit(connection, self._limits, now)
        for event in events:
            announce(event)
        return reset

    async def announce_call(self, reset: Reset, message: SecretMessage | None = None, *, now: datetime) -> Reset:
        """Commit that WHMCS is about to be asked to write, and which message will have to be deleted.

        The lease begins anew with it. Returns the reset as it is now.

        Raises: NotOursError: recovery has recorded an outcome meanwhile, so WHMCS must not be called;
        StoreUnavailableError.
        """
        called = replace(reset, phase=Phase.CALLING, called_at=now)
        change = (
            update(ResetRow)
            .where(*can_come_to(reset.reference, Phase.CALLING))
            .values(
                phase=called.phase,
                called_at=called.called_at,
                user_name=reset.user_name,
                user_email=reset.user_email,
                language=reset.language,
            )
        )
        async with self._database.write() as connection:
            if (await connection.execute(change)).rowcount != 1:
                raise NotOursError
            await connection.execute(_renewal([reset.reference], now + LEASE))
            if message is not None:
                await add_message_job(connection, message)
        return called

    async def finish(
        self,
        reset: Reset,
        outcome: Outcome,
        reason: Reason | None,
        *,
        now: datetime,
        actor: str,
        tell_at: datetime | None = None,
        only_from: Phase | None = None,
    ) -> bool:
        """Commit the outcome, once. False: another outcome was recorded before; nothing is written.

        `only_from`: for who only read about it; where it has gone on from that phase meanwhile, nothing is written either.

        What changed nothing gives the limits back. What succeeded or is unknown keeps them: the user's cool-down
        begins now. `tell_at`: when the agent has to be told at the latest, by a job; None: he knows.
        """
        change = (
            update(ResetRow)
            .where(*can_come_to(reset.reference, Phase.DONE))
            .values(outcome=outcome, reason=reason, phase=Phase.DONE)
        )
        if reset.phase is Phase.WAITING:
            # A second agent may have agreed meanwhile, and then it is somebody else's to end.
            change = change.where(ResetRow.phase == Phase.WAITING)
        if only_from is not None:
            change = change.where(ResetRow.phase == only_from)
        event = reset_event(reset, Happened(outcome), now, actor=actor, reason=reason or "")
        async with self._database.write() as connection:
            if (await connection.execute(change)).rowcount != 1:
                return False
            if outcome in _CHANGED_NOTHING:
                await give_back_limits(connection, reset)
            else:
                await begin_cool_down(connection, reset, now + self._limits.user_cooldown)
            await remove_job(connection, JobKind.RECOVER_RESET, reset.reference)
            if reset.phase is Phase.WAITING:
                await remove_job(connection, JobKind.EXPIRE_APPROVAL, reset.reference)
            if is_to_be_settled(reset, outcome, reason):
                await add_job(connection, JobKind.SETTLE_RESET, reset, now)
            if tell_at is not None:
                await add_job(connection, JobKind.TELL_AGENT, reset, tell_at)
            await append(connection, event)
            if outcome in _CHANGED_NOTHING:
                await give_back_shared_limit(connection, reset)
        announce(event)
        return True

    def announce_unrecorded(
        self, reset: Reset, outcome: Outcome, reason: Reason | None, *, now: datetime, actor: str
    ) -> None:
        """Write the outcome's event to the log alone, marked as not recorded: the database does not take it now."""
        announce(reset_event(reset, Happened(outcome), now, actor=actor, reason=reason or ""), is_recorded=False)

    async def settle(
        self, reset: Reset, settled: Settled, *, now: datetime, actor: str, tell_at: datetime | None = None
    ) -> bool:
        """Commit what became of a reset whose outcome was not the last word, once. False: that was done before."""
        change = (
            update(ResetRow)
            .where(*can_come_to(reset.reference, Phase.SETTLED))
            .values(settled=settled, phase=Phase.SETTLED)
        )
        event = reset_event(reset, Happened.SETTLED, now, actor=actor, reason=settled)
        async with self._database.write() as connection:
            if (await connection.execute(change)).rowcount != 1:
                return False
            await remove_job(connection, JobKind.SETTLE_RESET, reset.reference)
            await remove_job(connection, JobKind.TELL_AGENT, reset.reference)
            if tell_at is not None:
                await add_job(connection, JobKind.TELL_AGENT, reset, tell_at)
            await append(connection, event)
        announce(event)
        return True

    async def renew(self, references: Collection[Reference], *, now: datetime) -> None:
        """Say that these resets are still running here, so that nobody takes them over before the lease is over again."""
        async with self._database.write() as connection:
            await connection.execute(_renewal(references, now + LEASE))

    async def find(self, reference: Reference) -> Reset | None:
        async with self._database.read() as connection:
            row = (await connection.execute(_by_reference(reference))).one_or_none()
        return read_reset(row) if row is not None else None

    async def list_recent(self, agent_id: AgentId, limit: int) -> tuple[Reset, ...]:
        """The agent's newest resets, newest first."""
        query = (
            select(*ResetRow.__table__.columns)
            .where(ResetRow.agent_id == agent_id)
            .order_by(ResetRow.started_at.desc(), ResetRow.reference)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(read_reset(row) for row in rows)

    async def _insert(self, connection: AsyncConnection, reset: Reset) -> None:
        # Not by the count of rows, which SQLAlchemy does not tell for this on PostgreSQL.
        adding = (
            upsert(connection, ResetRow).values(asdict(reset)).on_conflict_do_nothing().returning(ResetRow.reference)
        )
        if (await connection.execute(adding)).one_or_none() is not None:
            return
        row = (await connection.execute(_by_reference(reset.reference))).one()
        raise ReferenceUsedError(read_reset(row))


def _by_reference(reference: Reference) -> Any:
    return select(*ResetRow.__table__.columns).where(ResetRow.reference == reference)


def _started(request: ResetRequest, now: datetime) -> Reset:
    return Reset(
        reference=request.reference,
        agent_id=request.agent.id,
        agent_locale=request.agent.locale,
        client_id=request.client_id,
        user_id=request.user_id,
        method=request.method,
        ticket=request.ticket,
        phase=Phase.CHECKING,
        started_at=now,
        proof=request.proof,
        verification=request.verification,
    )


def can_come_to(reference: Reference, phase: Phase) -> tuple[ColumnElement[bool], ...]:
    """The condition under which a change of phase is one of `lifecycle`'s."""
    return ResetRow.reference == reference, ResetRow.phase.in_(list_sources(phase))


def _renewal(references: Collection[Reference], due_at: datetime) -> Update:
    return (
        update(JobRow)
        .where(JobRow.kind == JobKind.RECOVER_RESET, JobRow.reference.in_(references))
        .values(due_at=due_at)
    )


async def add_job(
    connection: AsyncConnection, kind: JobKind, reset: Reset, due_at: datetime, place: MessageRef = _NOWHERE
) -> None:
    """Within the caller's transaction. `place`: the message that it is about."""
    await connection.execute(
        insert(JobRow).values(
            kind=kind,
            reference=reset.reference,
            due_at=due_at,
            lease_until=None,
            attempts=0,
            agent_id=reset.agent_id,
            agent_locale=reset.agent_locale,
            channel=place.channel,
            ts=place.ts,
        )
    )


def approval_event(reset: Reset, outcome: Happened, at: datetime, *, actor: str) -> AuditEvent:
    return replace(reset_event(reset, Happened.STARTED, at, actor=actor), action=Action.APPROVAL, outcome=outcome)


def reset_event(reset: Reset, outcome: Happened, at: datetime, *, actor: str, reason: str = "") -> AuditEvent:
    return AuditEvent(
        at=at,
        actor=actor,
        action=Action.RESET,
        outcome=outcome,
        reference=reset.reference,
        reason=reason,
        client_id=reset.client_id,
        user_id=reset.user_id,
        method=reset.method,
        ticket=reset.ticket,
        proof=reset.proof,
        verification=reset.verification,
    )


def read_reset(row: Row[Any]) -> Reset:
    """From a row that has the table's columns, and perhaps others."""
    values = {column.name: row._mapping[column.name] for column in ResetRow.__table__.columns}  # noqa: SLF001 - SQLAlchemy's documented way to a row's names
    return Reset(
        **values
        | {
            "method": Method(values["method"]),
            "phase": Phase(values["phase"]),
            "outcome": Outcome(values["outcome"]) if values["outcome"] else None,
            "reason": Reason(values["reason"]) if values["reason"] else None,
            "settled": Settled(values["settled"]) if values["settled"] else None,
        }
    )
