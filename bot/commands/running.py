"""How every command begins and ends: settings read, one line for what went wrong, an exit code."""

import os
import sys
from typing import Final, NoReturn, TypeVar

import click

from bot.settings import EnvironmentSettings, SettingsError

FAILED: Final = 1
BAD_SETTINGS: Final = 2

S = TypeVar("S", bound=EnvironmentSettings)


def load(kind: type[S]) -> S:
    """Read the settings of this kind alone; ends the process where one is wrong."""
    try:
        return kind.load(os.environ)
    except SettingsError as error:
        fail(str(error), BAD_SETTINGS)


def fail(text: str, code: int) -> NoReturn:
    """End the process with this text on standard error."""
    click.echo(text, err=True)
    sys.exit(code)
