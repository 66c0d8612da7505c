"""The two-person rule: a second agent is asked, and his answer leads on, or to nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.approvals import Asked, Decided, Pending, Verdict
from bot.domain.audit import Step
from bot.domain.permissions import Agent, Denial
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, Reason, Reset, ResetRequest, Result
from bot.services.access import Access
from bot.services.errors import ChannelError, ServiceError
from bot.services.homes import Homes
from bot.services.preview import Preview
from bot.services.resets import ResetService
from bot.slack.approvals import ApprovalMessages
from bot.slack.errors import SlackError
from bot.store.approvals import ApprovalStore
from bot.store.errors import StoreUnavailableError
from bot.store.jobs import Job, JobStore

_logger = structlog.stdlib.get_logger(__name__)
_PATIENT_SECONDS: Final = 5.0


class Approvals:
    """`ttl`: for how long an answer is waited for."""

    def __init__(
        self,
        *,
        store: ApprovalStore,
        jobs: JobStore,
        resets: ResetService,
        preview: Preview,
        access: Access,
        messages: ApprovalMessages,
        homes: Homes,
        clock: Callable[[], datetime],
        ttl: timedelta,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._resets = resets
        self._preview = preview
        self._access = access
        self._messages = messages
        self._homes = homes
        self._clock = clock
        self._ttl = ttl

    async def ask(self, request: ResetRequest, *, check_seconds: float) -> Pending | Result:
        """Ask a second agent to agree. A Result: it was sent before and has ended, or asking failed after STARTED.

        The message is placed before STARTED, so that a channel in which the bot can't speak is known in time, and gets
        its buttons after it, so that nobody answers what is not recorded.

        Raises: ServiceError, LookupFailedError, NotOfClientError: nothing was begun. WaitingError: it waits already.
        """
        await self._access.require_set_password(
            request.agent, reference=request.reference, within_seconds=check_seconds
        )
        await self._resets.require_offer()
        if await self._resets.is_used(request.reference):
            return await asyncio.shield(self._resets.submit(request, check_seconds=check_seconds))
        summary = await self._preview.summarize(request)
        # What the second agent is shown is what must still hold when he has agreed.
        request = replace(request, proof=summary.judgement.proof)
        place = await self._place(request.reference)
        asked = Asked(place=place, expires_at=self._clock() + self._ttl, user_email=summary.user_email)
        try:
            reset = await self._resets.begin_waiting(request, asked)
        except ServiceError:
            await self._withdraw(place)
            raise
        if isinstance(reset, Result):
            await self._withdraw(place)
            return reset
        pending = Pending(reset=reset, asked=asked)
        try:
            await self._messages.ask(pending, summary, await self._access.find_name(reset.agent_id))
            await self._store.note_asked(reset.reference)
        except (SlackError, StoreUnavailableError) as error:
            _logger.warning("second agents not asked", reference=reset.reference, error=str(error))
            return await self._give_up(pending, request)
        await self._homes.note_approvals_change()
        return pending

    async def find(self, reference: Reference) -> Pending | None:
        """None: it does not wait, or no longer. Raises: StoreUnavailableError."""
        return await self._store.find(reference)

    async def list_pending(self) -> tuple[Pending, ...]:
        """All that wait, the oldest first. Raises: StoreUnavailableError."""
        return await self._store.list_pending()

    async def decide(self, agent: Agent, reference: Reference, verdict: Verdict, channel: str) -> Decided | None:
        """Let another agent, who may set passwords, answer. None: it no longer waits; somebody else was first, or time.

        Raises: NotAllowedError: recorded as DENIED; ResetsPausedError, NotOfferedError: it goes on waiting;
        StoreUnavailableError.
        """
        pending = await self._store.find(reference)
        if pending is None or pending.asked.place.channel != channel:
            return None
        reset, now = pending.reset, self._clock()
        if agent.id == reset.agent_id:
            raise await self._access.deny(
                agent.id, Denial.OWN_REQUEST, Step.BUTTON, locale=agent.locale, reference=reference
            )
        await self._access.require_set_password(
            agent, reference=reference, within_seconds=_PATIENT_SECONDS, step=Step.BUTTON
        )
        if now >= pending.asked.expires_at:
            await self._expire(pending)
            return None
        if verdict is Verdict.REJECTED:
            is_first = await self._store.reject(reset, by=agent.id, now=now)
            await self._homes.note_approvals_change()
            return Decided(reset=reset, verdict=verdict, by=agent.id, at=now) if is_first else None
        await self._resets.require_offer()
        granted = await self._store.grant(reset, by=agent.id, now=now)
        if granted is None:
            return None
        self._resets.carry_on(granted)
        await self._homes.note_approvals_change()
        return Decided(reset=granted, verdict=verdict, by=agent.id, at=now)

    async def show(self, place: MessageRef, decided: Decided) -> None:
        """Say in the channel what became of the request; that failing, the buttons stay and lead to nothing."""
        try:
            name = await self._access.find_name(decided.by) if decided.by is not None else ""
            requester = await self._access.find_name(decided.reset.agent_id)
            await self._messages.show(place, decided, requester, name)
        except SlackError as error:
            _logger.warning("decision not shown", reference=decided.reset.reference, error=str(error))

    async def expire_due(self, job: Job) -> None:
        """Nobody has answered in time."""
        pending = await self._store.find(job.reference)
        if pending is None:
            await self._jobs.complete(job.kind, job.reference, job.place)
            return
        await self._expire(pending)

    async def _expire(self, pending: Pending) -> None:
        now = self._clock()
        if await self._store.expire(pending.reset, now=now):
            await self._homes.note_approvals_change()
            await self.show(pending.asked.place, Decided(reset=pending.reset, verdict=None, by=None, at=now))

    async def _give_up(self, pending: Pending, request: ResetRequest) -> Pending | Result:
        """End it, unless somebody has answered meanwhile: what Slack did not confirm can be before him all the same."""
        reset: Reset | None = pending.reset
        try:
            reset = await self._store.take_back(pending.reset, now=self._clock())
        except StoreUnavailableError as error:
            _logger.warning("request not taken back", reference=request.reference, error=str(error))
        if reset is None:
            return pending
        await self._withdraw(pending.asked.place)
        return await self._resets.give_up(reset, request, Reason.APPROVAL_CHANNEL)

    async def _place(self, reference: Reference) -> MessageRef:
        try:
            return await self._messages.announce(reference)
        except SlackError as error:
            _logger.warning("second agents can't be asked", reference=reference, error=str(error))
            raise ChannelError from error

    async def _withdraw(self, place: MessageRef) -> None:
        try:
            await self._messages.delete(place)
        except SlackError as error:
            _logger.warning("message without a question left in the channel", error=str(error))
