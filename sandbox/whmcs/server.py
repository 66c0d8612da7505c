"""A WHMCS on a loopback socket: API and companion, with faults on demand."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from sandbox.change_notifier import ChangeNotifier
from sandbox.serving import LoopbackServer, drop_connection
from sandbox.whmcs.api import CREDENTIALS, DEFAULT_ROLE, Access, perform
from sandbox.whmcs.companion import Companion, Settings, parse
from sandbox.whmcs.faults import Fault, FaultKind, Faults
from sandbox.whmcs.faulty_responses import drip, find_answer_instead, method_not_allowed, not_found, send_half, spoil
from sandbox.whmcs.records import Activity, Call, Client, CompanionRequest, Data, ResetEmail, User
from sandbox.whmcs.refusal import CompanionRefusal
from sandbox.whmcs.seed import make_seed
from sandbox.whmcs.state import State
from sandbox.whmcs.ticket_history import TicketHistory
from sandbox.whmcs.tickets import Desk, SentNotice, Ticket, TicketMail, TicketMessage, TicketNote

API_PATH: Final = "/includes/api.php"
COMPANION_PATH: Final = "/modules/addons/resetbot/api.php"

Work = Callable[[FaultKind | None], tuple[Response, bool]]


class LocalWhmcs:
    """A local WHMCS. `async with LocalWhmcs() as whmcs` serves at `whmcs.url`; state survives stop() and start().

    `access` (the credential and its role, `allowed_actions`), `companion` (settings of the module) and the records in
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
        """The default `data` is that of `make_seed()`; with `tls` the address is https."""
        self.data = make_seed() if data is None else data
        self.faults = Faults()
        self.access = Access(identifier, secret, set(DEFAULT_ROLE))
        self.companion = Settings(companion_secret)
        self._state = State(self.data)
        self._companion = Companion(self._state, self.companion)
        self._server = LoopbackServer(self._serve, port=port, tls=tls)
        people = TicketHistory(self.data, self._state.now)
        # Documented in State and TicketHistory.
        self.open_ticket = people.open_ticket
        self.write_on_ticket = people.write_on_ticket
        self.move_ticket = people.move_ticket
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
        """Listen, at the same port as before. Raises: OSError if it is in use."""
        await self._server.start()

    async def stop(self) -> None:
        """End all connections and requests; connections are refused until start()."""
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
        """The number of TCP connections accepted so far."""
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
        """The support desk: departments, tickets, admins, templates and groups, with the actions of people on them."""
        return self.data.desk

    def ticket(self, number: str) -> Ticket:
        """Return the ticket with this number. Raises: KeyError."""
        return self.desk.get_ticket(number)

    def replies_of(self, number: str) -> list[TicketMessage]:
        """Return the messages after the opening one. Raises: KeyError."""
        return [message for message in self.ticket(number).messages if message.id]

    def notes_of(self, number: str) -> list[TicketNote]:
        """Return the internal notes of a ticket. Raises: KeyError."""
        return self.ticket(number).notes

    def reply_as_client(self, number: str, message: str) -> None:
        """Add a message of the requestor to a ticket. Raises: KeyError."""
        self._state.reply_as_client(self.ticket(number), message)
        self.changes.notify()

    def close_ticket(self, number: str) -> None:
        """Close a ticket. Raises: KeyError."""
        self.ticket(number).status = "Closed"
        self.changes.notify()

    def merge_tickets(self, number: str, into: str) -> None:
        """Merge a ticket into another one. Raises: KeyError."""
        self.desk.merge(number, into)
        self.changes.notify()

    @property
    def ticket_mails(self) -> list[TicketMail]:
        """The mails about replies, with their texts."""
        return self._state.ticket_mails

    @property
    def sent_notices(self) -> list[SentNotice]:
        return self._state.sent_notices

    @property
    def activity(self) -> list[Activity]:
        return self._state.activity

    @property
    def calls(self) -> list[Call]:
        """All received requests in order, including refused and lost ones."""
        return self._state.calls

    @property
    def changes(self) -> ChangeNotifier:
        """Notifies when a request is received and when it is answered."""
        return self._state.changes

    @property
    def writes(self) -> list[Call]:
        """The `calls` that changed something."""
        return [call for call in self._state.calls if call.has_written]

    async def wait_for_call(self, action: str, *, count: int = 1, timeout_seconds: float = 5.0) -> Call:
        """Wait for the `count`-th call of this action and return it. Raises: TimeoutError."""
        return await self._state.wait_for_call(action, count=count, timeout_seconds=timeout_seconds)

    def forget_requests(self) -> None:
        """Make the companion forget all earlier requests, as after a day."""
        self._state.companion_requests.clear()

    def empty_companion(self) -> None:
        """Deactivate the module and activate it again."""
        self._state.companion_requests.clear()
        self.companion.emptied_at = self._state.now()

    def leave_companion_request(self, request_id: str, client_id: int, user_id: int) -> None:
        """Leave a request whose write began and did not end, as on tables without roll-back."""
        self._state.companion_requests[request_id] = CompanionRequest(
            request_id, client_id, user_id, password_hash=b"", changed_at=self._state.now()
        )

    def forget_history(self) -> None:
        """Drop past calls, mails and lines of the activity log, so that a long run does not fill the memory."""
        for past in (self.calls, self.reset_emails, self.ticket_mails, self.sent_notices, self.activity):
            past.clear()

    def opens(self, email: str, password: str) -> bool:
        """Return True if a user can sign in with these."""
        return self._state.opens(email, password)

    def password_changed_at(self, user_id: int) -> datetime | None:
        """Return the time of the last change, or None if the password was never set here. Raises: KeyError."""
        return self.data.users[user_id].password_changed_at

    def has_open_reset_link(self, user_id: int) -> bool:
        """Return True if a mailed link is still valid: not expired, and not invalidated by a new password."""
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
        started = asyncio.get_running_loop().time()
        try:
            await self._answer(call, work, scope, receive, _remember(call, send))
        finally:
            call.seconds = asyncio.get_running_loop().time() - started
            call.is_done = True
            self.changes.notify()

    async def _answer(self, call: Call, work: Work, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.faults.take(call.action, call.parameters, is_companion=call.is_companion)
        if fault is None:
            await _do(work, call)(scope, receive, send)
        else:
            await self._serve_with(fault, call, work, scope, receive, send)

    def _read_api(self, body: bytes) -> tuple[Call, Work]:
        parameters = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        recorded = {name: value for name, value in parameters.items() if name not in CREDENTIALS | {"action"}}
        call = self._state.record_call(parameters.get("action", ""), recorded, is_companion=False)
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
            await drip(answer, fault.seconds, send)
        elif fault.kind == "truncated":
            await send_half(answer, scope, send)
        else:
            await spoil(fault, answer)(scope, receive, send)


def _remember(call: Call, send: Send) -> Send:
    """Return a `send` that also stores the response in the call."""

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
    """Return the action and the other fields, as far as the body is readable; it is validated later."""
    try:
        fields = dict(parse(body))
    except CompanionRefusal:
        return "", {}
    action = fields.pop("action", "")
    return (action if isinstance(action, str) else ""), fields
