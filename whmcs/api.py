"""The WHMCS API: each method is one action, named like it. Facts: developers.whmcs.com/api-reference."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar

from whmcs import answers, probes, ticket_answers
from whmcs.breaker import Breaker
from whmcs.errors import NotFoundError, RefusedError, WhmcsError
from whmcs.form import HEADERS, Parameters, form_body, verdict
from whmcs.masking import Confidential
from whmcs.models import Client, ClientDetails, Matches, Ticket, TicketSummary, User
from whmcs.observation import Observe, ignore, observed
from whmcs.refusals import Call, parsed
from whmcs.retries import read
from whmcs.search import merge
from whmcs.transport import Request, Transport, checked_url

T = TypeVar("T")

_PATH = "/includes/api.php"
_TICKETS_READ = 100  # WHMCS's order is not documented, so that the newest are looked for among more than are shown


def api_address(url: str) -> str:
    """Return the address of api.php for a base address, with or without `/` or `/includes/api.php` at its end.

    Raises: ValueError for anything but https, or http on this machine.
    """
    return checked_url(url).rstrip("/").removesuffix(_PATH).rstrip("/") + _PATH


class WhmcsClient:
    """Asks one WHMCS over one pool of connections.

    Every method raises a WhmcsError and ends within its deadline. Reads are asked again where that may help; writes
    are sent once.
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
    ) -> Self:
        """Build a client with a pool of its own; nothing is sent yet. `breaker`: shared with what is on the same server.

        Raises: ValueError if the address is neither https nor on this machine.
        """
        credentials = {"identifier": identifier, "secret": secret}
        if access_key:
            credentials["accesskey"] = access_key
        return cls(Transport(api_address(url), breaker), credentials, observe)

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
        """Return clients whose e-mail, name or company begins with the text, and how many there are in all."""
        parameters: Parameters = {"search": search, "limitstart": 0, "limitnum": limit}
        return await self._read("GetClients", parameters, answers.parse_clients, deadline_seconds)

    async def get_users(
        self, search: str, *, limit: int = 25, deadline_seconds: float = 8.0
    ) -> tuple[tuple[User, ...], int]:
        """Return users whose e-mail or name begins with the text, and how many there are in all (WHMCS 8.1 on)."""
        parameters: Parameters = {"search": search, "limitstart": 0, "limitnum": limit}
        return await self._read("GetUsers", parameters, answers.parse_users, deadline_seconds)

    async def get_clients_domains(self, domain: str, *, deadline_seconds: float = 8.0) -> tuple[int, ...]:
        """Return the ids of the clients that have this very domain, the first 25, none twice."""
        parameters: Parameters = {"domain": domain, "limitstart": 0, "limitnum": 25}
        return await self._read("GetClientsDomains", parameters, answers.parse_domain_owners, deadline_seconds)

    async def get_clients_details(self, client_id: int, *, deadline_seconds: float = 8.0) -> ClientDetails:
        """Return a client and its users.

        Raises: NotFoundError.
        """

        def parse(data: Mapping[str, object]) -> ClientDetails:
            details = answers.parse_details(data)
            if details.client.id != client_id:
                raise ValueError("another client than the one asked for")
            return details

        return await self._read("GetClientsDetails", {"clientid": client_id}, parse, deadline_seconds)

    async def reset_password(self, user_id: int, *, deadline_seconds: float = 30.0) -> None:
        """Let WHMCS mail the user a reset link; the password stays. Sent once, whatever happens.

        Raises: NotFoundError; OutcomeUnknownError: the mail may have gone out.
        """
        await self._write("ResetPassword", {"id": user_id}, deadline_seconds)

    async def log_activity(self, description: str, *, client_id: int, deadline_seconds: float = 8.0) -> None:
        """Write a line into WHMCS's activity log. Sent once; the caller may repeat it, a duplicate is but noise.

        Raises: OutcomeUnknownError: the line may have been written.
        """
        await self._write("LogActivity", {"description": description, "clientid": client_id}, deadline_seconds)

    async def get_ticket(self, number: str, *, deadline_seconds: float = 8.0) -> Ticket:
        """Return the ticket of this number. Case and blanks don't matter; zeros and all else do.

        Raises: NotFoundError.
        """
        if not number.strip():
            raise NotFoundError("GetTicket")

        def parse(data: Mapping[str, object]) -> ticket_answers.Told:
            return ticket_answers.parse_ticket_of_number(data, number)

        return await self._get_ticket({"ticketnum": number}, parse, deadline_seconds)

    async def get_ticket_by_id(self, ticket_id: int, *, deadline_seconds: float = 8.0) -> Ticket:
        """Return the ticket of this id. Where WHMCS answers with another one instead, the number asked for is "".

        Raises: NotFoundError.
        """

        def parse(data: Mapping[str, object]) -> ticket_answers.Told:
            return ticket_answers.parse_ticket_of_id(data, ticket_id)

        return await self._get_ticket({"ticketid": ticket_id}, parse, deadline_seconds)

    async def get_tickets(
        self, client_id: int, *, limit: int = 25, deadline_seconds: float = 8.0
    ) -> tuple[tuple[TicketSummary, ...], int]:
        """Return the client's active tickets, the newest first, and how many there are in all.

        Which statuses are active is configured in WHMCS; closed and merged tickets never are. The newest are found
        among the first hundred that WHMCS lists.
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

        found, count = await self._read("GetTickets", parameters, parse, deadline_seconds)
        return found[:limit], count

    async def add_ticket_reply(
        self, ticket_id: int, message: str, *, admin: str, status: str = "", deadline_seconds: float = 30.0
    ) -> None:
        """Write to the client on a ticket, as the admin of this name; WHMCS also mails it. Sent once, whatever happens.

        `status` "": WHMCS decides. The message may hold a password.

        Raises: NotFoundError; RefusedError; OutcomeUnknownError: the reply may be there, which `get_ticket_by_id` tells.
        """
        parameters: dict[str, str | int] = {"ticketid": ticket_id, "adminusername": admin}
        if status:
            parameters["status"] = status
        letter = self._build_letter("AddTicketReply", parameters, message)
        del message  # a traceback that prints variables starts here
        await self._send(*letter, deadline_seconds)

    async def update_ticket_reply(self, reply_id: int, message: str, *, deadline_seconds: float = 30.0) -> None:
        """Put another text in place of a reply's; the mail with the old one has gone out. Sent once, may be repeated.

        Raises: RefusedError: there is no such reply; OutcomeUnknownError.
        """
        letter = self._build_letter("UpdateTicketReply", {"replyid": reply_id}, message)
        del message
        await self._send(*letter, deadline_seconds)

    async def add_ticket_note(self, ticket_id: int, message: str, *, deadline_seconds: float = 30.0) -> None:
        """Write a note on a ticket that admins alone see. Sent once, whatever happens.

        Raises: NotFoundError; RefusedError; OutcomeUnknownError: the note may be there, which `get_ticket_by_id` tells.
        """
        letter = self._build_letter("AddTicketNote", {"ticketid": ticket_id}, message)
        del message
        await self._send(*letter, deadline_seconds)

    async def send_email(self, template: str, client_id: int, *, deadline_seconds: float = 30.0) -> None:
        """Let WHMCS mail a template of its own to the client's address. Sent once, whatever happens.

        Raises: RefusedError: no such template, or it can't be sent; OutcomeUnknownError: the mail may have gone out.
        """
        await self._write("SendEmail", {"messagename": template, "id": client_id}, deadline_seconds)

    async def whmcs_details(self, *, deadline_seconds: float = 8.0) -> str:
        """Return WHMCS's version (WHMCS 8.0 on)."""
        return await self._read("WhmcsDetails", {}, answers.parse_version, deadline_seconds)

    async def probe(self, action: str, *, deadline_seconds: float = 8.0) -> bool:
        """Ask whether the role has one of `probes.PARAMETERS`, by a call that can't change anything.

        False: WHMCS took for done what should have been refused as incomplete; the role has it all the same.

        Raises: NotPermittedError, UnknownActionError; any other WhmcsError: it could not be learnt.
        """
        try:
            await self._read(action, probes.PARAMETERS[action], lambda data: data, deadline_seconds)
        except NotFoundError:
            return True
        except RefusedError as error:
            # Permission is looked at before the parameters are, so that a complaint about these tells that the role has it.
            if error.is_about_haste:
                raise
            return True
        return action not in probes.WRITES

    async def search(self, query: str, *, limit: int = 25, deadline_seconds: float = 8.0) -> Matches:
        """Ask for clients and users at once and merge them by client; a blank query finds nothing and asks nobody.

        Where one of the two questions fails or is late, the answer is what the other brought, and not complete.

        Raises: the more telling error, if both failed.
        """
        text = " ".join(query.split())
        if not text:
            return Matches((), 0)
        async with asyncio.TaskGroup() as both:
            clients = both.create_task(
                _answer_or_error(self.get_clients(text, limit=limit, deadline_seconds=deadline_seconds))
            )
            users = both.create_task(
                _answer_or_error(self.get_users(text, limit=limit, deadline_seconds=deadline_seconds))
            )
        return merge(text, clients.result(), users.result(), limit)

    async def _read(
        self, action: str, parameters: Parameters, parse: Callable[[dict[str, object]], T], deadline_seconds: float
    ) -> T:
        call = Call(action, is_write=False, confidential=self._confidential)
        request = Request(form_body(action, parameters, self._credentials), HEADERS)

        async def ask(ends_at: float) -> T:
            return parsed(
                call,
                parse,
                *verdict(call, await self._transport.post(request, ends_at=ends_at, is_write=call.is_write)),
            )

        with observed(self._observe, action):
            return await read(ask, deadline_seconds)

    async def _get_ticket(
        self,
        parameters: Parameters,
        parse: Callable[[Mapping[str, object]], ticket_answers.Told],
        deadline_seconds: float,
    ) -> Ticket:
        """Ask for a ticket, and where it names another by its id, for that one's number."""
        clock = asyncio.get_running_loop().time
        ends_at = clock() + deadline_seconds
        told = await self._read("GetTicket", parameters, parse, deadline_seconds)
        if told.target_id is None:
            return told.ticket
        target = await self._read(
            "GetTicket", {"ticketid": told.target_id}, ticket_answers.parse_number, max(0.0, ends_at - clock())
        )
        return dataclasses.replace(told.ticket, merged_into=target)

    async def _write(self, action: str, parameters: Parameters, deadline_seconds: float) -> None:
        call = Call(action, is_write=True, confidential=self._confidential)
        await self._send(call, Request(form_body(action, parameters, self._credentials), HEADERS), deadline_seconds)

    def _build_letter(self, action: str, parameters: Parameters, message: str) -> tuple[Call, Request]:
        """Build a write whose message may hold a secret: neither of the two shows anything of it."""
        call = Call(action, is_write=True, confidential=self._confidential.and_any_part_of(message))
        return call, Request(form_body(action, {**parameters, "message": message}, self._credentials), HEADERS)

    async def _send(self, call: Call, request: Request, deadline_seconds: float) -> None:
        ends_at = asyncio.get_running_loop().time() + deadline_seconds
        with observed(self._observe, call.action):
            verdict(call, await self._transport.post(request, ends_at=ends_at, is_write=call.is_write))


async def _answer_or_error(question: Awaitable[T]) -> T | WhmcsError:
    try:
        return await question
    except WhmcsError as error:
        return error
