"""Whether a form that comes back can still be used."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# Replicas on a database of their own clock agree to less; a time that is further ahead comes from a clock that was
# turned back, and tells no age.
_AHEAD: Final = timedelta(minutes=1)


class FormFault(StrEnum):
    """Why a form can't be used. Whoever sends it starts again."""

    NOT_OURS = "not_ours"
    OTHER_AGENT = "other_agent"
    TOO_OLD = "too_old"


class UnusableFormError(Exception):
    """Nothing was done with the form."""

    def __init__(self, fault: FormFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def is_too_old(opened_at: datetime, now: datetime, ttl: timedelta) -> bool:
    """Whether a form drawn at `opened_at` has passed its time, or may have: one of the future is taken for old."""
    age = now - opened_at
    return not -_AHEAD <= age <= ttl
