"""The content of the app's Home tab."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approvals import Pending
from bot.domain.clients import SetPasswordOffer
from bot.domain.pauses import Pause
from bot.domain.resets import Reason, Reset


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """`resets`: the agent's own, newest first; None: the database is unavailable, so `pause` is not known either.

    `pending`: requests for approval that this agent may answer.
    """

    read_at: datetime
    whmcs_failure: Reason | None
    offer: SetPasswordOffer
    pause: Pause | None
    resets: tuple[Reset, ...] | None
    pending: tuple[Pending, ...] = ()
