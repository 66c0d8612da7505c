"""`python -m bot pause` and `resume`."""

import getpass
import os
from collections.abc import Callable
from datetime import UTC, datetime

import click
import structlog

from bot.commands.databases import run_with_database
from bot.commands.running import FAILED, fail
from bot.domain.names import one_line, shorten
from bot.domain.pauses import MAX_NAME, MAX_REASON, Pause
from bot.store.database import Database
from bot.store.pauses import PauseStore

_logger = structlog.stdlib.get_logger(__name__)


def _line(most: int) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Return an option's text, which agents will read: one line, not empty, at most `most` characters."""

    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is None:
            return None
        line = one_line(value)
        if not 1 <= len(line) <= most:
            raise click.BadParameter(f"must be text of 1 to {most} characters")
        return line

    return check


_by = click.option(
    "--by", callback=_line(MAX_NAME), help="Your name, as agents know it; else that of the system's user."
)


@click.command()
@click.option("--reason", required=True, callback=_line(MAX_REASON), help="Why; agents read it.")
@_by
def pause(reason: str, by: str | None) -> None:
    """Start no more resets until `resume`.

    Agents who try are shown the reason and the name. Resets in progress continue, and messages
    with a password are deleted as usual. Works while the bot runs.
    """
    wanted = Pause(reason=reason, by=by or _system_user(), paused_at=datetime.now(UTC))

    async def begin(database: Database) -> Pause | None:
        return await PauseStore(database).begin_pause(wanted)

    present = run_with_database(begin)
    if present is not None:
        fail(f"Resets are paused already, {_since(present)}. Nothing was changed.", FAILED)
    _logger.warning("resets.paused", by=wanted.by, reason=wanted.reason)
    click.echo(f"Resets are paused from now on, by {wanted.by}: “{wanted.reason}”.")


@click.command()
@_by
def resume(by: str | None) -> None:
    """End the pause: resets can start again."""
    who = by or _system_user()

    async def end(database: Database) -> Pause | None:
        return await PauseStore(database).end_pause(who, datetime.now(UTC))

    ended = run_with_database(end)
    if ended is None:
        fail("Resets are not paused. Nothing was changed.", FAILED)
    _logger.warning("resets.resumed", by=who, paused_by=ended.by, reason=ended.reason)
    click.echo(f"Resets go on. They were paused {_since(ended)}.")


def _since(present: Pause) -> str:
    return f"since {present.paused_at:%Y-%m-%d %H:%M} UTC by {present.by}: “{present.reason}”"


def _system_user() -> str:
    number = f"uid {os.getuid()}"
    try:
        return shorten(one_line(getpass.getuser()), MAX_NAME) or number
    except (KeyError, OSError):
        # A container's user id may have no name.
        return number
