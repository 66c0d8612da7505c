"""The words of the Slack app itself, as its manifest holds them. They have one language: Slack asks for no other."""

from bot.views.text import form
from bot.views.text.catalogue import Texts


def name(t: Texts) -> str:
    return form.title(t)


def description(t: Texts) -> str:
    return t.say("Resets the password of a WHMCS user without leaving Slack.")


def long_description(t: Texts) -> str:
    how = t.say(
        "With /reset-password the support team finds a WHMCS client by a ticket, a name, an e-mail address or an id, "
        "and chooses the user and the method: WHMCS sends a password-reset e-mail, or a new password is generated, "
        "which comes in a direct message only to the person who asked for it."
    )
    who = t.say("Who reset what is recorded. Only the people and groups that the bot’s settings name may use it.")
    return f"{how}\n{who}"


def command_description(t: Texts) -> str:
    return t.say("Reset the password of a WHMCS user")


def shortcut_name(t: Texts) -> str:
    """At most 24 characters."""
    return form.title(t)


def shortcut_description(t: Texts) -> str:
    return t.say("Opens the form for finding a WHMCS client")


def message_shortcut_description(t: Texts) -> str:
    return t.say("Searches for the ticket or the e-mail address that the message names")


def command_hint(t: Texts) -> str:
    return t.say("[ticket, name, e-mail or #id]")
