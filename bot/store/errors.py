"""Errors of the store.

StoreError
├── StoreUnavailableError   the database does not answer, is locked, full or read-only; the transaction is rolled back
├── LimitReachedError       a limit stopped the reset; nothing was written
├── PausedError             resets are paused; nothing was written
├── ReferenceUsedError      a reset with this reference is recorded already; nothing was written
├── LeaseLostError          another process has taken over the reset or the reply; nothing was written
├── NotMigratedError        the tables are not those of this version
└── NewerDatabaseError      a newer version created the tables
"""

from enum import StrEnum

from bot.domain.limits import LimitReached
from bot.domain.pauses import Pause
from bot.domain.resets import Reset


class StoreError(Exception):
    """Base class for store errors."""


class StoreFault(StrEnum):
    """Known causes of an unusable database.

    NOT_THERE: there is no such file. NO_FOLDER: nor can it be created there. CANT_OPEN: the file's permissions forbid it.
    NOT_ALLOWED: a server refuses the login or a table. WRONG_OPTION: an unusable option in the address or in one of the
    driver's environment variables.
    """

    NOT_THERE = "not_there"
    NO_FOLDER = "no_folder"
    CANT_OPEN = "cant_open"
    LOCKED = "locked"
    READ_ONLY = "read_only"
    FULL = "full"
    NOT_A_DATABASE = "not_a_database"
    NOT_ALLOWED = "not_allowed"
    WRONG_OPTION = "wrong_option"
    UNKNOWN = "unknown"


class StoreUnavailableError(StoreError):
    """`detail`: the driver's message, which can hold a host's name."""

    def __init__(self, text: str, fault: StoreFault = StoreFault.UNKNOWN, detail: str = "") -> None:
        super().__init__(text)
        self.fault = fault
        self.detail = detail

    @property
    def explanation(self) -> str:
        """The driver's message if there is one, on one line."""
        return self.detail or str(self)


class LimitReachedError(StoreError):
    def __init__(self, limit: LimitReached) -> None:
        super().__init__(limit.kind.value)
        self.limit = limit


class PausedError(StoreError):
    def __init__(self, pause: Pause) -> None:
        super().__init__("resets are paused")
        self.pause = pause


class ReferenceUsedError(StoreError):
    def __init__(self, reset: Reset) -> None:
        super().__init__(reset.reference)
        self.reset = reset


class LeaseLostError(StoreError):
    """The caller must not call WHMCS any more."""


class NotMigratedError(StoreError):
    """`found`: the database's revision, None if it has no tables yet; `wanted`: this version's."""

    def __init__(self, found: str | None, wanted: str) -> None:
        super().__init__(f"the database is at revision {found or 'none'}, this version needs {wanted}")
        self.found = found
        self.wanted = wanted


class NewerDatabaseError(StoreError):
    """No migration of this version leads to or from that revision: use the newer version, or restore a backup."""

    def __init__(self, found: str) -> None:
        super().__init__(f"it is at revision {found}, which this version of the bot does not know: a newer one made it")
        self.found = found
