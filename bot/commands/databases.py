"""For the commands that need the database alone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot import logs
from bot.commands.running import FAILED, fail, load
from bot.settings import DatabaseSettings
from bot.store.database import Database
from bot.store.errors import NewerDatabaseError, StoreError

T = TypeVar("T")


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
