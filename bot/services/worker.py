"""The one loop for background work: it takes what is due and hands it to who can do it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.metrics import Metrics
from bot.store.errors import StoreUnavailableError
from bot.store.jobs import Job, JobKind, JobStore

_logger = structlog.stdlib.get_logger(__name__)

_LEASE: Final = timedelta(seconds=60)
_AT_ONCE: Final = 5
_GRACE: Final = timedelta(seconds=30)


class Worker:
    def __init__(
        self,
        *,
        jobs: JobStore,
        kinds: Mapping[JobKind, Callable[[Job], Awaitable[None]]],
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._jobs = jobs
        self._kinds = kinds
        self._metrics = metrics
        self._clock = clock
        self._overdue = 0

    async def work(self) -> None:
        """Do what is due now, one after the other, which also keeps within Slack's limits. Never raises."""
        try:
            now = self._clock()
            for job in await self._jobs.take_due(now, now + _LEASE, _AT_ONCE):
                await self._do(job)
            counts = await self._jobs.count(now - _GRACE)
        except StoreUnavailableError as error:
            _logger.warning("no background work: the database does not answer", error=str(error))
            return
        self._metrics.pending_messages.set(counts.pending_messages)
        self._metrics.overdue_messages.set(counts.overdue_messages)
        self._metrics.unresolved_resets.set(counts.unresolved_resets)
        if counts.overdue_messages != self._overdue:
            _logger.warning("messages with a password are overdue", count=counts.overdue_messages)
            self._overdue = counts.overdue_messages

    async def _do(self, job: Job) -> None:
        """A job that breaks is taken again when its lease is over; the others go on."""
        try:
            await self._kinds[job.kind](job)
        except StoreUnavailableError:
            raise
        except Exception:
            _logger.exception("job broke off", kind=job.kind.value, reference=job.reference)
