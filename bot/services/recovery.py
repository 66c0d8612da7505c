"""Resets whose process fell silent, or whose outcome is not known: what became of them is found out and recorded."""

from collections.abc import Callable
from datetime import datetime

import structlog

import whmcs
from bot.domain.audit import BOT
from bot.domain.lifecycle import (
    Ask,
    CompanionAnswer,
    Conclude,
    Leave,
    Settle,
    Wait,
    decide_recovery,
    decide_settlement,
)
from bot.domain.references import Reference
from bot.domain.resets import Reset
from bot.services.failures import explain
from bot.services.homes import Homes
from bot.store.jobs import Job, JobStore
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)


class Recovery:
    """Never sets a password and never sends an e-mail: it only finds out. The agent is told by a job of its own.

    `is_running`: whether a reset runs in this process, so that its silence is only the database's.
    """

    def __init__(
        self,
        *,
        store: ResetStore,
        jobs: JobStore,
        companion: whmcs.CompanionClient | None,
        homes: Homes,
        is_running: Callable[[Reference], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._companion = companion
        self._homes = homes
        self._is_running = is_running
        self._clock = clock

    async def recover(self, job: Job) -> None:
        """Record an outcome for a reset whose lease is over, or give the job back while nobody can tell."""
        if self._is_running(job.reference):
            # The database was away, or a clock jumped: the sign of life is late.
            await self._store.renew([job.reference], now=self._clock())
            await self._jobs.postpone(job, self._clock())
            return
        reset = await self._store.find(job.reference)
        if reset is None or reset.outcome is not None:
            await self._jobs.complete(job.kind, job.reference, job.place)
            return
        decision = decide_recovery(reset, self._clock())
        if isinstance(decision, Ask):
            decision = decide_recovery(reset, self._clock(), await self._ask(reset))
        match decision:
            case Conclude(outcome, reason):
                now = self._clock()
                # Its process may have come back to life since it was read, and be about to ask WHMCS.
                if await self._store.finish(
                    reset, outcome, reason, now=now, actor=BOT, tell_at=now, only_from=reset.phase
                ):
                    _logger.warning("reset recovered", reference=reset.reference, outcome=outcome.value)
                    self._homes.note_change(reset.agent_id)
            case Wait(time):
                await self._jobs.postpone(job, self._clock() + time)

    async def settle(self, job: Job) -> None:
        """Ask on after an outcome that is not known, until it is known or the companion has forgotten."""
        reset = await self._store.find(job.reference)
        decision = decide_settlement(reset, self._clock()) if reset is not None else Leave()
        if reset is not None and isinstance(decision, Ask):
            decision = decide_settlement(reset, self._clock(), await self._ask(reset))
        match decision:
            case Settle(settled) if reset is not None:
                now = self._clock()
                if await self._store.settle(reset, settled, now=now, actor=BOT, tell_at=now):
                    _logger.warning("reset settled", reference=reset.reference, settled=settled.value)
                    self._homes.note_change(reset.agent_id)
            case Wait(time):
                await self._jobs.postpone(job, self._clock() + time)
            case _:
                await self._jobs.complete(job.kind, job.reference, job.place)

    async def _ask(self, reset: Reset) -> CompanionAnswer:
        if self._companion is None:
            return CompanionAnswer.ABSENT
        try:
            answer = await self._companion.result(reset.reference)
        except whmcs.WhmcsError as error:
            _logger.warning("result not told", reference=reset.reference, reason=explain(error).reason.value)
            return CompanionAnswer.SILENT
        return CompanionAnswer.DONE if answer.is_known else CompanionAnswer.NOT_DONE
