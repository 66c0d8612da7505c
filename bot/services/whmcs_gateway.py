"""The gateway to WHMCS: the API, the companion, and what both can do, behind one object, created once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from bot.services.whmcs_health import WhmcsHealth
from whmcs import Breaker, CompanionClient, Observe, Way, WhmcsClient


@dataclass(frozen=True, kw_only=True)
class Whmcs:
    """`companion` None: no secret is set. `admin_url`: of the admin area, without a trailing slash."""

    client: WhmcsClient
    companion: CompanionClient | None
    breaker: Breaker
    health: WhmcsHealth
    admin_url: str

    @classmethod
    def connect(
        cls,
        url: str,
        identifier: str,
        secret: str,
        access_key: str,
        *,
        companion_url: str,
        companion_secret: str,
        admin_url: str,
        observe: Observe,
        find_way: Callable[[str], Way],
        seconds: Callable[[], float],
    ) -> Self:
        """`find_way`: from an address to the proxy and certificates for it. `seconds`: a monotonic clock.

        API and companion share a circuit breaker, since they run on one server.
        """
        breaker = Breaker(seconds)
        client = WhmcsClient.connect(
            url, identifier, secret, access_key, observe=observe, breaker=breaker, way=find_way(url)
        )
        companion = None
        if companion_secret:
            companion = CompanionClient.connect(
                companion_url, companion_secret, observe=observe, breaker=breaker, way=find_way(companion_url)
            )
        health = WhmcsHealth(client=client, companion=companion, clock=seconds)
        return cls(client=client, companion=companion, breaker=breaker, health=health, admin_url=admin_url)

    def profile_url(self, client_id: int) -> str:
        return f"{self.admin_url}/clientssummary.php?userid={client_id}"

    def emails_url(self, client_id: int) -> str:
        """Return the client's *Emails* tab, where a reset e-mail that was sent is listed."""
        return f"{self.admin_url}/clientsemails.php?userid={client_id}"

    def ticket_url(self, ticket_id: int) -> str:
        """Return the page where an admin reads and answers a ticket, by its internal id."""
        return f"{self.admin_url}/supporttickets.php?action=view&id={ticket_id}"

    async def aclose(self) -> None:
        await self.client.aclose()
        if self.companion is not None:
            await self.companion.aclose()
