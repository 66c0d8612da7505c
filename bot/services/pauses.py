"""The operators' pause, during which no reset starts."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from bot.domain.pauses import Pause
from bot.services.tasks import Tasks
from bot.store.errors import StoreUnavailableError
from bot.store.gateway import Store

_logger = structlog.stdlib.get_logger(__name__)
_SECONDS: Final = 1.0


@dataclass(kw_only=True)
class Pauses:
    store: Store
    tasks: Tasks

    async def find_pause(self) -> Pause | None:
        """Return the active pause, if any. Advisory: it is checked again when STARTED is committed.

        A modal must open within three seconds, so the database gets one.
        """
        # Not cancelled: psycopg would first ask the server to stop, and wait for that.
        reading = self.tasks.spawn(self._read(), name="pause")
        await asyncio.wait({reading}, timeout=_SECONDS)
        if reading.done():
            return reading.result()
        _logger.warning("pause.not_read", error="timed out")
        return None

    async def _read(self) -> Pause | None:
        try:
            return await self.store.pauses.find_pause()
        except StoreUnavailableError as error:
            _logger.warning("pause.not_read", error=str(error))
            return None
