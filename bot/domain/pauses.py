"""A pause of resets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

MAX_REASON: Final = 200
MAX_NAME: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """`by`, `reason`: typed by an operator; one line each, at most MAX_NAME and MAX_REASON characters."""

    reason: str
    by: str
    paused_at: datetime
