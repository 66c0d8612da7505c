"""The reply on a reset's ticket: written once, whoever presses how often, and found again by its reference."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

import whmcs
from bot.domain.audit import AuditEvent, Happened, Step
from bot.domain.lifecycle import LEASE
from bot.domain.names import one_line, shorten
from bot.domain.permissions import Agent, Denial
from bot.domain.references import Reference
from bot.domain.replies import (
    ReplyDraft,
    ReplyKind,
    ReplyOutcome,
    ReplyReason,
    ReplyRequest,
    ReplyResult,
    build_event,
)
from bot.domain.resets import MessageRef, Outcome, Reason, Reset
from bot.metrics import Metrics
from bot.services.access import Access
from bot.services.errors import AuditUnavailableError, StoppingError
from bot.services.reply_secrets import ReplySecrets, compose
from bot.services.reply_tickets import (
    ReplyTickets,
    StoppedReplyError,
    has_arrived,
    last_id,
    require_open,
    stopped_by,
)
from bot.services.tasks import Tasks
from bot.store.errors import NotOursError, StoreUnavailableError
from bot.store.jobs import JobKind, JobStore
from bot.store.replies import Attempt, ReplyStore, SentReply, Turn
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)

# Longer than all that one attempt may take: two reads of the ticket, one of the message, the write, and settling it.
_LEASE: Final = timedelta(minutes=2)
_WRITE_OVER: Final = timedelta(minutes=2)
_LOOKS_SECONDS: Final = (0.0, 1.0, 2.0)
_TURN_LOOKS: Final = 60
_TURN_SECONDS: Final = 1.0
_RECORD_TRIES: Final = 8
_SUBJECT: Final = 150
_NOWHERE: Final = MessageRef(channel="", ts="")


class NoReplyError(Exception):
    """There is no reset of this reference that could be replied to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRules:
    """`admin`: the user name in whose name WHMCS shows replies; empty: there are none. `status` "": WHMCS decides."""

    admin: str = ""
    status: str = ""
    allows_password: bool = True


