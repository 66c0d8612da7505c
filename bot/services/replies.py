"""Replies on a reset's ticket: written once, however often it is requested, and found again by their reference."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.audit import Action, AuditEvent, AuditOutcome, Step, build_event
from bot.domain.backoff import Backoff
from bot.domain.lifecycle import LEASE
from bot.domain.names import one_line, shorten
from bot.domain.permissions import Agent, Denial
from bot.domain.references import Reference
from bot.domain.replies import (
    ReplyDraft,
    ReplyKind,
    ReplyOutcome,
    ReplyPlace,
    ReplyReason,
    ReplyRequest,
    ReplyResult,
)
from bot.domain.resets import NO_MESSAGE, Outcome, Reason, Reset
from bot.domain.seals import Seal
from bot.metrics import Metrics
from bot.services.access import Access
from bot.services.errors import (
    AuditUnavailableError,
    NoReplyError,
    ReplyAbortedError,
    StoppingError,
    requiring_audit,
)
from bot.services.reply_password import compose, find_secret, mark_secret
from bot.services.reply_tickets import (
    ReplyRules,
    find_on_ticket,
    has_arrived,
    is_as_shown,
    last_id,
    read_client_name,
    read_ticket,
    require_open,
    stopped_by,
    write_on_ticket,
)
from bot.services.results import ReplyRefused
from bot.services.tasks import Tasks
from bot.services.whmcs_gateway import Whmcs
from bot.slack.gateway import Slack
from bot.store.errors import LeaseLostError, StoreUnavailableError
from bot.store.gateway import Store
from bot.store.jobs import JobKind
from bot.store.replies import Attempt, ReplyLease, SentReply
from whmcs import NotFoundError, OutcomeUnknownError, Ticket, WhmcsError

_logger = structlog.stdlib.get_logger(__name__)

# Longer than one attempt can take: two reads of the ticket, one of the message, the write, and looking for it.
_LEASE: Final = timedelta(minutes=2)
_WRITE_OVER: Final = timedelta(minutes=2)
_TURN_LOOKS: Final = 60
_TURN_SECONDS: Final = 1.0
_RECORD_TRIES: Final = 8
_RECORD_BACKOFF: Final = Backoff(first_seconds=2, longest_seconds=30)
_SUBJECT: Final = 150


@dataclass(kw_only=True)
class ReplyService:
    store: Store
    slack: Slack
    access: Access
    whmcs: Whmcs
    tasks: Tasks
    metrics: Metrics
    rules: ReplyRules
    seal: Seal
    _is_stopping: bool = field(init=False, default=False)

    def stop(self) -> None:
        """Start no new replies; those in progress continue."""
        self._is_stopping = True

    async def find_reset(self, agent: Agent, reference: Reference, place: ReplyPlace | None) -> Reset:
        """Return the reset that this agent may reply to, on the ticket that they saw.

        `place` None: the reply is opened from the message with the password.

        Raises: NoReplyError; NotAllowedError: it is another agent's, recorded as DENIED; AuditUnavailableError.
        """
        with requiring_audit():
            reset = await self.store.resets.find_reset(reference)
        if reset is None or not self.rules.admin or not reset.ticket:
            raise NoReplyError
        if reset.agent_id != agent.id:
            raise await self.access.deny(
                agent.id, Denial.NOT_THE_OWNER, Step.BUTTON, locale=agent.locale, reference=reference
            )
        if reset.outcome is not Outcome.SUCCEEDED or reset.reason is not None:
            raise NoReplyError
        if not is_as_shown(reset, place, self.seal):
            _logger.warning(
                "reply.reset_was_changed", reference=reference, client_id=reset.client_id, ticket=reset.ticket
            )
            raise NoReplyError
        return reset

    async def prepare(self, agent: Agent, reference: Reference, place: ReplyPlace | None) -> ReplyDraft | ReplyResult:
        """Read what the reply's form shows, or why there can be no reply. Nothing is written.

        Raises: as `find_reset`.
        """
        reset = await self.find_reset(agent, reference, place)
        with requiring_audit():
            sent = await self.store.replies.find_sent_reply(reference)
            message = await self.store.jobs.find_secret_message(reference)
        if sent is not None:
            return _sent_before(reset, sent)
        try:
            ticket, name = await asyncio.gather(read_ticket(self.whmcs, reset), read_client_name(self.whmcs, reset))
            require_open(reset, ticket)
        except ReplyAbortedError as stopped:
            return ReplyResult(reset=reset, outcome=ReplyOutcome.NOT_SENT, reason=stopped.reason, detail=stopped.detail)
        return ReplyDraft(
            reset=reset,
            client_name=name,
            ticket_subject=shorten(one_line(ticket.subject), _SUBJECT),
            ticket_url=self.whmcs.ticket_url(ticket.id),
            offers_password=self.rules.allows_password and message is not None,
        )

    def send(self, request: ReplyRequest) -> asyncio.Task[ReplyResult | ReplyRefused]:
        """Send the reply, once however often it is requested. The task is owned here.

        It raises NotAllowedError: it is another agent's reset, recorded as DENIED.
        """
        return self.tasks.spawn(self._send_or_refuse(request), name=f"reply {request.reference}")

    async def was_sent(self, reference: Reference) -> bool:
        """Return True if a reply is known to be on the ticket. False also if the database is unavailable."""
        try:
            return await self.store.replies.find_sent_reply(reference) is not None
        except StoreUnavailableError as error:
            _logger.warning("reply.not_looked_up", reference=reference, error=str(error))
            return False

    async def note_told(self, reference: Reference) -> None:
        """Note that the agent was notified of the reply, so that no job has to do it."""
        try:
            if await self.store.replies.find_sent_reply(reference) is not None:
                await self.store.jobs.complete_job(JobKind.SETTLE_REPLY, reference, NO_MESSAGE)
        except StoreUnavailableError as error:
            _logger.warning("agent.will_be_notified_twice", reference=reference, error=str(error))

    async def _send_or_refuse(self, request: ReplyRequest) -> ReplyResult | ReplyRefused:
        try:
            return await self._send(request)
        except (NoReplyError, AuditUnavailableError, StoppingError) as error:
            return ReplyRefused(error)

    async def _send(self, request: ReplyRequest) -> ReplyResult:
        if self._is_stopping:
            raise StoppingError
        if request.has_password and not (self.rules.allows_password and request.kind is ReplyKind.PUBLIC):
            raise NoReplyError  # The form doesn't offer that: the request is forged.
        reset = await self.find_reset(request.agent, request.reference, request.place)
        lease = await self._take(reset)
        if lease is None:
            return ReplyResult(reset=reset, outcome=ReplyOutcome.UNKNOWN, reason=ReplyReason.UNDER_WAY)
        if isinstance(lease, SentReply):
            return _sent_before(reset, lease)
        try:
            ticket = await read_ticket(self.whmcs, reset)
            if (earlier := lease.attempt) is not None:
                if has_arrived(ticket, lease.reference, earlier):
                    return await self._end(lease, earlier, reset, ticket, ReplyOutcome.ALREADY_SENT)
                if self.store.now() < earlier.settles_at or ticket.merged_into:
                    return await self._leave_open(lease, reset, ticket, earlier.settles_at)
                lease = lease.without_attempt()
            require_open(reset, ticket)
            secret = await find_secret(self.store, self.slack, reset)
            text = compose(request, reset, secret)
        except ReplyAbortedError as stopped:
            return await self._stop(lease, reset, stopped)
        result = await self._write(lease, request, reset, ticket, text)
        if result.outcome is ReplyOutcome.SENT:
            self.tasks.spawn(mark_secret(self.slack, secret, reset, request.content), name=f"mark {reset.reference}")
        return result

    async def _take(self, reset: Reset) -> ReplyLease | SentReply | None:
        """Acquire the lease, waiting while another process holds it and probably sends the reply. None: it still does."""
        for attempt in range(_TURN_LOOKS):
            if attempt:
                await asyncio.sleep(_TURN_SECONDS)
            now = self.store.now()
            with requiring_audit():
                lease = await self.store.replies.acquire_lease(
                    reset.reference, now=now, lease_until=now + _LEASE, watched=reset
                )
            if lease is not None:
                return lease
        return None

    async def _write(
        self, lease: ReplyLease, request: ReplyRequest, reset: Reset, ticket: Ticket, text: str
    ) -> ReplyResult:
        attempt = Attempt(
            content=request.content,
            after_id=last_id(ticket, request.content),
            settles_at=self.store.now() + _WRITE_OVER,
        )
        try:
            with requiring_audit():
                await self.store.replies.commit_attempt(lease, attempt, reset)
        except LeaseLostError:
            return ReplyResult(reset=reset, outcome=ReplyOutcome.UNKNOWN, reason=ReplyReason.UNDER_WAY)
        try:
            await write_on_ticket(self.whmcs, request.kind, ticket.id, text, self.rules)
        except OutcomeUnknownError as error:
            _logger.warning("reply.send_unconfirmed", reference=reset.reference, reason=error.reason)
            if not await find_on_ticket(self.whmcs, reset, attempt):
                return await self._leave_open(lease, reset, ticket, attempt.settles_at, Reason(error.reason))
        except NotFoundError:
            return await self._stop(lease, reset, ReplyAbortedError(ReplyReason.TICKET_NOT_FOUND))
        except WhmcsError as error:
            return await self._stop(lease, reset, stopped_by(error))
        return await self._end(lease, attempt, reset, ticket, ReplyOutcome.SENT)

    async def _end(
        self, lease: ReplyLease, attempt: Attempt, reset: Reset, ticket: Ticket, outcome: ReplyOutcome
    ) -> ReplyResult:
        """Record the reply. It is on the ticket even if that fails: the next attempt would find it there."""
        event = self._event(reset, AuditOutcome.SENT, attempt.content)
        if not await self._record(lease, reset, attempt.content, event, tries=1):
            recording = self._record(lease, reset, attempt.content, event, tries=_RECORD_TRIES)
            self.tasks.spawn(recording, name=f"record reply {reset.reference}")
        return ReplyResult(
            reset=reset,
            outcome=outcome,
            reason=attempt.content,
            at=event.at,
            ticket_url=self.whmcs.ticket_url(ticket.id),
        )

    async def _record(
        self, lease: ReplyLease, reset: Reset, content: ReplyReason, event: AuditEvent, *, tries: int
    ) -> bool:
        for attempts in range(tries):
            await asyncio.sleep(_RECORD_BACKOFF.decide_wait_seconds(attempts))
            try:
                await self.store.replies.record_sent(
                    lease, content, event, untold=reset, tell_at=self.store.now() + LEASE
                )
            except StoreUnavailableError as error:
                _logger.warning("reply.not_recorded", reference=lease.reference, error=str(error))
            else:
                return True
        return False

    async def _stop(self, lease: ReplyLease, reset: Reset, stopped: ReplyAbortedError) -> ReplyResult:
        """End the attempt with nothing sent. An earlier unresolved attempt stays unresolved."""
        _logger.warning("reply.not_sent", reference=reset.reference, reason=stopped.reason.value, detail=stopped.detail)
        await self._release(lease, reset, stopped.reason, is_unresolved=lease.attempt is not None)
        return ReplyResult(
            reset=reset,
            outcome=ReplyOutcome.NOT_SENT if lease.attempt is None else ReplyOutcome.UNKNOWN,
            reason=stopped.reason,
            detail=stopped.detail,
        )

    async def _leave_open(
        self, lease: ReplyLease, reset: Reset, ticket: Ticket, settles_at: datetime, reason: Reason | None = None
    ) -> ReplyResult:
        """Leave it unresolved whether the reply was sent: the next attempt looks for it first."""
        await self._release(lease, reset, ReplyReason.NOT_KNOWN, is_unresolved=True)
        return ReplyResult(
            reset=reset,
            outcome=ReplyOutcome.UNKNOWN,
            reason=reason or ReplyReason.NOT_KNOWN,
            at=settles_at,
            ticket_url=self.whmcs.ticket_url(ticket.id),
        )

    async def _release(
        self, lease: ReplyLease, reset: Reset, reason: ReplyReason | Reason, *, is_unresolved: bool
    ) -> None:
        event = self._event(reset, AuditOutcome.FAILED, reason)
        try:
            if is_unresolved:
                await self.store.replies.release_unresolved(lease, event, now=event.at)
            else:
                await self.store.replies.release_failed(lease, event)
        except StoreUnavailableError as error:
            _logger.warning("reply.failure_not_recorded", reference=reset.reference, error=str(error))

    def _event(self, reset: Reset, outcome: AuditOutcome, reason: ReplyReason | Reason) -> AuditEvent:
        self.metrics.replies.labels(outcome.value, reason.value).inc()
        return build_event(reset, Action.REPLY, outcome, reason=reason, at=self.store.now(), actor=reset.agent_id)


def _sent_before(reset: Reset, sent: SentReply) -> ReplyResult:
    return ReplyResult(reset=reset, outcome=ReplyOutcome.ALREADY_SENT, reason=sent.content, at=sent.sent_at)
