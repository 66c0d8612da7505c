"""Reconciliation of replies with an unknown outcome: determined once they can no longer arrive, recorded, announced."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from bot.domain.audit import BOT, Action, AuditOutcome, build_event
from bot.domain.replies import ReplyOutcome, ReplyReason, ReplyResult
from bot.domain.resets import Reason, Reset
from bot.metrics import Metrics
from bot.services.errors import ReplyAbortedError
from bot.services.reply_password import find_secret, mark_secret
from bot.services.reply_tickets import has_arrived, read_ticket
from bot.services.whmcs_gateway import Whmcs
from bot.slack.errors import SlackError
from bot.slack.gateway import Slack
from bot.store.gateway import Store
from bot.store.jobs import Job
from bot.store.replies import Attempt, ReplyLease, SentReply

_logger = structlog.stdlib.get_logger(__name__)

_LEASE: Final = timedelta(minutes=1)
_WAIT: Final = timedelta(seconds=30)
_PATIENCE: Final = timedelta(days=1)


@dataclass(kw_only=True)
class ReplyReconciliation:
    """Never sends a reply: it only reads the ticket."""

    store: Store
    slack: Slack
    whmcs: Whmcs
    metrics: Metrics

    async def settle(self, job: Job) -> None:
        """Determine the outcome, or postpone the job until it can be determined."""
        now = self.store.now()
        reset = await self.store.resets.find_reset(job.reference)
        lease = await self.store.replies.acquire_lease(job.reference, now=now, lease_until=now + _LEASE)
        if lease is None:
            await self.store.jobs.postpone_job(job, now + _WAIT)
            return
        if reset is None:
            await self.store.jobs.complete_job(job.kind, job.reference, job.place)
            return
        if isinstance(lease, SentReply):
            await self._tell_sent(job, reset, lease)
            return
        if lease.attempt is None:
            await self._record_interrupted(lease, reset)
            return
        try:
            is_there = await self._find_out(reset, lease.attempt)
        except ReplyAbortedError as stopped:
            _logger.warning("reply.not_reconciled", reference=job.reference, reason=stopped.reason.value)
            await self.store.replies.release_unresolved(lease, now=self.store.now())
            await self._put_off(job, stopped)
            return
        await self._record(lease, reset, lease.attempt, is_there=is_there)

    async def _tell_sent(self, job: Job, reset: Reset, sent: SentReply) -> None:
        """Announce a reply that was recorded by a process that died before showing it."""
        result = ReplyResult(reset=reset, outcome=ReplyOutcome.SENT, reason=sent.content, at=sent.sent_at)
        if not await self._is_told(result) and self.store.now() - job.due_at <= _PATIENCE:
            await self.store.jobs.postpone_job(job, self.store.now() + _WAIT)
            return
        await self.store.jobs.complete_job(job.kind, job.reference, job.place)
        await self._mark(reset, sent.content)

    async def _record_interrupted(self, lease: ReplyLease, reset: Reset) -> None:
        """Record a reply whose process died before WHMCS was called."""
        now, reason = self.store.now(), Reason.INTERRUPTED
        if await self.store.replies.release_failed(
            lease, build_event(reset, Action.REPLY, AuditOutcome.FAILED, reason=reason, at=now, actor=BOT)
        ):
            self.metrics.replies.labels(AuditOutcome.FAILED.value, reason.value).inc()
            await self._is_told(ReplyResult(reset=reset, outcome=ReplyOutcome.NOT_SENT, reason=reason, at=now))

    async def _find_out(self, reset: Reset, attempt: Attempt) -> bool:
        """Return True if the reply is on the ticket.

        Raises: ReplyAbortedError: that can't be determined.
        """
        ticket = await read_ticket(self.whmcs, reset)
        if has_arrived(ticket, reset.reference, attempt):
            return True
        if ticket.merged_into:
            # Its messages were moved to the other ticket, among those of that one.
            raise ReplyAbortedError(ReplyReason.TICKET_MERGED)
        return False

    async def _put_off(self, job: Job, stopped: ReplyAbortedError) -> None:
        """Postpone the job if WHMCS may answer later. A deleted or merged ticket never gives an answer."""
        if isinstance(stopped.reason, ReplyReason) or self.store.now() - job.due_at > _PATIENCE:
            await self.store.jobs.complete_job(job.kind, job.reference, job.place)
        else:
            await self.store.jobs.postpone_job(job, self.store.now() + _WAIT)

    async def _record(self, lease: ReplyLease, reset: Reset, attempt: Attempt, *, is_there: bool) -> None:
        now = self.store.now()
        outcome = AuditOutcome.SENT if is_there else AuditOutcome.FAILED
        reason = attempt.content if is_there else ReplyReason.NOT_ARRIVED
        event = build_event(reset, Action.REPLY, outcome, reason=reason, at=now, actor=BOT)
        if is_there:
            is_ours = await self.store.replies.record_sent(lease, attempt.content, event)
        else:
            is_ours = await self.store.replies.release_failed(lease, event)
        if not is_ours:
            return
        _logger.warning("reply.reconciled", reference=reset.reference, outcome=outcome.value)
        self.metrics.replies.labels(outcome.value, reason.value).inc()
        told = ReplyOutcome.SENT if is_there else ReplyOutcome.NOT_SENT
        await self._is_told(ReplyResult(reset=reset, outcome=told, reason=reason, at=now))
        if is_there:
            await self._mark(reset, attempt.content)

    async def _mark(self, reset: Reset, content: ReplyReason) -> None:
        secret = await find_secret(self.store, self.slack, reset)
        await mark_secret(self.slack, secret, reset, content)

    async def _is_told(self, result: ReplyResult) -> bool:
        """Return False if Slack did not accept it."""
        try:
            await self.slack.notices.tell_reply(result)
        except SlackError as error:
            _logger.warning("reply.not_announced", reference=result.reset.reference, error=str(error))
            return False
        return True
