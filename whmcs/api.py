"""Client for the WHMCS API. Each method is one action, named like it (developers.whmcs.com/api-reference)."""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar

from whmcs import actions, answers, ticket_answers
from whmcs.actions import Action
from whmcs.breaker import Breaker
from whmcs.encoding import HEADERS, Parameters, form_body, plain_line
from whmcs.error_parsing import Call, parsed, verdict
from whmcs.errors import NotFoundError, RefusedError, UnusableAnswerError
from whmcs.masking import Confidential
from whmcs.metrics_hook import Observe, ignore, observed
from whmcs.models import Client, ClientDetails, Ticket, TicketSummary, User
from whmcs.retries import read_with_retries
from whmcs.transport import DIRECT, Request, Transport, Way
from whmcs.urls import checked_url

T = TypeVar("T")

_PATH = "/includes/api.php"
_MAX_MERGES = 5
_TICKETS_READ = 100  # more than are shown: WHMCS documents no order, so the newest are selected here


def api_address(url: str) -> str:
    """Return the address of api.php for a base address that may end in `/` or `/includes/api.php`.

    Raises: ValueError for anything except https, or http on this machine.
    """
    return checked_url(url).rstrip("/").removesuffix(_PATH).rstrip("/") + _PATH


class WhmcsClient:
    """Client for one WHMCS, with one pool of connections.

    Every method can raise a WhmcsError and ends within its deadline. Reads are retried if that may help; writes are
    sent once.
    """

    def __init__(self, transport: Transport, credentials: Mapping[str, str], observe: Observe = ignore) -> None:
        self._transport = transport
        self._observe = observe
        self._credentials = dict(credentials)
        self._confidential = Confidential(*credentials.values())

    @classmethod
    def connect(
        cls,
        url: str,
        identifier: str,
        secret: str,
        access_key: str | None = None,
        *,
        observe: Observe = ignore,
        breaker: Breaker | None = None,
        way: Way = DIRECT,
    ) -> Self:
        """Build a client with its own connection pool; nothing is sent yet.

        `breaker`: the circuit breaker, shared with the companion on the same server. `way`: proxy and certificates.

        Raises: ValueError if the address is neither https nor on this machine.
        """
        credentials = {"identifier": identifier, "secret": secret}
        if access_key:
            credentials["accesskey"] = access_key
        return cls(Transport(api_address(url), breaker, way), credentials, observe)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._transport!r}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def get_clients(
        self, search: str, *, limit: int = 25, deadline_seconds: float = 8.0
    ) -> tuple[tuple[Client, ...], int]:
        """Return clients whose e-mail address, name or company begins with the text, and their total number."""
        parameters: Parameters = {"search": search, "limitstart": 0, "limitnum": limit}
        return await self._read(actions.GET_CLIENTS, parameters, answers.parse_clients, deadline_seconds)

    async def get_users(
        self, search: str, *, limit: int = 25, deadline_seconds: float = 8.0
    ) -> tuple[tuple[User, ...], int]:
        """Return users whose e-mail address or name begins with the text, and their total number (WHMCS 8.1 or later)."""
        parameters: Parameters = {"search": search, "limitstart": 0, "limitnum": limit}
        return await self._read(actions.GET_USERS, parameters, answers.parse_users, deadline_seconds)

    async def get_clients_domains(self, domain: str, *, deadline_seconds: float = 8.0) -> tuple[int, ...]:
        """Return the distinct ids of the clients that own exactly this domain, from its first 25 records."""
        parameters: Parameters = {"domain": domain, "limitstart": 0, "limitnum": 25}
        return await self._read(actions.GET_CLIENTS_DOMAINS, parameters, answers.parse_domain_owners, deadline_seconds)

    async def get_clients_details(self, client_id: int, *, deadline_seconds: float = 8.0) -> ClientDetails:
        """Return a client with its users.

        Raises: NotFoundError.
        """

        def parse(data: Mapping[str, object]) -> ClientDetails:
            details = answers.parse_details(data)
            if details.client.id != client_id:
                raise ValueError("not the requested client")
            return details

        return await self._read(actions.GET_CLIENTS_DETAILS, {"clientid": client_id}, parse, deadline_seconds)

    async def reset_password(self, user_id: int, *, deadline_seconds: float = 30.0) -> None:
        """Have WHMCS mail the user a reset link; the password stays unchanged. Never retried.

        Raises: NotFoundError; OutcomeUnknownError: the mail may have gone out.
        """
        await self._write(actions.RESET_PASSWORD, {"id": user_id}, deadline_seconds)

    async def log_activity(self, description: str, *, client_id: int, deadline_seconds: float = 8.0) -> None:
        """Write a line to WHMCS's activity log, as plain text. Never retried here; callers may repeat it.

        Raises: OutcomeUnknownError: the line may have been written.
        """
        await self._write(
            actions.LOG_ACTIVITY, {"description": plain_line(description), "clientid": client_id}, deadline_seconds
        )

    async def get_ticket(self, number: str, *, deadline_seconds: float = 8.0) -> Ticket:
        """Return the ticket with this number. Case and whitespace are ignored; leading zeros count.

        Raises: NotFoundError.
        """
        if not number.strip():
            raise NotFoundError(actions.GET_TICKET.name)

        def parse(data: Mapping[str, object]) -> ticket_answers.TicketAnswer:
            return ticket_answers.parse_ticket_by_number(data, number)

        return await self._get_ticket({"ticketnum": number}, parse, deadline_seconds)

    async def get_ticket_by_id(self, ticket_id: int, *, deadline_seconds: float = 8.0) -> Ticket:
        """Return the ticket with this id. If WHMCS answers with the one it was merged into, `number` is "".

        Raises: NotFoundError.
        """

        def parse(data: Mapping[str, object]) -> ticket_answers.TicketAnswer:
            return ticket_answers.parse_ticket_by_id(data, ticket_id)

        return await self._get_ticket({"ticketid": ticket_id}, parse, deadline_seconds)

    async def get_tickets(
        self, client_id: int, *, limit: int = 25, deadline_seconds: float = 8.0
    ) -> tuple[tuple[TicketSummary, ...], int]:
        """Return the client's active tickets, newest first, and their total number.

        WHMCS configures the active statuses; closed and merged tickets are always excluded. The newest are selected
        from the first hundred that WHMCS lists.
        """
        parameters: Parameters = {
            "clientid": client_id,
            "status": "All Active Tickets",
            "ignore_dept_assignments": True,
            "limitstart": 0,
            "limitnum": max(limit, _TICKETS_READ),
        }

        def parse(data: Mapping[str, object]) -> tuple[tuple[TicketSummary, ...], int]:
            return ticket_answers.parse_tickets(data, client_id)

        found, count = await self._read(actions.GET_TICKETS, parameters, parse, deadline_seconds)
        return found[:limit], count

    async def add_ticket_reply(
        self, ticket_id: int, message: str, *, admin: str, status: str = "", deadline_seconds: float = 30.0
    ) -> None:
        """Reply to the client on a ticket as this admin (user name); WHMCS also mails it. Never retried.

        `status` "" leaves the status to WHMCS. The message may hold a password.

        Raises: NotFoundError; RefusedError; OutcomeUnknownError: read the ticket to see if the reply is there.
        """
        parameters: dict[str, str | int] = {"ticketid": ticket_id, "adminusername": admin}
        if status:
            parameters["status"] = status
        write = self._build_confidential_write(actions.ADD_TICKET_REPLY, parameters, message)
        del message  # keep it out of tracebacks that print local variables
        await self._send(*write, deadline_seconds)

    async def update_ticket_reply(self, reply_id: int, message: str, *, deadline_seconds: float = 30.0) -> None:
        """Replace the text of a reply; the mail with the old text can't be recalled. Repeating it is harmless.

        Raises: RefusedError: there is no such reply; OutcomeUnknownError.
        """
        write = self._build_confidential_write(actions.UPDATE_TICKET_REPLY, {"replyid": reply_id}, message)
        del message
        await self._send(*write, deadline_seconds)

    async def add_ticket_note(self, ticket_id: int, message: str, *, deadline_seconds: float = 30.0) -> None:
        """Add a note to a ticket that only admins see. Never retried.

        Raises: NotFoundError; RefusedError; OutcomeUnknownError: read the ticket to see if the note is there.
        """
        write = self._build_confidential_write(actions.ADD_TICKET_NOTE, {"ticketid": ticket_id}, message)
        del message
        await self._send(*write, deadline_seconds)

    async def send_email(self, template: str, client_id: int, *, deadline_seconds: float = 30.0) -> None:
        """Have WHMCS mail one of its templates to the client's address. Never retried.

        Raises: RefusedError: no such template, or it can't be sent; OutcomeUnknownError: the mail may have gone out.
        """
        await self._write(actions.SEND_EMAIL, {"messagename": template, "id": client_id}, deadline_seconds)

    async def whmcs_details(self, *, deadline_seconds: float = 8.0) -> str:
        """Return WHMCS's version (WHMCS 8.0 or later)."""
        return await self._read(actions.WHMCS_DETAILS, {}, answers.parse_version, deadline_seconds)

    async def probe(self, action: Action, *, deadline_seconds: float = 8.0) -> bool:
        """Check that the role has an action, by a call that can't change anything.

        False: WHMCS accepted an incomplete write that it should have refused; the role has the action nevertheless.

        Raises: NotPermittedError, UnknownActionError; any other WhmcsError if the result is inconclusive.
        """
        try:
            await self._read(action, action.probe, lambda data: data, deadline_seconds)
        except NotFoundError:
            return True
        except RefusedError as error:
            # WHMCS checks the permission before the parameters, so a complaint about these proves the permission.
            if error.is_rate_limited:
                raise
            return True
        return not action.is_write

    async def _read(
        self, action: Action, parameters: Parameters, parse: Callable[[dict[str, object]], T], deadline_seconds: float
    ) -> T:
        call = Call(action.name, is_write=False, confidential=self._confidential)
        request = Request(form_body(action.name, parameters, self._credentials), HEADERS)

        async def ask(ends_at: float) -> T:
            return parsed(
                call,
                parse,
                *verdict(call, await self._transport.post(request, ends_at=ends_at, is_write=call.is_write)),
            )

        with observed(self._observe, action.name):
            return await read_with_retries(ask, deadline_seconds)

    async def _get_ticket(
        self,
        parameters: Parameters,
        parse: Callable[[Mapping[str, object]], ticket_answers.TicketAnswer],
        deadline_seconds: float,
    ) -> Ticket:
        """Read a ticket, and follow its merges to the number of the last one, within one deadline.

        Raises: UnusableAnswerError: the merges form a loop, or are more than any real ticket has.
        """
        clock = asyncio.get_running_loop().time
        ends_at = clock() + deadline_seconds
        answer = await self._read(actions.GET_TICKET, parameters, parse, deadline_seconds)
        ticket, seen, target_id = answer.ticket, {answer.ticket.id}, answer.target_id
        while target_id is not None:
            if target_id in seen or len(seen) > _MAX_MERGES:
                raise UnusableAnswerError(actions.GET_TICKET.name, "shape")
            seen.add(target_id)
            remaining = max(0.0, ends_at - clock())
            target = await self._read(
                actions.GET_TICKET, {"ticketid": target_id}, ticket_answers.parse_ticket, remaining
            )
            ticket = dataclasses.replace(ticket, merged_into=target.ticket.number)
            target_id = target.target_id
        return ticket

    async def _write(self, action: Action, parameters: Parameters, deadline_seconds: float) -> None:
        call = Call(action.name, is_write=True, confidential=self._confidential)
        await self._send(
            call, Request(form_body(action.name, parameters, self._credentials), HEADERS), deadline_seconds
        )

    def _build_confidential_write(self, action: Action, parameters: Parameters, message: str) -> tuple[Call, Request]:
        """Build a write whose message may hold a secret. Neither the call nor the request shows any of it."""
        call = Call(action.name, is_write=True, confidential=self._confidential.and_substrings_of(message))
        return call, Request(form_body(action.name, {**parameters, "message": message}, self._credentials), HEADERS)

    async def _send(self, call: Call, request: Request, deadline_seconds: float) -> None:
        ends_at = asyncio.get_running_loop().time() + deadline_seconds
        with observed(self._observe, call.action):
            verdict(call, await self._transport.post(request, ends_at=ends_at, is_write=call.is_write))