class ReplyService:
    def __init__(
        self,
        *,
        store: ReplyStore,
        resets: ResetStore,
        jobs: JobStore,
        access: Access,
        client: whmcs.WhmcsClient,
        tickets: ReplyTickets,
        secrets: ReplySecrets,
        tasks: Tasks,
        metrics: Metrics,
        rules: ReplyRules,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._resets = resets
        self._jobs = jobs
        self._access = access
        self._client = client
        self._tickets = tickets
        self._secrets = secrets
        self._tasks = tasks
        self._metrics = metrics
        self._rules = rules
        self._clock = clock
        self._is_stopping = False

    def stop(self) -> None:
        """From now on nothing new is sent; what is under way goes on."""
        self._is_stopping = True

    async def find_reset(self, agent: Agent, reference: Reference) -> Reset:
        """The reset that this agent may reply to.

        Raises: NoReplyError; NotAllowedError: it is another agent's, recorded as DENIED; AuditUnavailableError.
        """
        try:
            reset = await self._resets.find(reference)
        except StoreUnavailableError as error:
            raise AuditUnavailableError from error
        if reset is None or not self._rules.admin or not reset.ticket:
            raise NoReplyError
        if reset.agent_id != agent.id:
            raise await self._access.deny(
                agent.id, Denial.NOT_THE_OWNER, Step.BUTTON, locale=agent.locale, reference=reference
            )
        if reset.outcome is not Outcome.SUCCEEDED or reset.reason is not None:
            raise NoReplyError
        return reset

    async def prepare(self, agent: Agent, reference: Reference) -> ReplyDraft | ReplyResult:
        """Read what a reply is drawn from, or why there can be none; nothing is written.

        Raises: as `find_reset`.
        """
        reset = await self.find_reset(agent, reference)
        try:
            sent = await self._store.find_sent(reference)
            message = await self._jobs.find_secret_message(reference)
        except StoreUnavailableError as error:
            raise AuditUnavailableError from error
        if sent is not None:
            return _sent_before(reset, sent)
        try:
            ticket, name = await asyncio.gather(self._tickets.read(reset), self._tickets.read_client_name(reset))
            require_open(reset, ticket)
        except StoppedReplyError as stopped:
            return ReplyResult(reset=reset, outcome=ReplyOutcome.NOT_SENT, reason=stopped.reason, detail=stopped.detail)
        return ReplyDraft(
            reset=reset,
            client_name=name,
            ticket_subject=shorten(one_line(ticket.subject), _SUBJECT),
            ticket_url=self._tickets.url(ticket),
            offers_password=self._rules.allows_password and message is not None,
        )

    def send(self, request: ReplyRequest) -> asyncio.Task[ReplyResult]:
        """Send the reply, once however often it is asked for. The task is owned here.

        It raises as `find_reset` does, and StoppingError: nothing was sent.
        """
        return self._tasks.spawn(self._send(request), name=f"reply {request.reference}")

    async def note_told(self, reference: Reference) -> None:
        """Say that the agent knows that the reply is on the ticket, so that no job has to tell him."""
        try:
            if await self._store.find_sent(reference) is not None:
                await self._jobs.complete(JobKind.SETTLE_REPLY, reference, _NOWHERE)
        except StoreUnavailableError as error:
            _logger.warning("agent will be told twice", reference=reference, error=str(error))

    async def _send(self, request: ReplyRequest) -> ReplyResult:
        if self._is_stopping:
            raise StoppingError
        reset = await self._find_reset_for(request)
        turn = await self._take(reset)
        if turn is None:
            return ReplyResult(reset=reset, outcome=ReplyOutcome.UNKNOWN, reason=ReplyReason.UNDER_WAY)
        if isinstance(turn, SentReply):
            return _sent_before(reset, turn)
        try:
            ticket = await self._tickets.read(reset)
            if (earlier := turn.attempt) is not None:
                if has_arrived(ticket, turn.reference, earlier):
                    return await self._end(turn, earlier, reset, ticket, ReplyOutcome.ALREADY_SENT)
                if self._clock() < earlier.settles_at or ticket.merged_into:
                    return await self._leave_open(turn, reset, ticket, earlier.settles_at)
                turn = turn.settled()
            require_open(reset, ticket)
            secret = await self._secrets.find(reset)
            text = compose(request, secret)
        except StoppedReplyError as stopped:
            return await self._stop(turn, reset, stopped)
        result = await self._write(turn, request, reset, ticket, text)
        if result.outcome is ReplyOutcome.SENT:
            self._tasks.spawn(self._secrets.mark(secret, reset, request.content), name=f"mark {reset.reference}")
        return result

    async def _find_reset_for(self, request: ReplyRequest) -> Reset:
        """The form offers neither a note with a password nor one where that is not allowed, so that such was forged."""
        is_offered = self._rules.allows_password and request.kind is ReplyKind.PUBLIC
        if request.has_password and not is_offered:
            raise NoReplyError
        return await self.find_reset(request.agent, request.reference)

    async def _take(self, reset: Reset) -> Turn | SentReply | None:
        """Wait for the turn while somebody else has it, who most often ends with the reply on the ticket. None: he has it."""
        for attempt in range(_TURN_LOOKS):
            if attempt:
                await asyncio.sleep(_TURN_SECONDS)
            now = self._clock()
            try:
                turn = await self._store.take(reset.reference, now=now, lease_until=now + _LEASE, watched=reset)
            except StoreUnavailableError as error:
                raise AuditUnavailableError from error
            if turn is not None:
                return turn
        return None

    async def _write(
        self, turn: Turn, request: ReplyRequest, reset: Reset, ticket: whmcs.Ticket, text: str
    ) -> ReplyResult:
        attempt = Attempt(
            content=request.content,
            after_id=last_id(ticket, request.content),
            settles_at=self._clock() + _WRITE_OVER,
        )
        try:
            await self._store.announce(turn, attempt, reset)
        except NotOursError:
            return ReplyResult(reset=reset, outcome=ReplyOutcome.UNKNOWN, reason=ReplyReason.UNDER_WAY)
        except StoreUnavailableError as error:
            raise AuditUnavailableError from error
        try:
            await self._ask_whmcs(request.kind, ticket.id, text)
        except whmcs.OutcomeUnknownError as error:
            _logger.warning("reply perhaps not sent", reference=reset.reference, reason=error.reason)
            if not await self._arrived(reset, attempt):
                return await self._leave_open(turn, reset, ticket, attempt.settles_at, Reason(error.reason))
        except whmcs.NotFoundError:
            return await self._stop(turn, reset, StoppedReplyError(ReplyReason.TICKET_NOT_FOUND))
        except whmcs.WhmcsError as error:
            return await self._stop(turn, reset, stopped_by(error))
        return await self._end(turn, attempt, reset, ticket, ReplyOutcome.SENT)

    async def _ask_whmcs(self, kind: ReplyKind, ticket_id: int, text: str) -> None:
        if kind is ReplyKind.NOTE:
            await self._client.add_ticket_note(ticket_id, text)
        else:
            await self._client.add_ticket_reply(ticket_id, text, admin=self._rules.admin, status=self._rules.status)

    async def _arrived(self, reset: Reset, attempt: Attempt) -> bool:
        """Look for it on the ticket a few times: its answer was lost. False: it is not there, or not there yet."""
        for wait in _LOOKS_SECONDS:
            await asyncio.sleep(wait)
            try:
                if has_arrived(await self._tickets.read(reset), reset.reference, attempt):
                    return True
            except StoppedReplyError as stopped:
                _logger.warning("reply not looked for", reference=reset.reference, reason=stopped.reason.value)
        return False

    async def _end(
        self, turn: Turn, attempt: Attempt, reset: Reset, ticket: whmcs.Ticket, outcome: ReplyOutcome
    ) -> ReplyResult:
        """It is on the ticket, whatever becomes of the record: who presses next would find it there."""
        event = self._event(reset, Happened.SENT, attempt.content)
        if not await self._record(turn, reset, attempt.content, event, tries=1):
            recording = self._record(turn, reset, attempt.content, event, tries=_RECORD_TRIES)
            self._tasks.spawn(recording, name=f"record reply {reset.reference}")
        return ReplyResult(
            reset=reset, outcome=outcome, reason=attempt.content, at=event.at, ticket_url=self._tickets.url(ticket)
        )

    async def _record(self, turn: Turn, reset: Reset, content: ReplyReason, event: AuditEvent, *, tries: int) -> bool:
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(min(2.0**attempt, 30))
            try:
                await self._store.finish(turn, content, event, untold=reset, tell_at=self._clock() + LEASE)
            except StoreUnavailableError as error:
                _logger.warning("reply not recorded", reference=turn.reference, error=str(error))
            else:
                return True
        return False

    async def _stop(self, turn: Turn, reset: Reset, stopped: StoppedReplyError) -> ReplyResult:
        """Nothing was sent now; where an earlier attempt is not settled, that stays so."""
        _logger.warning("reply not sent", reference=reset.reference, reason=stopped.reason.value, detail=stopped.detail)
        event = self._event(reset, Happened.FAILED, stopped.reason)
        try:
            if turn.attempt is None:
                await self._store.give_up(turn, event)
            else:
                await self._store.leave_open(turn, event, now=event.at)
        except StoreUnavailableError as error:
            _logger.warning("reply's failure not recorded", reference=reset.reference, error=str(error))
        return ReplyResult(
            reset=reset,
            outcome=ReplyOutcome.NOT_SENT if turn.attempt is None else ReplyOutcome.UNKNOWN,
            reason=stopped.reason,
            detail=stopped.detail,
        )

    async def _leave_open(
        self, turn: Turn, reset: Reset, ticket: whmcs.Ticket, settles_at: datetime, reason: Reason | None = None
    ) -> ReplyResult:
        """Nobody knows whether it was sent: the next one who presses looks for it first."""
        event = self._event(reset, Happened.FAILED, ReplyReason.NOT_KNOWN)
        try:
            await self._store.leave_open(turn, event, now=event.at)
        except StoreUnavailableError as error:
            _logger.warning("reply's failure not recorded", reference=reset.reference, error=str(error))
        return ReplyResult(
            reset=reset,
            outcome=ReplyOutcome.UNKNOWN,
            reason=reason or ReplyReason.NOT_KNOWN,
            at=settles_at,
            ticket_url=self._tickets.url(ticket),
        )

    def _event(self, reset: Reset, outcome: Happened, reason: ReplyReason | Reason) -> AuditEvent:
        self._metrics.replies.labels(outcome.value, reason.value).inc()
        return build_event(reset, outcome, reason, at=self._clock(), actor=reset.agent_id)


def _sent_before(reset: Reset, sent: SentReply) -> ReplyResult:
    return ReplyResult(reset=reset, outcome=ReplyOutcome.ALREADY_SENT, reason=sent.content, at=sent.sent_at)
