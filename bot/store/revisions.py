"""The revision of a database's tables, and their migration to this version."""

from importlib import import_module
from typing import Final

from sqlalchemy import Connection, inspect, text

from bot.store.errors import NewerDatabaseError, NotMigratedError
from bot.store.schema import REVISION

_TABLE: Final = "alembic_version"
_FIND: Final = text("SELECT version_num FROM alembic_version")


def upgrade(connection: Connection) -> None:
    """Migrate the tables to this version, within the caller's transaction.

    Raises: NewerDatabaseError.
    """
    if _find_revision(connection) != REVISION:
        # Alembic is imported only if it is needed: it takes a tenth of the time of a start, and 10 MB.
        import_module("bot.store.migrations").upgrade(connection)


def require_migrated(connection: Connection) -> None:
    """Raises: NotMigratedError, NewerDatabaseError."""
    found = _find_revision(connection)
    if found != REVISION:
        raise NotMigratedError(found, REVISION)


def _find_revision(connection: Connection) -> str | None:
    """Return the database's revision, or None if it has no tables yet.

    Raises: NewerDatabaseError.
    """
    if not inspect(connection).has_table(_TABLE):
        return None
    found: str | None = connection.execute(_FIND).scalar_one_or_none()
    if found is not None and found not in {f"{number:04}" for number in range(1, int(REVISION) + 1)}:
        raise NewerDatabaseError(found)
    return found
