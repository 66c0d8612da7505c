"""*Set a password*: generate it, set it through the companion, hand it to the requesting agent alone.

The order protects everything else: a place for the password and its deletion are committed before WHMCS is asked, so
that no password is ever set without a message that will hold it, and none is in a message that nobody will delete.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

import whmcs
from bot.domain.lifecycle import WRITE_TIME
from bot.domain.passwords import generate_password
from bot.domain.resets import MessageRef, Outcome, Reason, Reset, Result, SecretMessage
from bot.services.checks import Checks, StoppedError
from bot.services.failures import Failure, explain
from bot.services.tasks import Tasks
from bot.slack.errors import SlackError, SlackRateLimitedError, SlackRefusedError
from bot.slack.notices import Notices
from bot.store.errors import NotOursError, StoreError, StoreUnavailableError
from bot.store.jobs import JobStore
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)

_ATTEMPTS: Final = 3
_ATTEMPT_SECONDS: Final = 8.0
_RECORD_ATTEMPTS: Final = 4
_LOOKS_SECONDS: Final = (0.0, 1.0, 4.0)
_WATCH_SECONDS: Final = 15.0
_NOT_DELIVERED: Final = Failure(Outcome.SUCCEEDED, Reason.NOT_DELIVERED)
_INTERRUPTED: Final = Failure(Outcome.FAILED, Reason.INTERRUPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """`ttl`: the life of the message that holds the password."""

    length: int
    ttl: timedelta


class SetPassword:
    def __init__(
        self,
        *,
        checks: Checks,
        companion: whmcs.CompanionClient,
        store: ResetStore,
        jobs: JobStore,
        notices: Notices,
        tasks: Tasks,
        rules: PasswordRules,
        clock: Callable[[], datetime],
    ) -> None:
        self._checks = checks
        self._companion = companion
        self._store = store
        self._jobs = jobs
        self._notices = notices
        self._tasks = tasks
        self._rules = rules
        self._clock = clock

    async def carry_out(self, reset: Reset) -> Result:
        """Raises: StoppedError; NotOursError: nothing was asked of WHMCS."""
        checked, place = await self._prepare(reset)
        ends_at = asyncio.get_running_loop().time() + WRITE_TIME.total_seconds()
        message = SecretMessage(
            reference=reset.reference,
            agent_id=reset.agent_id,
            agent_locale=reset.agent_locale,
            place=place,
            deletes_at=self._clock() + self._rules.ttl,
        )
        try:
            called = await self._store.announce_call(checked, message, now=self._clock())
        except NotOursError:
            await self._turn_into(place, StoppedError(checked, _INTERRUPTED).result)
            raise
        except StoreUnavailableError as error:
            stopped = StoppedError(checked, Failure(Outcome.FAILED, Reason.NOT_RECORDED))
            await self._turn_into(place, stopped.result)
            raise stopped from error
        password = generate_password(self._rules.length)
        try:
            await self._write(called, password, ends_at)
        except StoppedError as stopped:
            if not await self._is_told_by_other(stopped.result):
                await self._turn_into(place, stopped.result)
            await self._keep(message)
            raise
        return await self._deliver(called, message, password)

    async def _prepare(self, reset: Reset) -> tuple[Reset, MessageRef]:
        """Check the user and place the message, both at once. A post in flight is never cancelled: it would be lost."""
        checked, place = await asyncio.gather(
            self._checks.check(reset),
            self._notices.place(reset.agent_id, reset.agent_locale, reset.reference),
            return_exceptions=True,
        )
        if isinstance(checked, BaseException):
            if isinstance(checked, StoppedError) and isinstance(place, MessageRef):
                await self._turn_into(place, checked.result)
            raise checked
        if isinstance(place, SlackError):
            _logger.warning("placeholder not posted", reference=reset.reference, error=str(place))
            raise StoppedError(checked, Failure(Outcome.FAILED, Reason.DIRECT_MESSAGE)) from place
        if isinstance(place, BaseException):
            raise place
        return checked, place

    async def _write(self, reset: Reset, password: str, ends_at: float) -> None:
        """Set it, with the same request id and password until there is an answer, which makes repeating harmless.

        `ends_at`, in the loop's time: after it nothing is sent, since another process may have taken the reset over.

        Raises: StoppedError: refused, failed, or unknown.
        """
        clock = asyncio.get_running_loop().time
        doubts: list[whmcs.OutcomeUnknownError] = []
        failure = _INTERRUPTED
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(random.uniform(0.2, 0.4) * 2**attempt)  # noqa: S311 - spreads repetitions, hides nothing
            left = ends_at - clock()
            if left <= 0:
                break
            try:
                await self._companion.set_password(
                    request_id=reset.reference,
                    client_id=reset.client_id,
                    user_id=reset.user_id,
                    password=password,
                    agent=reset.agent_id,
                    deadline_seconds=min(_ATTEMPT_SECONDS, left),
                )
            except whmcs.OutcomeUnknownError as error:
                doubts.append(error)
            except whmcs.UnreachableError as error:
                failure = explain(error)
            except whmcs.WhmcsError as error:
                if not doubts:
                    raise StoppedError(reset, explain(error)) from error
                break
            else:
                return
        if not doubts:
            raise StoppedError(reset, failure)
        await self._settle(reset, doubts)

    async def _settle(self, reset: Reset, doubts: Sequence[whmcs.OutcomeUnknownError]) -> None:
        """Ask what became of the write.

        *Not known* says that nothing was changed only if the companion itself ended every attempt: one whose answer was
        lost may still be under way in WHMCS.
        """
        failure = explain(doubts[-1])
        try:
            result = await self._companion.result(reset.reference)
        except whmcs.WhmcsError as error:
            _logger.warning("result not told", reference=reset.reference, reason=explain(error).reason.value)
            raise StoppedError(reset, failure) from error
        if result.is_known:
            return
        if all(doubt.has_ended for doubt in doubts):
            failure = Failure(Outcome.FAILED, failure.reason)
        raise StoppedError(reset, failure)

    async def _deliver(self, reset: Reset, message: SecretMessage, password: str) -> Result:
        """From here on the password is set: whatever goes wrong, the agent is told that."""
        try:
            await self._notices.fill(message, reset, password)
        except SlackError as error:
            _logger.warning("placeholder not filled", reference=reset.reference, error=str(error))
            is_certain = isinstance(error, SlackRefusedError) and error.is_certain
            if not is_certain or isinstance(error, SlackRateLimitedError):
                # Where it may be in the placeholder, another message could be the second one with the password.
                is_delivered = await self._is_filled(message, password)
            else:
                is_delivered = await self._deliver_anew(reset, message, password)
            if not is_delivered:
                return _result(reset, _NOT_DELIVERED)
        return Result(reset=reset, outcome=Outcome.SUCCEEDED)

    async def _is_filled(self, message: SecretMessage, password: str) -> bool:
        """Whether the password is in the placeholder, though Slack did not say so."""
        try:
            return await self._notices.read_secret(message) == password
        except SlackError as error:
            _logger.warning("placeholder not read", reference=message.reference, error=str(error))
            return False

    async def _deliver_anew(self, reset: Reset, message: SecretMessage, password: str) -> bool:
        """One new message, since Slack refused to change the placeholder. False: the agent has no password."""
        # With a whole life of its own: the placeholder may be gone because its time was over.
        anew = replace(message, deletes_at=self._clock() + self._rules.ttl)
        place: MessageRef | None = None
        try:
            place = await self._notices.post_secret(anew, reset, password)
        except SlackRefusedError as error:
            _logger.warning("password not posted", reference=reset.reference, error=str(error))
        except SlackError as error:
            _logger.warning("password perhaps not posted", reference=reset.reference, error=str(error))
            place = await self._find_posted(message, password)
        return place is not None and await self._record_or_delete(replace(anew, place=place))

    async def _find_posted(self, message: SecretMessage, password: str) -> MessageRef | None:
        """Look for a message with the password of which nobody told where it is: it has to be deleted at its time."""
        for wait in _LOOKS_SECONDS:
            await asyncio.sleep(wait)
            try:
                if (place := await self._notices.find_posted_secret(message, password)) is not None:
                    return place
            except SlackError as error:
                _logger.warning("password not looked for", reference=message.reference, error=str(error))
        return None

    async def _record_or_delete(self, message: SecretMessage) -> bool:
        """A message with a password is recorded, so that it will be deleted, or is deleted at once. False: deleted."""
        for attempt in range(_RECORD_ATTEMPTS):
            if attempt:
                await asyncio.sleep(2.0**attempt)
            try:
                await self._jobs.replace_message(message)
            except StoreError as error:
                _logger.warning(
                    "message with a password not recorded; deleting it", reference=message.reference, error=str(error)
                )
            else:
                return True
            try:
                await self._notices.delete(message.place)
            except SlackError as error:
                _logger.warning("message not deleted", reference=message.reference, error=str(error))
            else:
                return False
        _logger.error("message with a password neither recorded nor deleted", reference=message.reference)
        self._tasks.spawn(self._watch(message), name=f"message {message.reference}")
        return True

    async def _watch(self, message: SecretMessage) -> None:
        """Nobody else knows of the message: until the database takes it, its end is looked after here."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            with suppress(StoreError):
                await self._jobs.replace_message(message)
                return
            if self._clock() >= message.deletes_at:
                with suppress(SlackError):
                    await self._notices.delete(message.place)
                    return

    async def _keep(self, message: SecretMessage) -> None:
        """It never held a password and may stay; if that can't be recorded, it is deleted at its time all the same."""
        try:
            await self._jobs.forget_message(message.reference)
        except StoreError as error:
            _logger.warning("message will be deleted without need", reference=message.reference, error=str(error))

    async def _is_told_by_other(self, result: Result) -> bool:
        """Whether who took the reset over has ended it, and so says in the message what became of it, where we don't know."""
        if result.outcome is not Outcome.UNKNOWN:
            return False
        try:
            recorded = await self._store.find(result.reset.reference)
        except StoreUnavailableError:
            return False
        return recorded is not None and recorded.outcome is not None

    async def _turn_into(self, place: MessageRef, result: Result) -> None:
        """Say in the placeholder that no password will come; the modal says it as well, so failing here is not all."""
        try:
            await self._notices.replace(place, result)
        except SlackError as error:
            _logger.warning("placeholder left as it is", reference=result.reset.reference, error=str(error))


def _result(reset: Reset, failure: Failure) -> Result:
    return Result(reset=reset, outcome=failure.outcome, reason=failure.reason, detail=failure.detail)
