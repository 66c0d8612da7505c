"""The app's Home tab."""

from bot.domain.permissions import Agent
from bot.listeners.payloads import HomeOpened
from bot.services.homes import Homes


class HomeListeners:
    def __init__(self, homes: Homes) -> None:
        self._homes = homes

    async def open(self, _event: HomeOpened, agent: Agent) -> None:
        await self._homes.open(agent)
