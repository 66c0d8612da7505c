"""Replies whose agent does not know what became of them: found out once they can't arrive any more, recorded, and told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.audit import BOT, Happened
from bot.domain.replies import ReplyOutcome, ReplyReason, ReplyResult, build_event
from bot.domain.resets import Reason, Reset
from bot.metrics import Metrics
from bot.services.reply_secrets import ReplySecrets
from bot.services.reply_tickets import ReplyTickets, StoppedReplyError, has_arrived
from bot.slack.errors import SlackError
from bot.slack.notices import Notices
from bot.store.jobs import Job, JobStore
from bot.store.replies import Attempt, ReplyStore, SentReply, Turn
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)

_LEASE: Final = timedelta(minutes=1)
_WAIT: Final = timedelta(seconds=30)
_PATIENCE: Final = timedelta(days=1)


class ReplySettling:
    """Never sends a reply: it only looks at the ticket."""

    def __init__(
        self,
        *,
        store: ReplyStore,
        resets: ResetStore,
        jobs: JobStore,
        tickets: ReplyTickets,
        secrets: ReplySecrets,
        notices: Notices,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._resets = resets
        self._jobs = jobs
        self._tickets = tickets
        self._secrets = secrets
        self._notices = notices
        self._metrics = metrics
        self._clock = clock

    async def settle(self, job: Job) -> None:
        """Settle it, or give the job back while nobody can tell."""
        now = self._clock()
        reset = await self._resets.find(job.reference)
        turn = await self._store.take(job.reference, now=now, lease_until=now + _LEASE)
        if turn is None:
            await self._jobs.postpone(job, now + _WAIT)
            return
        if reset is None:
            await self._jobs.complete(job.kind, job.reference, job.place)
            return
        if isinstance(turn, SentReply):
            await self._tell_sent(job, reset, turn)
            return
        if turn.attempt is None:
            await self._record_interrupted(turn, reset)
            return
        try:
            is_there = await self._find_out(reset, turn.attempt)
        except StoppedReplyError as stopped:
            _logger.warning("reply not settled", reference=job.reference, reason=stopped.reason.value)
            await self._store.leave_open(turn, now=self._clock())
            await self._put_off(job, stopped)
            return
        await self._record(turn, reset, turn.attempt, is_there=is_there)

    async def _tell_sent(self, job: Job, reset: Reset, sent: SentReply) -> None:
        """It was recorded, and its process died before it was shown."""
        result = ReplyResult(reset=reset, outcome=ReplyOutcome.SENT, reason=sent.content, at=sent.sent_at)
        if not await self._is_told(result) and self._clock() - job.due_at <= _PATIENCE:
            await self._jobs.postpone(job, self._clock() + _WAIT)
            return
        await self._jobs.complete(job.kind, job.reference, job.place)
        await self._mark(reset, sent.content)

    async def _record_interrupted(self, turn: Turn, reset: Reset) -> None:
        """Whoever had the turn died before WHMCS was asked to write."""
        now, reason = self._clock(), Reason.INTERRUPTED
        if await self._store.give_up(turn, build_event(reset, Happened.FAILED, reason, at=now, actor=BOT)):
            self._metrics.replies.labels(Happened.FAILED.value, reason.value).inc()
            await self._is_told(ReplyResult(reset=reset, outcome=ReplyOutcome.NOT_SENT, reason=reason, at=now))

    async def _find_out(self, reset: Reset, attempt: Attempt) -> bool:
        """Raises: StoppedReplyError: the ticket does not tell."""
        ticket = await self._tickets.read(reset)
        if has_arrived(ticket, reset.reference, attempt):
            return True
        if ticket.merged_into:
            # What was on it went over to the other ticket, among all that is there.
            raise StoppedReplyError(ReplyReason.TICKET_MERGED)
        return False

    async def _put_off(self, job: Job, stopped: StoppedReplyError) -> None:
        """WHMCS may answer later; a ticket that is gone or merged never tells."""
        if isinstance(stopped.reason, ReplyReason) or self._clock() - job.due_at > _PATIENCE:
            await self._jobs.complete(job.kind, job.reference, job.place)
        else:
            await self._jobs.postpone(job, self._clock() + _WAIT)

    async def _record(self, turn: Turn, reset: Reset, attempt: Attempt, *, is_there: bool) -> None:
        now = self._clock()
        outcome = Happened.SENT if is_there else Happened.FAILED
        reason = attempt.content if is_there else ReplyReason.NOT_ARRIVED
        event = build_event(reset, outcome, reason, at=now, actor=BOT)
        if is_there:
            is_ours = await self._store.finish(turn, attempt.content, event)
        else:
            is_ours = await self._store.give_up(turn, event)
        if not is_ours:
            return
        _logger.warning("reply settled", reference=reset.reference, outcome=outcome.value)
        self._metrics.replies.labels(outcome.value, reason.value).inc()
        told = ReplyOutcome.SENT if is_there else ReplyOutcome.NOT_SENT
        await self._is_told(ReplyResult(reset=reset, outcome=told, reason=reason, at=now))
        if is_there:
            await self._mark(reset, attempt.content)

    async def _mark(self, reset: Reset, content: ReplyReason) -> None:
        await self._secrets.mark(await self._secrets.find(reset), reset, content)

    async def _is_told(self, result: ReplyResult) -> bool:
        """False: Slack does not take it."""
        try:
            await self._notices.tell_reply(result)
        except SlackError as error:
            _logger.warning("agent not told of the reply", reference=result.reset.reference, error=str(error))
            return False
        return True
