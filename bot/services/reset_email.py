"""*Reset e-mail*: WHMCS mails the user a link. It is asked once, whatever becomes of its answer."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import whmcs
from bot.domain.lifecycle import WRITE_TIME
from bot.domain.resets import Outcome, Reason, Reset, Result
from bot.services.checks import Checks, StoppedError
from bot.services.failures import Failure, explain
from bot.store.errors import StoreUnavailableError
from bot.store.resets import ResetStore


class ResetEmail:
    def __init__(
        self, *, client: whmcs.WhmcsClient, checks: Checks, store: ResetStore, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._checks = checks
        self._store = store
        self._clock = clock

    async def carry_out(self, reset: Reset) -> Result:
        """Raises: StoppedError; NotOursError: nothing was asked of WHMCS."""
        checked = await self._checks.check(reset)
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + WRITE_TIME.total_seconds()
        try:
            called = await self._store.announce_call(checked, now=self._clock())
        except StoreUnavailableError as error:
            raise StoppedError(checked, Failure(Outcome.FAILED, Reason.NOT_RECORDED)) from error
        left = ends_at - loop.time()
        if left <= 0:
            raise StoppedError(called, Failure(Outcome.FAILED, Reason.INTERRUPTED))
        try:
            await self._client.reset_password(called.user_id, deadline_seconds=left)
        except whmcs.WhmcsError as error:
            raise StoppedError(called, explain(error)) from error
        return Result(reset=called, outcome=Outcome.SUCCEEDED)
