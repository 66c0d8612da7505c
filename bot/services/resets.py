"""The reset itself: permission and limits, STARTED, the method, the outcome."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

import whmcs
from bot.domain.approvals import Asked
from bot.domain.audit import Action, AuditEvent, Happened, Step
from bot.domain.clients import SetPasswordOffer
from bot.domain.pauses import Pause
from bot.domain.permissions import Agent, AgentId
from bot.domain.references import Reference
from bot.domain.resets import Method, Origin, Outcome, Phase, Reason, Reset, ResetRequest, Result
from bot.metrics import Metrics
from bot.services.access import Access
from bot.services.capabilities import Capabilities
from bot.services.checks import StoppedError
from bot.services.client_notice import ClientNotices
from bot.services.errors import (
    AuditUnavailableError,
    FormTamperedError,
    LimitError,
    NotAllowedError,
    NotOfferedError,
    ResetsPausedError,
    StillRunningError,
    StoppingError,
    WaitingError,
)
from bot.services.failures import OF_WHMCS, explain
from bot.services.recording import Recording
from bot.services.refusals import Refusals
from bot.services.reset_email import ResetEmail
from bot.services.set_password import SetPassword
from bot.services.tasks import Tasks
from bot.slack.errors import SlackError
from bot.slack.notices import Notices
from bot.store.errors import LimitReachedError, NotOursError, PausedError, ReferenceUsedError, StoreUnavailableError
from bot.store.pauses import PauseStore
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)

_LOG_TRIES: Final = 3
_LOOKS: Final = 60
_PATIENT_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Running:
    request: ResetRequest
    task: asyncio.Task[Result]


class ResetService:
    """Takes submitted forms to their results. `set_password` None: no companion is configured."""

    def __init__(
        self,
        *,
        store: ResetStore,
        pauses: PauseStore,
        recording: Recording,
        refusals: Refusals,
        access: Access,
        capabilities: Capabilities,
        client: whmcs.WhmcsClient,
        reset_email: ResetEmail,
        set_password: SetPassword | None,
        notices: Notices,
        client_notices: ClientNotices,
        tasks: Tasks,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._pauses = pauses
        self._recording = recording
        self._refusals = refusals
        self._access = access
        self._capabilities = capabilities
        self._client = client
        self._reset_email = reset_email
        self._set_password = set_password
        self._notices = notices
        self._client_notices = client_notices
        self._tasks = tasks
        self._metrics = metrics
        self._clock = clock
        self._running: dict[Reference, _Running] = {}
        self._is_stopping = False

    def submit(self, request: ResetRequest, *, check_seconds: float) -> asyncio.Task[Result]:
        """Start the reset, or join the one that runs for the same form; the task is owned here.

        `check_seconds`: how long Slack may take to say whether the agent may set passwords.

        The task raises ServiceError for what is decided before STARTED; from then on, whatever happens is a Result.
        """
        running = self._running.get(request.reference)
        if running is not None and running.request == request:
            return running.task
        task = self._tasks.spawn(self._submit(request, check_seconds), name=f"reset {request.reference}")
        if running is None:
            self._note_running(request, task)
        return task

    async def wait_for_outcome(self, reference: Reference) -> Result:
        """Look in the database until the reset that runs elsewhere has ended; a look that fails is made again.

        Raises: StillRunningError: it has not after a minute.
        """
        for _ in range(_LOOKS):
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                reset = await self._store.find(reference)
            except StoreUnavailableError:
                continue
            if reset is not None and reset.outcome is not None:
                return Result(reset=reset, outcome=reset.outcome, reason=reset.reason)
        raise StillRunningError

    async def find_pause(self) -> Pause | None:
        """Whether resets are paused, for who has not submitted yet; a submission is decided with STARTED.

        Slack gives a form three seconds to open, so a database that takes longer is not waited for.
        """
        # Not cancelled: psycopg would first ask the server to stop, and wait for that.
        reading = self._tasks.spawn(self._read_pause(), name="pause")
        await asyncio.wait({reading}, timeout=_PAUSE_SECONDS)
        if reading.done():
            return reading.result()
        _logger.warning("not known whether resets are paused", error="timed out")
        return None

    async def is_used(self, reference: Reference) -> bool:
        """Whether a form with this reference was sent before, so that it has an outcome to show, or will have one."""
        try:
            return await self._store.find(reference) is not None
        except StoreUnavailableError as error:
            raise AuditUnavailableError from error

    async def require_offer(self) -> None:
        """Whether a password can be set just now, for who is about to be asked to confirm it.

        Raises: ResetsPausedError, NotOfferedError.
        """
        # While WHMCS is being updated both are so, and the other method is no way out either.
        if (pause := await self.find_pause()) is not None:
            raise ResetsPausedError(pause)
        if self._capabilities.set_password is not SetPasswordOffer.OFFERED:
            raise NotOfferedError

    def stop(self) -> None:
        """From now on nothing new is started; what runs goes on."""
        self._is_stopping = True

    def is_running(self, reference: Reference) -> bool:
        """Whether the reset runs here, or its outcome is known here and still being recorded."""
        return reference in self._running or reference in self._recording.unrecorded

    async def renew_leases(self) -> None:
        """Say that the resets that run here are alive; to be called well within the lease."""
        if alive := self._running.keys() | self._recording.unrecorded:
            await self._store.renew(alive, now=self._clock())

    async def refuse(self, request: ResetRequest, reason: Reason) -> Result:
        """Record a reset that names what does not belong together: begun, and refused without asking WHMCS.

        Raises: as the task of `submit`.
        """
        reset = await self._begin(request)
        if isinstance(reset, Result):
            return reset
        return await self._end(Result(reset=reset, outcome=Outcome.REFUSED, reason=reason), request)

    async def begin_waiting(self, request: ResetRequest, asked: Asked) -> Reset | Result:
        """Commit STARTED for a reset to which a second agent has to agree; a form that was sent before has a Result.

        Raises: ServiceError: it was decided before STARTED; WaitingError: it waits already.
        """
        if self._is_stopping:
            raise StoppingError
        return await self._begin(request, asked)

    async def give_up(self, reset: Reset, request: ResetRequest, reason: Reason) -> Result:
        """End a reset that could not go on before WHMCS was asked."""
        return await self._end(Result(reset=reset, outcome=Outcome.FAILED, reason=reason), request)

    def carry_on(self, reset: Reset) -> asyncio.Task[Result]:
        """Take a reset to which a second agent has agreed to its result; everything is looked at again."""
        request = ResetRequest(
            reference=reset.reference,
            agent=Agent(id=reset.agent_id, locale=reset.agent_locale),
            client_id=reset.client_id,
            user_id=reset.user_id,
            method=reset.method,
            origin=Origin(),
            ticket=reset.ticket,
            proof=reset.proof,
            verification=reset.verification,
            needs_approval=True,
        )
        task = self._tasks.spawn(self._carry_on(reset, request), name=f"reset {reset.reference}")
        self._note_running(request, task)
        return task

    async def record_tampering(self, reference: str, agent_id: AgentId, reason: str) -> None:
        """Record that a form was sent that was not drawn for this agent, or not with these values."""
        await self._refusals.record(
            AuditEvent(
                at=self._clock(),
                actor=agent_id,
                action=Action.FORM,
                outcome=Happened.TAMPERED,
                reference=reference,
                reason=reason,
                step=Step.SUBMISSION,
            )
        )

    def _note_running(self, request: ResetRequest, task: asyncio.Task[Result]) -> None:
        self._running[request.reference] = _Running(request, task)

        def forget(ended: asyncio.Task[Result]) -> None:
            # A form that is sent again while its reset waits for an agreement ends after that may have come.
            running = self._running.get(request.reference)
            if running is not None and running.task is ended:
                del self._running[request.reference]

        task.add_done_callback(forget)

    async def _read_pause(self) -> Pause | None:
        try:
            return await self._pauses.find()
        except StoreUnavailableError as error:
            _logger.warning("not known whether resets are paused", error=str(error))
            return None

    async def _submit(self, request: ResetRequest, check_seconds: float) -> Result:
        if self._is_stopping:
            raise StoppingError
        if request.method is Method.SET_PASSWORD:
            await self._access.require_set_password(
                request.agent, reference=request.reference, within_seconds=check_seconds
            )
            if self._capabilities.set_password is not SetPasswordOffer.OFFERED:
                await self.require_offer()
        reset = await self._begin(request)
        return reset if isinstance(reset, Result) else await self._run(reset, request)

    async def _carry_on(self, reset: Reset, request: ResetRequest) -> Result:
        try:
            await self._access.require_set_password(
                request.agent, reference=reset.reference, within_seconds=_PATIENT_SECONDS
            )
        except NotAllowedError:
            refused = Result(reset=reset, outcome=Outcome.REFUSED, reason=Reason.NO_LONGER_ALLOWED)
            return await self._end(refused, request)
        return await self._run(reset, request)

    async def _begin(self, request: ResetRequest, asked: Asked | None = None) -> Reset | Result:
        """Commit STARTED; a form that was sent before has its Result instead."""
        try:
            return await self._store.begin(request, now=self._clock(), asked=asked)
        except ReferenceUsedError as used:
            return await self._show_again(request, used.reset)
        except PausedError as paused:
            _logger.info("refused: resets are paused", reference=request.reference, actor=request.agent.id)
            self._metrics.refusals.labels(Step.SUBMISSION.value, "paused").inc()
            raise ResetsPausedError(paused.pause) from None
        except LimitReachedError as reached:
            raise await self._limit_error(request, reached) from None
        except StoreUnavailableError as error:
            raise AuditUnavailableError from error

    async def _run(self, reset: Reset, request: ResetRequest) -> Result:
        result = await self._end(await self._carry_out(reset), request)
        if reset.method is Method.RESET_EMAIL and result.outcome is Outcome.SUCCEEDED:
            self._tasks.spawn(self._log_activity(result.reset), name=f"activity log {reset.reference}")
        return result

    async def _end(self, result: Result, request: ResetRequest) -> Result:
        """Record the outcome, and say it where the agent began. Returns what is to be shown."""
        result = await self._recording.record(result)
        reset = result.reset
        if reset.method is Method.SET_PASSWORD and result.outcome is Outcome.SUCCEEDED:
            result = replace(result, notice=await self._client_notices.send(result.reset))
        self._metrics.resets.labels(reset.method.value, result.outcome.value).inc()
        self._tasks.spawn(self._confirm(request, result), name=f"confirm {reset.reference}")
        return result

    async def _carry_out(self, reset: Reset) -> Result:
        try:
            if reset.method is Method.RESET_EMAIL:
                result = await self._reset_email.carry_out(reset)
            elif self._set_password is not None:
                result = await self._set_password.carry_out(reset)
            else:
                result = Result(reset=reset, outcome=Outcome.FAILED, reason=Reason.NOT_INSTALLED)
        except StoppedError as stopped:
            _log_failure(stopped)
            self._note(stopped.result)
            return stopped.result
        except NotOursError:
            return Result(reset=reset, outcome=Outcome.FAILED, reason=Reason.INTERRUPTED)
        except Exception:
            # Nobody foresaw it, but the agent has to be told, and the audit needs an outcome.
            _logger.exception("reset broke off", reference=reset.reference)
            return Result(reset=reset, outcome=await self._outcome_of_break(reset), reason=Reason.INTERNAL)
        return result

    def _note(self, result: Result) -> None:
        """What went wrong may be so for the next one as well, and is then said before anything is chosen."""
        if result.reason in OF_WHMCS:
            self._capabilities.note(result.reason)
        if result.reason is Reason.NOT_PERMITTED and result.detail == "ResetPassword":
            self._capabilities.note_missing(result.detail)
        else:
            self._capabilities.look_again()

    async def _outcome_of_break(self, reset: Reset) -> Outcome:
        """FAILED only if it is recorded that WHMCS was not asked yet."""
        try:
            recorded = await self._store.find(reset.reference)
        except StoreUnavailableError:
            return Outcome.UNKNOWN
        is_untouched = recorded is not None and recorded.phase is Phase.CHECKING
        return Outcome.FAILED if is_untouched else Outcome.UNKNOWN

    async def _show_again(self, request: ResetRequest, reset: Reset) -> Result:
        """The form was sent before: its outcome, or a refusal if it was sent with other values."""
        if not request.has_values_of(reset):
            await self.record_tampering(request.reference, request.agent.id, "other_values")
            raise FormTamperedError
        running = self._running.get(request.reference)
        if running is not None and running.task is not asyncio.current_task():
            return await asyncio.shield(running.task)
        if reset.phase is Phase.WAITING:
            raise WaitingError
        if reset.outcome is None:
            raise StillRunningError
        return Result(reset=reset, outcome=reset.outcome, reason=reset.reason)

    async def _limit_error(self, request: ResetRequest, reached: LimitReachedError) -> LimitError:
        limit = reached.limit
        await self._refusals.record(
            AuditEvent(
                at=self._clock(),
                actor=request.agent.id,
                action=Action.LIMIT,
                outcome=Happened.REACHED,
                reference=request.reference,
                reason=limit.kind,
                step=Step.SUBMISSION,
                client_id=request.client_id,
                user_id=request.user_id,
                method=request.method,
                ticket=request.ticket,
            )
        )
        is_other = limit.by is not None and limit.by != request.agent.id
        return LimitError(limit, await self._access.find_name(limit.by) if is_other and limit.by is not None else "")

    async def _confirm(self, request: ResetRequest, result: Result) -> None:
        try:
            await self._notices.confirm(request.origin, result)
            if not result.is_recorded:
                await self._notices.tell_record_follows(result.reset)
        except SlackError as error:
            _logger.warning("confirmation not sent", reference=request.reference, error=str(error))
            return
        await self._recording.note_told(request.reference)

    async def _log_activity(self, reset: Reset) -> None:
        """Leave the one line in WHMCS's activity log; a second one would be noise, a missing one is a warning."""
        line = (
            f"Password reset e-mail sent by Slack agent {reset.agent_id} for user {reset.user_id} "
            f"({reset.user_email}), reference {reset.reference}"
        )
        for attempt in range(1, _LOG_TRIES + 1):
            try:
                await self._client.log_activity(line, client_id=reset.client_id)
            except whmcs.WhmcsError as error:
                reason = explain(error).reason.value
                _logger.warning(
                    "no line in the activity log", reference=reset.reference, reason=reason, attempt=attempt
                )
                await asyncio.sleep(attempt)
            else:
                return


def _log_failure(stopped: StoppedError) -> None:
    result = stopped.result
    _logger.warning(
        "reset not done",
        reference=result.reset.reference,
        outcome=result.outcome.value,
        reason=result.reason.value if result.reason is not None else "",
        detail=result.detail,
    )
