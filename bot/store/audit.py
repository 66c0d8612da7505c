"""The audit trail: events are appended, listed and exported, never changed or removed."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import structlog
from sqlalchemy import RowMapping, Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import Action, AuditEvent, AuditFilter, AuditOutcome
from bot.store.database import Database
from bot.store.schema import AuditRow

_EXPORTED: Final = tuple(column for column in AuditRow.__table__.columns if column.name != "id")
COLUMNS: Final = tuple(column.name for column in _EXPORTED)
"""The header of an export."""

_INSERTION: Final = insert(AuditRow)

_logger = structlog.stdlib.get_logger(__name__)


class AuditTrail:
    """All methods raise StoreUnavailableError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record_event(self, event: AuditEvent) -> None:
        """Append an event, and log it."""
        async with self._database.write() as connection:
            await append_events(connection, event)
        log_events(event)

    async def list_events(self, wanted: AuditFilter, limit: int) -> tuple[AuditEvent, ...]:
        """Return the newest `limit` matching events, the oldest of them first."""
        query = _matching(wanted).order_by(AuditRow.id.desc()).limit(limit)
        async with self._database.read(is_slow=True) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(_read_event(row) for row in reversed(rows))

    async def stream_events(self, wanted: AuditFilter) -> AsyncGenerator[AuditEvent]:
        """Yield every matching event, the oldest first."""
        async with aclosing(self._database.stream(_matching(wanted).order_by(AuditRow.id))) as rows:
            async for row in rows:
                yield _read_event(row)


async def append_events(connection: AsyncConnection, *events: AuditEvent) -> None:
    """Append within the caller's transaction; the caller calls `log_events` once it is committed."""
    if events:
        await connection.execute(_INSERTION, [_write_event(event) for event in events])


def log_events(*events: AuditEvent, is_recorded: bool = True) -> None:
    """Log events, so that they can be shipped elsewhere at once.

    Events that the database has not accepted yet are marked, and logged again when it has.
    """
    for event in events:
        fields = {name: value for name, value in _write_event(event).items() if value not in {"", None}}
        fields["at"] = event.at.isoformat()
        if not is_recorded:
            fields["recorded"] = False
        _logger.info("audit", **fields)


def _matching(wanted: AuditFilter) -> Select[tuple[object, ...]]:
    query = select(*_EXPORTED)
    exact = {
        AuditRow.actor: wanted.agent,
        AuditRow.client_id: wanted.client_id,
        AuditRow.user_id: wanted.user_id,
        AuditRow.reference: wanted.reference,
        AuditRow.ticket: wanted.ticket,
        AuditRow.outcome: wanted.outcome,
    }
    for column, value in exact.items():
        if value not in {"", None}:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditRow.at < wanted.until)
    return query


def _write_event(event: AuditEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in COLUMNS}


def _read_event(row: RowMapping) -> AuditEvent:
    return AuditEvent(**{**row, "action": Action(row["action"]), "outcome": AuditOutcome(row["outcome"])})
