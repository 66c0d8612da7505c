"""Outcomes: committed at once or as soon as the database takes them, and set right if another one was there first."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from bot.domain.lifecycle import LEASE, Settle, decide_late_outcome, is_told_by_its_message
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, Outcome, Result
from bot.services.homes import Homes
from bot.services.tasks import Tasks
from bot.store.errors import StoreUnavailableError
from bot.store.jobs import JobKind, JobStore
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)

_LONGEST_WAIT_SECONDS: Final = 15.0
_NOWHERE: Final = MessageRef(channel="", ts="")


class Recording:
    def __init__(
        self,
        *,
        store: ResetStore,
        jobs: JobStore,
        homes: Homes,
        tasks: Tasks,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._homes = homes
        self._tasks = tasks
        self._clock = clock
        self._unrecorded: set[Reference] = set()
        self._told: set[Reference] = set()

    @property
    def unrecorded(self) -> Collection[Reference]:
        """Resets whose outcome is known here and not yet in the database; recovery must leave them alone."""
        return self._unrecorded

    async def record(self, result: Result) -> Result:
        """Commit the outcome, and return what is to be shown.

        Not recorded: the database does not take it now; it is tried until it does, or the bot ends. Meanwhile the outcome
        is in the log. If the process ends before it is recorded, recovery finds it out.
        """
        if (shown := await self._commit(result)) is not None:
            return shown
        reset = result.reset
        self._store.announce_unrecorded(reset, result.outcome, result.reason, now=self._clock(), actor=reset.agent_id)
        self._unrecorded.add(reset.reference)
        self._tasks.spawn(self._record_later(result), name=f"record {reset.reference}")
        return replace(result, is_recorded=False)

    async def note_told(self, reference: Reference) -> None:
        """Say that the agent knows how it ended, so that no job has to tell him."""
        if reference in self._unrecorded:
            self._told.add(reference)
            return
        try:
            await self._jobs.complete(JobKind.TELL_AGENT, reference, _NOWHERE)
        except StoreUnavailableError as error:
            _logger.warning("agent will be told twice", reference=reference, error=str(error))

    async def _record_later(self, result: Result) -> None:
        reference = result.reset.reference
        wait = 1.0
        try:
            while True:
                await asyncio.sleep(wait)
                if await self._commit(result) is not None:
                    break
                wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
        finally:
            self._unrecorded.discard(reference)
            self._told.discard(reference)

    async def _commit(self, result: Result) -> Result | None:
        """What is to be shown; None: the database does not take it now."""
        reset, now = result.reset, self._clock()
        is_known = reset.reference in self._told or is_told_by_its_message(result)
        tell_at = None if is_known else now + LEASE
        try:
            if not await self._store.finish(
                reset, result.outcome, result.reason, now=now, actor=reset.agent_id, tell_at=tell_at
            ):
                result = await self._set_right(result, tell_at)
        except StoreUnavailableError as error:
            _logger.warning(
                "outcome not recorded", reference=reset.reference, outcome=result.outcome.value, error=str(error)
            )
            return None
        self._homes.note_change(reset.agent_id)
        return result

    async def _set_right(self, result: Result, tell_at: datetime | None) -> Result:
        """Another outcome was recorded before: recovery took this process for dead, or a commit's answer was lost."""
        recorded = await self._store.find(result.reset.reference)
        if recorded is None:
            return result
        decision = decide_late_outcome(recorded, result.outcome, result.reason)
        if isinstance(decision, Settle):
            _logger.warning("outcome came late", reference=recorded.reference, settled=decision.settled.value)
            await self._store.settle(
                recorded, decision.settled, now=self._clock(), actor=recorded.agent_id, tell_at=tell_at
            )
        elif result.outcome is Outcome.UNKNOWN and recorded.outcome is not None:
            # Who took it over may have found out.
            return Result(reset=recorded, outcome=recorded.outcome, reason=recorded.reason)
        return result
