"""How commands read settings, report failures and exit."""

import os
import sys
from typing import Final, NoReturn, TypeVar

import click

from bot.environment import EnvironmentSettings, SettingsError

FAILED: Final = 1
BAD_SETTINGS: Final = 2

S = TypeVar("S", bound=EnvironmentSettings)


def load(kind: type[S]) -> S:
    """Read settings of this kind. Exits if one is wrong."""
    try:
        return kind.load(os.environ)
    except SettingsError as error:
        fail(str(error), BAD_SETTINGS)


def fail(text: str, code: int) -> NoReturn:
    """Exit with this text on standard error."""
    click.echo(text, err=True)
    sys.exit(code)
