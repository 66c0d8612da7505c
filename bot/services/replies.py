"""The reply on a reset's ticket: written once, whoever presses how often, and found again by its reference."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

import whmcs
from bot.domain.audit import Action, AuditEvent, Happened, Step
from bot.domain.names import one_line, shorten
from bot.domain.permissions import Agent, Denial
from bot.domain.references import Reference
from bot.domain.replies import (
    ReplyDraft,
    ReplyKind,
    ReplyOutcome,
    ReplyReason,
    ReplyRequest,
    ReplyResult,
    put_in_password,
    with_reference,
)
from bot.domain.resets import Outcome, Reason, Reset, SecretMessage
from bot.metrics import Metrics
from bot.services.access import Access
from bot.services.errors import AuditUnavailableError, StoppingError
from bot.services.failures import explain
from bot.services.tasks import Tasks
from bot.slack.errors import SlackError
from bot.slack.notices import Notices
from bot.store.errors import NotOursError, StoreUnavailableError
from bot.store.jobs import JobStore
from bot.store.replies import Attempt, ReplyStore, SentReply, Turn
from bot.store.resets import ResetStore

_logger = structlog.stdlib.get_logger(__name__)

# Longer than all that one attempt may take: two reads of the ticket, one of the message, the write, and settling it.
_LEASE: Final = timedelta(minutes=2)
_WRITE_OVER: Final = timedelta(minutes=2)
_LOOKS_SECONDS: Final = (0.0, 1.0, 2.0)
_TURN_LOOKS: Final = 60
_TURN_SECONDS: Final = 1.0
_RECORD_TRIES: Final = 8
_CLOSED: Final = "closed"
_NAME: Final = 100
_SUBJECT: Final = 150
_NUMBER: Final = 50


class NoReplyError(Exception):
    """There is no reset of this reference that could be replied to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRules:
    """`admin`: the user name in whose name WHMCS shows replies; empty: there are none. `status` "": WHMCS decides."""

    admin: str = ""
    status: str = ""
    allows_password: bool = True
    admin_url: str = ""


@dataclass(frozen=True, slots=True)
class _Secret:
    """The agent's own message that holds the password; its `password` is None where Slack did not tell it."""

    message: SecretMessage
    password: str | None


