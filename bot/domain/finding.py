"""Decides which client a text selects, and which are only offered."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.domain.clients import ClientMatch, Search
from bot.domain.reading import Reading
from bot.domain.resets import Failure
from bot.domain.tickets import Ticket


class Doubt(StrEnum):
    """Why no client is selected although some were found."""

    DIFFERENT = "different"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTickets:
    """`unread`: numbers that could not be looked up, because of `failure`."""

    tickets: tuple[Ticket, ...] = ()
    is_asked: bool = False
    unread: tuple[str, ...] = ()
    failure: Failure | None = None

    @property
    def guests(self) -> tuple[Ticket, ...]:
        """Return the tickets that belong to no client."""
        return tuple(ticket for ticket in self.tickets if ticket.client_id is None)

    @property
    def client_ids(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(each.client_id for each in self.tickets if each.client_id is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The selected client. `no_ticket`: digits that are no ticket number and were read as its id."""

    client_id: int
    ticket: str = ""
    no_ticket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The result for a text. `search`: the clients to offer if none is selected."""

    search: Search
    tickets: FoundTickets = field(default_factory=FoundTickets)
    choice: Choice | None = None
    doubt: Doubt | None = None


def choose(reading: Reading, searches: Sequence[Search], found: FoundTickets) -> Choice | None:
    """Return the client to whom everything in the text leads; None in any doubt."""
    if reading.query:
        return _choose_for_query(reading, searches, found)
    failed = found.failure or any(search.failure for search in searches)
    if failed or found.guests or not reading.is_whole or len(_leads(searches, found)) > 1:
        return None
    by_ticket = found.client_ids
    by_address = [ids for ids in map(_exact, searches) if ids]
    if by_ticket:
        numbers = {ticket.number: ticket.merged_from or ticket.number for ticket in found.tickets}
        number = next(iter(numbers.values())) if len(numbers) == 1 else ""
        return Choice(client_id=by_ticket[0], ticket=number)
    ids = set().union(*by_address)
    return Choice(client_id=ids.pop()) if len(ids) == 1 else None


def find_doubt(reading: Reading, searches: Sequence[Search], found: FoundTickets) -> Doubt | None:
    """Return why no client could be selected although WHMCS answered everything."""
    if reading.query:
        return None
    if len(_leads(searches, found)) > 1:
        return Doubt.DIFFERENT
    return None if reading.is_whole else Doubt.PARTIAL


def join_searches(reading: Reading, searches: Sequence[Search], first: Sequence[ClientMatch] = ()) -> Search:
    """Return all clients found, without duplicates: `first`, then exact addresses, then the rest.

    If an address was read from a longer text, longer addresses only count if no client has that one.
    """
    if not reading.query:
        searches = [_narrowed(search) for search in searches]
    found = [match for search in searches for match in search.matches]
    ranked = [*first, *(each for each in found if each.is_exact), *(each for each in found if not each.is_exact)]
    matches = tuple({match.client_id: match for match in reversed(ranked)}.values())[::-1]
    unseen = sum(search.total - len(search.matches) for search in searches)
    return Search(
        query=reading.shown,
        again=reading.written,
        matches=matches,
        total=len(matches) + max(unseen, 0),
        failure=next((search.failure for search in searches if search.failure is not None), None),
    )


def _choose_for_query(reading: Reading, searches: Sequence[Search], found: FoundTickets) -> Choice | None:
    """Return the ticket's client if the whole text is a ticket number; otherwise the only client found."""
    if found.tickets:
        [ticket] = found.tickets
        if ticket.client_id is None:
            return None
        return Choice(client_id=ticket.client_id, ticket=ticket.merged_from or ticket.number)
    chosen = next((search.chosen for search in searches), None)
    if chosen is None or found.failure is not None:
        return None
    is_id = found.is_asked and chosen.client_id == reading.client_id
    return Choice(client_id=chosen.client_id, no_ticket=reading.query if is_id else "")


def _leads(searches: Sequence[Search], found: FoundTickets) -> set[frozenset[int]]:
    """Return the distinct, non-empty sets of clients to whom numbers and addresses lead.

    An address agrees with a ticket if it has access to the ticket's client.
    """
    tickets = {frozenset({client_id}) for client_id in found.client_ids}
    addresses = {frozenset(ids) for ids in map(_exact, searches) if ids}
    if len(tickets) == 1:
        [ticket] = tickets
        addresses = {ids for ids in addresses if not ticket <= ids}
    return tickets | addresses


def _narrowed(search: Search) -> Search:
    exact = tuple(match for match in search.matches if match.is_exact)
    return replace(search, matches=exact, total=len(exact)) if exact else search


def _exact(search: Search) -> set[int]:
    return {match.client_id for match in search.matches if match.is_exact}
