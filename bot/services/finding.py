"""Finds the client that a text names, or those to choose from."""

import asyncio
from dataclasses import dataclass, replace

from bot.domain.clients import ClientMatch
from bot.domain.finding import Found, FoundTickets, choose, find_doubt, join_searches
from bot.domain.reading import Reading
from bot.services.client_lookup import ClientLookup
from bot.services.tickets import Tickets


@dataclass(frozen=True, kw_only=True)
class Finder:
    """Look up everything that a text names, and select only a client to whom all of it leads."""

    clients: ClientLookup
    tickets: Tickets

    async def find(self, reading: Reading) -> Found:
        """Look up everything in the text. Failures are in the result, never raised."""
        searches, tickets = await asyncio.gather(self.clients.search_each(reading), self.tickets.find(reading.tickets))
        if choice := choose(reading, searches, tickets):
            return Found(search=join_searches(reading, searches), tickets=tickets, choice=choice)
        of_tickets = await asyncio.gather(*(self._find_client(each, tickets) for each in tickets.client_ids))
        return Found(
            search=join_searches(reading, searches, of_tickets),
            tickets=tickets,
            doubt=find_doubt(reading, searches, tickets),
        )

    async def _find_client(self, client_id: int, tickets: FoundTickets) -> ClientMatch:
        """Return a ticket's client; only its id if WHMCS does not return more."""
        number = next(ticket.number for ticket in tickets.tickets if ticket.client_id == client_id)
        search = await self.clients.find_client(client_id)
        match = search.matches[0] if search.matches else ClientMatch(client_id=client_id, name="")
        return replace(match, ticket=number)
