"""Modals: opened, pushed and updated with views from `bot.views`."""

from collections.abc import Mapping
from typing import Final

from bot.slack.client import SlackClient
from bot.slack.errors import SlackRefusedError
from bot.views.blocks import View

# The modal was closed, or shows something newer.
_GONE: Final = frozenset({"not_found", "view_not_found", "hash_conflict"})


class Modals:
    def __init__(self, client: SlackClient) -> None:
        self._client = client

    async def open(self, trigger_id: str, view: View) -> str:
        """Open a modal and return its view id. A trigger works once, for three seconds, so nothing is retried.

        Raises: SlackError.
        """
        answer = await self._client.call("views.open", lambda web: web.views_open(trigger_id=trigger_id, view=view))
        return _view_id(answer)

    async def push(self, trigger_id: str, view: View) -> str:
        """Push a view onto the modal of the trigger, and return its id. Slack allows three levels.

        Raises: SlackError.
        """
        answer = await self._client.call("views.push", lambda web: web.views_push(trigger_id=trigger_id, view=view))
        return _view_id(answer)

    async def update(self, view_id: str, view: View) -> bool:
        """Update the modal. False: the person has closed it.

        Raises: SlackError.
        """
        try:
            await self._client.call_patiently("views.update", lambda web: web.views_update(view_id=view_id, view=view))
        except SlackRefusedError as error:
            if error.code in _GONE:
                return False
            raise
        return True


def _view_id(answer: Mapping[str, object]) -> str:
    view = answer.get("view")
    return str(view.get("id", "")) if isinstance(view, Mapping) else ""
