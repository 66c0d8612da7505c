"""How the conversation goes on after a result: with another user of the same client, or with another client."""

from typing import Final

from slack_sdk.models.blocks import ButtonElement

from bot.views.blocks import plain
from bot.views.text import Texts, form

ANOTHER_USER: Final = "another_user"
ANOTHER_CLIENT: Final = "another_client"


def buttons(client_id: int, t: Texts) -> list[ButtonElement]:
    """`client_id`: whose users the first button goes back to."""
    return [
        ButtonElement(text=plain(form.another_user(t)), action_id=ANOTHER_USER, value=str(client_id)),
        ButtonElement(text=plain(form.another_client(t)), action_id=ANOTHER_CLIENT),
    ]
