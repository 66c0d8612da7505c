"""`python -m bot audit …`: read and export the audit trail."""

import csv
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import click

from bot.commands.databases import run_with_database
from bot.domain.audit import AuditEvent, AuditFilter, AuditOutcome
from bot.domain.names import one_line
from bot.store.audit import COLUMNS, AuditTrail
from bot.store.database import Database

_FORMULA: Final = re.compile(r"(?<![\w'=+\-@\uff1d\uff0b\uff0d\uff20])'*[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""The beginning of a formula, also in full width (OWASP, CSV injection), with apostrophes before it.

A spreadsheet may split a line at `;`, at a blank or elsewhere, so a cell may begin after any character that is neither
letter nor digit. docs/operations.md describes how to remove the added apostrophe.
"""

_TIMES: Final = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z"]


@click.group()
def audit() -> None:
    """Show and export who reset what."""


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.option("--agent", default="", help="Slack id of the person who acted."),
            click.option("--client", "client_id", type=int, help="WHMCS client id."),
            click.option("--user", "user_id", type=int, help="WHMCS user id."),
            click.option("--reference", default="", help="Reference of a reset, such as 7K3M-Q9XD."),
            click.option("--ticket", default="", help="Ticket number."),
            click.option("--outcome", default="", type=click.Choice(["", *AuditOutcome]), help="One outcome alone."),
            click.option(
                "--since", type=click.DateTime(_TIMES), help="From this time on (UTC unless it says otherwise)."
            ),
            click.option(
                "--until", type=click.DateTime(_TIMES), help="Before this time (UTC unless it says otherwise)."
            ),
        )
    ):
        command = option(command)
    return command


@audit.command("list")
@_filters
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="How many, the newest.")
def list_events(limit: int, **wanted: Any) -> None:
    """Show events, newest last."""

    async def read(database: Database) -> tuple[AuditEvent, ...]:
        return await AuditTrail(database).list_events(_wanted(wanted), limit)

    rows = [list(COLUMNS), *(_cells(event) for event in run_with_database(read))]
    # Empty columns are omitted: an event has few values.
    shown = [column for column in range(len(COLUMNS)) if any(row[column] for row in rows[1:])]
    widths = {column: max(len(row[column]) for row in rows) for column in shown}
    for row in rows if len(rows) > 1 else []:
        click.echo("  ".join(row[column].ljust(widths[column]) for column in shown).rstrip())
    if len(rows) == 1:
        click.echo("No events.", err=True)


@audit.command("export")
@_filters
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
def export_events(form: str, **wanted: Any) -> None:
    """Write all events to standard output, oldest first."""

    async def write(database: Database) -> None:
        # Closed at once even if the reader has stopped, as in `audit export | head`.
        async with aclosing(AuditTrail(database).stream_events(_wanted(wanted))) as events:
            await (_write_csv(events) if form == "csv" else _write_json_lines(events))

    run_with_database(write)


async def _write_csv(events: AsyncIterator[AuditEvent]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    async for event in events:
        writer.writerow([_inert(cell) for cell in _cells(event)])


async def _write_json_lines(events: AsyncIterator[AuditEvent]) -> None:
    async for event in events:
        values = asdict(event) | {"at": _rfc3339(event.at)}
        sys.stdout.write(json.dumps({column: values[column] for column in COLUMNS}, ensure_ascii=False) + "\n")


def _cells(event: AuditEvent) -> list[str]:
    """Return the cells for a terminal or spreadsheet. Only the JSON lines have every character as stored."""
    values = asdict(event) | {"at": _rfc3339(event.at)}
    return ["" if values[column] is None else one_line(str(values[column])) for column in COLUMNS]


def _inert(cell: str) -> str:
    """Return the cell with an apostrophe before anything that a spreadsheet could read as a formula."""
    return _FORMULA.sub(r"'\g<0>", cell)


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _wanted(values: dict[str, Any]) -> AuditFilter:
    for name in ("since", "until"):
        at = values[name]
        if at is not None and at.tzinfo is None:
            values[name] = at.replace(tzinfo=UTC)
    return AuditFilter(**values)
