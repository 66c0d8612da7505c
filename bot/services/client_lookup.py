"""Client lookup: the search, and the card of one client with its users."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import structlog

from bot.domain.clients import CardTicket, ClientCard, ClientMatch, Search, SetPasswordOffer, UserChoice
from bot.domain.finding import join_searches
from bot.domain.identity import IdentityPolicy, Proof
from bot.domain.names import address_line, fold_address, one_line, same_address
from bot.domain.permissions import Agent
from bot.domain.reading import Reading
from bot.domain.resets import Failure, Method, Outcome, Reason
from bot.domain.tickets import Ticket
from bot.services.access import Access
from bot.services.eligibility import Eligibility
from bot.services.errors import LookupFailedError
from bot.services.failures import explain
from bot.services.tickets import Tickets
from bot.services.whmcs_gateway import Whmcs
from whmcs import (
    Client,
    ClientDetails,
    ClientUser,
    CompanionUser,
    Match,
    NotFoundError,
    WhmcsError,
    actions,
    search_clients,
)

_logger = structlog.stdlib.get_logger(__name__)

SEARCH_SECONDS: Final = 10.0
_SHOWN: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Preselection:
    """What is selected when the card is first shown: the user whose address was written, or the previous choice.

    `user_before`: the user selected before the ticket changed; the new ticket's requestor takes precedence.
    """

    addresses: tuple[str, ...] = ()
    user_id: int | None = None
    user_before: int | None = None
    method: Method | None = None


NOTHING_SELECTED: Final = Preselection()


@dataclass(kw_only=True)
class ClientLookup:
    whmcs: Whmcs
    eligibility: Eligibility
    tickets: Tickets
    access: Access

    @property
    def policy(self) -> IdentityPolicy:
        """Identity-verification policy."""
        return self.eligibility.policy

    async def search(self, reading: Reading, *, deadline_seconds: float = SEARCH_SECONDS) -> Search:
        """Find the clients that a text names, by name, company, e-mail or `#id`, but not by its tickets."""
        return join_searches(reading, await self.search_each(reading, deadline_seconds=deadline_seconds))

    async def search_each(self, reading: Reading, *, deadline_seconds: float = SEARCH_SECONDS) -> tuple[Search, ...]:
        """Search for the whole text, or for each address in it. Failures are in the results, never raised."""
        if not reading.query:
            searches = (self._search_text(address, deadline_seconds) for address in reading.addresses)
            return tuple(await asyncio.gather(*searches))
        is_text = not reading.query.startswith("#")
        if reading.client_id is None:
            return (await self._search_text(reading.query, deadline_seconds),) if is_text else ()
        by_id = self.find_client(reading.client_id, deadline_seconds=deadline_seconds)
        if not is_text:
            return (await by_id,)
        found, by_text = await asyncio.gather(by_id, self._search_text(reading.query, deadline_seconds))
        return (_joined(found, by_text),)

    async def find_client(self, client_id: int, *, deadline_seconds: float = SEARCH_SECONDS) -> Search:
        """Find the client with this id. A failure is in the result, never raised."""
        query = f"#{client_id}"
        try:
            details = await self.whmcs.client.get_clients_details(client_id, deadline_seconds=deadline_seconds)
        except NotFoundError:
            self.whmcs.health.note(None)
            return Search(query=query)
        except WhmcsError as error:
            return self._failed(query, error)
        self.whmcs.health.note(None)
        match = _client_match(Match(client_id=client_id, client=details.client, user=None, is_exact=True))
        return Search(query=query, matches=(match,), total=1)

    async def read_card(
        self, client_id: int, agent: Agent, preselection: Preselection, ticket_number: str = ""
    ) -> ClientCard:
        """Read the client, its users, the ticket, and the methods available to the agent.

        Raises: LookupFailedError.
        """
        details, told, may_set_passwords, ticket = await asyncio.gather(
            self._read_details(client_id),
            self._ask_companion(client_id),
            self.access.may_set_passwords(agent),
            self._read_ticket(ticket_number, client_id),
        )
        users = tuple(_user_choice(user, told, client_id) for user in details.users)
        users = self._judged(users, ticket.ticket if ticket is not None else None)
        chosen = _preselect(users, preselection)
        if chosen is not None and told is None:
            users = await self._with_clients_of(chosen, users, client_id)
        offer = self._offer(details.client, may_set_passwords=may_set_passwords)
        return ClientCard(
            client_id=client_id,
            name=one_line(details.client.full_name),
            company=one_line(details.client.company_name),
            email=one_line(details.client.email),
            status=one_line(details.client.status),
            users=users,
            profile_url=self.whmcs.profile_url(client_id),
            offer=offer,
            methods=self._list_methods(offer),
            preselected_user_id=chosen,
            preselected_method=preselection.method,
            ticket=ticket,
            offers_tickets=self.tickets.are_offered,
            policy=self.policy,
        )

    def _judged(self, users: tuple[UserChoice, ...], ticket: Ticket | None) -> tuple[UserChoice, ...]:
        if ticket is None:
            return users
        addresses = [user.email for user in users]
        return tuple(replace(user, judgement=self.eligibility.judge(ticket, user.email, addresses)) for user in users)

    async def _with_clients_of(
        self, user_id: int, users: tuple[UserChoice, ...], client_id: int
    ) -> tuple[UserChoice, ...]:
        """Without the companion, read for the selected user alone how many more clients the password opens."""
        [chosen] = [choice for choice in users if choice.id == user_id]
        opened = await self.eligibility.find_client_ids(chosen.id, chosen.email)
        if opened is None:
            return users
        told = replace(chosen, tells_clients=True, other_clients=len(set(opened) - {client_id}))
        return tuple(told if choice.id == user_id else choice for choice in users)

    async def _read_ticket(self, number: str, client_id: int) -> CardTicket | None:
        """None: no ticket was asked for."""
        if not number or not self.tickets.are_offered:
            return None
        try:
            ticket = await self.tickets.read(number)
        except WhmcsError as error:
            return CardTicket(number=number, failure=explain(error))
        if ticket.client_id != client_id:
            return CardTicket(number=number, failure=Failure(Outcome.REFUSED, Reason.NOT_A_TICKET_OF_CLIENT))
        return CardTicket(number=ticket.number, ticket=ticket)

    def _offer(self, client: Client, *, may_set_passwords: bool) -> SetPasswordOffer:
        offer = self.whmcs.health.offer_to(may_set_passwords=may_set_passwords)
        is_protected = self.eligibility.covers(client)
        is_forbidden = any(self.policy.forbids(method, is_protected=is_protected) for method in Method)
        return SetPasswordOffer.PROTECTED if offer is SetPasswordOffer.OFFERED and is_forbidden else offer

    def _list_methods(self, offer: SetPasswordOffer) -> tuple[Method, ...]:
        """Return the methods that the agent can choose. `offer`: of those that hand out access."""
        can_mail = self.whmcs.health.has(actions.RESET_PASSWORD)
        can_hand_out = offer is SetPasswordOffer.OFFERED
        return tuple(
            method
            for method in Method
            if (can_mail or not method.mails_link) and (can_hand_out or not method.hands_out_access)
        )

    async def _search_text(self, query: str, deadline_seconds: float) -> Search:
        try:
            found = await search_clients(
                self.whmcs.client,
                query,
                has_domains=self.whmcs.health.has(actions.GET_CLIENTS_DOMAINS),
                limit=_SHOWN,
                deadline_seconds=deadline_seconds,
            )
        except WhmcsError as error:
            return self._failed(query, error)
        self.whmcs.health.note(None)
        failure = explain(found.failure) if found.failure is not None else Failure(Outcome.FAILED, Reason.TIMED_OUT)
        return Search(
            query=query,
            matches=tuple(_client_match(match) for match in found.matches),
            total=found.total,
            failure=None if found.is_complete else failure,
        )

    def _failed(self, query: str, error: WhmcsError) -> Search:
        failure = explain(error)
        self.whmcs.health.note(failure.reason)
        self.whmcs.health.look_again()
        _logger.warning("search.failed", action=error.action, reason=failure.reason.value, detail=failure.detail)
        return Search(query=query, failure=failure)

    async def _read_details(self, client_id: int) -> ClientDetails:
        try:
            details = await self.whmcs.client.get_clients_details(client_id)
        except NotFoundError as error:
            self.whmcs.health.note(None)
            raise LookupFailedError(explain(error)) from error
        except WhmcsError as error:
            failure = explain(error)
            self.whmcs.health.note(failure.reason)
            raise LookupFailedError(failure) from error
        self.whmcs.health.note(None)
        return details

    async def _ask_companion(self, client_id: int) -> dict[int, CompanionUser] | None:
        """Return what only the companion knows about the users. None: it doesn't answer."""
        if self.whmcs.health.set_password is not SetPasswordOffer.OFFERED:
            return None
        return await self.eligibility.find_companion_users(client_id)


