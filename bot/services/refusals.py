"""What was refused before a reset began: recorded and counted. It is refused also where it can't be recorded."""

import structlog

from bot.domain.audit import AuditEvent, Step
from bot.metrics import Metrics
from bot.store.audit import AuditLog
from bot.store.errors import StoreUnavailableError
from bot.store.homes import HomeStore

_logger = structlog.stdlib.get_logger(__name__)


class Refusals:
    def __init__(self, audit: AuditLog, homes: HomeStore, metrics: Metrics) -> None:
        self._audit = audit
        self._homes = homes
        self._metrics = metrics

    async def record(self, event: AuditEvent) -> None:
        """Home is opened by looking at it, so that a refusal there is recorded once a person and day."""
        self._metrics.refusals.labels(event.step, event.reason).inc()
        try:
            if event.step == Step.HOME:
                await self._homes.record_denial(event)
            else:
                await self._audit.record(event)
        except StoreUnavailableError as error:
            _logger.warning(
                "refusal not recorded",
                error=str(error),
                action=event.action.value,
                actor=event.actor,
                reason=event.reason,
                step=event.step,
                reference=event.reference,
            )
