"""Looking up clients and their users before anything is chosen."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import structlog

import whmcs
from bot.domain.clients import CardTicket, ClientCard, ClientMatch, Search, SetPasswordOffer, UserChoice
from bot.domain.identity import IdentityPolicy, Proof, judge
from bot.domain.names import one_line
from bot.domain.permissions import Agent
from bot.domain.resets import Method, Reason
from bot.domain.tickets import Ticket
from bot.services.access import Access
from bot.services.capabilities import Capabilities
from bot.services.failures import Failure, explain
from bot.services.openings import Openings
from bot.services.protection import Protection
from bot.services.tickets import Tickets

_logger = structlog.stdlib.get_logger(__name__)

SEARCH_SECONDS: Final = 10.0
_SHOWN: Final = 25
_MAX_ID: Final = 2**31 - 1


class LookupFailedError(Exception):
    """The client could not be read, which is an answer and not a fault to be logged as one."""

    is_expected = True

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason.value)
        self.failure = failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Preselection:
    """What is chosen already when the card is drawn: the user whose address was typed, or what was chosen before.

    `user_before`: who was chosen before another ticket was; its requestor goes first.
    """

    typed: str = ""
    user_id: int | None = None
    user_before: int | None = None
    method: Method | None = None


class Directory:
    def __init__(
        self,
        *,
        client: whmcs.WhmcsClient,
        openings: Openings,
        tickets: Tickets,
        protection: Protection,
        policy: IdentityPolicy,
        capabilities: Capabilities,
        access: Access,
        admin_url: str,
    ) -> None:
        self._client = client
        self._openings = openings
        self._tickets = tickets
        self._protection = protection
        self._policy = policy
        self._capabilities = capabilities
        self._access = access
        self._admin_url = admin_url

    @property
    def policy(self) -> IdentityPolicy:
        """What has to be known of who asks."""
        return self._policy

    async def search(self, typed: str, *, deadline_seconds: float = SEARCH_SECONDS) -> Search:
        """Find clients by name, company, e-mail, or `#id`; what failed is in the answer, never raised."""
        query = one_line(typed)
        client_id = _parse_id(query)
        if query.startswith("#"):
            return await self._search_id(query, client_id, deadline_seconds)
        if client_id is None:
            return await self._search_text(query, deadline_seconds)
        by_id, by_text = await asyncio.gather(
            self._search_id(query, client_id, deadline_seconds), self._search_text(query, deadline_seconds)
        )
        return _joined(by_id, by_text)

    async def read_card(
        self, client_id: int, agent: Agent, preselection: Preselection, ticket_number: str = ""
    ) -> ClientCard:
        """Read the client, its users, the ticket, and what may be done with them.

        Raises: LookupFailedError.
        """
        details, told, may_set_passwords, ticket = await asyncio.gather(
            self._read_details(client_id),
            self._ask_companion(client_id),
            self._access.may_set_passwords(agent),
            self._read_ticket(ticket_number, client_id),
        )
        users = tuple(_user_choice(user, told, client_id) for user in details.users)
        users = _judged(users, ticket.ticket if ticket is not None else None)
        chosen = _preselect(users, preselection)
        if chosen is not None and told is None:
            users = await self._with_clients_of(chosen, users, client_id)
        return ClientCard(
            client_id=client_id,
            name=one_line(details.client.full_name),
            company=one_line(details.client.company_name),
            email=one_line(details.client.email),
            status=one_line(details.client.status),
            users=users,
            profile_url=self.profile_url(client_id),
            offer=self._offer(details.client, may_set_passwords=may_set_passwords),
            offers_email=self._capabilities.has("ResetPassword"),
            preselected_user_id=chosen,
            preselected_method=preselection.method,
            ticket=ticket,
            offers_tickets=self._tickets.are_offered,
            policy=self._policy,
        )

    async def _with_clients_of(
        self, user_id: int, users: tuple[UserChoice, ...], client_id: int
    ) -> tuple[UserChoice, ...]:
        """Without the companion, at least of the chosen user: how many more clients the password opens."""
        [chosen] = [choice for choice in users if choice.id == user_id]
        opened = await self._openings.ask_api(chosen.id, chosen.email)
        if opened is None:
            return users
        told = replace(chosen, tells_clients=True, other_clients=len(set(opened) - {client_id}))
        return tuple(told if choice.id == user_id else choice for choice in users)

    async def _read_ticket(self, number: str, client_id: int) -> CardTicket | None:
        """None: no ticket was asked for."""
        if not number or not self._tickets.are_offered:
            return None
        try:
            ticket = await self._tickets.read(number)
        except whmcs.WhmcsError as error:
            failure = explain(error)
            return CardTicket(number=number, problem=failure.reason, detail=failure.detail)
        if ticket.client_id != client_id:
            return CardTicket(number=number, problem=Reason.NOT_A_TICKET_OF_CLIENT)
        return CardTicket(number=ticket.number, ticket=ticket)

    def profile_url(self, client_id: int) -> str:
        return f"{self._admin_url}/clientssummary.php?userid={client_id}"

    def emails_url(self, client_id: int) -> str:
        """The client's *Emails* tab, where a reset e-mail that was sent is listed."""
        return f"{self._admin_url}/clientsemails.php?userid={client_id}"

    def _offer(self, client: whmcs.Client, *, may_set_passwords: bool) -> SetPasswordOffer:
        offer = self._capabilities.offer_to(may_set_passwords=may_set_passwords)
        is_forbidden = self._policy.forbids(Method.SET_PASSWORD, is_protected=self._protection.covers(client))
        return SetPasswordOffer.PROTECTED if offer is SetPasswordOffer.OFFERED and is_forbidden else offer

    async def _search_text(self, query: str, deadline_seconds: float) -> Search:
        try:
            found = await whmcs.look_up(
                self._client,
                query,
                has_domains=self._capabilities.has("GetClientsDomains"),
                limit=_SHOWN,
                deadline_seconds=deadline_seconds,
            )
        except whmcs.WhmcsError as error:
            return self._failed(query, error)
        failure = explain(found.failure) if found.failure is not None else None
        self._capabilities.note(None)
        reason = failure.reason if failure is not None else Reason.TIMED_OUT
        return Search(
            query=query,
            matches=tuple(_client_match(match) for match in found.matches),
            total=found.total,
            failure=None if found.is_complete else reason,
            detail=failure.detail if failure is not None else "",
        )

    async def _search_id(self, query: str, client_id: int | None, deadline_seconds: float) -> Search:
        if client_id is None:
            return Search(query=query)
        try:
            details = await self._client.get_clients_details(client_id, deadline_seconds=deadline_seconds)
        except whmcs.NotFoundError:
            self._capabilities.note(None)
            return Search(query=query)
        except whmcs.WhmcsError as error:
            return self._failed(query, error)
        self._capabilities.note(None)
        match = _client_match(whmcs.Match(client_id=client_id, client=details.client, user=None, is_exact=True))
        return Search(query=query, matches=(match,), total=1)

    def _failed(self, query: str, error: whmcs.WhmcsError) -> Search:
        failure = explain(error)
        self._capabilities.note(failure.reason)
        self._capabilities.look_again()
        _logger.warning("search failed", action=error.action, reason=failure.reason.value, detail=failure.detail)
        return Search(query=query, failure=failure.reason, detail=failure.detail)

    async def _read_details(self, client_id: int) -> whmcs.ClientDetails:
        try:
            details = await self._client.get_clients_details(client_id)
        except whmcs.NotFoundError as error:
            self._capabilities.note(None)
            raise LookupFailedError(explain(error)) from error
        except whmcs.WhmcsError as error:
            failure = explain(error)
            self._capabilities.note(failure.reason)
            raise LookupFailedError(failure) from error
        self._capabilities.note(None)
        return details

    async def _ask_companion(self, client_id: int) -> dict[int, whmcs.CompanionUser] | None:
        """What only the companion tells of the users; None: it doesn't answer, and the card does without."""
        if self._capabilities.set_password is not SetPasswordOffer.OFFERED:
            return None
        return await self._openings.ask_companion(client_id)


