"""Labels that several views share."""

from typing import Any

from bot.domain.resets import Method
from bot.views.blocks import Block, option, small, small_markup
from bot.views.state import UNAVAILABLE
from bot.views.text.catalogue import Texts
from bot.views.text.methods import METHODS


def title(t: Texts) -> str:
    return t.say("Reset password")


def client(t: Texts) -> str:
    return t.say("Client")


def user(t: Texts) -> str:
    return t.say("User")


def ticket(t: Texts) -> str:
    return t.say("Ticket")


def method(t: Texts) -> str:
    return t.say("Method")


def method_name(t: Texts, chosen: Method) -> str:
    return t.say(METHODS[chosen].name)


def back(t: Texts) -> str:
    return t.say("Back")


def cancel(t: Texts) -> str:
    return t.say("Cancel")


def close(t: Texts) -> str:
    return t.say("Close")


def reply_on_ticket(t: Texts) -> str:
    return t.say("Reply on the ticket")


def reference(t: Texts, text: str) -> str:
    return t.say("Reference: {reference}", reference=text)


def reference_block(t: Texts, text: str) -> Block:
    return small(reference(t, text))


def contact_blocks(t: Texts) -> list[Block]:
    """Return whom to ask for help, as a link if it is a channel id; nothing if nobody is named."""
    name = t.help_contact
    if not name:
        return []
    is_channel = len(name) > 1 and name[0] in "CG" and name.isalnum() and name.isupper()
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return [small_markup(t.say("Questions: {contact}", contact=f"<#{name}>" if is_channel else escaped))]


def unanswered_option(t: Texts) -> dict[str, Any]:
    """Return the option of a type-ahead to which WHMCS gave no answer."""
    text = t.say("WHMCS is not answering right now; type again in a moment")
    return option(text=text, value=UNAVAILABLE)
