"""Telling an agent how a reset ended, where that was not done when it ended: its process died, or Slack took nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.resets import MessageRef, Origin, Outcome, Reset, Result, Settled
from bot.slack.errors import SlackError, SlackRefusedError
from bot.slack.notices import Notices
from bot.store.jobs import Job, JobStore
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)

_FIRST_WAIT: Final = timedelta(seconds=5)
_LONGEST_WAIT: Final = timedelta(minutes=10)
_PATIENCE: Final = timedelta(days=1)
_READABLE: Final = timedelta(minutes=5)
"""What stands in a message that is deleted sooner may not be read."""


class Telling:
    def __init__(self, *, store: ResetStore, jobs: JobStore, notices: Notices, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._jobs = jobs
        self._notices = notices
        self._clock = clock

    async def tell(self, job: Job) -> None:
        """Tell what is recorded by now, in the message that waited for the password or in a new one.

        Telling twice is harmless, so it is repeated until Slack takes it, for a day.
        """
        told: Reset | None = None
        while (reset := await self._store.find(job.reference)) != told:
            # Somebody may have told what became known meanwhile, and what was said here has come after it.
            if reset is not None and reset.outcome is not None and not await self._is_told(job, reset, reset.outcome):
                return
            told = reset
        # Nothing follows what is settled. Before that, a job for what became known just now must stay.
        is_last = told is None or told.settled is not None
        await self._jobs.complete(job.kind, job.reference, job.place, due_at=None if is_last else job.due_at)

    async def _is_told(self, job: Job, reset: Reset, outcome: Outcome) -> bool:
        """False: Slack did not take it, and the job was given back."""
        try:
            await self._tell(Result(reset=reset, outcome=outcome, reason=reset.reason))
        except SlackError as error:
            _logger.warning("agent not told", reference=job.reference, error=str(error), attempts=job.attempts)
            if self._clock() - job.due_at < _PATIENCE:
                wait = min(_FIRST_WAIT * 2 ** min(job.attempts - 1, 10), _LONGEST_WAIT)
                await self._jobs.postpone(job, self._clock() + wait)
                return False
        return True

    async def _tell(self, result: Result) -> None:
        message = await self._jobs.find_secret_message(result.reset.reference)
        settled = result.reset.settled
        if message is not None and settled in {None, Settled.NOT_DELIVERED}:
            # Whatever it holds, so that what is said of it is so.
            is_replaced = await self._is_replaced(message.place, result)
            if is_replaced and settled is None and message.deletes_at - self._clock() >= _READABLE:
                return
        # Nobody notices news in an old message, and what is said in one that is about to be deleted goes with it.
        await self._notices.confirm(Origin(), result)

    async def _is_replaced(self, place: MessageRef, result: Result) -> bool:
        """False: Slack refuses to change the message, so that another one has to tell."""
        try:
            await self._notices.replace(place, result)
        except SlackRefusedError as error:
            _logger.warning("message not replaced", reference=result.reset.reference, error=str(error))
            return False
        return True