def _client_match(match: Match) -> ClientMatch:
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
        via_email="" if same_address(via_email, email) else via_email,
        domain=one_line(match.domain),
        is_exact=match.is_exact,
    )


def _joined(by_id: Search, by_text: Search) -> Search:
    """Put the client with that id first: digits stand for an id before anything else."""
    ids = {match.client_id for match in by_id.matches}
    others = tuple(match for match in by_text.matches if match.client_id not in ids)
    return Search(
        query=by_id.query,
        matches=by_id.matches + others,
        total=max(by_text.total + len(ids), len(ids) + len(others)) if ids else by_text.total,
        failure=by_id.failure or by_text.failure,
    )


def _user_choice(user: ClientUser, told: dict[int, CompanionUser] | None, client_id: int) -> UserChoice:
    more = told.get(user.id) if told is not None else None
    return UserChoice(
        id=user.id,
        name=one_line(user.name),
        email=address_line(user.email),
        is_owner=user.is_owner,
        has_second_factor=more is not None and more.has_second_factor,
        never_verified=more is not None and not more.is_email_verified,
        tells_sign_in=more is not None,
        last_sign_in_at=more.last_sign_in_at if more is not None else None,
        other_clients=len(set(more.client_ids) - {client_id}) if more is not None else 0,
        tells_clients=more is not None,
    )


def _preselect(users: Iterable[UserChoice], preselection: Preselection) -> int | None:
    """Return the user chosen in this form, or the one user who opened the ticket or whose exact address was written.

    If there is none, or more than one: the user chosen before the ticket changed, or the only user.
    """
    choices = tuple(users)
    ids = [choice.id for choice in choices]
    if preselection.user_id in ids:
        return preselection.user_id
    meant = {choice.id for choice in choices if choice.judgement and choice.judgement.proof is not Proof.NONE}
    addresses = {fold_address(address) for address in preselection.addresses}
    meant |= {choice.id for choice in choices if fold_address(choice.email) in addresses}
    if len(meant) == 1:
        return meant.pop()
    if preselection.user_before in ids:
        return preselection.user_before
    return ids[0] if len(ids) == 1 else None
