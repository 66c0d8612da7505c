"""PostgreSQL with a migrated template, from which each test gets a database of its own."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from bot.store.database import Database
from sandbox import postgresql
from sandbox.postgresql import ADMIN, ROLE

__all__ = ["ADMIN", "ROLE", "PostgresServer"]

_MIGRATED: Final = "migrated"


class PostgresServer(postgresql.PostgresServer):
    @contextlib.contextmanager
    def database(self, *, is_migrated: bool = True) -> Iterator[str]:
        """A database of its own for one test, that belongs to the role `bot`; its name."""
        with self.database_from(_MIGRATED if is_migrated else "template0") as name:
            yield name

    def _prepare(self) -> None:
        with self.connect(ADMIN) as connection:
            connection.execute(f"CREATE DATABASE {_MIGRATED} OWNER {ROLE}")

        async def migrate() -> None:
            database = Database.connect(self.url(_MIGRATED))
            await database.migrate()
            await database.aclose()

        asyncio.run(migrate())
