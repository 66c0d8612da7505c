"""The app's Home tab, of which each person has one of their own."""

from bot.domain.homes import Home
from bot.domain.permissions import Agent, AgentId, Denial
from bot.slack.client import SlackClient
from bot.views import home
from bot.views.blocks import View
from bot.views.text import Languages, refusals


class HomeTabs:
    """Every method raises SlackError. `not_enabled` says that the app has no Home tab: its manifest is an older one."""

    def __init__(self, client: SlackClient, languages: Languages) -> None:
        self._client = client
        self._languages = languages

    async def show(self, agent: Agent, shown: Home) -> None:
        t = self._languages.for_agent(agent)
        await self.publish(agent.id, home.build(shown, t))

    async def show_denial(self, person_id: AgentId, denial: Denial) -> None:
        t = self._languages.for_locale("")
        await self.publish(person_id, home.build_notice(t.say(refusals.DENIED[denial]), t))

    async def publish(self, person_id: AgentId, view: View) -> None:
        """Put this in place of what is there; twice is as good as once."""
        await self._client.call_patiently(
            "views.publish", lambda web: web.views_publish(user_id=person_id, view=view), attempts=2
        )
