"""Refusals before a reset started: recorded and counted. A refusal stands even if it can't be recorded."""

from dataclasses import dataclass

import structlog

from bot.domain.audit import Action, AuditEvent, AuditOutcome, Step, build_event
from bot.domain.limits import LimitReached
from bot.domain.permissions import AgentId, Denial
from bot.domain.resets import ResetRequest
from bot.metrics import Metrics
from bot.store.errors import StoreUnavailableError
from bot.store.gateway import Store

_logger = structlog.stdlib.get_logger(__name__)


@dataclass(kw_only=True)
class Refusals:
    store: Store
    metrics: Metrics

    def count(self, step: Step, reason: str) -> None:
        """Count a refusal that is not an audit event."""
        self.metrics.refusals.labels(step.value, reason).inc()

    async def record_denial(self, person_id: AgentId, denial: Denial, step: Step, reference: str) -> None:
        await self.record(
            AuditEvent(
                at=self.store.now(),
                actor=person_id,
                action=Action.ACCESS,
                outcome=AuditOutcome.DENIED,
                reference=reference,
                reason=denial,
                step=step,
            )
        )

    async def record_tampering(self, reference: str, agent_id: AgentId, reason: str) -> None:
        """Record a view that was not rendered for this agent, or not with these values."""
        await self.record(
            AuditEvent(
                at=self.store.now(),
                actor=agent_id,
                action=Action.FORM,
                outcome=AuditOutcome.TAMPERED,
                reference=reference,
                reason=reason,
                step=Step.SUBMISSION,
            )
        )

    async def record_limit(self, request: ResetRequest, limit: LimitReached) -> None:
        now, actor = self.store.now(), request.agent.id
        await self.record(
            build_event(
                request,
                Action.LIMIT,
                AuditOutcome.REACHED,
                at=now,
                actor=actor,
                reason=limit.kind,
                step=Step.SUBMISSION,
            )
        )

    async def record(self, event: AuditEvent) -> None:
        """Record the event. Slack opens Home by itself, so a refusal there is recorded once per person and day."""
        self.metrics.refusals.labels(event.step, event.reason).inc()
        try:
            if event.step == Step.HOME:
                await self.store.homes.record_home_denial(event)
            else:
                await self.store.audit.record_event(event)
        except StoreUnavailableError as error:
            _logger.warning(
                "refusal.not_recorded",
                error=str(error),
                action=event.action.value,
                actor=event.actor,
                reason=event.reason,
                step=event.step,
                reference=event.reference,
            )
