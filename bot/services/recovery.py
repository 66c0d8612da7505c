"""Resets whose process fell silent: what became of them is found out, recorded, and told to their agent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

import whmcs
from bot.domain.audit import BOT
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, Method, Origin, Outcome, Phase, Reason, Reset, Result
from bot.services.failures import explain
from bot.slack.errors import SlackError, SlackRefusedError
from bot.slack.notices import Notices
from bot.store.jobs import Job, JobStore
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)

_WAIT: Final = timedelta(seconds=15)
_PATIENCE: Final = timedelta(minutes=5)

# By then every attempt of the process that began it has passed its own deadline, even if that process still lives.
_WRITE_OVER: Final = timedelta(minutes=2)
_REMEMBERED: Final = timedelta(hours=23)


class Recovery:
    """Never sets a password and never sends an e-mail: it only finds out.

    `is_running`: whether a reset runs in this process, so that its silence is only the database's.
    """

    def __init__(
        self,
        *,
        store: ResetStore,
        jobs: JobStore,
        companion: whmcs.CompanionClient | None,
        notices: Notices,
        is_running: Callable[[Reference], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._companion = companion
        self._notices = notices
        self._is_running = is_running
        self._clock = clock

    async def recover(self, job: Job) -> None:
        """Settle the reset, or give the job back while the companion can't tell."""
        if self._is_running(job.reference):
            await self._jobs.postpone(job, self._clock() + _WAIT)
            return
        reset = await self._store.find(job.reference)
        if reset is None or reset.outcome is not None:
            await self._jobs.complete(job.kind, job.reference, job.place)
            return
        result = await self._find_out(reset)
        if result is None:
            await self._jobs.postpone(job, self._clock() + _WAIT)
            return
        message = await self._jobs.find_secret_message(reset.reference)
        if await self._store.finish(reset, result.outcome, result.reason, now=self._clock(), actor=BOT):
            _logger.warning("reset recovered", reference=reset.reference, outcome=result.outcome.value)
            await self._tell(result, message.place if message is not None else None)

    async def _find_out(self, reset: Reset) -> Result | None:
        """None: ask again later."""
        if reset.phase is Phase.CHECKING:
            return Result(reset=reset, outcome=Outcome.FAILED, reason=Reason.INTERRUPTED)
        if reset.method is Method.RESET_EMAIL or self._companion is None:
            return Result(reset=reset, outcome=Outcome.UNKNOWN, reason=Reason.INTERRUPTED)
        try:
            answer = await self._companion.result(reset.reference)
        except whmcs.WhmcsError as error:
            _logger.warning("result not told", reference=reset.reference, reason=explain(error).reason.value)
            is_last = self._clock() - reset.started_at > _PATIENCE
            return Result(reset=reset, outcome=Outcome.UNKNOWN, reason=Reason.INTERRUPTED) if is_last else None
        if answer.is_known:
            return Result(reset=reset, outcome=Outcome.SUCCEEDED, reason=Reason.NOT_DELIVERED)
        age = self._clock() - reset.started_at
        if age < _WRITE_OVER:
            return None
        # The companion forgets what it did after a day: then *not known* tells nothing any more.
        outcome = Outcome.FAILED if age < _REMEMBERED else Outcome.UNKNOWN
        return Result(reset=reset, outcome=outcome, reason=Reason.INTERRUPTED)

    async def _tell(self, result: Result, place: MessageRef | None) -> None:
        """In the message that waited for the password: it holds none after that, as the sentence says."""
        try:
            if place is not None and await self._is_replaced(place, result):
                return
            await self._notices.confirm(Origin(), result)
        except SlackError as error:
            _logger.warning("agent not told", reference=result.reset.reference, error=str(error))

    async def _is_replaced(self, place: MessageRef, result: Result) -> bool:
        """False: Slack refuses to change the message, so that another one has to tell."""
        try:
            await self._notices.replace(place, result)
        except SlackRefusedError as error:
            _logger.warning("message not replaced", reference=result.reset.reference, error=str(error))
            return False
        return True
