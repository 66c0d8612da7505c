"""A token that is revoked, an app that is removed, a socket that falls silent; and what is seen of each in the end."""

from dataclasses import dataclass
from typing import Final

from tests.reliability.case import Case
from tests.reliability.row import Message, Row, channel, form, message
from tests.reliability.slack_rows import (
    DELIVERED,
    MAIL,
    NOT_ADMITTED,
    NOT_CONFIRMED,
    NOT_DELIVERED,
    NOT_DRAWN,
    PASSWORD,
    SENT,
    SET_AGAIN,
    named,
)
from tests.reliability.slack_steps import Trouble, after_progress, at_the_button, at_the_command, broken, show_progress
from tests.reliability.steps import Do, let_whmcs_go_on, nothing, submit

_REVOKED: Final = broken("*", "error", error="token_revoked")
_REMOVED: Final = (broken("*", "error", error="account_inactive"), broken("response_url", "error", error="no_service"))
TOKENS: Final = (
    Trouble(
        named(NOT_ADMITTED, "revoked_before", "Token revoked before the command"),
        at_the_command(_REVOKED),
        nothing,
    ),
    Trouble(
        named(MAIL, "revoked_form", "Token revoked between form and button", reads=channel(SENT)),
        go_on=at_the_button(_REVOKED),
    ),
    Trouble(
        named(
            NOT_CONFIRMED,
            "revoked_form",
            "Token revoked between form and *Confirm*, and no answer in time from `users.info`",
            reads=(*form("One moment"), *channel(NOT_DRAWN)),
            again=False,
        ),
        go_on=at_the_button(broken("users.info", "held_before"), _REVOKED),
    ),
    Trouble(
        named(MAIL, "revoked_write", "Token revoked while WHMCS is asked", reads=(*form("One moment"), *channel(SENT))),
        go_on=after_progress(_REVOKED),
    ),
    Trouble(
        named(
            NOT_DELIVERED,
            "revoked_write",
            "Token revoked while WHMCS is asked",
            reads=(*form("One moment"), *channel(SET_AGAIN)),
        ),
        go_on=after_progress(_REVOKED),
    ),
    Trouble(
        named(
            MAIL,
            "removed_write",
            "App removed while WHMCS is asked, then installed again",
            reads=(*form("One moment"), *message(SENT)),
            message=Message.NOTICE,
        ),
        go_on=after_progress(*_REMOVED),
        is_late=True,
    ),
    Trouble(
        named(
            NOT_DELIVERED,
            "removed_write",
            "App removed while WHMCS is asked, then installed again",
            reads=(*form("One moment"), *message(SET_AGAIN)),
            message=Message.NOTICE,
        ),
        go_on=after_progress(*_REMOVED),
        is_late=True,
    ),
)


@dataclass(frozen=True)
class Silence:
    """`before`: up to where the socket falls silent; `after`: while it is. `is_late`: seen once there is another one."""

    row: Row
    before: Do = nothing
    after: Do = nothing
    is_late: bool = False


async def submit_up_to_check(case: Case) -> None:
    """The button has arrived, and nobody has answered it."""
    fault = case.break_whmcs("GetClientsDetails", "held_before", times=1)
    case.submit()
    await case.held_by_whmcs(fault)


def _silences(sound: Row, said: str) -> tuple[Silence, ...]:
    """The same for either method; `sound` is how it ends where nothing goes wrong."""
    between = "Socket Mode: the socket falls silent between form and button, and is replaced"
    unheard = Row(
        name="socket_form",
        method=sound.method,
        fault=between,
        reads=form("We had some trouble connecting. Try again?"),
        audit=(),
        again=True,
    )
    unanswered = named(
        sound,
        "socket_button",
        "Socket Mode: the socket falls silent before the button is answered",
        reads=channel(said),
    )
    asked = named(sound, "socket_write", "Socket Mode: the socket falls silent while WHMCS is asked")
    return (
        Silence(unheard, after=submit, is_late=True),
        Silence(unanswered, before=submit_up_to_check, after=let_whmcs_go_on),
        Silence(asked, before=show_progress, after=let_whmcs_go_on),
    )


SILENCES: Final = (*_silences(MAIL, SENT), *_silences(PASSWORD, DELIVERED))
