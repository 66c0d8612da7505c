"""The entry to a reset: a submitted form becomes a result, a request for approval, or a refusal."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog

from bot.domain.approvals import Asked, Decided, Pending, Verdict
from bot.domain.audit import Step
from bot.domain.clients import SetPasswordSummary
from bot.domain.permissions import Agent
from bot.domain.references import Reference
from bot.domain.resets import Failure, Origin, Outcome, Phase, Reason, Reset, ResetRequest, Result
from bot.services.access import Access
from bot.services.approvals import Approvals
from bot.services.confirmation import Confirmation
from bot.services.errors import (
    AuditUnavailableError,
    FormTamperedError,
    IneligibleError,
    LimitError,
    NotAllowedError,
    ResetsPausedError,
    ServiceError,
    StillRunningError,
    StoppingError,
    requiring_audit,
)
from bot.services.refusals import Refusals
from bot.services.reset_execution import ResetExecution
from bot.services.results import Done, Refused, Submitted, WaitingForApproval
from bot.services.tasks import Tasks
from bot.store.errors import LimitReachedError, PausedError, ReferenceUsedError, StoreUnavailableError
from bot.store.gateway import Store

_logger = structlog.stdlib.get_logger(__name__)

_MAX_POLLS: Final = 60
_POLL_SECONDS: Final = 1.0
_PERMISSION_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Running:
    request: ResetRequest
    task: asyncio.Task[Submitted]


@dataclass(kw_only=True)
class ResetService:
    store: Store
    access: Access
    confirmation: Confirmation
    approvals: Approvals
    execution: ResetExecution
    refusals: Refusals
    tasks: Tasks
    _running: dict[Reference, _Running] = field(init=False, default_factory=dict)
    _is_stopping: bool = field(init=False, default=False)

    def prepare(self, request: ResetRequest, *, check_seconds: float) -> asyncio.Task[SetPasswordSummary | Submitted]:
        """Return what the last step shows, or why there is none.

        A form that was submitted before leads to its outcome instead.
        """
        return self.tasks.spawn(self._prepare(request, check_seconds), name="last step")

    def submit(self, request: ResetRequest, *, check_seconds: float) -> asyncio.Task[Submitted]:
        """Start the reset, or join the one that runs for the same form. The task is owned here.

        `check_seconds`: the time for Slack to confirm that the agent has the right to set passwords.
        """
        running = self._running.get(request.reference)
        if running is not None and running.request == request:
            return running.task
        task = self.tasks.spawn(self._submit(request, check_seconds), name=f"reset {request.reference}")
        if running is None:
            self._note_running(request, task)
        return task

    async def answer_approval(
        self, agent: Agent, reference: Reference, verdict: Verdict, channel: str, question: str
    ) -> Decided | Refused | None:
        """Record a second agent's answer. None: the request is no longer pending.

        `question`: the one they answered.

        Raises: NotAllowedError: recorded as DENIED; StoreUnavailableError.
        """
        pending = await self.approvals.find_answerable(agent, reference, channel)
        if pending is None:
            return None
        if verdict is Verdict.REJECTED:
            return await self.approvals.reject(pending, agent)
        try:
            await self.confirmation.require_offer()
        except ServiceError as error:
            return Refused(error)
        decided = await self.approvals.grant(pending, agent, question)
        if decided is not None:
            self._carry_on(decided.reset)
            await self.approvals.note_change()
        return decided

    async def is_used(self, reference: Reference) -> bool:
        """Return True if a form with this reference was submitted before.

        Raises: AuditUnavailableError.
        """
        with requiring_audit():
            return await self.store.resets.find_reset(reference) is not None

    def stop(self) -> None:
        """Start no new resets; those in progress continue."""
        self._is_stopping = True

    async def _prepare(self, request: ResetRequest, check_seconds: float) -> SetPasswordSummary | Submitted:
        try:
            if await self.is_used(request.reference):
                return await asyncio.shield(self.submit(request, check_seconds=check_seconds))
            await self.confirmation.require_offer()
            return await self.confirmation.summarize(request)
        except IneligibleError as error:
            return await self._refuse(request, error)
        except ServiceError as error:
            return Refused(error)

    async def _submit(self, request: ResetRequest, check_seconds: float) -> Submitted:
        try:
            if self._is_stopping:
                raise StoppingError
            if request.target.method.hands_out_access:
                await self.access.require_set_password(
                    request.agent, reference=request.reference, within_seconds=check_seconds
                )
                if request.needs_approval:
                    return await self._ask(request)
                if not self.confirmation.is_offered():
                    await self.confirmation.require_offer()
            return await self._start(request)
        except IneligibleError as error:
            return await self._refuse(request, error)
        except ServiceError as error:
            return Refused(error, await self._find_last_step(request, error))

    async def _find_last_step(self, request: ResetRequest, error: ServiceError) -> SetPasswordSummary | None:
        """Return the last step again after a temporary refusal."""
        if not request.shown or isinstance(error, FormTamperedError | StillRunningError):
            return None
        try:
            return await self.confirmation.summarize(request)
        except ServiceError:
            return None

    async def _start(self, request: ResetRequest) -> Submitted:
        reset = await self._begin(request)
        return Done(await self.execution.run(reset, request)) if isinstance(reset, Reset) else reset

    async def _ask(self, request: ResetRequest) -> Submitted:
        """Ask a second agent to approve what the last step showed.

        The message is posted before STARTED, so that an unusable channel is known in time. It gets its buttons after STARTED,
        so that only a recorded request can be answered.

        Raises: ServiceError: nothing was started.
        """
        await self.confirmation.require_offer()
        if await self.is_used(request.reference):
            return await self._start(request)
        summary = await self.confirmation.summarize(request)
        asked = await self.approvals.place(request.reference, summary.user_email)
        try:
            reset = await self._begin(request, asked)
        except ServiceError:
            await self.approvals.withdraw(asked)
            raise
        if not isinstance(reset, Reset):
            await self.approvals.withdraw(asked)
            return reset
        pending = Pending(reset=reset, asked=asked)
        if await self.approvals.ask(pending, summary) or (taken := await self.approvals.take_back(pending)) is None:
            return WaitingForApproval(pending)
        return Done(await self.execution.end(_failed(taken, Reason.APPROVAL_CHANNEL), request))

    def _carry_on(self, reset: Reset) -> None:
        """Carry out an approved reset; everything is read again."""
        request = ResetRequest(
            reference=reset.reference,
            agent=Agent(id=reset.agent_id, locale=reset.agent_locale),
            target=reset.target,
            origin=Origin(),
            needs_approval=True,
            shown=reset.shown,
        )
        task = self.tasks.spawn(self._run_approved(reset, request), name=f"reset {reset.reference}")
        self._note_running(request, task)

    async def _run_approved(self, reset: Reset, request: ResetRequest) -> Submitted:
        try:
            await self.access.require_set_password(
                request.agent, reference=reset.reference, within_seconds=_PERMISSION_SECONDS
            )
        except NotAllowedError:
            refused = Result(reset=reset, failure=Failure(Outcome.REFUSED, Reason.NO_LONGER_ALLOWED))
            return Done(await self.execution.end(refused, request))
        return Done(await self.execution.run(reset, request))

    async def _refuse(self, request: ResetRequest, error: IneligibleError) -> Submitted:
        """Record an ineligible reset: started, and refused without a write to WHMCS."""
        try:
            reset = await self._begin(request)
        except ServiceError as refused:
            return Refused(refused)
        if not isinstance(reset, Reset):
            return reset
        return Done(await self.execution.end(Result(reset=reset, failure=error.failure), request))

    async def _begin(self, request: ResetRequest, asked: Asked | None = None) -> Reset | Submitted:
        """Commit STARTED. For a form submitted before, return its result instead.

        Raises: ServiceError.
        """
        if self._is_stopping:
            raise StoppingError
        try:
            return await self.store.resets.begin_reset(request, now=self.store.now(), asked=asked)
        except ReferenceUsedError as used:
            return await self._show_again(request, used.reset)
        except PausedError as paused:
            _logger.info("reset.refused_by_pause", reference=request.reference, actor=request.agent.id)
            self.refusals.count(Step.SUBMISSION, "paused")
            raise ResetsPausedError(paused.pause) from None
        except LimitReachedError as reached:
            limit = reached.limit
            await self.refusals.record_limit(request, limit)
            is_other = limit.by != request.agent.id
            raise LimitError(limit, await self.access.find_name(limit.by) if limit.by and is_other else "") from None
        except StoreUnavailableError as error:
            raise AuditUnavailableError from error

    async def _show_again(self, request: ResetRequest, reset: Reset) -> Submitted:
        """Return the result of a form that was submitted before; refuse it if it came with other values.

        Raises: FormTamperedError, StillRunningError.
        """
        if not request.has_values_of(reset):
            await self.refusals.record_tampering(request.reference, request.agent.id, "other_values")
            raise FormTamperedError
        running = self._running.get(request.reference)
        if running is not None and running.task is not asyncio.current_task():
            return await asyncio.shield(running.task)
        if reset.phase is Phase.WAITING:
            pending = await self.approvals.find(request.reference)
            return WaitingForApproval(pending) if pending is not None else await self._wait_for_outcome(reset.reference)
        return await self._wait_for_outcome(reset.reference) if reset.outcome is None else _done(reset)

    async def _wait_for_outcome(self, reference: Reference) -> Submitted:
        """Poll the database until the reset has ended in another process. Failed reads are retried.

        Raises: StillRunningError: after a minute.
        """
        for _ in range(_MAX_POLLS):
            await asyncio.sleep(_POLL_SECONDS)
            try:
                reset = await self.store.resets.find_reset(reference)
            except StoreUnavailableError:
                continue
            if reset is not None and reset.outcome is not None:
                return _done(reset)
        raise StillRunningError

    def _note_running(self, request: ResetRequest, task: asyncio.Task[Submitted]) -> None:
        self._running[request.reference] = _Running(request, task)

        def forget(ended: asyncio.Task[Submitted]) -> None:
            # A form submitted again while its reset waits for approval may end after the approved one has begun.
            running = self._running.get(request.reference)
            if running is not None and running.task is ended:
                del self._running[request.reference]

        task.add_done_callback(forget)


def _failed(reset: Reset, reason: Reason) -> Result:
    return Result(reset=reset, failure=Failure(Outcome.FAILED, reason))


def _done(reset: Reset) -> Done:
    return Done(Result.read(reset))
