"""A WHMCS on a loopback socket: its API and the companion, honest in what they do, and faulty on demand."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from sandbox.changes import Changes
from sandbox.serving import LoopbackServer, drop_connection
from sandbox.whmcs.api import CREDENTIALS, Access, perform
from sandbox.whmcs.companion import Companion, CompanionRefusal, Settings, parse
from sandbox.whmcs.faults import Fault, FaultKind, Faults
from sandbox.whmcs.pages import find_answer_instead, method_not_allowed, not_found, spoil
from sandbox.whmcs.records import Activity, Call, Client, Data, ResetEmail, User
from sandbox.whmcs.seed import make_seed
from sandbox.whmcs.state import State
from sandbox.whmcs.tickets import Desk, SentNotice, Ticket, TicketMail, TicketMessage, TicketNote

API_PATH: Final = "/includes/api.php"
COMPANION_PATH: Final = "/modules/addons/resetbot/api.php"
ROLE: Final = ("GetClients", "GetUsers", "GetClientsDetails", "ResetPassword", "LogActivity", "WhmcsDetails")
"""What the bot can't do without. The actions that one feature alone needs are in `features.OPTIONAL_ACTIONS`."""
TICKET_ROLE: Final = (
    *("GetTicket", "GetTickets", "AddTicketNote", "AddTicketReply", "UpdateTicketReply"),
    "SendEmail",
)
"""What tickets and notices need; the role has these as well, unless a test takes them away."""

Work = Callable[[FaultKind | None], tuple[Response, bool]]


