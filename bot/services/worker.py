"""The loops for background work: each takes what is due of its kinds and hands it to who can do it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.metrics import Metrics
from bot.services.pace import Pace
from bot.store.errors import StoreUnavailableError
from bot.store.jobs import Job, JobKind, JobStore

_logger = structlog.stdlib.get_logger(__name__)

_LEASE: Final = timedelta(seconds=60)
_AT_ONCE: Final = 5
_GRACE: Final = timedelta(seconds=30)


class Worker:
    """One for kinds of work that may wait for each other. What must not wait behind them has one of its own.

    `pace` None: as fast as it goes.
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        kinds: Mapping[JobKind, Callable[[Job], Awaitable[None]]],
        clock: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        self._jobs = jobs
        self._kinds = kinds
        self._clock = clock
        self._pace = pace

    async def work(self) -> None:
        """Do some of what is due now, all at the same time. Never raises."""
        most = _AT_ONCE if self._pace is None else min(_AT_ONCE, self._pace.count_free())
        if most <= 0:
            return
        try:
            now = self._clock()
            due = await self._jobs.take_due(self._kinds.keys(), now, now + _LEASE, most)
        except StoreUnavailableError as error:
            _logger.warning("no background work: the database does not answer", error=str(error))
            return
        if self._pace is not None:
            self._pace.spend(len(due))
        await asyncio.gather(*(self._do(job) for job in due))

    async def _do(self, job: Job) -> None:
        """A job that breaks is taken again when its lease is over; the others go on."""
        try:
            await self._kinds[job.kind](job)
        except StoreUnavailableError as error:
            _logger.warning("job not ended: the database does not answer", kind=job.kind.value, error=str(error))
        except Exception:
            _logger.exception("job broke off", kind=job.kind.value, reference=job.reference)


class Backlog:
    """How much is waiting, for the figures."""

    def __init__(self, jobs: JobStore, metrics: Metrics, clock: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._metrics = metrics
        self._clock = clock
        self._overdue = 0

    async def look(self) -> None:
        """Never raises; that the database does not answer is said by those who need it."""
        try:
            counts = await self._jobs.count(self._clock() - _GRACE)
        except StoreUnavailableError:
            return
        self._metrics.pending_messages.set(counts.pending_messages)
        self._metrics.overdue_messages.set(counts.overdue_messages)
        self._metrics.unresolved_resets.set(counts.unresolved_resets)
        if counts.overdue_messages != self._overdue:
            _logger.warning("messages with a password are overdue", count=counts.overdue_messages)
            self._overdue = counts.overdue_messages
