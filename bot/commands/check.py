"""`python -m bot check`: diagnose an installation."""

import asyncio
import io
import json
import os
import sys
from collections import Counter
from typing import Final, NoReturn

import click

from bot import logs
from bot.check.report import Line, Lines, Part, State
from bot.check.runner import check_all, explain_settings
from bot.commands.running import BAD_SETTINGS, FAILED
from bot.environment import SettingsError
from bot.settings import Settings

_COLORS: Final = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "red"}
_SYMBOLS: Final = {State.OK: "✓", State.WARNING: "!", State.FAILED: "✗"}
_TITLES: Final = {
    Part.SETTINGS: "Settings",
    Part.DATABASE: "Database",
    Part.SLACK: "Slack",
    Part.WHMCS: "WHMCS",
    Part.COMPANION: "Companion",
}
_NEXT: Final = " " * 10 + "-> "
_WAITING: Final = "Asking the database, Slack, WHMCS and the companion, which takes a few seconds …"


@click.command()
@click.option("--json", "is_json", is_flag=True, help="One JSON object instead of text.")
def check(*, is_json: bool) -> None:
    """Check the installation and show what to do next. Changes nothing.

    Exit code: 0, 1 if something failed, 2 if a setting is wrong.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a character still gets the rest
    try:
        settings = Settings.load(os.environ)
    except SettingsError as error:
        lines = explain_settings(error)
        if not is_json:
            _show_part(Part.SETTINGS, lines)
        _conclude(lines, BAD_SETTINGS, is_json=is_json)
    # This command reports failures in its own words, so the libraries' log lines are silenced.
    logs.configure("CRITICAL", None, settings.secrets)
    lines = asyncio.run(check_all(settings, _show_nothing if is_json else _show_as_it_comes))
    has_failed = any(line.state is State.FAILED for line in lines)
    _conclude(lines, FAILED if has_failed else 0, is_json=is_json)


def _conclude(lines: Lines, code: int, *, is_json: bool) -> NoReturn:
    if is_json:
        states = Counter(line.state for line in lines)
        summary = {state.value: states[state] for state in State} | {"exit_code": code}
        click.echo(json.dumps({"checks": [_as_json(line) for line in lines], "summary": summary}, indent=2))
    else:
        states = Counter(line.state for line in lines if not line.waits_for)
        waiting = sum(bool(line.waits_for) for line in lines)
        words = {State.OK: "ok", State.WARNING: _count_word(states[State.WARNING]), State.FAILED: "failed"}
        told = {state: f"{states[state]} {word}" for state, word in words.items()}
        counts = [_colored(text, state) if states[state] else text for state, text in told.items()]
        click.echo("\n" + ", ".join([*counts, *([f"{waiting} not tried"] if waiting else [])]))
    sys.exit(code)


def _count_word(warnings: int) -> str:
    return "warning" if warnings == 1 else "warnings"


def _as_json(line: Line) -> dict[str, str]:
    return {
        "part": line.part.value,
        "check": line.check,
        "state": line.state.value,
        "text": line.text,
        "next": line.next,
    }


def _show_nothing(_part: Part, _lines: Lines) -> None:
    """Show nothing: JSON is written at the end, as one object."""


def _show_as_it_comes(part: Part, lines: Lines) -> None:
    """Show each result as it comes; in a terminal, also what is being checked."""
    is_watched = sys.stdout.isatty() and sys.stderr.isatty()
    if is_watched:
        click.echo("\r\x1b[K", nl=False, err=True)
    _show_part(part, lines)
    if is_watched and part is not list(Part)[-1]:
        click.echo(_WAITING, nl=False, err=True)


def _show_part(part: Part, lines: Lines) -> None:
    click.echo(_styled(_TITLES[part], bold=True))
    for line in lines:
        if line.waits_for:
            continue
        mark = f"{_SYMBOLS[line.state]} " if sys.stdout.isatty() else ""
        word = _colored(f"{mark}{line.state.value}".ljust(len(mark) + 8), line.state)
        click.echo(f"  {word}{line.check}: {line.text}")
        if line.next:
            click.echo(_NEXT + line.next)
    for first in dict.fromkeys(line.waits_for for line in lines if line.waits_for):
        names = ", ".join(line.check.partition(".")[2] for line in lines if line.waits_for == first)
        word = _colored("warning ", State.WARNING)
        click.echo(f"  {word}not tried before {first} is fixed: {names}")
    sys.stdout.flush()


def _colored(text: str, state: State) -> str:
    return _styled(text, color=_COLORS[state])


def _styled(text: str, *, color: str | None = None, bold: bool = False) -> str:
    """See https://no-color.org. In a pipe, click omits colours by itself."""
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=color, bold=bold or None)
