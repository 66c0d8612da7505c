"""Recorded resets. Limits, jobs and audit events are written in the transaction that they belong to."""

from collections.abc import Collection
from dataclasses import fields, replace
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import Executable, RowMapping, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.approvals import Asked
from bot.domain.audit import Action, AuditEvent, AuditOutcome, build_event
from bot.domain.lifecycle import LEASE, list_sources, needs_settlement
from bot.domain.limits import Limits
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import Method, Outcome, Phase, Reason, Reset, ResetRequest, SecretMessage, Settled, Target
from bot.store.audit import append_events, log_events
from bot.store.database import Database, upsert
from bot.store.errors import LeaseLostError, ReferenceUsedError
from bot.store.jobs import JobKind, put_job, put_message_job, remove_job
from bot.store.limits import (
    begin_cool_down,
    give_back_limits,
    give_back_shared_limit,
    take_limits,
    take_shared_limit,
)
from bot.store.pauses import require_unpaused
from bot.store.schema import JobRow, ResetRow

_COLUMNS: Final = tuple(ResetRow.__table__.columns)
_OF_TARGET: Final = frozenset(field.name for field in fields(Target))
_REFERENCE: Final = "of_reset"
_REFERENCES: Final = "of_resets"

_SELECTION: Final = select(*_COLUMNS).where(ResetRow.reference == bindparam(_REFERENCE))
_ENTRY: Final = {
    phase: update(ResetRow).where(ResetRow.reference == bindparam(_REFERENCE), ResetRow.phase.in_(list_sources(phase)))
    for phase in Phase
}
"""Changes a reset if `lifecycle` allows it to enter the phase."""

_RENEWAL: Final = update(JobRow).where(
    JobRow.kind == JobKind.RECOVER_RESET, JobRow.reference.in_(bindparam(_REFERENCES, expanding=True))
)
_CHANGED_NOTHING: Final = frozenset({Outcome.REFUSED, Outcome.FAILED})


