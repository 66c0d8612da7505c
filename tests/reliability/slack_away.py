"""Revoked tokens, removed apps and silent sockets, and the visible result of each."""

from dataclasses import dataclass
from typing import Final

from tests.reliability.scenario import Message, Scenario, channel, form, message
from tests.reliability.scenario_run import ScenarioRun
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
        named(MAIL, "revoked_form", "Token revoked before the form is submitted", reads=channel(SENT)),
        go_on=at_the_button(_REVOKED),
    ),
    Trouble(
        named(
            NOT_CONFIRMED,
            "revoked_form",
            "Token revoked before *Confirm*, and no answer in time from `users.info`",
            reads=(*form("One moment"), *channel(NOT_DRAWN)),
            again=False,
        ),
        go_on=at_the_button(broken("users.info", "held_before"), _REVOKED),
    ),
    Trouble(
        named(
            MAIL, "revoked_write", "Token revoked during the call to WHMCS", reads=(*form("One moment"), *channel(SENT))
        ),
        go_on=after_progress(_REVOKED),
    ),
    Trouble(
        named(
            NOT_DELIVERED,
            "revoked_write",
            "Token revoked during the call to WHMCS",
            reads=(*form("One moment"), *channel(SET_AGAIN)),
        ),
        go_on=after_progress(_REVOKED),
    ),
    Trouble(
        named(
            MAIL,
            "removed_write",
            "App removed during the call to WHMCS, then reinstalled",
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
            "App removed during the call to WHMCS, then reinstalled",
            reads=(*form("One moment"), *message(SET_AGAIN)),
            message=Message.NOTICE,
        ),
        go_on=after_progress(*_REMOVED),
        is_late=True,
    ),
)


@dataclass(frozen=True)
class Silence:
    """Steps `before` the socket falls silent and `after` that. `is_late`: the result needs the next socket."""

    scenario: Scenario
    before: Do = nothing
    after: Do = nothing
    is_late: bool = False


async def submit_up_to_check(run: ScenarioRun) -> None:
    """Press the button, and hold the bot's response to it."""
    fault = run.break_whmcs("GetClientsDetails", "held_before", times=1)
    run.submit()
    await run.held_by_whmcs(fault)


def _silences(sound: Scenario, text: str) -> tuple[Silence, ...]:
    """Return the scenarios of a method; `sound` is its result without a fault."""
    between = "Socket Mode: the socket goes silent before the form is submitted, and is replaced"
    unheard = Scenario(
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
        "Socket Mode: the socket goes silent before the submission is acknowledged",
        reads=channel(text),
    )
    asked = named(sound, "socket_write", "Socket Mode: the socket goes silent during the call to WHMCS")
    return (
        Silence(unheard, after=submit, is_late=True),
        Silence(unanswered, before=submit_up_to_check, after=let_whmcs_go_on),
        Silence(asked, before=show_progress, after=let_whmcs_go_on),
    )


SILENCES: Final = (*_silences(MAIL, SENT), *_silences(PASSWORD, DELIVERED))
