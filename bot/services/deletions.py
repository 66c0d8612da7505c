"""The end of messages that hold a password: by their agent's button, or when their time is over."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.audit import BOT, Action, AuditEvent, Happened, Step
from bot.domain.permissions import Agent, Denial
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, SecretMessage
from bot.services.access import Access
from bot.services.homes import Homes
from bot.services.pace import Pace
from bot.slack.errors import SlackError, SlackRateLimitedError
from bot.slack.notices import Notices
from bot.store.audit import AuditLog
from bot.store.jobs import Job, JobKind, JobStore
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)

_FIRST_WAIT: Final = timedelta(seconds=5)
_LONGEST_WAIT: Final = timedelta(minutes=10)
_OVERDUE_ATTEMPT: Final = 2


class Deletions:
    """`pace`: that of the worker which hands over what is due."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        resets: ResetStore,
        audit: AuditLog,
        notices: Notices,
        access: Access,
        homes: Homes,
        pace: Pace,
        clock: Callable[[], datetime],
    ) -> None:
        self._jobs = jobs
        self._resets = resets
        self._audit = audit
        self._pace = pace
        self._homes = homes
        self._notices = notices
        self._access = access
        self._clock = clock

    async def delete_now(self, agent: Agent, reference: Reference, place: MessageRef) -> bool:
        """Delete because the agent asks for it. False: Slack doesn't do it just now; from now on it is tried again.

        Raises: NotAllowedError: the message is somebody else's; recorded as DENIED.
        """
        message = await self._jobs.find_secret_message(reference)
        if message is None and await self._resets.find(reference) is None:
            return await self._delete_forgotten(agent, reference, place)
        if message is None:
            return True
        if message.agent_id != agent.id or message.place != place:
            raise await self._access.deny(
                agent.id, Denial.NOT_THE_OWNER, Step.BUTTON, locale=agent.locale, reference=reference
            )
        try:
            await self._notices.delete(place)
        except SlackError as error:
            _logger.warning("message not deleted", reference=reference, error=str(error))
            await self._jobs.hasten_deletion(reference, self._clock())
            return False
        await self._jobs.complete(JobKind.DELETE_MESSAGE, reference, place, self._deleted(reference, agent.id))
        self._homes.note_change(agent.id)
        return True

    async def _delete_forgotten(self, agent: Agent, reference: Reference, place: MessageRef) -> bool:
        """The database is a copy from before the reset, or the reset is long over: its message is in Slack, if anywhere."""
        try:
            is_deleted = await self._notices.delete(place)
        except SlackError as error:
            _logger.warning("message not deleted", reference=reference, error=str(error))
            now = self._clock()
            message = SecretMessage(
                reference=reference, agent_id=agent.id, agent_locale=agent.locale, place=place, deletes_at=now
            )
            await self._jobs.replace_message(message)
            return False
        if is_deleted:
            await self._audit.record(self._deleted(reference, agent.id))
        return True

    async def delete_due(self, job: Job) -> None:
        """Delete a message whose time is over; what Slack doesn't do is given back, to be tried later and later."""
        try:
            await self._notices.delete(job.place)
        except SlackError as error:
            _logger.warning("message overdue", reference=job.reference, error=str(error), attempts=job.attempts)
            event = self._overdue(job.reference) if job.attempts == _OVERDUE_ATTEMPT else None
            wait = min(_FIRST_WAIT * 2 ** min(job.attempts - 1, 10), _LONGEST_WAIT)
            if isinstance(error, SlackRateLimitedError):
                # Not this message's fault, and the same for all others.
                wait = timedelta(seconds=error.retry_after_seconds)
                self._pace.hold(error.retry_after_seconds)
            await self._jobs.postpone(job, self._clock() + wait, event)
            return
        await self._jobs.complete(job.kind, job.reference, job.place, self._deleted(job.reference, BOT))
        self._homes.note_change(job.agent_id)

    def _deleted(self, reference: Reference, actor: str) -> AuditEvent:
        return self._event(reference, actor, Happened.DELETED)

    def _overdue(self, reference: Reference) -> AuditEvent:
        return self._event(reference, BOT, Happened.OVERDUE)

    def _event(self, reference: Reference, actor: str, outcome: Happened) -> AuditEvent:
        return AuditEvent(at=self._clock(), actor=actor, action=Action.MESSAGE, outcome=outcome, reference=reference)
