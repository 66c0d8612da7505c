"""The audit: events are appended, listed and exported; nothing here changes or removes one."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, Final

import structlog
from sqlalchemy import Row, Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import Action, AuditEvent, AuditFilter, Happened
from bot.store.database import Database
from bot.store.models import AuditRow

COLUMNS: Final = tuple(column.name for column in AuditRow.__table__.columns if column.name != "id")
"""The header of an export."""

_SHOWN: Final = [column for column in AuditRow.__table__.columns if column.name != "id"]
_logger = structlog.stdlib.get_logger(__name__)


class AuditLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, event: AuditEvent) -> None:
        """Append an event and write it to the log.

        Raises: StoreUnavailableError: it is not recorded.
        """
        async with self._database.write() as connection:
            await append(connection, event)
        announce(event)

    async def list_events(self, wanted: AuditFilter, limit: int) -> tuple[AuditEvent, ...]:
        """The newest `limit` events that match, oldest of them first."""
        query = _matching(wanted).order_by(AuditRow.id.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(_event(row) for row in reversed(rows))

    async def stream_events(self, wanted: AuditFilter) -> AsyncGenerator[AuditEvent]:
        """Every event that matches, oldest first, however many there are."""
        async with aclosing(self._database.stream(_matching(wanted).order_by(AuditRow.id))) as rows:
            async for row in rows:
                yield _event(row)


async def append(connection: AsyncConnection, event: AuditEvent) -> None:
    """Append within the caller's transaction; he calls `announce` once it is committed."""
    await connection.execute(insert(AuditRow).values(**asdict(event)))


def announce(event: AuditEvent, *, is_recorded: bool = True) -> None:
    """Write an event to the log, so that it can be shipped elsewhere at once.

    One that the database has not taken yet is marked, and comes again when it has.
    """
    fields = {name: value for name, value in asdict(event).items() if value not in {"", None}}
    fields["at"] = event.at.isoformat()
    if not is_recorded:
        fields["recorded"] = False
    _logger.info("audit", **fields)


def _matching(wanted: AuditFilter) -> Select[Any]:
    query = select(*_SHOWN)
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


def _event(row: Row[Any]) -> AuditEvent:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's names
    return AuditEvent(**values | {"action": Action(values["action"]), "outcome": Happened(values["outcome"])})
