"""Runs a reset from STARTED to its outcome: carried out by its method, recorded, announced."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from bot.domain.references import Reference
from bot.domain.resets import ClientNotice, Failure, Method, Outcome, Phase, Reason, Reset, ResetRequest, Result
from bot.metrics import Metrics
from bot.services.errors import ResetAbortedError
from bot.services.failures import OF_WHMCS
from bot.services.outcome_recorder import OutcomeRecorder
from bot.services.tasks import Tasks
from bot.services.whmcs_gateway import Whmcs
from bot.slack.errors import SlackError
from bot.slack.gateway import Slack
from bot.store.errors import LeaseLostError, StoreUnavailableError
from bot.store.gateway import Store
from whmcs import actions

_logger = structlog.stdlib.get_logger(__name__)


class ResetMethod(Protocol):
    """What a method does between STARTED and the outcome, and after a success."""

    async def carry_out(self, reset: Reset) -> Result:
        """Recheck the eligibility, and commit the phase CALLING before the call that changes something.

        Recovery reports a reset that is still in CHECKING as not done.

        Raises: ResetAbortedError; LeaseLostError: WHMCS was not called.
        """

    async def follow_up(self, reset: Reset) -> ClientNotice | None:
        """Do what follows a recorded success. Returns the notice that was sent to the client, if any. Never raises."""


@dataclass(kw_only=True)
class ResetExecution:
    """`methods`: the installed ones; without the companion, only those of the API."""

    store: Store
    recorder: OutcomeRecorder
    whmcs: Whmcs
    methods: Mapping[Method, ResetMethod]
    slack: Slack
    tasks: Tasks
    metrics: Metrics
    _running: set[Reference] = field(init=False, default_factory=set)

    def is_running(self, reference: Reference) -> bool:
        """Return True if the reset runs here, or its outcome is known here and still being recorded."""
        return reference in self._running or reference in self.recorder.unrecorded

    async def renew_leases(self) -> None:
        """Renew the leases of the resets that run here; to be called well within a lease. Never raises."""
        if not (alive := self._running.union(self.recorder.unrecorded)):
            return
        try:
            await self.store.resets.renew_leases(alive, now=self.store.now())
        except StoreUnavailableError as error:
            _logger.warning("leases.not_renewed", error=str(error))

    async def run(self, reset: Reset, request: ResetRequest) -> Result:
        """Carry out the reset, and return what is to be shown."""
        self._running.add(reset.reference)
        try:
            return await self.end(await self._carry_out(reset), request)
        finally:
            self._running.discard(reset.reference)

    async def end(self, result: Result, request: ResetRequest) -> Result:
        """Record the outcome, announce it where the agent began, and return what is to be shown."""
        result = await self.recorder.record(result)
        reset = result.reset
        if result.outcome is Outcome.SUCCEEDED:
            result = replace(result, notice=await self.methods[reset.method].follow_up(reset))
        self.metrics.resets.labels(reset.method.value, result.outcome.value).inc()
        self.tasks.spawn(self._confirm(request, result), name=f"confirm {reset.reference}")
        return result

    async def _carry_out(self, reset: Reset) -> Result:
        try:
            method = self.methods.get(reset.method)
            if method is None:
                return Result(reset=reset, failure=Failure(Outcome.FAILED, Reason.NOT_INSTALLED))
            return await method.carry_out(reset)
        except ResetAbortedError as stopped:
            _log_failure(stopped)
            self._note(stopped.result)
            return stopped.result
        except LeaseLostError:
            return Result(reset=reset, failure=Failure(Outcome.FAILED, Reason.INTERRUPTED))
        except Exception:
            # An unforeseen error: the agent must be notified, and the audit trail needs an outcome.
            _logger.exception("reset.crashed", reference=reset.reference)
            return Result(reset=reset, failure=Failure(await self._outcome_of_break(reset), Reason.INTERNAL))

    def _note(self, result: Result) -> None:
        """Note a failure of WHMCS itself, so that the next form shows it before anything is chosen."""
        if result.reason in OF_WHMCS:
            self.whmcs.health.note(result.reason)
        if result.reason is Reason.NOT_PERMITTED and result.detail == actions.RESET_PASSWORD.name:
            self.whmcs.health.note_missing(result.detail)
        else:
            self.whmcs.health.look_again()

    async def _outcome_of_break(self, reset: Reset) -> Outcome:
        """Return FAILED only if WHMCS is recorded as not called yet."""
        try:
            recorded = await self.store.resets.find_reset(reset.reference)
        except StoreUnavailableError:
            return Outcome.UNKNOWN
        is_untouched = recorded is not None and recorded.phase is Phase.CHECKING
        return Outcome.FAILED if is_untouched else Outcome.UNKNOWN

    async def _confirm(self, request: ResetRequest, result: Result) -> None:
        try:
            await self.slack.notices.confirm(request.origin, result)
            if not result.is_recorded:
                await self.slack.notices.tell_record_follows(result.reset)
        except SlackError as error:
            _logger.warning("confirmation.not_sent", reference=request.reference, error=str(error))
            return
        await self.recorder.note_told(request.reference)


def _log_failure(stopped: ResetAbortedError) -> None:
    result = stopped.result
    _logger.warning(
        "reset.not_done",
        reference=result.reset.reference,
        outcome=result.outcome.value,
        reason=result.reason.value if result.reason is not None else "",
        detail=result.detail,
    )
