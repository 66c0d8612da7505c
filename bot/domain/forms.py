"""Why a returned view can't be used, and its age."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# Clocks of replicas differ by less. A time further in the future comes from a clock that was set back, so the age
# is unknown.
_AHEAD: Final = timedelta(minutes=1)


class FormFault(StrEnum):
    """Why a view can't be used. The agent must start again.

    OUTDATED: rendered by another version of the bot, or under another bot token. UNREADABLE: not as the bot rendered it.
    """

    OUTDATED = "outdated"
    UNREADABLE = "unreadable"
    OTHER_AGENT = "other_agent"
    TOO_OLD = "too_old"


class UnusableFormError(Exception):
    """Nothing was done with the form."""

    def __init__(self, fault: FormFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def is_too_old(opened_at: datetime, now: datetime, ttl: timedelta) -> bool:
    """Return True if a view rendered at `opened_at` has expired, or may have: a time in the future counts as old."""
    age = now - opened_at
    return not -_AHEAD <= age <= ttl
