"""What a submission leads to, for the listener that shows it."""

from dataclasses import dataclass
from typing import TypeAlias

from bot.domain.approvals import Pending
from bot.domain.clients import SetPasswordSummary
from bot.domain.resets import Result
from bot.services.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Done:
    """The reset has an outcome."""

    result: Result


@dataclass(frozen=True, slots=True)
class WaitingForApproval:
    pending: Pending


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused before STARTED: nothing was changed. `last_step`: what it shows now, if it can be confirmed again."""

    error: ServiceError
    last_step: SetPasswordSummary | None = None


Submitted: TypeAlias = Done | WaitingForApproval | Refused


@dataclass(frozen=True, slots=True)
class ReplyRefused:
    """Nothing was sent on the ticket."""

    error: ServiceError