class ResetStore:
    """All methods but `log_unrecorded_outcome` raise StoreUnavailableError."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits

    async def begin_reset(self, request: ResetRequest, *, now: datetime, asked: Asked | None = None) -> Reset:
        """Take all limits and commit STARTED, with a lease by which recovery finds the reset if its process dies.

        `asked`: a second agent has to approve first; the limits count already.

        Raises: ReferenceUsedError, PausedError, LimitReachedError: nothing is written.
        """
        reset = _start(request, asked, now)
        events = [build_event(reset, Action.RESET, AuditOutcome.STARTED, at=now, actor=reset.agent_id)]
        if asked is not None:
            events.append(build_event(reset, Action.APPROVAL, AuditOutcome.REQUESTED, at=now, actor=reset.agent_id))
        async with self._database.write() as connection:
            await _insert_reset(connection, reset)
            await require_unpaused(connection)
            await take_limits(connection, reset, self._limits, now)
            await put_job(connection, JobKind.RECOVER_RESET, reset, now + LEASE)
            if asked is not None:
                await put_job(connection, JobKind.EXPIRE_APPROVAL, reset, asked.expires_at, asked.place)
            await append_events(connection, *events)
            await take_shared_limit(connection, self._limits, now)
        log_events(*events)
        return reset

    async def commit_call(self, reset: Reset, message: SecretMessage | None = None, *, now: datetime) -> Reset:
        """Commit that WHMCS is about to be called, renew the lease, and return the reset as it is now.

        `message`: the message that has to be deleted afterwards.

        Raises: LeaseLostError: recovery has recorded an outcome, so WHMCS must not be called.
        """
        called = replace(reset, phase=Phase.CALLING, called_at=now)
        changes = {
            _REFERENCE: reset.reference,
            "phase": called.phase,
            "called_at": called.called_at,
            "user_name": reset.user_name,
            "user_email": reset.user_email,
            "language": reset.language,
        }
        async with self._database.write() as connection:
            if (await connection.execute(_ENTRY[Phase.CALLING], changes)).rowcount != 1:
                raise LeaseLostError
            await connection.execute(_RENEWAL, _renew([reset.reference], now))
            if message is not None:
                await put_message_job(connection, message)
        return called

    async def finish_reset(
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
        """Commit the outcome, once. False: there was an outcome before, and nothing is written.

        A reset that changed nothing gives its limits back; any other starts the user's cool-down. `tell_at`: when a job
        notifies the agent, None if they know. `only_from`: write nothing if the reset has left this phase.
        """
        change = _ENTRY[Phase.DONE]
        changes = {_REFERENCE: reset.reference, "outcome": outcome, "reason": reason, "phase": Phase.DONE}
        if reset.phase is Phase.WAITING:
            # A second agent may have approved it since, and then another process ends it.
            change = change.where(ResetRow.phase == Phase.WAITING)
        if only_from is not None:
            change = change.where(ResetRow.phase == only_from)
        event = _outcome_event(reset, outcome, reason, now, actor)
        async with self._database.write() as connection:
            if (await connection.execute(change, changes)).rowcount != 1:
                return False
            if outcome in _CHANGED_NOTHING:
                await give_back_limits(connection, reset)
            else:
                await begin_cool_down(connection, reset, now + self._limits.user_cooldown)
            await remove_job(connection, JobKind.RECOVER_RESET, reset.reference)
            if reset.phase is Phase.WAITING:
                await remove_job(connection, JobKind.EXPIRE_APPROVAL, reset.reference)
            if needs_settlement(reset, outcome, reason):
                await put_job(connection, JobKind.SETTLE_RESET, reset, now)
            if tell_at is not None:
                await put_job(connection, JobKind.TELL_AGENT, reset, tell_at)
            await append_events(connection, event)
            if outcome in _CHANGED_NOTHING:
                await give_back_shared_limit(connection, reset)
        log_events(event)
        return True

    def log_unrecorded_outcome(
        self, reset: Reset, outcome: Outcome, reason: Reason | None, *, now: datetime, actor: str
    ) -> None:
        """Log the outcome's event as not recorded, while the database does not accept it."""
        log_events(_outcome_event(reset, outcome, reason, now, actor), is_recorded=False)

    async def settle_reset(
        self, reset: Reset, settled: Settled, *, now: datetime, actor: str, tell_at: datetime | None = None
    ) -> bool:
        """Commit the final state of a reset with a preliminary outcome, once. False: it was settled before."""
        changes = {_REFERENCE: reset.reference, "settled": settled, "phase": Phase.SETTLED}
        event = build_event(reset, Action.RESET, AuditOutcome.SETTLED, at=now, actor=actor, reason=settled)
        async with self._database.write() as connection:
            if (await connection.execute(_ENTRY[Phase.SETTLED], changes)).rowcount != 1:
                return False
            await remove_job(connection, JobKind.SETTLE_RESET, reset.reference)
            await remove_job(connection, JobKind.TELL_AGENT, reset.reference)
            if tell_at is not None:
                await put_job(connection, JobKind.TELL_AGENT, reset, tell_at)
            await append_events(connection, event)
        log_events(event)
        return True

    async def renew_leases(self, references: Collection[Reference], *, now: datetime) -> None:
        """Renew the leases of resets that run in this process, so that no other recovers them."""
        async with self._database.write() as connection:
            await connection.execute(_RENEWAL, _renew(references, now))

    async def find_reset(self, reference: Reference) -> Reset | None:
        async with self._database.read() as connection:
            row = (await connection.execute(_SELECTION, {_REFERENCE: reference})).mappings().one_or_none()
        return read_reset(row) if row is not None else None

    async def list_recent_resets(self, agent_id: AgentId, limit: int) -> tuple[Reset, ...]:
        """Return the agent's newest resets, the newest first."""
        query = (
            select(*_COLUMNS)
            .where(ResetRow.agent_id == agent_id)
            .order_by(ResetRow.started_at.desc(), ResetRow.reference)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(read_reset(row) for row in rows)


def write_reset(reset: Reset) -> dict[str, object]:
    """Return the reset's columns."""
    return {
        column.name: getattr(reset.target if column.name in _OF_TARGET else reset, column.name) for column in _COLUMNS
    }


def read_reset(row: RowMapping) -> Reset:
    """Read a reset from a row with the table's columns, and perhaps others."""
    values = {column.name: row[column.name] for column in _COLUMNS}
    target = {name: values.pop(name) for name in _OF_TARGET}
    return Reset(
        **values
        | {
            "target": Target(**target | {"method": Method(target["method"])}),
            "phase": Phase(values["phase"]),
            "outcome": Outcome(values["outcome"]) if values["outcome"] else None,
            "reason": Reason(values["reason"]) if values["reason"] else None,
            "settled": Settled(values["settled"]) if values["settled"] else None,
        }
    )


def _start(request: ResetRequest, asked: Asked | None, now: datetime) -> Reset:
    return Reset(
        reference=request.reference,
        agent_id=request.agent.id,
        agent_locale=request.agent.locale,
        target=request.target,
        phase=Phase.CHECKING if asked is None else Phase.WAITING,
        started_at=now,
        user_email="" if asked is None else asked.user_email,
        shown=request.shown,
    )


def _outcome_event(reset: Reset, outcome: Outcome, reason: Reason | None, at: datetime, actor: str) -> AuditEvent:
    return build_event(reset, Action.RESET, AuditOutcome(outcome), at=at, actor=actor, reason=reason or "")


async def _insert_reset(connection: AsyncConnection, reset: Reset) -> None:
    insertion = _insert(connection.dialect.name)
    if (await connection.execute(insertion, write_reset(reset))).one_or_none() is None:
        row = (await connection.execute(_SELECTION, {_REFERENCE: reset.reference})).mappings().one()
        raise ReferenceUsedError(read_reset(row))


@cache
def _insert(dialect: str) -> Executable:
    # On PostgreSQL, SQLAlchemy does not report the number of rows for this statement.
    return upsert(dialect, ResetRow).on_conflict_do_nothing().returning(ResetRow.reference)


def _renew(references: Collection[Reference], now: datetime) -> dict[str, object]:
    return {_REFERENCES: list(references), "due_at": now + LEASE}
