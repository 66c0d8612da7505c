"""The WHMCS API: each method is one action, named like it. Facts: developers.whmcs.com/api-reference."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlencode

from whmcs import answers, probes
from whmcs.bodies import find_object
from whmcs.errors import NotFoundError, RefusedError, WhmcsError
from whmcs.masking import Confidential
from whmcs.models import Client, ClientDetails, Matches, User
from whmcs.observation import Observe, ignore, observed
from whmcs.refusals import (
    Call,
    error_of_message,
    error_of_redirect,
    error_of_silence,
    error_of_unusable,
    parsed,
)
from whmcs.retries import read
from whmcs.search import merge
from whmcs.transport import Answer, NoAnswer, Request, Transport, checked_url

Parameters = Mapping[str, str | int | bool]
T = TypeVar("T")

_PATH = "/includes/api.php"
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
_TOO_MANY_REQUESTS = 429


def api_address(url: str) -> str:
    """Return the address of api.php for a base address, with or without `/` or `/includes/api.php` at its end.

    Raises: ValueError for anything but https, or http on this machine.
    """
    return checked_url(url).rstrip("/").removesuffix(_PATH).rstrip("/") + _PATH


class WhmcsClient:
    """Asks one WHMCS over one pool of connections.

    Every method raises a WhmcsError and ends within its deadline. Reads are asked again where that may help; writes
    (`reset_password`, `log_activity`) are sent once.
    """

    def __init__(self, transport: Transport, credentials: Mapping[str, str], observe: Observe = ignore) -> None:
        self._transport = transport
        self._observe = observe
        self._credentials = dict(credentials)
        self._confidential = Confidential(*credentials.values())

    @classmethod
    def connect(
        cls, url: str, identifier: str, secret: str, access_key: str | None = None, *, observe: Observe = ignore
    ) -> Self:
        """Build a client with a pool of its own; nothing is sent yet.

        Raises: ValueError if the address is neither https nor on this machine.
        """
        credentials = {"identifier": identifier, "secret": secret}
        if access_key:
            credentials["accesskey"] = access_key
        return cls(Transport(api_address(url)), credentials, observe)

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
        request = Request(form_body(action, parameters, self._credentials), _HEADERS)

        async def ask(ends_at: float) -> T:
            data, status = _verdict(call, await self._transport.post(request, ends_at=ends_at))
            return parsed(call, parse, data, status)

        with observed(self._observe, action):
            return await read(ask, deadline_seconds)

    async def _write(self, action: str, parameters: Parameters, deadline_seconds: float) -> None:
        call = Call(action, is_write=True, confidential=self._confidential)
        request = Request(form_body(action, parameters, self._credentials), _HEADERS)
        ends_at = asyncio.get_running_loop().time() + deadline_seconds
        with observed(self._observe, action):
            _verdict(call, await self._transport.post(request, ends_at=ends_at))


def form_body(action: str, parameters: Parameters, credentials: Mapping[str, str]) -> bytes:
    """Encode a call. A true is sent as `true`, a false is left out: PHP takes the text `false` for true.

    Raises: ValueError for a parameter `password`, which WHMCS reads as the credentials' own.
    """
    if "password" in parameters:
        raise ValueError("WHMCS takes a parameter of this name for its own credentials")
    sent = {name: "true" if value is True else value for name, value in parameters.items() if value is not False}
    fields = {"action": action, "responsetype": "json", **sent, **credentials}
    return urlencode(fields, errors="replace").encode()


def _verdict(call: Call, exchange: Answer | NoAnswer) -> tuple[dict[str, object], int]:
    """Return a successful answer's object and its status. The body is read before the status: refusals stand in it.

    Some reads of WHMCS carry no `result`; whether such an answer is one, its reader decides. A write needs its verdict
    said, and its success not on a page that a hook has broken (HTTP 500). Too many requests is a refusal in any form.
    """
    if isinstance(exchange, NoAnswer):
        raise error_of_silence(call, exchange)
    if exchange.is_redirect:
        raise error_of_redirect(call, exchange)
    data = find_object(exchange.body)
    after = exchange.retry_after_seconds
    if isinstance(data, str):
        if exchange.status == _TOO_MANY_REQUESTS:
            raise error_of_message(call, "Too many requests", after)
        raise error_of_unusable(call, data, exchange.status, after)
    result, message = str(data.get("result", "")).casefold(), data.get("message")
    if result == "error" or (not result and message is not None and not call.is_write):
        text = message if isinstance(message, str) else ""
        raise error_of_message(call, answers.decode_entities(text), after)
    is_clear = result == "success" and not exchange.is_server_error
    if not is_clear and (call.is_write or result):
        raise error_of_unusable(call, "shape", exchange.status, after)
    return data, exchange.status


async def _answer_or_error(question: Awaitable[T]) -> T | WhmcsError:
    try:
        return await question
    except WhmcsError as error:
        return error
