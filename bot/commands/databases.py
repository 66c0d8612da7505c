"""Database access for commands."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot import logs
from bot.commands.running import BAD_SETTINGS, FAILED, fail, load
from bot.logs import Masker
from bot.settings import DatabaseSettings
from bot.store.database import Database
from bot.store.errors import NewerDatabaseError, StoreError, StoreFault, StoreUnavailableError

T = TypeVar("T")


def run_with_database(work: Callable[[Database], Awaitable[T]], *, must_exist: bool = True) -> T:
    """Run the work on the configured database. Exits if it can't be used.

    `must_exist` False: create a missing embedded database.
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
    except StoreUnavailableError as error:
        told = Masker(settings.secrets)(None, "", f"DATABASE_URL: the database can't be used ({error.explanation})")
        if error.fault is StoreFault.WRONG_OPTION:
            fail(told, BAD_SETTINGS)
        fail(f"{told}; has `python -m bot migrate` run?", FAILED)
    except StoreError as error:
        fail(f"DATABASE_URL: the database can't be used ({error}); has `python -m bot migrate` run?", FAILED)
