"""Recovery: determines and records the outcome of resets whose process died, or whose outcome is unknown."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.domain.audit import BOT
from bot.domain.lifecycle import (
    CompanionAnswer,
    Keep,
    QueryCompanion,
    RecordOutcome,
    RetryLater,
    Settle,
    decide_recovery,
    decide_settlement,
)
from bot.domain.references import Reference
from bot.domain.resets import Reset
from bot.services.failures import explain
from bot.services.homes import Homes
from bot.services.whmcs_gateway import Whmcs
from bot.store.gateway import Store
from bot.store.jobs import Job
from whmcs import WhmcsError

_logger = structlog.stdlib.get_logger(__name__)


@dataclass(kw_only=True)
class Recovery:
    """Never sets a password or sends an e-mail. Agents are notified by separate jobs.

    `is_running`: returns True for a reset that runs in this process, whose lease only failed to be renewed.
    """

    store: Store
    whmcs: Whmcs
    homes: Homes
    is_running: Callable[[Reference], bool]

    async def recover(self, job: Job) -> None:
        """Record the outcome of a reset whose lease has expired, or postpone the job until it can be determined."""
        if self.is_running(job.reference):
            # The database was unavailable, or a clock jumped: the renewal is late.
            await self.store.resets.renew_leases([job.reference], now=self.store.now())
            await self.store.jobs.postpone_job(job, self.store.now())
            return
        reset = await self.store.resets.find_reset(job.reference)
        if reset is None or reset.outcome is not None:
            await self.store.jobs.complete_job(job.kind, job.reference, job.place)
            return
        decision = decide_recovery(reset, self.store.now())
        if isinstance(decision, QueryCompanion):
            decision = decide_recovery(reset, self.store.now(), await self._ask(reset))
        match decision:
            case RecordOutcome(outcome, reason):
                now = self.store.now()
                # Its process may have resumed since it was read, and be about to call WHMCS.
                if await self.store.resets.finish_reset(
                    reset, outcome, reason, now=now, actor=BOT, tell_at=now, only_from=reset.phase
                ):
                    _logger.warning("reset.recovered", reference=reset.reference, outcome=outcome.value)
                    self.homes.note_change(reset.agent_id)
            case RetryLater(time):
                await self.store.jobs.postpone_job(job, self.store.now() + time)

    async def settle(self, job: Job) -> None:
        """Query the companion about an unknown outcome until it is known or the companion has forgotten it."""
        reset = await self.store.resets.find_reset(job.reference)
        decision = decide_settlement(reset, self.store.now()) if reset is not None else Keep()
        if reset is not None and isinstance(decision, QueryCompanion):
            decision = decide_settlement(reset, self.store.now(), await self._ask(reset))
        match decision:
            case Settle(settled) if reset is not None:
                now = self.store.now()
                if await self.store.resets.settle_reset(reset, settled, now=now, actor=BOT, tell_at=now):
                    _logger.warning("reset.settled", reference=reset.reference, settled=settled.value)
                    self.homes.note_change(reset.agent_id)
            case RetryLater(time):
                await self.store.jobs.postpone_job(job, self.store.now() + time)
            case _:
                await self.store.jobs.complete_job(job.kind, job.reference, job.place)

    async def _ask(self, reset: Reset) -> CompanionAnswer:
        if self.whmcs.companion is None:
            return CompanionAnswer.ABSENT
        try:
            answer = await self.whmcs.companion.result(reset.reference)
        except WhmcsError as error:
            _logger.warning("companion_result.not_read", reference=reset.reference, reason=explain(error).reason.value)
            return CompanionAnswer.SILENT
        if answer.is_known:
            return CompanionAnswer.DONE
        is_ruled_out = answer.rules_out(reset.called_at or reset.started_at)
        return CompanionAnswer.NOT_DONE if is_ruled_out else CompanionAnswer.UNSURE
