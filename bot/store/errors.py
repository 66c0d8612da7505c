"""What the store can answer instead of a result.

StoreError
├── StoreUnavailableError   the database does not answer, is locked, full or read-only; the transaction is rolled back
├── LimitReachedError       a limit stopped the reset; nothing was written
├── PausedError             resets are paused; nothing was written
├── ReferenceUsedError      a reset with this reference is recorded already
├── NotMigratedError        the tables are not those of this version
└── NewerDatabaseError      a newer version made the tables
"""

from enum import StrEnum

from bot.domain.pauses import Pause
from bot.domain.resets import LimitReached, Reset


class StoreError(Exception):
    """Anything that the store says no with."""


class StoreFault(StrEnum):
    """What is known of why a database can't be used. NOT_THERE: no such file; NO_FOLDER: and none can be made there.

    CANT_OPEN: the file is closed to us. NOT_ALLOWED: a server lets us not in, or not at a table.
    """

    NOT_THERE = "not_there"
    NO_FOLDER = "no_folder"
    CANT_OPEN = "cant_open"
    LOCKED = "locked"
    READ_ONLY = "read_only"
    FULL = "full"
    NOT_A_DATABASE = "not_a_database"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN = "unknown"


class StoreUnavailableError(StoreError):
    """`detail`: the driver's own words, which can hold a host's name."""

    def __init__(self, text: str, fault: StoreFault = StoreFault.UNKNOWN, detail: str = "") -> None:
        super().__init__(text)
        self.fault = fault
        self.detail = detail


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


class NotOursError(StoreError):
    pass


class NotMigratedError(StoreError):
    """`found` is the database's revision (None: no tables yet), `wanted` this version's."""

    def __init__(self, found: str | None, wanted: str) -> None:
        super().__init__(f"the database is at revision {found or 'none'}, this version needs {wanted}")
        self.found = found
        self.wanted = wanted


class NewerDatabaseError(StoreError):
    """No migration of this version leads there or away from there: it takes the newer version, or a backup."""

    def __init__(self, found: str) -> None:
        super().__init__(f"it is at revision {found}, which this version of the bot does not know: a newer one made it")
        self.found = found
