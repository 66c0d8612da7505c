"""The two-person rule: a second agent is asked, and the first answer counts."""

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.domain.approvals import Asked, Decided, Pending, Verdict
from bot.domain.audit import Step
from bot.domain.clients import SetPasswordSummary
from bot.domain.permissions import Agent, Denial
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, Reset
from bot.services.access import Access
from bot.services.errors import ChannelError
from bot.services.homes import Homes
from bot.slack.errors import SlackError
from bot.slack.gateway import Slack
from bot.store.errors import StoreUnavailableError
from bot.store.gateway import Store
from bot.store.jobs import Job

_logger = structlog.stdlib.get_logger(__name__)
_PERMISSION_SECONDS = 5.0


@dataclass(kw_only=True)
class Approvals:
    """`ttl`: how long a request waits for an answer."""

    store: Store
    access: Access
    slack: Slack
    homes: Homes
    ttl: timedelta

    async def place(self, reference: Reference, user_email: str) -> Asked:
        """Post the message that will become the question.

        Raises: ChannelError: the bot can't speak in the channel.
        """
        try:
            place = await self.slack.approvals.announce(reference)
        except SlackError as error:
            _logger.warning("approval.not_placed", reference=reference, error=str(error))
            raise ChannelError from error
        return Asked(place=place, expires_at=self.store.now() + self.ttl, user_email=user_email)

    async def withdraw(self, asked: Asked) -> None:
        """Delete a message that has not become a question."""
        try:
            await self.slack.approvals.delete(asked.place)
        except SlackError as error:
            _logger.warning("approval.message_left", error=str(error))

    async def ask(self, pending: Pending, summary: SetPasswordSummary) -> bool:
        """Put the question into its message. False: Slack or the database did not confirm it."""
        reset = pending.reset
        try:
            await self.slack.approvals.ask(pending, summary, await self.access.find_name(reset.agent_id))
            await self.store.approvals.note_asked(reset.reference)
        except (SlackError, StoreUnavailableError) as error:
            _logger.warning("approval.not_asked", reference=reset.reference, error=str(error))
            return False
        await self.homes.note_approvals_change()
        return True

    async def take_back(self, pending: Pending) -> Reset | None:
        """Close the request. None: it was answered; a question that Slack did not confirm can be answered too."""
        try:
            reset = await self.store.approvals.revoke_request(pending.reset, now=self.store.now())
        except StoreUnavailableError as error:
            _logger.warning("approval.not_taken_back", reference=pending.reset.reference, error=str(error))
            reset = pending.reset
        if reset is not None:
            await self.withdraw(pending.asked)
        return reset

    async def find(self, reference: Reference) -> Pending | None:
        """Return the request if it waits for an answer. Raises: StoreUnavailableError."""
        return await self.store.approvals.find_pending(reference)

    async def find_answerable(self, agent: Agent, reference: Reference, channel: str) -> Pending | None:
        """Return the request if this agent may answer it. None: it was answered or has expired.

        Raises: NotAllowedError: recorded as DENIED; StoreUnavailableError.
        """
        pending = await self.store.approvals.find_pending(reference)
        if pending is None or pending.asked.place.channel != channel:
            return None
        if agent.id == pending.reset.agent_id:
            raise await self.access.deny(
                agent.id, Denial.OWN_REQUEST, Step.BUTTON, locale=agent.locale, reference=reference
            )
        await self.access.require_set_password(
            agent, reference=reference, within_seconds=_PERMISSION_SECONDS, step=Step.BUTTON
        )
        if self.store.now() >= pending.asked.expires_at:
            await self._expire(pending)
            return None
        return pending

    async def reject(self, pending: Pending, agent: Agent) -> Decided | None:
        """Commit the rejection. None: another answer was first."""
        now = self.store.now()
        is_first = await self.store.approvals.reject_approval(pending.reset, by=agent.id, now=now)
        await self.homes.note_approvals_change()
        return Decided(reset=pending.reset, verdict=Verdict.REJECTED, by=agent.id, at=now) if is_first else None

    async def grant(self, pending: Pending, agent: Agent, question: str) -> Decided | None:
        """Commit the approval. None: another answer was first. The caller continues the reset, then notes the change.

        `question`: the one that the agent answered. If another one is pending by now, the reset is refused when it is carried out.
        """
        now = self.store.now()
        reset = pending.reset if question == pending.question else replace(pending.reset, shown="")
        granted = await self.store.approvals.grant_approval(reset, by=agent.id, now=now)
        return Decided(reset=granted, verdict=Verdict.GRANTED, by=agent.id, at=now) if granted is not None else None

    async def note_change(self) -> None:
        """Update the Home tabs, which list what waits for a second agent."""
        await self.homes.note_approvals_change()

    async def show(self, place: MessageRef, decided: Decided) -> None:
        """Show the decision in the channel. If that fails, the buttons stay and have no effect."""
        try:
            name = await self.access.find_name(decided.by) if decided.by is not None else ""
            requester = await self.access.find_name(decided.reset.agent_id)
            await self.slack.approvals.show(place, decided, requester, name)
        except SlackError as error:
            _logger.warning("approval.decision_not_shown", reference=decided.reset.reference, error=str(error))

    async def expire_due(self, job: Job) -> None:
        """Expire a request that was not answered in time."""
        pending = await self.store.approvals.find_pending(job.reference)
        if pending is None:
            await self.store.jobs.complete_job(job.kind, job.reference, job.place)
            return
        await self._expire(pending)

    async def _expire(self, pending: Pending) -> None:
        now = self.store.now()
        if await self.store.approvals.expire_approval(pending.reset, now=now):
            await self.homes.note_approvals_change()
            await self.show(pending.asked.place, Decided(reset=pending.reset, verdict=None, by=None, at=now))
