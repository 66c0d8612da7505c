"""Deletion of messages that hold a password: by the agent's button, or when they are due."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from bot.domain.audit import BOT, Action, AuditEvent, AuditOutcome, Step
from bot.domain.backoff import Backoff
from bot.domain.permissions import Agent, Denial
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, SecretMessage
from bot.services.access import Access
from bot.services.homes import Homes
from bot.services.rate_limiter import TokenBucket
from bot.slack.errors import SlackError, SlackRateLimitedError
from bot.slack.gateway import Slack
from bot.store.gateway import Store
from bot.store.jobs import Job, JobKind

_logger = structlog.stdlib.get_logger(__name__)

_BACKOFF: Final = Backoff(first_seconds=5, longest_seconds=600)
_OVERDUE_ATTEMPT: Final = 2


@dataclass(kw_only=True)
class Deletions:
    """`pace`: the token bucket of the worker that takes due deletions."""

    store: Store
    slack: Slack
    access: Access
    homes: Homes
    pace: TokenBucket

    async def delete_now(self, agent: Agent, reference: Reference, place: MessageRef) -> bool:
        """Delete at the agent's request. False: Slack refused for now, and the deletion is retried.

        Raises: NotAllowedError: it is another agent's message; recorded as DENIED.
        """
        message = await self.store.jobs.find_secret_message(reference)
        if message is None and await self.store.resets.find_reset(reference) is None:
            return await self._delete_forgotten(agent, reference, place)
        if message is None:
            return True
        if message.agent_id != agent.id or message.place != place:
            raise await self.access.deny(
                agent.id, Denial.NOT_THE_OWNER, Step.BUTTON, locale=agent.locale, reference=reference
            )
        try:
            await self.slack.notices.delete(place)
        except SlackError as error:
            _logger.warning("message.not_deleted", reference=reference, error=str(error))
            await self.store.jobs.expedite_deletion(reference, self.store.now())
            return False
        await self.store.jobs.complete_job(JobKind.DELETE_MESSAGE, reference, place, self._deleted(reference, agent.id))
        self.homes.note_change(agent.id)
        return True

    async def _delete_forgotten(self, agent: Agent, reference: Reference, place: MessageRef) -> bool:
        """Delete a message unknown to the database, which is an older copy or has forgotten the reset."""
        try:
            is_deleted = await self.slack.notices.delete(place)
        except SlackError as error:
            _logger.warning("message.not_deleted", reference=reference, error=str(error))
            now = self.store.now()
            message = SecretMessage(
                reference=reference, agent_id=agent.id, agent_locale=agent.locale, place=place, deletes_at=now
            )
            await self.store.jobs.replace_secret_message(message)
            return False
        if is_deleted:
            await self.store.audit.record_event(self._deleted(reference, agent.id))
        return True

    async def delete_due(self, job: Job) -> None:
        """Delete a due message. If Slack refuses, the job is postponed with back-off."""
        try:
            await self.slack.notices.delete(job.place)
        except SlackError as error:
            _logger.warning("message.overdue", reference=job.reference, error=str(error), attempts=job.attempts)
            events = (self._overdue(job.reference),) if job.attempts == _OVERDUE_ATTEMPT else ()
            wait = timedelta(seconds=_BACKOFF.decide_wait_seconds(job.attempts))
            if isinstance(error, SlackRateLimitedError):
                # The limit holds for all messages.
                wait = timedelta(seconds=error.retry_after_seconds)
                self.pace.hold(error.retry_after_seconds)
            await self.store.jobs.postpone_job(job, self.store.now() + wait, *events)
            return
        await self.store.jobs.complete_job(job.kind, job.reference, job.place, self._deleted(job.reference, BOT))
        self.homes.note_change(job.agent_id)

    def _deleted(self, reference: Reference, actor: str) -> AuditEvent:
        return self._event(reference, actor, AuditOutcome.DELETED)

    def _overdue(self, reference: Reference) -> AuditEvent:
        return self._event(reference, BOT, AuditOutcome.OVERDUE)

    def _event(self, reference: Reference, actor: str, outcome: AuditOutcome) -> AuditEvent:
        return AuditEvent(at=self.store.now(), actor=actor, action=Action.MESSAGE, outcome=outcome, reference=reference)
