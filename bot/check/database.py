"""Checks of the database: reachable, private, migrated, writable, resets paused, messages with a password overdue."""

from datetime import UTC, timedelta
from typing import Final

from bot.check.report import Line, Lines, failed, not_tried, ok, warning
from bot.settings import Settings
from bot.store.database import Database
from bot.store.errors import NewerDatabaseError, NotMigratedError, StoreFault, StoreUnavailableError
from bot.store.jobs import JobStore
from bot.store.pauses import PauseStore
from bot.store.sqlite import Folder

_REACHABLE: Final = "database.reachable"
_MIGRATED: Final = "database.migrated"
_WRITABLE: Final = "database.writable"
_FOLDER: Final = "database.folder"
_PAUSED: Final = "database.pause"
_OVERDUE: Final = "database.overdue_messages"
_UNLOCK: Final = "Find the process that keeps the database locked (a backup, a shell) and end it, then check again."
_GRANT_ACCESS: Final = "Let the bot's system user read and write the file and its folder."
_GRACE: Final = timedelta(seconds=30)


async def check_database(settings: Settings) -> Lines:
    try:
        database = Database.inspect(settings.database_url.get_secret_value())
    except StoreUnavailableError as error:
        return _judge_unreachable(error)
    try:
        try:
            await database.require_migrated()
            migrated = None
        except (NotMigratedError, NewerDatabaseError) as error:
            migrated = error
        reached = ok(_REACHABLE, f"{database.dialect}, {database.place}")
        return (reached, _judge_folder(database.find_folder()), *await _check_tables(database, migrated))
    except StoreUnavailableError as error:
        return _judge_unreachable(error)
    finally:
        await database.aclose()


def _judge_unreachable(error: StoreUnavailableError) -> Lines:
    match error.fault:
        case StoreFault.NOT_THERE:
            # Expected before the first `serve`, which creates it.
            line = warning(_REACHABLE, f"{error}; its folder is writable", "Start the bot: `serve` creates the file.")
        case StoreFault.NO_FOLDER:
            line = failed(
                _REACHABLE,
                f"{error}, and none can be created in {error.detail}",
                "Correct DATABASE_URL, or let the bot's system user write into that folder.",
            )
        case StoreFault.NOT_A_DATABASE:
            line = failed(_REACHABLE, "the file is not an SQLite database", "Correct the path in DATABASE_URL.")
        case StoreFault.CANT_OPEN:
            line = failed(
                _REACHABLE,
                f"the file can't be opened: {error.detail}",
                _GRANT_ACCESS,
            )
        case StoreFault.READ_ONLY:
            line = failed(_REACHABLE, "the file is read-only and can't be opened that way", _GRANT_ACCESS)
        case StoreFault.LOCKED:
            line = failed(_REACHABLE, "the database is locked, even for reading", _UNLOCK)
        case StoreFault.NOT_ALLOWED:
            line = failed(
                _REACHABLE,
                f"the database refuses the login: {error.detail}",
                "Correct user and password in DATABASE_URL.",
            )
        case StoreFault.WRONG_OPTION:
            line = failed(_REACHABLE, error.explanation, "Correct or remove that option.")
        case _:
            reason = error.explanation
            line = failed(
                _REACHABLE,
                f"the database does not answer: {reason}",
                "Correct DATABASE_URL, or start the database.",
            )
    return (line, *not_tried((_FOLDER, _MIGRATED, _WRITABLE, _PAUSED, _OVERDUE), _REACHABLE))


def _judge_folder(folder: Folder | None) -> Line:
    """Judge only the folder: every command that opens the file makes it private."""
    if folder is None:
        return ok(_FOLDER, "none: the database is not a file")
    can = " and ".join(
        verb for verb, is_allowed in (("read", folder.is_readable), ("write", folder.is_writable)) if is_allowed
    )
    if not can:
        return ok(_FOLDER, "closed to other users")
    return warning(_FOLDER, f"other users can {can} the folder {folder.path}", f"Close it: chmod 700 {folder.path}")


async def _check_tables(database: Database, difference: NotMigratedError | NewerDatabaseError | None) -> Lines:
    if difference is None:
        return (
            ok(_MIGRATED, "at this version's revision"),
            await _check_writing(database),
            await _check_pause(database),
            await _check_messages(database),
        )
    line = _judge_revision(difference, is_embedded=database.is_embedded)
    if database.is_embedded:
        return (line, await _check_writing(database), *not_tried((_PAUSED, _OVERDUE), _MIGRATED))
    # PostgreSQL's privileges are those on the tables, so the tables must exist.
    return (line, *not_tried((_WRITABLE, _PAUSED, _OVERDUE), _MIGRATED))


def _judge_revision(error: NotMigratedError | NewerDatabaseError, *, is_embedded: bool) -> Line:
    if isinstance(error, NewerDatabaseError):
        return failed(
            _MIGRATED,
            f"at revision {error.found}, which this version does not know",
            "Update the bot's code: a newer version has migrated the database.",
        )
    found = f"at revision {error.found}, this version needs {error.wanted}" if error.found else "without tables"
    if is_embedded:
        return warning(_MIGRATED, found, "Start the bot: `serve` migrates the file.")
    return failed(_MIGRATED, found, "Run `python -m bot migrate`.")


async def _check_writing(database: Database) -> Line:
    try:
        await database.require_writable()
    except StoreUnavailableError as error:
        return _judge_not_writable(error)
    return ok(_WRITABLE, "yes")


def _judge_not_writable(error: StoreUnavailableError) -> Line:
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
            text, then = f"no transaction can be opened: {error.explanation}", "Fix the cause that the database names."
    return failed(_WRITABLE, text, then)


async def _check_pause(database: Database) -> Line:
    try:
        pause = await PauseStore(database).find_pause()
    except StoreUnavailableError as error:
        return warning(_PAUSED, f"can't be read: {error.explanation}", f"First fix {_WRITABLE}.")
    if pause is not None:
        since = pause.paused_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        return warning(
            _PAUSED,
            f"resets are paused by {pause.by} since {since}: {pause.reason}",
            "When the reason is gone: `python -m bot resume`.",
        )
    return ok(_PAUSED, "no")


async def _check_messages(database: Database) -> Line:
    try:
        overdue = (await JobStore(database).count_jobs(database.now() - _GRACE)).overdue_messages
    except StoreUnavailableError as error:
        return warning(_OVERDUE, f"can't be counted: {error.explanation}", f"First fix {_WRITABLE}.")
    if overdue:
        return warning(
            _OVERDUE,
            f"{overdue} {'message' if overdue == 1 else 'messages'} with a password should have been deleted by now",
            "Start the bot, which deletes them; if they stay, see its log for `message.overdue`.",
        )
    return ok(_OVERDUE, "none")
