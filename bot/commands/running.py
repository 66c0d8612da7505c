"""How every command begins and ends: settings read, one line for what went wrong, an exit code."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn, TypeVar

import click

from bot import logs
from bot.settings import DatabaseSettings, EnvironmentSettings, Settings, SettingsError
from bot.store.database import Database
from bot.store.errors import NewerDatabaseError, StoreError

FAILED: Final = 1
BAD_SETTINGS: Final = 2

T = TypeVar("T")
S = TypeVar("S", bound=EnvironmentSettings)


def load_settings() -> Settings:
    """Read all settings; ends the process where one is wrong."""
    return load(Settings)


def load(kind: type[S]) -> S:
    """Read the settings of this kind alone; ends the process where one is wrong."""
    try:
        return kind.load(os.environ)
    except SettingsError as error:
        fail(str(error), BAD_SETTINGS)


def run_with_database(work: Callable[[Database], Awaitable[T]], *, must_exist: bool = True) -> T:
    """Do the work on the database that the settings name; ends the process where that can't be used.

    `must_exist` False: an embedded file is made where there is none.
    """
    settings = load(DatabaseSettings)
    logs.configure("WARNING", None, settings.secrets)

    async def connect_and_work() -> T:
        database = Database.connect(settings.database_url.get_secret_value(), must_exist=must_exist)
        try:
            return await work(database)
        finally:
            await database.aclose()

    try:
        return asyncio.run(connect_and_work())
    except NewerDatabaseError as error:
        fail(f"DATABASE_URL: the database can't be used ({error})", FAILED)
    except StoreError as error:
        fail(f"DATABASE_URL: the database can't be used ({error}); has `python -m bot migrate` run?", FAILED)


def fail(text: str, code: int) -> NoReturn:
    """End the process with this text on standard error."""
    click.echo(text, err=True)
    sys.exit(code)
