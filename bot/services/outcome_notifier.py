"""Notifies agents how a reset ended if that failed at the time: its process died, or Slack was unavailable."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from bot.domain.backoff import Backoff
from bot.domain.resets import MessageRef, Origin, Reset, Result, Settled
from bot.slack.errors import SlackError, SlackRefusedError
from bot.slack.gateway import Slack
from bot.store.gateway import Store
from bot.store.jobs import Job

_logger = structlog.stdlib.get_logger(__name__)

_BACKOFF: Final = Backoff(first_seconds=5, longest_seconds=600)
_PATIENCE: Final = timedelta(days=1)
_READABLE: Final = timedelta(minutes=5)
"""A message that is deleted sooner may not be read in time."""


@dataclass(kw_only=True)
class OutcomeNotifier:
    store: Store
    slack: Slack

    async def notify(self, job: Job) -> None:
        """Announce the recorded outcome, in the message that was to hold the password or in a new one.

        Repeating is harmless, so it is retried for a day until Slack accepts it.
        """
        told: Reset | None = None
        while (reset := await self.store.resets.find_reset(job.reference)) != told:
            # The reset may have been settled and announced meanwhile; announce the newer outcome last.
            if reset is not None and reset.outcome is not None and not await self._is_told(job, reset):
                return
            told = reset
        # A settled reset has no further news. Before that, a job for newer news must stay.
        is_last = told is None or told.settled is not None
        await self.store.jobs.complete_job(job.kind, job.reference, job.place, due_at=None if is_last else job.due_at)

    async def _is_told(self, job: Job, reset: Reset) -> bool:
        """Return False if Slack did not accept it; the job was postponed."""
        try:
            await self._tell(Result.read(reset))
        except SlackError as error:
            _logger.warning("agent.not_notified", reference=job.reference, error=str(error), attempts=job.attempts)
            if self.store.now() - job.due_at < _PATIENCE:
                wait = timedelta(seconds=_BACKOFF.decide_wait_seconds(job.attempts))
                await self.store.jobs.postpone_job(job, self.store.now() + wait)
                return False
        return True

    async def _tell(self, result: Result) -> None:
        message = await self.store.jobs.find_secret_message(result.reset.reference)
        settled = result.reset.settled
        if message is not None and settled in {None, Settled.NOT_DELIVERED}:
            # Replace whatever the message holds, so that the announcement is true.
            is_replaced = await self._is_replaced(message.place, result)
            if is_replaced and settled is None and message.deletes_at - self.store.now() >= _READABLE:
                return
        # Send a new message: agents miss edits to old ones, and this one may be deleted soon.
        await self.slack.notices.confirm(Origin(), result)

    async def _is_replaced(self, place: MessageRef, result: Result) -> bool:
        """Return False if Slack refuses to change the message, so that a new one is needed."""
        try:
            await self.slack.notices.replace(place, result)
        except SlackRefusedError as error:
            _logger.warning("message.not_replaced", reference=result.reset.reference, error=str(error))
            return False
        return True