class _StoppedError(Exception):
    """The reply ends here, and nothing was written."""

    def __init__(self, reason: ReplyReason | Reason, detail: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail


class ReplyService:
    def __init__(
        self,
        *,
        store: ReplyStore,
        resets: ResetStore,
        jobs: JobStore,
        access: Access,
        client: whmcs.WhmcsClient,
        notices: Notices,
        tasks: Tasks,
        metrics: Metrics,
        rules: ReplyRules,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._resets = resets
        self._jobs = jobs
        self._access = access
        self._client = client
        self._notices = notices
        self._tasks = tasks
        self._metrics = metrics
        self._rules = rules
        self._clock = clock
        self._is_stopping = False

    def stop(self) -> None:
        """From now on nothing new is sent; what is under way goes on."""
        self._is_stopping = True

    async def find_reset(self, agent: Agent, reference: Reference) -> Reset:
        """The reset that this agent may reply to.

        Raises: NoReplyError; NotAllowedError: it is another agent's, recorded as DENIED; AuditUnavailableError.
        """
        try:
            reset = await self._resets.find(reference)
        except StoreUnavailableError as error:
            raise AuditUnavailableError from error
        if reset is None or not self._rules.admin or not reset.ticket:
            raise NoReplyError
        if reset.agent_id != agent.id:
            raise await self._access.deny(
                agent.id, Denial.NOT_THE_OWNER, Step.BUTTON, locale=agent.locale, reference=reference
            )
        if reset.outcome is not Outcome.SUCCEEDED or reset.reason is not None:
            raise NoReplyError
        return reset

    async def prepare(self, agent: Agent, reference: Reference) -> ReplyDraft | ReplyResult:
        """Read what a reply is drawn from, or why there can be none; nothing is written.

        Raises: as `find_reset`.
        """
        reset = await self.find_reset(agent, reference)
        try:
            sent = await self._store.find_sent(reference)
            message = await self._jobs.find_secret_message(reference)
        except StoreUnavailableError as error:
            raise AuditUnavailableError from error
        if sent is not None:
            return _sent_before(reset, sent)
        try:
            ticket, name = await asyncio.gather(self._read_ticket(reset), self._read_client_name(reset))
            _require_open(reset, ticket)
        except _StoppedError as stopped:
            return ReplyResult(reset=reset, outcome=ReplyOutcome.NOT_SENT, reason=stopped.reason, detail=stopped.detail)
        return ReplyDraft(
            reset=reset,
            client_name=name,
            ticket_subject=shorten(one_line(ticket.subject), _SUBJECT),
            ticket_url=self._url(ticket),
            offers_password=self._rules.allows_password and message is not None,
        )

    def send(self, request: ReplyRequest) -> asyncio.Task[ReplyResult]:
        """Send the reply, once however often it is asked for. The task is owned here.

        It raises as `find_reset` does, and StoppingError: nothing was sent.
        """
        return self._tasks.spawn(self._send(request), name=f"reply {request.reference}")

    async def _send(self, request: ReplyRequest) -> ReplyResult:
        if self._is_stopping:
            raise StoppingError
        reset = await self._find_reset_for(request)
        turn = await self._take(request.reference)
        if turn is None:
            return ReplyResult(reset=reset, outcome=ReplyOutcome.UNKNOWN, reason=ReplyReason.UNDER_WAY)
        if isinstance(turn, SentReply):
            return _sent_before(reset, turn)
        try:
            ticket = await self._read_ticket(reset)
            if (earlier := turn.attempt) is not None:
                if _has(ticket, turn.reference, earlier):
                    return await self._end(turn, earlier, reset, ticket, ReplyOutcome.ALREADY_SENT)
                if self._clock() < earlier.settles_at or ticket.merged_into:
                    return await self._leave_open(turn, reset, ticket, earlier.settles_at)
                turn = turn.settled()
            _require_open(reset, ticket)
            secret = await self._find_secret(reset)
            text = _compose(request, secret)
        except _StoppedError as stopped:
            return await self._stop(turn, reset, stopped)
        result = await self._write(turn, request, reset, ticket, text)
        if result.outcome is ReplyOutcome.SENT and secret is not None and secret.password is not None:
            marking = self._mark(secret.message, reset, secret.password, request.content)
            self._tasks.spawn(marking, name=f"reply told {reset.reference}")
        return result

    async def _find_reset_for(self, request: ReplyRequest) -> Reset:
        """The form offers neither a note with a password nor one where that is not allowed, so that such was forged."""
        is_offered = self._rules.allows_password and request.kind is ReplyKind.PUBLIC
        if request.has_password and not is_offered:
            raise NoReplyError
        return await self.find_reset(request.agent, request.reference)

    async def _take(self, reference: Reference) -> Turn | SentReply | None:
        """Wait for the turn while somebody else has it, who most often ends with the reply on the ticket. None: he has it."""
        for attempt in range(_TURN_LOOKS):
            if attempt:
                await asyncio.sleep(_TURN_SECONDS)
            now = self._clock()
            try:
                turn = await self._store.take(reference, now=now, lease_until=now + _LEASE)
            except StoreUnavailableError as error:
                raise AuditUnavailableError from error
            if turn is not None:
                return turn
        return None

    async def _write(
        self, turn: Turn, request: ReplyRequest, reset: Reset, ticket: whmcs.Ticket, text: str
    ) -> ReplyResult:
        attempt = Attempt(
            content=request.content,
            after_id=_last_id(ticket, request.content),
            settles_at=self._clock() + _WRITE_OVER,
        )
        try:
            await self._store.announce(turn, attempt)
        except NotOursError:
            return ReplyResult(reset=reset, outcome=ReplyOutcome.UNKNOWN, reason=ReplyReason.UNDER_WAY)
        except StoreUnavailableError as error:
            raise AuditUnavailableError from error
        try:
            await self._ask_whmcs(request.kind, ticket.id, text)
        except whmcs.OutcomeUnknownError as error:
            _logger.warning("reply perhaps not sent", reference=reset.reference, reason=error.reason)
            if not await self._arrived(reset, attempt):
                return await self._leave_open(turn, reset, ticket, attempt.settles_at, Reason(error.reason))
        except whmcs.NotFoundError:
            return await self._stop(turn, reset, _StoppedError(ReplyReason.TICKET_NOT_FOUND))
        except whmcs.WhmcsError as error:
            failure = explain(error)
            return await self._stop(turn, reset, _StoppedError(failure.reason, failure.detail))
        return await self._end(turn, attempt, reset, ticket, ReplyOutcome.SENT)

    async def _ask_whmcs(self, kind: ReplyKind, ticket_id: int, text: str) -> None:
        if kind is ReplyKind.NOTE:
            await self._client.add_ticket_note(ticket_id, text)
        else:
            await self._client.add_ticket_reply(ticket_id, text, admin=self._rules.admin, status=self._rules.status)

    async def _arrived(self, reset: Reset, attempt: Attempt) -> bool:
        """Look for it on the ticket a few times: its answer was lost. False: it is not there, or not there yet."""
        for wait in _LOOKS_SECONDS:
            await asyncio.sleep(wait)
            try:
                if _has(await self._read_ticket(reset), reset.reference, attempt):
                    return True
            except _StoppedError as stopped:
                _logger.warning("reply not looked for", reference=reset.reference, reason=stopped.reason.value)
        return False

    async def _end(
        self, turn: Turn, attempt: Attempt, reset: Reset, ticket: whmcs.Ticket, outcome: ReplyOutcome
    ) -> ReplyResult:
        """It is on the ticket, whatever becomes of the record: who presses next would find it there."""
        event = self._event(reset, Happened.SENT, attempt.content)
        if not await self._record(turn, attempt.content, event, tries=1):
            recording = self._record(turn, attempt.content, event, tries=_RECORD_TRIES)
            self._tasks.spawn(recording, name=f"record reply {reset.reference}")
        return ReplyResult(
            reset=reset, outcome=outcome, reason=attempt.content, at=event.at, ticket_url=self._url(ticket)
        )

    async def _record(self, turn: Turn, content: ReplyReason, event: AuditEvent, *, tries: int) -> bool:
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(min(2.0**attempt, 30))
            try:
                await self._store.finish(turn, content, event)
            except StoreUnavailableError:
                _logger.exception("reply not recorded", reference=turn.reference)
            else:
                return True
        return False

    async def _stop(self, turn: Turn, reset: Reset, stopped: _StoppedError) -> ReplyResult:
        """Nothing was sent now; where an earlier attempt is not settled, that stays so."""
        _logger.warning("reply not sent", reference=reset.reference, reason=stopped.reason.value, detail=stopped.detail)
        event = self._event(reset, Happened.FAILED, stopped.reason)
        try:
            await (self._store.give_up if turn.attempt is None else self._store.leave_open)(turn, event)
        except StoreUnavailableError:
            _logger.exception("reply's failure not recorded", reference=reset.reference)
        return ReplyResult(
            reset=reset,
            outcome=ReplyOutcome.NOT_SENT if turn.attempt is None else ReplyOutcome.UNKNOWN,
            reason=stopped.reason,
            detail=stopped.detail,
        )

    async def _leave_open(
        self, turn: Turn, reset: Reset, ticket: whmcs.Ticket, settles_at: datetime, reason: Reason | None = None
    ) -> ReplyResult:
        """Nobody knows whether it was sent: the next one who presses looks for it first."""
        event = self._event(reset, Happened.FAILED, ReplyReason.NOT_KNOWN)
        try:
            await self._store.leave_open(turn, event)
        except StoreUnavailableError:
            _logger.exception("reply's failure not recorded", reference=reset.reference)
        return ReplyResult(
            reset=reset,
            outcome=ReplyOutcome.UNKNOWN,
            reason=reason or ReplyReason.NOT_KNOWN,
            at=settles_at,
            ticket_url=self._url(ticket),
        )

    async def _find_secret(self, reset: Reset) -> _Secret | None:
        """The message with the password and, if Slack tells it, the password; None: there is no such message."""
        try:
            message = await self._jobs.find_secret_message(reset.reference)
        except StoreUnavailableError as error:
            _logger.warning("message with the password not looked up", reference=reset.reference, error=str(error))
            return None
        if message is None:
            return None
        try:
            password = await self._notices.read_secret(message)
        except SlackError as error:
            _logger.warning("message with the password not read", reference=reset.reference, error=str(error))
            return _Secret(message, None)
        return _Secret(message, password) if password is not None else None

    async def _mark(self, message: SecretMessage, reset: Reset, password: str, content: ReplyReason) -> None:
        """Say in the message with the password that the reply was sent; it stays until its time."""
        try:
            await self._notices.mark_replied(message, reset, password, content)
        except SlackError as error:
            _logger.warning("message not marked", reference=reset.reference, error=str(error))

    async def _read_ticket(self, reset: Reset) -> whmcs.Ticket:
        try:
            return await self._client.get_ticket(reset.ticket)
        except whmcs.NotFoundError as error:
            raise _StoppedError(ReplyReason.TICKET_NOT_FOUND) from error
        except whmcs.WhmcsError as error:
            failure = explain(error)
            raise _StoppedError(failure.reason, failure.detail) from error

    async def _read_client_name(self, reset: Reset) -> str:
        try:
            client = (await self._client.get_clients_details(reset.client_id)).client
        except whmcs.WhmcsError as error:
            failure = explain(error)
            raise _StoppedError(failure.reason, failure.detail) from error
        return shorten(one_line(client.full_name or client.company_name), _NAME)

    def _event(self, reset: Reset, outcome: Happened, reason: ReplyReason | Reason) -> AuditEvent:
        self._metrics.replies.labels(outcome.value, reason.value).inc()
        return AuditEvent(
            at=self._clock(),
            actor=reset.agent_id,
            action=Action.REPLY,
            outcome=outcome,
            reference=reset.reference,
            reason=reason,
            client_id=reset.client_id,
            user_id=reset.user_id,
            method=reset.method,
            ticket=reset.ticket,
        )

    def _url(self, ticket: whmcs.Ticket) -> str:
        return f"{self._rules.admin_url}/supporttickets.php?action=view&id={ticket.id}"


def _require_open(reset: Reset, ticket: whmcs.Ticket) -> None:
    """Raises: _StoppedError: there is nobody on this ticket any more to whom a reply could go."""
    if ticket.merged_into:
        raise _StoppedError(ReplyReason.TICKET_MERGED, shorten(one_line(ticket.merged_into), _NUMBER))
    if ticket.client_id != reset.client_id:
        raise _StoppedError(ReplyReason.TICKET_MOVED)
    if ticket.status.casefold() == _CLOSED:
        raise _StoppedError(ReplyReason.TICKET_CLOSED)


def _compose(request: ReplyRequest, secret: _Secret | None) -> str:
    """What is written on the ticket. The password comes in here, and is in nothing that is kept.

    Raises: _StoppedError.
    """
    text = with_reference(request.text, request.reference_line, request.reference)
    password = secret.password if secret is not None else None
    if not request.has_password:
        if password is not None and password in text:
            raise _StoppedError(ReplyReason.PASSWORD_IN_TEXT)
        return text
    if secret is None:
        raise _StoppedError(ReplyReason.MESSAGE_GONE)
    if password is None:
        raise _StoppedError(ReplyReason.MESSAGE_UNREAD)
    return put_in_password(text, password)


def _has(ticket: whmcs.Ticket, reference: Reference, attempt: Attempt) -> bool:
    """Whether it is on the ticket: what staff wrote since then names the reference."""
    written = _written(ticket, attempt.content)
    return any(one.id > attempt.after_id and one.admin and reference in one.message for one in written)


def _last_id(ticket: whmcs.Ticket, content: ReplyReason) -> int:
    return max((one.id for one in _written(ticket, content)), default=0)


def _written(
    ticket: whmcs.Ticket, content: ReplyReason
) -> tuple[whmcs.TicketReply, ...] | tuple[whmcs.TicketNote, ...]:
    return ticket.notes if content is ReplyReason.NOTE else ticket.replies


def _sent_before(reset: Reset, sent: SentReply) -> ReplyResult:
    return ReplyResult(reset=reset, outcome=ReplyOutcome.ALREADY_SENT, reason=sent.content, at=sent.sent_at)
