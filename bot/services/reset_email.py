"""*Reset e-mail*: WHMCS mails the user a link. It is requested once: a lost answer is not repeated."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from bot.domain.backoff import Backoff
from bot.domain.lifecycle import WRITE_DEADLINE
from bot.domain.resets import Failure, Outcome, Reason, Reset, Result
from bot.services.eligibility import Eligibility
from bot.services.errors import ResetAbortedError
from bot.services.failures import explain
from bot.services.tasks import Tasks
from bot.services.whmcs_gateway import Whmcs
from bot.store.errors import StoreUnavailableError
from bot.store.gateway import Store
from whmcs import WhmcsError

_logger = structlog.stdlib.get_logger(__name__)
_LOG_TRIES: Final = 3
_LOG_BACKOFF: Final = Backoff(first_seconds=1, longest_seconds=2)


@dataclass(kw_only=True)
class ResetEmail:
    whmcs: Whmcs
    eligibility: Eligibility
    store: Store
    tasks: Tasks

    async def carry_out(self, reset: Reset) -> Result:
        """Raises: ResetAbortedError; LeaseLostError: WHMCS was not called."""
        checked = await self.eligibility.recheck(reset)
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + WRITE_DEADLINE.total_seconds()
        try:
            called = await self.store.resets.commit_call(checked, now=self.store.now())
        except StoreUnavailableError as error:
            raise ResetAbortedError(checked, Failure(Outcome.FAILED, Reason.NOT_RECORDED)) from error
        left = ends_at - loop.time()
        if left <= 0:
            raise ResetAbortedError(called, Failure(Outcome.FAILED, Reason.INTERRUPTED))
        try:
            await self.whmcs.client.reset_password(called.user_id, deadline_seconds=left)
        except WhmcsError as error:
            raise ResetAbortedError(called, explain(error)) from error
        return Result(reset=called)

    async def follow_up(self, reset: Reset) -> None:
        """Add a line to WHMCS's activity log, in the background."""
        self.tasks.spawn(self._log_activity(reset), name=f"activity log {reset.reference}")

    async def _log_activity(self, reset: Reset) -> None:
        """Try a few times. A second line would be noise, a missing one is a warning."""
        line = (
            f"Password reset e-mail sent by Slack agent {reset.agent_id} for user {reset.user_id} "
            f"({reset.user_email}), reference {reset.reference}"
        )
        for attempts in range(_LOG_TRIES):
            await asyncio.sleep(_LOG_BACKOFF.decide_wait_seconds(attempts))
            try:
                await self.whmcs.client.log_activity(line, client_id=reset.client_id)
            except WhmcsError as error:
                reason = explain(error).reason.value
                _logger.warning(
                    "activity_log.not_written", reference=reset.reference, reason=reason, attempt=attempts + 1
                )
            else:
                return
