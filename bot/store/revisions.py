"""The revisions of the tables, as Alembic keeps them in `migrations/`."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.store.errors import NewerDatabaseError


def upgrade(connection: Connection) -> None:
    """Bring the tables to this version, within the caller's transaction.

    Raises: NewerDatabaseError.
    """
    present = find_present(connection)
    require_known(present)
    if present == get_wanted():
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def find_present(connection: Connection) -> str | None:
    """The revision that the database has; None: no tables yet."""
    return MigrationContext.configure(connection).get_current_revision()


def require_known(revision: str | None) -> None:
    """Raises: NewerDatabaseError."""
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise NewerDatabaseError(revision)


def get_wanted() -> str:
    """The revision that this version of the bot needs."""
    head = _scripts().get_current_head()
    if head is None:
        raise RuntimeError("this installation has no migrations")
    return head


@cache
def _scripts() -> ScriptDirectory:
    """Read once: each revision is a module, and every start asks for all of them several times."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
