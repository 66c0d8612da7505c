"""The command line: `python -m bot …`."""

import asyncio
import csv
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final, NoReturn, TypeVar

import click
import uvloop

from bot import VERSION, logs
from bot.app import StartError
from bot.app import serve as run
from bot.domain.audit import AuditEvent, AuditFilter, Happened
from bot.settings import DatabaseSettings, Settings, SettingsError
from bot.store.audit import COLUMNS, AuditLog
from bot.store.database import Database
from bot.store.errors import StoreError

_BAD_SETTINGS: Final = 2
_FAILED: Final = 1
_TIMES: Final = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z"]


@click.group()
@click.version_option(VERSION, prog_name="reset-password-bot")
def main() -> None:
    """Slack bot with which support agents reset the passwords of WHMCS users."""


@main.command()
def serve() -> None:
    """Run the bot until SIGTERM or Ctrl-C."""
    settings = _load_settings()
    logs.configure(settings.log_level, settings.log_format, settings.secrets)
    if settings.slack_signing_secret is None:
        _fail("SLACK_SIGNING_SECRET: is required: this version speaks to Slack in HTTP mode alone", _BAD_SETTINGS)
    try:
        uvloop.run(run(settings))
    except StartError as error:
        _fail(str(error), _FAILED)


@main.command()
def migrate() -> None:
    """Bring the database to this version."""
    database = _connect(must_exist=False)

    async def work() -> str:
        try:
            return await database.migrate()
        finally:
            await database.aclose()

    click.echo(f"The database is at revision {_run(work)}.")


@main.group()
def audit() -> None:
    """Who reset what."""


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.option("--agent", default="", help="Slack id of the person who acted."),
            click.option("--client", "client_id", type=int, help="WHMCS client id."),
            click.option("--user", "user_id", type=int, help="WHMCS user id."),
            click.option("--reference", default="", help="Reference of a reset, such as 7K3M-Q9XD."),
            click.option("--ticket", default="", help="Ticket number."),
            click.option("--outcome", default="", type=click.Choice(["", *Happened]), help="One outcome alone."),
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
    """Show events, the newest last."""
    database = _connect()

    async def work() -> tuple[AuditEvent, ...]:
        try:
            return await AuditLog(database).list_events(_wanted(wanted), limit)
        finally:
            await database.aclose()

    rows = [list(COLUMNS), *(_cells(event) for event in _run(work))]
    # Columns in which nothing stands are left out: an event has few of them.
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
    """Write all events to standard output, the oldest first."""
    database = _connect()

    async def work() -> None:
        try:
            events = AuditLog(database).stream_events(_wanted(wanted))
            await (_write_csv(events) if form == "csv" else _write_json_lines(events))
        finally:
            await database.aclose()

    _run(work)


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
    values = asdict(event) | {"at": _rfc3339(event.at)}
    return ["" if values[column] is None else str(values[column]) for column in COLUMNS]


def _inert(cell: str) -> str:
    """A cell that a spreadsheet takes for text and never for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _wanted(values: dict[str, Any]) -> AuditFilter:
    for name in ("since", "until"):
        at = values[name]
        if at is not None and at.tzinfo is None:
            values[name] = at.replace(tzinfo=UTC)
    return AuditFilter(**values)


def _load_settings() -> Settings:
    try:
        return Settings.load(os.environ)
    except SettingsError as error:
        _fail(str(error), _BAD_SETTINGS)


def _connect(*, must_exist: bool = True) -> Database:
    try:
        settings = DatabaseSettings.load(os.environ)
        logs.configure("WARNING", None, settings.secrets)
        return Database.connect(settings.database_url.get_secret_value(), must_exist=must_exist)
    except SettingsError as error:
        _fail(str(error), _BAD_SETTINGS)
    except StoreError as error:
        _fail(f"DATABASE_URL: {error}", _FAILED)


T = TypeVar("T")


def _run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    try:
        return asyncio.run(work())
    except StoreError as error:
        _fail(f"DATABASE_URL: the database can't be used ({error}); has `python -m bot migrate` run?", _FAILED)


def _fail(text: str, code: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(code)


if __name__ == "__main__":
    main(prog_name="python -m bot")
