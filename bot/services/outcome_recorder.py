"""Records outcomes: at once, or as soon as the database is available; corrects one that was recorded by another process."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Final

import structlog

from bot.domain.backoff import Backoff
from bot.domain.lifecycle import LEASE, Settle, decide_late_outcome, is_shown_by_password_message
from bot.domain.references import Reference
from bot.domain.resets import NO_MESSAGE, Outcome, Result
from bot.services.homes import Homes
from bot.services.tasks import Tasks
from bot.store.errors import StoreUnavailableError
from bot.store.gateway import Store
from bot.store.jobs import JobKind

_logger = structlog.stdlib.get_logger(__name__)

_BACKOFF: Final = Backoff(first_seconds=1, longest_seconds=15)


@dataclass(kw_only=True)
class OutcomeRecorder:
    store: Store
    homes: Homes
    tasks: Tasks
    _unrecorded: set[Reference] = field(init=False, default_factory=set)
    _told: set[Reference] = field(init=False, default_factory=set)

    @property
    def unrecorded(self) -> Collection[Reference]:
        """Return the resets whose outcome is known here but not yet recorded. Recovery must skip them."""
        return self._unrecorded

    async def record(self, result: Result) -> Result:
        """Commit the outcome, and return what is to be shown.

        If the database is unavailable, recording is retried until it succeeds or the bot stops. Meanwhile the outcome
        is in the log. If the process ends first, recovery determines it.
        """
        if (shown := await self._commit(result)) is not None:
            return shown
        reset = result.reset
        self.store.resets.log_unrecorded_outcome(
            reset, result.outcome, result.reason, now=self.store.now(), actor=reset.agent_id
        )
        self._unrecorded.add(reset.reference)
        self.tasks.spawn(self._record_later(result), name=f"record {reset.reference}")
        return replace(result, is_recorded=False)

    async def note_told(self, reference: Reference) -> None:
        """Note that the agent was notified, so that no job has to do it."""
        if reference in self._unrecorded:
            self._told.add(reference)
            return
        try:
            await self.store.jobs.complete_job(JobKind.TELL_AGENT, reference, NO_MESSAGE)
        except StoreUnavailableError as error:
            _logger.warning("agent.will_be_notified_twice", reference=reference, error=str(error))

    async def _record_later(self, result: Result) -> None:
        reference = result.reset.reference
        try:
            for attempts in count(1):
                await asyncio.sleep(_BACKOFF.decide_wait_seconds(attempts))
                if await self._commit(result) is not None:
                    break
        finally:
            self._unrecorded.discard(reference)
            self._told.discard(reference)

    async def _commit(self, result: Result) -> Result | None:
        """Return what is to be shown. None: the database is unavailable."""
        reset, now = result.reset, self.store.now()
        is_known = reset.reference in self._told or is_shown_by_password_message(result)
        tell_at = None if is_known else now + LEASE
        try:
            if not await self.store.resets.finish_reset(
                reset, result.outcome, result.reason, now=now, actor=reset.agent_id, tell_at=tell_at
            ):
                result = await self._set_right(result, tell_at)
        except StoreUnavailableError as error:
            _logger.warning(
                "outcome.not_recorded", reference=reset.reference, outcome=result.outcome.value, error=str(error)
            )
            return None
        self.homes.note_change(reset.agent_id)
        return result

    async def _set_right(self, result: Result, tell_at: datetime | None) -> Result:
        """Reconcile with an outcome recorded before: recovery presumed this process dead, or a commit's answer was lost."""
        recorded = await self.store.resets.find_reset(result.reset.reference)
        if recorded is None:
            return result
        decision = decide_late_outcome(recorded, result.outcome, result.reason)
        if isinstance(decision, Settle):
            _logger.warning("outcome.came_late", reference=recorded.reference, settled=decision.settled.value)
            await self.store.resets.settle_reset(
                recorded, decision.settled, now=self.store.now(), actor=recorded.agent_id, tell_at=tell_at
            )
        elif result.outcome is Outcome.UNKNOWN and recorded.outcome is not None:
            # The process that took it over may have determined it.
            return Result.read(recorded)
        return result
