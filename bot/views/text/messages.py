"""The words of direct messages and of answers in the channel."""

from bot.domain.resets import Reset
from bot.views.text.catalogue import Texts


def placeholder(t: Texts, reset_reference: str) -> str:
    """It can happen that nobody knows any more where this stands, so it says what to do then."""
    return t.say(
        "One moment: a new password is being set ({reference}). If this still stands here after five minutes, it will "
        "not change any more: look for a later message with this reference, or start again.",
        reference=reset_reference,
    )


def secret_notification(t: Texts, reset_reference: str) -> str:
    """What a push notification shows, so nothing but that there is something."""
    return t.say("A new password is ready for you ({reference}).", reference=reset_reference)


def secret_intro(t: Texts, reset: Reset) -> str:
    return t.say("New password of {email} (client #{client_id}):", email=reset.user_email, client_id=reset.client_id)


def secret_advice(t: Texts, deletes_at_token: str) -> str:
    """In mrkdwn; the time is a token that Slack shows in the reader's own time zone."""
    return t.say(
        "Only you can see this message. It deletes itself at {time}. Pass the password on to the client through the "
        "ticket, and ask for it to be changed at the next sign-in.",
        time=deletes_at_token,
    )


def delete_now(t: Texts) -> str:
    return t.say("Delete now")


def deleted_late(t: Texts) -> str:
    return t.say("This message could not be deleted yet; it is tried again.")


def record_follows(t: Texts, reset_reference: str) -> str:
    return t.say(
        "The result of {reference} stands, but it could not be recorded yet. The bot records it as soon as its "
        "database answers; you need not do anything.",
        reference=reset_reference,
    )


def help_text(t: Texts) -> str:
    """In mrkdwn; our own words alone."""
    return t.say(
        "*Reset the password of a WHMCS user*\n"
        "• `/reset-password` opens the form, in which you search the client.\n"
        "• `/reset-password ana@example.com` searches at once: a name, a company, an e-mail address or the beginning "
        "of one.\n"
        "• `/reset-password 516757` starts with that ticket, and `/reset-password #42` with that client.\n"
        "• The app’s shortcut on a message, also in a thread, starts with the ticket or the address in it.\n"
        "Then choose the user and how: WHMCS sends a password-reset e-mail, or a new password is generated, set, and "
        "sent to you alone in a direct message. What the ticket proves stands in the form. Never type a password here."
    )
