"""Why something is not done: before a reset has begun, and at any form or button. Nothing was changed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bot.domain.forms import FormFault
from bot.domain.limits import LimitKind, LimitReached
from bot.domain.pauses import Pause
from bot.domain.permissions import Denial
from bot.views.text.catalogue import Texts, mark
from bot.views.text.outcomes import NOTHING_CHANGED

# Fields of the form.
CHOOSE_CLIENT: Final = mark("Choose a client from the list. Nothing was changed.")
CHOOSE_USER: Final = mark("Choose a user. Nothing was changed.")
CHOOSE_METHOD: Final = mark("Choose a method. Nothing was changed.")
NO_METHOD: Final = mark("No method is available right now: see the reason below. Nothing was changed.")
NO_USERS: Final = mark("This client has no users: choose another one. Nothing was changed.")
TICKET_NEEDED: Final = mark("A reset requires a ticket here: choose one. Nothing was changed.")
TICKETS_NOT_READABLE: Final = mark(
    "A reset requires a ticket here, and the bot’s API role in WHMCS lacks GetTicket. Tell your "
    "administrator. Nothing was changed."
)
REQUESTOR_NEEDED: Final = mark(
    "Only the password of the user who opened the ticket can be reset here: choose that user. Nothing was changed."
)

# What the rules of the installation or its state forbid.
NOT_OFFERED: Final = mark("Passwords can’t be set right now; send a password-reset e-mail. Nothing was changed.")
PROTECTED: Final = mark(
    "The password gives access to a client in a protected group, so it can’t be set here; send a "
    "password-reset e-mail. Nothing was changed."
)
NOT_RECORDED: Final = mark(
    "The reset could not be recorded, and without a record nothing is done. Try again in a minute; if "
    "the problem persists, tell your administrator. Nothing was changed."
)
NO_APPROVAL_CHANNEL: Final = mark(
    "A second agent has to approve this, and the bot can’t post in the approvals channel. Ask your "
    "administrator to invite it to that channel. Nothing was changed."
)
NO_LONGER_PENDING: Final = mark(
    "This request is no longer pending: it was answered or has expired. You changed nothing."
)

# Slack and the bot itself.
USED_FOR_OTHER_VALUES: Final = mark(
    "This form was already submitted with other values. Start again with /reset-password. Nothing was changed."
)
NOT_OPENED: Final = mark("Slack did not open the form. Try again. Nothing was changed.")
NOT_SHOWN: Final = mark("Slack did not show the next step. Close the form and start again. Nothing was changed.")
STOPPING: Final = mark("The bot is being restarted. Try again in a minute. Nothing was changed.")
DELETED_LATER: Final = mark("The message could not be deleted yet; the bot will try again.")

_MAY_NOT_RESET: Final = mark("You don’t have permission to reset passwords. Nothing was changed.")

DENIED: Final[Mapping[Denial, str]] = {
    Denial.DEACTIVATED: _MAY_NOT_RESET,
    Denial.BOT: _MAY_NOT_RESET,
    Denial.GUEST: _MAY_NOT_RESET,
    Denial.OUTSIDER: _MAY_NOT_RESET,
    Denial.NOT_AN_AGENT: _MAY_NOT_RESET,
    Denial.MAY_NOT_SET_PASSWORDS: mark(
        "You don’t have permission to set passwords, so you can’t approve them either. Nothing was changed."
    ),
    Denial.NOT_THE_OWNER: mark("Only the person who received this message can use this button. Nothing was changed."),
    Denial.OWN_REQUEST: mark("Another agent has to approve your request. Nothing was changed."),
    Denial.UNVERIFIED: mark(
        "Slack did not confirm in time that you have permission to reset passwords. Try again in a minute. "
        "Nothing was changed."
    ),
}
"""At any entry, and at the buttons of a message."""

DENIED_SET_PASSWORD: Final[Mapping[Denial, str]] = {
    **dict.fromkeys(Denial, _MAY_NOT_RESET),
    Denial.MAY_NOT_SET_PASSWORDS: mark(
        "You don’t have permission to set passwords; send a password-reset e-mail. Nothing was changed."
    ),
    Denial.UNVERIFIED: mark(
        "Slack did not confirm in time that you have permission to set passwords. Try again in a minute. "
        "Nothing was changed."
    ),
}
"""At the submission of *set a password*."""

_UNUSABLE: Final = mark(
    "This form can’t be submitted: it is from another version of the bot or was made for someone else. "
    "Start again with /reset-password. Nothing was changed."
)

START_AGAIN: Final[Mapping[FormFault, str]] = {
    FormFault.OUTDATED: _UNUSABLE,
    FormFault.UNREADABLE: _UNUSABLE,
    FormFault.OTHER_AGENT: _UNUSABLE,
    FormFault.TOO_OLD: mark(
        "This form was opened too long ago and can no longer be used: what it shows may have changed. "
        "Start again with /reset-password. Nothing was changed."
    ),
}

OWN_LIMITS: Final[Mapping[LimitKind, str]] = {
    LimitKind.AGENT_HOUR: mark(
        "You have reached the limit of resets for one hour. You can reset passwords again at {time}. "
        "Nothing was changed."
    ),
    LimitKind.WORKSPACE_HOUR: mark(
        "All agents together have reached the limit of resets for one hour. Passwords can be reset again "
        "at {time}. If so many resets were not expected, tell your administrator immediately. Nothing was "
        "changed."
    ),
    LimitKind.USER_COOLDOWN: mark(
        "You have just reset this user’s password. It can be reset again at {time}. Nothing was changed."
    ),
    LimitKind.USER_BUSY: mark(
        "You have already requested a new password for this user. The request is pending approval, until "
        "{time} at the latest. Nothing was changed."
    ),
}

OTHERS_LIMITS: Final[Mapping[LimitKind, str]] = {
    **OWN_LIMITS,
    LimitKind.USER_COOLDOWN: mark(
        "{agent} has just reset this user’s password. It can be reset again at {time}. Nothing was changed."
    ),
    LimitKind.USER_BUSY: mark(
        "{agent} has requested a new password for this user. The request is pending approval, until {time} "
        "at the latest. Wait for the result, or try again after that. Nothing was changed."
    ),
}
"""The same limits where another agent holds the user."""


def limit_reached(t: Texts, limit: LimitReached, who: str = "") -> str:
    """`who`: the name of the agent who holds the user; empty if it is the reader, or nobody."""
    if limit.until_at is not None:
        # Rounded up to the minute: at the time that is shown, it is possible.
        time = t.clock(limit.until_at + timedelta(seconds=59))
        return t.say((OTHERS_LIMITS if who else OWN_LIMITS)[limit.kind], agent=who, time=time)
    if who:
        return t.say(
            "{agent} is resetting this user’s password right now. Try again in a minute. Nothing was changed.",
            agent=who,
        )
    return t.say("You are already resetting this user’s password. Wait for its result. Nothing was changed.")


def internal_error(t: Texts, reference: str) -> str:
    return t.say(
        "Something went wrong in the bot. If a reset had begun, you will get its result in a direct "
        "message; otherwise, start again. If the problem persists, give your administrator this reference: "
        "{reference}.",
        reference=reference,
    )


def paused_since(t: Texts, pause: Pause) -> str:
    return t.say(
        "{name} paused resets on {date}. Reason: “{reason}”.",
        name=pause.by,
        date=t.date(pause.paused_at),
        reason=pause.reason,
    )


def paused(t: Texts, pause: Pause) -> str:
    """Return the refusal of a reset while resets are paused."""
    return " ".join((paused_since(t, pause), t.say("Try again when they are resumed."), t.say(NOTHING_CHANGED)))