class LocalWhmcs:
    """`async with LocalWhmcs() as whmcs` serves at `whmcs.url`; state outlives stop() and start().

    `access` (the credential and its role, `allowed_actions`), `companion` (the module's settings) and the records in
    `clients`, `users` and `desk` may be changed at any time.
    """

    def __init__(
        self,
        data: Data | None = None,
        *,
        companion_secret: str = "fake-companion-secret-0123456789abcdef",
        identifier: str = "fake-identifier",
        secret: str = "fake-secret",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Without `data` the installation is that of `make_seed()`; with `tls` its address is https."""
        self.data = make_seed() if data is None else data
        self.faults = Faults()
        self.access = Access(identifier, secret, {*ROLE, *TICKET_ROLE})
        self.companion = Settings(companion_secret)
        self._state = State(self.data)
        self._companion = Companion(self._state, self.companion)
        self._server = LoopbackServer(self._serve, port=port, tls=tls)
        # Their contracts are written where they stand.
        self.add_client = self.data.add_client
        self.add_user = self.data.add_user
        self.link = self.data.link
        self.remove_user = self.data.remove_user
        self.remove_user_from_client = self.data.remove_user_from_client

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, at the same port as before. Raises: OSError if it is taken."""
        await self._server.start()

    async def stop(self) -> None:
        """End every connection and request; callers find nobody there until start()."""
        await self._server.stop()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def companion_url(self) -> str:
        return self.url + COMPANION_PATH

    @property
    def identifier(self) -> str:
        return self.access.identifier

    @property
    def secret(self) -> str:
        return self.access.secret

    @property
    def companion_secret(self) -> str:
        return self.companion.secret

    @property
    def connections(self) -> int:
        """TCP connections accepted so far."""
        return self._server.connections

    @property
    def clients(self) -> dict[int, Client]:
        return self.data.clients

    @property
    def users(self) -> dict[int, User]:
        return self.data.users

    @property
    def reset_emails(self) -> list[ResetEmail]:
        return self._state.reset_emails

    @property
    def desk(self) -> Desk:
        """Departments, tickets, admins, templates and groups, and what people do to tickets: merge, remove, and so on."""
        return self.data.desk

    def ticket(self, number: str) -> Ticket:
        """Raises: KeyError."""
        return self.desk.get_ticket(number)

    def replies_of(self, number: str) -> list[TicketMessage]:
        """What was written after the opening message. Raises: KeyError."""
        return [message for message in self.ticket(number).messages if message.id]

    def notes_of(self, number: str) -> list[TicketNote]:
        """Raises: KeyError."""
        return self.ticket(number).notes

    def reply_as_client(self, number: str, message: str) -> None:
        """Raises: KeyError."""
        self._state.reply_as_client(self.ticket(number), message)
        self.changes.announce()

    def close_ticket(self, number: str) -> None:
        """Raises: KeyError."""
        self.ticket(number).status = "Closed"
        self.changes.announce()

    def merge_tickets(self, number: str, into: str) -> None:
        """Merge a ticket into another one. Raises: KeyError."""
        self.desk.merge(number, into)
        self.changes.announce()

    @property
    def ticket_mails(self) -> list[TicketMail]:
        """Mails that told of a reply, with its text."""
        return self._state.ticket_mails

    @property
    def sent_notices(self) -> list[SentNotice]:
        return self._state.sent_notices

    @property
    def activity(self) -> list[Activity]:
        return self._state.activity

    @property
    def calls(self) -> list[Call]:
        """Every request that arrived, in that order, refused and lost ones included."""
        return self._state.calls

    @property
    def changes(self) -> Changes:
        """Announces each request when it arrives and when it is answered."""
        return self._state.changes

    @property
    def writes(self) -> list[Call]:
        """Those of `calls` that changed something."""
        return [call for call in self._state.calls if call.has_written]

    async def wait_for_call(self, action: str, *, count: int = 1, timeout_seconds: float = 5.0) -> Call:
        """Return the `count`-th call of this action, as soon as it has arrived. Raises: TimeoutError."""
        return await self._state.wait_for_call(action, count=count, timeout_seconds=timeout_seconds)

    def forget_requests(self) -> None:
        """Let a day pass for the companion, after which it knows no earlier request any more."""
        self._state.companion_requests.clear()

    def opens(self, email: str, password: str) -> bool:
        """Tell whether somebody can sign in with these."""
        return self._state.opens(email, password)

    def password_changed_at(self, user_id: int) -> datetime | None:
        """Return None for a user whose password was never set here. Raises: KeyError."""
        return self.data.users[user_id].password_changed_at

    def has_open_reset_link(self, user_id: int) -> bool:
        """Tell whether a link that was mailed can still be used: not too old, and not voided by a new password."""
        expires_at = self.data.users[user_id].reset_link_expires_at
        return expires_at is not None and expires_at > self._state.now()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.url.path not in (API_PATH, COMPANION_PATH):
            await not_found()(scope, receive, send)
            return
        if request.method != "POST":
            await method_not_allowed()(scope, receive, send)
            return
        body = await request.body()
        if request.url.path == API_PATH:
            call, work = self._read_api(body)
        else:
            call, work = self._read_companion(request, body)
        started = time.monotonic()
        try:
            await self._answer(call, work, scope, receive, _remember(call, send))
        finally:
            call.seconds = time.monotonic() - started
            call.is_done = True
            self.changes.announce()

    async def _answer(self, call: Call, work: Work, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.faults.take(call.action, call.parameters, is_companion=call.is_companion)
        if fault is None:
            await _do(work, call)(scope, receive, send)
        else:
            await self._serve_with(fault, call, work, scope, receive, send)

    def _read_api(self, body: bytes) -> tuple[Call, Work]:
        parameters = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        told = {name: value for name, value in parameters.items() if name not in CREDENTIALS | {"action"}}
        call = self._state.record_call(parameters.get("action", ""), told, is_companion=False)
        return call, lambda _: perform(self._state, self.access, parameters)

    def _read_companion(self, request: Request, body: bytes) -> tuple[Call, Work]:
        action, fields = _read_fields(body)
        call = self._state.record_call(action, fields, is_companion=True)

        def work(failure: FaultKind | None) -> tuple[Response, bool]:
            now = self._state.now() + timedelta(seconds=self.faults.companion_clock_offset_seconds)
            return self._companion.perform(request.headers, body, now, failure)

        return call, work

    async def _serve_with(
        self, fault: Fault, call: Call, work: Work, scope: Scope, receive: Receive, send: Send
    ) -> None:
        instead = find_answer_instead(fault, call.action)
        if instead is not None:
            await instead(scope, receive, send)
            return
        if fault.kind == "drop_before" or not await self.faults.delay_work(fault):
            drop_connection(scope)
            return
        answer = _do(work, call, fault.kind)
        if not await self.faults.delay_answer(fault) or fault.kind == "drop_after":
            drop_connection(scope)
        elif fault.kind == "drip":
            await _drip(answer, fault.seconds, send)
        elif fault.kind == "truncated":
            await _send_half(answer, scope, send)
        else:
            await spoil(fault, answer)(scope, receive, send)


def _remember(call: Call, send: Send) -> Send:
    """Pass an answer on, and keep it with the call."""

    async def remember(message: Message) -> None:
        if message["type"] == "http.response.start":
            call.status = message["status"]
        else:
            call.answer += message.get("body", b"").decode(errors="replace")
        await send(message)

    return remember


def _do(work: Work, call: Call, failure: FaultKind | None = None) -> Response:
    answer, has_written = work(failure)
    if has_written:
        call.written_at = datetime.now(UTC)
    return answer


def _read_fields(body: bytes) -> tuple[str, Mapping[str, object]]:
    """The action and the other fields, as far as the body can be read at all; it is judged later."""
    try:
        fields = dict(parse(body))
    except CompanionRefusal:
        return "", {}
    action = fields.pop("action", "")
    return (action if isinstance(action, str) else ""), fields


async def _drip(answer: Response, seconds: float, send: Send) -> None:
    """Send it byte by byte; whether the caller has hung up meanwhile makes no difference."""
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    for byte in bytes(answer.body):
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        await asyncio.sleep(seconds)
    await send({"type": "http.response.body", "body": b""})


async def _send_half(answer: Response, scope: Scope, send: Send) -> None:
    """Announce the whole length, send half of it, and close."""
    half = bytes(answer.body)[: len(answer.body) // 2]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": half, "more_body": True})
    drop_connection(scope, is_flushed=True)
