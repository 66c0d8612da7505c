"""What was refused before a reset began: recorded and counted. It is refused also where it can't be recorded."""

import structlog

from bot.domain.audit import AuditEvent
from bot.metrics import Metrics
from bot.store.audit import AuditLog
from bot.store.errors import StoreUnavailableError

_logger = structlog.stdlib.get_logger(__name__)


class Refusals:
    def __init__(self, audit: AuditLog, metrics: Metrics) -> None:
        self._audit = audit
        self._metrics = metrics

    async def record(self, event: AuditEvent) -> None:
        self._metrics.refusals.labels(event.step, event.reason).inc()
        try:
            await self._audit.record(event)
        except StoreUnavailableError:
            _logger.exception(
                "refusal not recorded",
                action=event.action.value,
                actor=event.actor,
                reason=event.reason,
                step=event.step,
                reference=event.reference,
            )