def _parse_id(query: str) -> int | None:
    digits = query.removeprefix("#").strip()
    if not (digits.isascii() and digits.isdigit()):
        return None
    number = int(digits[:11])
    return number if 0 < number <= _MAX_ID else None


def _client_match(match: whmcs.Match) -> ClientMatch:
    client, user = match.client, match.user
    via_email = one_line(user.email) if user is not None else ""
    if client is None:
        name = one_line(f"{user.first_name} {user.last_name}") if user is not None else ""
        return ClientMatch(client_id=match.client_id, name=name, via_email=via_email, is_exact=match.is_exact)
    email = one_line(client.email)
    return ClientMatch(
        client_id=match.client_id,
        name=one_line(client.full_name),
        company=one_line(client.company_name),
        email=email,
        status=one_line(client.status),
        via_email="" if via_email.casefold() == email.casefold() else via_email,
        domain=one_line(match.domain),
        is_exact=match.is_exact,
    )


def _joined(by_id: Search, by_text: Search) -> Search:
    """The client with that id first; it is what digits alone stand for."""
    ids = {match.client_id for match in by_id.matches}
    others = tuple(match for match in by_text.matches if match.client_id not in ids)
    return Search(
        query=by_id.query,
        matches=by_id.matches + others,
        total=max(by_text.total + len(ids), len(ids) + len(others)) if ids else by_text.total,
        failure=by_id.failure or by_text.failure,
        detail=by_id.detail or by_text.detail,
    )


def _user_choice(user: whmcs.ClientUser, told: dict[int, whmcs.CompanionUser] | None, client_id: int) -> UserChoice:
    more = told.get(user.id) if told is not None else None
    return UserChoice(
        id=user.id,
        name=one_line(user.name),
        email=one_line(user.email),
        is_owner=user.is_owner,
        tells_sign_in=more is not None,
        last_sign_in_at=more.last_sign_in_at if more is not None else None,
        other_clients=len(set(more.client_ids) - {client_id}) if more is not None else 0,
        tells_clients=more is not None,
    )


def _judged(users: tuple[UserChoice, ...], ticket: Ticket | None) -> tuple[UserChoice, ...]:
    if ticket is None:
        return users
    addresses = [user.email for user in users]
    return tuple(replace(user, judgement=judge(ticket, user.email, addresses)) for user in users)


def _preselect(users: Iterable[UserChoice], preselection: Preselection) -> int | None:
    """What was chosen in this form, else who opened the ticket, else whose exact address was typed.

    Where that is nobody: who was chosen before, with another ticket, or the only one.
    """
    choices = tuple(users)
    ids = [choice.id for choice in choices]
    if preselection.user_id in ids:
        return preselection.user_id
    requestors = [choice.id for choice in choices if choice.judgement and choice.judgement.proof is not Proof.NONE]
    if len(requestors) == 1:
        return requestors[0]
    typed = one_line(preselection.typed).casefold()
    exact = [choice.id for choice in choices if typed and choice.email.casefold() == typed]
    if len(exact) == 1:
        return exact[0]
    if preselection.user_before in ids:
        return preselection.user_before
    return ids[0] if len(ids) == 1 else None
