"""The texts of the Slack app's manifest. They have one language, since Slack asks for no other."""

from typing import Final

from bot.views.text import mark

DESCRIPTION: Final = mark("Resets the password of a WHMCS user without leaving Slack.")
LONG_DESCRIPTION: Final = mark(
    "With /reset-password the support team finds a WHMCS client by a ticket, a name, an e-mail address or an id, "
    "and chooses the user and the method: WHMCS sends a password-reset e-mail, or a new password is generated, "
    "which comes in a direct message only to the person who asked for it."
)
ACCESS: Final = mark("Every reset is recorded. Only the people and groups named in the bot’s settings can use it.")
COMMAND: Final = mark("Reset the password of a WHMCS user")
COMMAND_HINT: Final = mark("[ticket, name, e-mail or #id]")
SHORTCUT: Final = mark("Opens the form for finding a WHMCS client")
MESSAGE_SHORTCUT: Final = mark("Searches for the ticket or the e-mail address that the message names")
