"""The demo's command line: `python -m sandbox`."""

import asyncio
import io
import os
import signal
import sys

import click
from rich.console import Console

from sandbox.demo.terminal import walk_through
from sandbox.demo.words import Language, choose_words

_FAILED = 1
_BAD_USAGE = 2
_INTERRUPTED = 130


@click.command()
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    envvar="DEMO_LANGUAGE",
    default=Language.ES.value,
    show_default=True,
    show_envvar=True,
    help="Language of the people in the demo, and of its own words.",
)
def main(language: str) -> None:
    """Walk through both ways to reset a password, between a local Slack and a local WHMCS.

    The environment variable DEMO may be empty or `terminal`.
    """
    kind = os.environ.get("DEMO", "")
    if kind not in {"", "terminal"}:
        click.echo(f"DEMO: there is no demo {kind!r}; leave it out or use DEMO=terminal", err=True)
        sys.exit(_BAD_USAGE)
    chosen = Language(language)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character still gets the rest
    try:
        is_as_expected = asyncio.run(_walk_through(chosen))
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo(f"\n{choose_words(chosen).interrupted}", err=True)
        sys.exit(_INTERRUPTED)
    sys.exit(0 if is_as_expected else _FAILED)


async def _walk_through(language: Language) -> bool:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("not in a task")
    # As Ctrl-C, which asyncio.run() turns into a cancellation itself.
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await walk_through(language, Console(highlight=False))


if __name__ == "__main__":
    main(prog_name="python -m sandbox")
