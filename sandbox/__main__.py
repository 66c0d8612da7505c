"""The demo's command line: `python -m sandbox`."""

import asyncio
import io
import os
import signal
import sys
import webbrowser
from collections.abc import Coroutine
from typing import Final, TypeVar

import click
from rich.console import Console

from sandbox.bot_process import ProcessError
from sandbox.demo.story import walk_through
from sandbox.page.bot import MODES, Mode
from sandbox.page.server import serve_page
from sandbox.words import LANGUAGES, choose_words

_FAILED = 1
_BAD_USAGE = 2
_INTERRUPTED = 130
_KINDS: Final = ("page", "terminal")
T = TypeVar("T")


@click.command()
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    envvar="DEMO_LANGUAGE",
    default=LANGUAGES[0],
    show_default=True,
    show_envvar=True,
    help="The bot's DEFAULT_LOCALE; in the terminal also the language of the people and of the demo's own words.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    envvar="DEMO_PORT",
    show_envvar=True,
    help="Port of the page on 127.0.0.1; without it 8642, or a free one where that is in use.",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    envvar="DEMO_MODE",
    default="http",
    show_default=True,
    show_envvar=True,
    help="How Slack reaches the bot at first: signed HTTP, or Socket Mode. The page can switch.",
)
def main(language: str, port: int | None, mode: Mode) -> None:
    """Open a page on which the real bot can be used, between a local Slack and a local WHMCS.

    With the environment variable DEMO=terminal, walk through both ways to reset a password in the terminal and end.
    """
    kind = os.environ.get("DEMO") or "page"
    if kind not in _KINDS:
        click.echo(f"DEMO: there is no demo {kind!r}; leave it out or use DEMO=terminal", err=True)
        sys.exit(_BAD_USAGE)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # print the rest where a terminal lacks a character
    try:
        if kind == "terminal":
            sys.exit(0 if asyncio.run(_until_ended(walk_through(language, Console(highlight=False)))) else _FAILED)
        page = serve_page(locale=language, port=port, mode=mode, on_ready=_open_page)
        asyncio.run(_until_ended(page))
    except (OSError, ProcessError) as error:
        click.echo(str(error), err=True)
        sys.exit(_FAILED)
    except (KeyboardInterrupt, asyncio.CancelledError):
        if kind == "terminal":
            click.echo(f"\n{choose_words(language, 'demo')['interrupted']}", err=True)
            sys.exit(_INTERRUPTED)


async def _until_ended(work: Coroutine[None, None, T]) -> T:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("not in a task")
    # asyncio.run() cancels at SIGINT only.
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await work


def _open_page(address: str) -> None:
    click.echo(f"Open {address}\nCtrl-C ends the demo.")
    sys.stdout.flush()
    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)


if __name__ == "__main__":
    main(prog_name="python -m sandbox")
