"""Modals: opening and updating them. What they show is drawn by `bot.views`."""

from collections.abc import Mapping
from typing import Final

from bot.slack.client import SlackClient
from bot.slack.errors import SlackRefusedError
from bot.views.blocks import View

# The person closed the modal, or something newer stands there: nobody is waiting for this view.
_GONE: Final = frozenset({"not_found", "view_not_found", "hash_conflict"})


class Modals:
    def __init__(self, client: SlackClient) -> None:
        self._client = client

    async def open(self, trigger_id: str, view: View) -> str:
        """Open a modal and return its view id. A trigger lives for three seconds and once, so nothing is repeated.

        Raises: SlackError.
        """
        answer = await self._client.call("views.open", lambda web: web.views_open(trigger_id=trigger_id, view=view))
        return _view_id(answer)

    async def push(self, trigger_id: str, view: View) -> str:
        """Put a view on top of the modal in which the trigger arose, and return its id. At most three lie on one another.

        Raises: SlackError.
        """
        answer = await self._client.call("views.push", lambda web: web.views_push(trigger_id=trigger_id, view=view))
        return _view_id(answer)

    async def update(self, view_id: str, view: View) -> bool:
        """Draw over the modal. False: the person has closed it.

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
