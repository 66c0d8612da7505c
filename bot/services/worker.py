"""Workers for background jobs."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.metrics import Metrics
from bot.services.rate_limiter import TokenBucket
from bot.store.errors import StoreUnavailableError
from bot.store.gateway import Store
from bot.store.jobs import Job, JobKind, JobStore

_logger = structlog.stdlib.get_logger(__name__)

WORK_SECONDS: Final = 1.0
"""Time between two rounds of a worker."""

_LEASE: Final = timedelta(seconds=60)
_AT_ONCE: Final = 5
_GRACE: Final = timedelta(seconds=30)


@dataclass(kw_only=True)
class DueKinds:
    """The kinds of jobs that are due, read once for all workers of a round. `clock` returns monotonic seconds."""

    store: Store
    clock: Callable[[], float]
    _kinds: frozenset[JobKind] = field(init=False, default=frozenset())
    _read_at: float = field(init=False, default=-math.inf)
    _lock: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def list_kinds(self) -> frozenset[JobKind]:
        """Return them; none while the database is unavailable. Never raises."""
        async with self._lock:
            if self.clock() - self._read_at >= WORK_SECONDS / 2:
                self._kinds = await self._read()
                self._read_at = self.clock()
            return self._kinds

    async def _read(self) -> frozenset[JobKind]:
        try:
            return await self.store.jobs.list_due_kinds(self.store.now())
        except StoreUnavailableError as error:
            _logger.warning("jobs.not_taken", error=str(error))
            return frozenset()


@dataclass(kw_only=True)
class Worker:
    """Takes due jobs of its kinds every second. Kinds that must not wait for each other have separate workers.

    `pace`: limits the rate; None: no limit.
    """

    store: Store
    due: DueKinds
    kinds: Mapping[JobKind, Callable[[Job], Awaitable[None]]]
    pace: TokenBucket | None = None

    async def work(self) -> None:
        """Run a few due jobs concurrently. Never raises."""
        if not await self.due.list_kinds() & self.kinds.keys():
            return
        most = _AT_ONCE if self.pace is None else min(_AT_ONCE, self.pace.count_free())
        if most <= 0:
            return
        try:
            now = self.store.now()
            due = await self.store.jobs.lease_due_jobs(self.kinds.keys(), now, now + _LEASE, most)
        except StoreUnavailableError as error:
            _logger.warning("jobs.not_taken", error=str(error))
            return
        if self.pace is not None:
            self.pace.spend(len(due))
        await asyncio.gather(*(self._do(job) for job in due))

    async def _do(self, job: Job) -> None:
        """Run one job. If it fails, it is taken again when its lease expires; the others continue."""
        try:
            await self.kinds[job.kind](job)
        except StoreUnavailableError as error:
            _logger.warning("job.not_ended", kind=job.kind.value, error=str(error))
        except Exception:
            _logger.exception("job.crashed", kind=job.kind.value, reference=job.reference)


class Backlog:
    """Metrics of pending work."""

    def __init__(self, jobs: JobStore, metrics: Metrics, clock: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._metrics = metrics
        self._clock = clock
        self._overdue = 0

    async def look(self) -> None:
        """Update the metrics. Never raises: others report an unavailable database."""
        try:
            counts = await self._jobs.count_jobs(self._clock() - _GRACE)
        except StoreUnavailableError:
            return
        self._metrics.pending_messages.set(counts.pending_messages)
        self._metrics.overdue_messages.set(counts.overdue_messages)
        self._metrics.unresolved_resets.set(counts.unresolved_resets)
        if counts.overdue_messages != self._overdue:
            _logger.warning("messages.overdue", count=counts.overdue_messages)
            self._overdue = counts.overdue_messages
