"""What an agent sees in the app's Home tab."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approvals import Pending
from bot.domain.clients import SetPasswordOffer
from bot.domain.pauses import Pause
from bot.domain.resets import Reason, Reset


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """`resets`: the agent's own, newest first; None: the database does not answer, so that no pause is known either.

    `pending`: what waits for a second agent's approval, and for which this one may be the second.
    """

    read_at: datetime
    whmcs_failure: Reason | None
    offer: SetPasswordOffer
    pause: Pause | None
    resets: tuple[Reset, ...] | None
    pending: tuple[Pending, ...] = ()
