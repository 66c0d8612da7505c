"""*Set a password*: generate it, set it through the companion, deliver it only to the requesting agent.

The order is the safeguard: the message for the password and its deletion are committed before WHMCS is called, so
that no password is set without a message to hold it, and none is in a message that won't be deleted.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

import whmcs
from bot.domain.backoff import Backoff
from bot.domain.lifecycle import WRITE_DEADLINE
from bot.domain.passwords import generate_password
from bot.domain.resets import ClientNotice, Failure, MessageRef, Outcome, Reason, Reset, Result, SecretMessage
from bot.services.client_notices import ClientNotices
from bot.services.eligibility import Eligibility
from bot.services.errors import ResetAbortedError
from bot.services.failures import explain
from bot.services.tasks import Tasks
from bot.slack.errors import SlackError, SlackRateLimitedError, SlackRefusedError
from bot.slack.gateway import Slack
from bot.store.errors import LeaseLostError, StoreError, StoreUnavailableError
from bot.store.gateway import Store

_logger = structlog.stdlib.get_logger(__name__)

_ATTEMPTS: Final = 3
_ATTEMPT_SECONDS: Final = 8.0
_RECORD_ATTEMPTS: Final = 4
_WRITE_BACKOFF: Final = Backoff(first_seconds=0.8, longest_seconds=1.6)
_RECORD_BACKOFF: Final = Backoff(first_seconds=2, longest_seconds=8)
_LOOKS_SECONDS: Final = (0.0, 1.0, 4.0)
_WATCH_SECONDS: Final = 15.0
_NOT_DELIVERED: Final = Failure(Outcome.SUCCEEDED, Reason.NOT_DELIVERED)
_INTERRUPTED: Final = Failure(Outcome.FAILED, Reason.INTERRUPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """`ttl`: lifetime of the message that holds the password."""

    length: int
    ttl: timedelta


@dataclass(kw_only=True)
class SetPassword:
    eligibility: Eligibility
    companion: whmcs.CompanionClient
    store: Store
    slack: Slack
    tasks: Tasks
    client_notices: ClientNotices
    rules: PasswordRules

    async def carry_out(self, reset: Reset) -> Result:
        """Raises: ResetAbortedError; LeaseLostError: WHMCS was not called."""
        checked, place = await self._prepare(reset)
        ends_at = asyncio.get_running_loop().time() + WRITE_DEADLINE.total_seconds()
        message = SecretMessage(
            reference=reset.reference,
            agent_id=reset.agent_id,
            agent_locale=reset.agent_locale,
            place=place,
            deletes_at=self.store.now() + self.rules.ttl,
        )
        try:
            called = await self.store.resets.commit_call(checked, message, now=self.store.now())
        except LeaseLostError:
            await self._turn_into(place, ResetAbortedError(checked, _INTERRUPTED).result)
            raise
        except StoreUnavailableError as error:
            stopped = ResetAbortedError(checked, Failure(Outcome.FAILED, Reason.NOT_RECORDED))
            await self._turn_into(place, stopped.result)
            raise stopped from error
        password = generate_password(self.rules.length)
        try:
            await self._write(called, password, ends_at)
        except ResetAbortedError as stopped:
            if not await self._is_told_by_other(stopped.result):
                await self._turn_into(place, stopped.result)
            await self._keep(message)
            raise
        return await self._deliver(called, message, password)

    async def follow_up(self, reset: Reset) -> ClientNotice | None:
        """Notify the client by e-mail, if the administrator has set a template."""
        return await self.client_notices.send(reset)

    async def _prepare(self, reset: Reset) -> tuple[Reset, MessageRef]:
        """Check the user and post the message at the same time. A post in flight is never cancelled: it would be lost."""
        checked, place = await asyncio.gather(
            self.eligibility.recheck(reset),
            self.slack.notices.place(reset.agent_id, reset.agent_locale, reset.reference),
            return_exceptions=True,
        )
        if isinstance(checked, BaseException):
            if isinstance(checked, ResetAbortedError) and isinstance(place, MessageRef):
                await self._turn_into(place, checked.result)
            raise checked
        if isinstance(place, SlackError):
            _logger.warning("placeholder.not_posted", reference=reset.reference, error=str(place))
            raise ResetAbortedError(checked, Failure(Outcome.FAILED, Reason.DIRECT_MESSAGE)) from place
        if isinstance(place, BaseException):
            raise place
        return checked, place

    async def _write(self, reset: Reset, password: str, ends_at: float) -> None:
        """Set the password. Repeating is harmless: each attempt has the same request id and password.

        `ends_at`: in the event loop's time; nothing is sent after it, since another process may have taken over the reset.

        Raises: ResetAbortedError: refused, failed, or unknown.
        """
        clock = asyncio.get_running_loop().time
        doubts: list[whmcs.OutcomeUnknownError] = []
        failure = _INTERRUPTED
        for attempts in range(_ATTEMPTS):
            jitter = random.random()  # noqa: S311 - spreads repetitions, hides nothing
            await asyncio.sleep(_WRITE_BACKOFF.decide_wait_seconds(attempts, jitter=jitter))
            left = ends_at - clock()
            if left <= 0:
                break
            try:
                await self.companion.set_password(
                    request_id=reset.reference,
                    client_id=reset.client_id,
                    user_id=reset.user_id,
                    password=password,
                    agent=reset.agent_id,
                    approved_by=reset.approved_by,
                    deadline_seconds=min(_ATTEMPT_SECONDS, left),
                )
            except whmcs.OutcomeUnknownError as error:
                doubts.append(error)
            except whmcs.UnreachableError as error:
                failure = explain(error)
            except whmcs.WhmcsError as error:
                if not doubts:
                    raise ResetAbortedError(reset, explain(error)) from error
                break
            else:
                return
        if not doubts:
            raise ResetAbortedError(reset, failure)
        await self._settle(reset, doubts)

    async def _settle(self, reset: Reset, doubts: Sequence[whmcs.OutcomeUnknownError]) -> None:
        """Query the companion for the outcome of the write.

        *Not known* says that nothing was changed only if the companion itself ended every attempt: one whose answer was
        lost may still be under way in WHMCS.
        """
        failure = explain(doubts[-1])
        try:
            result = await self.companion.result(reset.reference)
        except whmcs.WhmcsError as error:
            _logger.warning("companion_result.not_read", reference=reset.reference, reason=explain(error).reason.value)
            raise ResetAbortedError(reset, failure) from error
        if result.is_known:
            return
        if result.rules_out(reset.called_at or reset.started_at) and all(doubt.has_ended for doubt in doubts):
            failure = Failure(Outcome.FAILED, failure.reason)
        raise ResetAbortedError(reset, failure)

    async def _deliver(self, reset: Reset, message: SecretMessage, password: str) -> Result:
        """Deliver the password. It is set: whatever goes wrong now, the agent learns that."""
        try:
            await self.slack.notices.fill(message, reset, password)
        except SlackError as error:
            _logger.warning("placeholder.not_filled", reference=reset.reference, error=str(error))
            is_certain = isinstance(error, SlackRefusedError) and error.is_certain
            if not is_certain or isinstance(error, SlackRateLimitedError):
                # Where it may be in the placeholder, another message could be the second one with the password.
                is_delivered = await self._is_filled(message, password)
            else:
                is_delivered = await self._deliver_again(reset, message, password)
            if not is_delivered:
                return _result(reset, _NOT_DELIVERED)
        return Result(reset=reset)

    async def _is_filled(self, message: SecretMessage, password: str) -> bool:
        """Return True if the password is in the placeholder although Slack did not confirm it."""
        try:
            return await self.slack.notices.read_secret(message) == password
        except SlackError as error:
            _logger.warning("placeholder.not_read", reference=message.reference, error=str(error))
            return False

    async def _deliver_again(self, reset: Reset, message: SecretMessage, password: str) -> bool:
        """Send one new message, since Slack refused to change the placeholder. False: the agent has no password."""
        # With its own full lifetime: the placeholder may have been deleted because it was due.
        fresh = replace(message, deletes_at=self.store.now() + self.rules.ttl)
        place: MessageRef | None = None
        try:
            place = await self.slack.notices.post_secret(fresh, reset, password)
        except SlackRefusedError as error:
            _logger.warning("password.not_posted", reference=reset.reference, error=str(error))
        except SlackError as error:
            _logger.warning("password.post_unconfirmed", reference=reset.reference, error=str(error))
            place = await self._find_posted(message, password)
        return place is not None and await self._record_or_delete(replace(fresh, place=place))

    async def _find_posted(self, message: SecretMessage, password: str) -> MessageRef | None:
        """Find the message with the password whose post Slack did not confirm: it must be deleted when due."""
        for wait in _LOOKS_SECONDS:
            await asyncio.sleep(wait)
            try:
                if (place := await self.slack.notices.find_posted_secret(message, password)) is not None:
                    return place
            except SlackError as error:
                _logger.warning("password.not_searched", reference=message.reference, error=str(error))
        return None

    async def _record_or_delete(self, message: SecretMessage) -> bool:
        """Record the message for deletion, or delete it at once if that fails. False: deleted."""
        for attempts in range(_RECORD_ATTEMPTS):
            await asyncio.sleep(_RECORD_BACKOFF.decide_wait_seconds(attempts))
            try:
                await self.store.jobs.replace_secret_message(message)
            except StoreError as error:
                _logger.warning("message.not_recorded", reference=message.reference, error=str(error))
            else:
                return True
            try:
                await self.slack.notices.delete(message.place)
            except SlackError as error:
                _logger.warning("message.not_deleted", reference=message.reference, error=str(error))
            else:
                return False
        _logger.error("message.untracked", reference=message.reference)
        self.tasks.spawn(self._watch(message), name=f"message {message.reference}")
        return True

    async def _watch(self, message: SecretMessage) -> None:
        """Keep track of an unrecorded message until the database accepts it, and delete it when due."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            with suppress(StoreError):
                await self.store.jobs.replace_secret_message(message)
                return
            if self.store.now() >= message.deletes_at:
                with suppress(SlackError):
                    await self.slack.notices.delete(message.place)
                    return

    async def _keep(self, message: SecretMessage) -> None:
        """Cancel the deletion of a message that never held a password. If that fails, it is deleted when due."""
        try:
            await self.store.jobs.forget_secret_message(message.reference)
        except StoreError as error:
            _logger.warning("message.deletion_not_cancelled", reference=message.reference, error=str(error))

    async def _is_told_by_other(self, result: Result) -> bool:
        """Return True if the process that took over this reset has already recorded and announced its outcome."""
        if result.outcome is not Outcome.UNKNOWN:
            return False
        try:
            recorded = await self.store.resets.find_reset(result.reset.reference)
        except StoreUnavailableError:
            return False
        return recorded is not None and recorded.outcome is not None

    async def _turn_into(self, place: MessageRef, result: Result) -> None:
        """Replace the placeholder by the outcome. If that fails, the modal still shows it."""
        try:
            await self.slack.notices.replace(place, result)
        except SlackError as error:
            _logger.warning("placeholder.not_replaced", reference=result.reset.reference, error=str(error))


def _result(reset: Reset, failure: Failure) -> Result:
    return Result(reset=reset, failure=failure)
