"""The database: reachable, migrated, writable; whether resets are paused, and messages with a password overdue."""

from datetime import UTC, timedelta
from typing import Final

from bot.check.report import Line, Lines, failed, not_tried, ok, warning
from bot.settings import Settings
from bot.store.database import Database
from bot.store.errors import NewerDatabaseError, NotMigratedError, StoreFault, StoreUnavailableError
from bot.store.jobs import JobStore
from bot.store.pauses import PauseStore

_REACHABLE: Final = "database.reachable"
_MIGRATED: Final = "database.migrated"
_WRITABLE: Final = "database.writable"
_PAUSED: Final = "database.pause"
_OVERDUE: Final = "database.overdue_messages"
_UNLOCK: Final = "Find who keeps the database locked (a backup, a shell) and end it; then check again."
_OPEN_UP: Final = "Let the bot's system user read and write the file and its folder."
_GRACE: Final = timedelta(seconds=30)


async def check_database(settings: Settings) -> Lines:
    try:
        database = Database.look_at(settings.database_url.get_secret_value())
    except StoreUnavailableError as error:
        return _not_reached(error)
    try:
        try:
            await database.require_migrated()
            migrated = None
        except (NotMigratedError, NewerDatabaseError) as error:
            migrated = error
        reached = ok(_REACHABLE, f"{database.dialect}, {database.place}")
        return (reached, *await _look(database, migrated))
    except StoreUnavailableError as error:
        return _not_reached(error)
    finally:
        await database.aclose()


def _not_reached(error: StoreUnavailableError) -> Lines:
    match error.fault:
        case StoreFault.NOT_THERE:
            # Nothing is wrong before the first `serve`, which makes it.
            line = warning(_REACHABLE, f"{error}; its folder is writable", "Start the bot: `serve` makes the file.")
        case StoreFault.NO_FOLDER:
            line = failed(
                _REACHABLE,
                f"{error}, and none can be made in {error.detail}",
                "Correct DATABASE_URL, or let the bot's system user write into that folder.",
            )
        case StoreFault.NOT_A_DATABASE:
            line = failed(_REACHABLE, "the file is not an SQLite database", "Correct the path in DATABASE_URL.")
        case StoreFault.CANT_OPEN:
            line = failed(
                _REACHABLE,
                f"the file can't be opened: {error.detail}",
                _OPEN_UP,
            )
        case StoreFault.READ_ONLY:
            line = failed(_REACHABLE, "the file is read-only, and can't be looked into so", _OPEN_UP)
        case StoreFault.LOCKED:
            line = failed(_REACHABLE, "the database is locked, even for reading", _UNLOCK)
        case StoreFault.NOT_ALLOWED:
            line = failed(
                _REACHABLE,
                f"the database does not let us in: {error.detail}",
                "Correct user and password in DATABASE_URL.",
            )
        case _:
            reason = error.detail or str(error)
            line = failed(
                _REACHABLE,
                f"the database does not answer: {reason}",
                "Correct DATABASE_URL, or start the database.",
            )
    return (line, *not_tried((_MIGRATED, _WRITABLE, _PAUSED, _OVERDUE), _REACHABLE))


async def _look(database: Database, difference: NotMigratedError | NewerDatabaseError | None) -> Lines:
    if difference is None:
        return (
            ok(_MIGRATED, "at this version's revision"),
            await _look_at_writing(database),
            await _look_at_pause(database),
            await _look_at_messages(database),
        )
    line = _not_migrated(difference, is_embedded=database.is_embedded)
    if database.is_embedded:
        return (line, await _look_at_writing(database), *not_tried((_PAUSED, _OVERDUE), _MIGRATED))
    # Privileges are those on the tables, which have to be there.
    return (line, *not_tried((_WRITABLE, _PAUSED, _OVERDUE), _MIGRATED))


def _not_migrated(error: NotMigratedError | NewerDatabaseError, *, is_embedded: bool) -> Line:
    if isinstance(error, NewerDatabaseError):
        return failed(
            _MIGRATED,
            f"at revision {error.found}, which this version does not know",
            "Update the bot's code: a newer version was here.",
        )
    found = f"at revision {error.found}, this version needs {error.wanted}" if error.found else "without tables"
    if is_embedded:
        return warning(_MIGRATED, found, "Start the bot: `serve` brings the file to its version.")
    return failed(_MIGRATED, found, "Run `python -m bot migrate`.")


async def _look_at_writing(database: Database) -> Line:
    try:
        await database.require_writable()
    except StoreUnavailableError as error:
        return _not_writable(error)
    return ok(_WRITABLE, "yes")


def _not_writable(error: StoreUnavailableError) -> Line:
    match error.fault:
        case StoreFault.LOCKED:
            text, then = "another process has held the write lock for seconds", _UNLOCK
        case StoreFault.READ_ONLY:
            text, then = (
                "the database is read-only",
                "Let the bot's system user write the file and its folder; on PostgreSQL, use the primary.",
            )
        case StoreFault.FULL:
            text, then = "the disk is full", "Make room on the database's disk."
        case StoreFault.NOT_ALLOWED:
            text, then = (
                f"the database user may not write the table {error.detail}",
                "Grant the database user SELECT, INSERT, UPDATE and DELETE on the bot's tables, USAGE on their sequences.",
            )
        case _:
            text, then = f"no transaction can be opened: {error.detail or error}", "Solve what the database says."
    return failed(_WRITABLE, text, then)


async def _look_at_pause(database: Database) -> Line:
    try:
        pause = await PauseStore(database).find()
    except StoreUnavailableError as error:
        return warning(_PAUSED, f"can't be read: {error.detail or error}", f"First solve {_WRITABLE}.")
    if pause is not None:
        since = pause.paused_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        return warning(
            _PAUSED,
            f"resets are paused by {pause.by} since {since}: {pause.reason}",
            "When the reason is gone: `python -m bot resume`.",
        )
    return ok(_PAUSED, "no")


async def _look_at_messages(database: Database) -> Line:
    try:
        overdue = (await JobStore(database).count(database.now() - _GRACE)).overdue_messages
    except StoreUnavailableError as error:
        return warning(_OVERDUE, f"can't be counted: {error.detail or error}", f"First solve {_WRITABLE}.")
    if overdue:
        return warning(
            _OVERDUE,
            f"{overdue} {'message' if overdue == 1 else 'messages'} with a password should have been deleted by now",
            "Start the bot, which deletes them; if they stay, see its log for `message overdue`.",
        )
    return ok(_OVERDUE, "none")
