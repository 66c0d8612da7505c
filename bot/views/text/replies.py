"""What became of a reply on a ticket, and why one can't be sent."""

from collections.abc import Mapping
from typing import Final

from bot.domain.replies import PASSWORD_MARKER, ReplyOutcome, ReplyReason, ReplyResult
from bot.domain.resets import Failure, Outcome, Reason
from bot.views.labels import reply_on_ticket
from bot.views.text import failures
from bot.views.text.catalogue import Texts, mark

NO_REPLY: Final = mark("This reset has no ticket to reply on, or replies are switched off. Nothing was sent.")
NOT_RECORDED: Final = mark(
    "The reply could not be recorded, and without a record nothing is sent. Try again in a minute; if "
    "the problem persists, tell your administrator. Nothing was sent."
)
NOT_OPENED: Final = mark("Slack did not open the reply. Click the button again. Nothing was sent.")
STOPPING: Final = mark("The bot is being restarted. Try again in a minute. Nothing was sent.")

HEADLINES: Final[Mapping[ReplyOutcome, str]] = {
    ReplyOutcome.SENT: mark("Sent"),
    ReplyOutcome.ALREADY_SENT: mark("Already sent"),
    ReplyOutcome.NOT_SENT: mark("Not sent"),
    ReplyOutcome.UNKNOWN: mark("Outcome unknown"),
}

SENT: Final[Mapping[ReplyReason, str]] = {
    ReplyReason.PUBLIC: mark("The reply is on ticket {ticket}, and WHMCS also e-mails it to the client."),
    ReplyReason.WITH_PASSWORD: mark(
        "The reply with the new password is on ticket {ticket}, and WHMCS also e-mails it. The direct "
        "message with the password can be deleted now."
    ),
    ReplyReason.NOTE: mark("The note is on ticket {ticket}. Only staff can see it."),
}

NOT_SENT: Final[Mapping[ReplyReason | Reason, str]] = {
    ReplyReason.NOT_ARRIVED: mark(
        "The reply did not arrive on ticket {ticket}. Click “{button}” again, or reply in WHMCS."
    ),
    ReplyReason.TICKET_NOT_FOUND: mark("Ticket {ticket} is no longer in WHMCS. Tell the client in another way."),
    ReplyReason.TICKET_CLOSED: mark(
        "Ticket {ticket} is closed. Reopen it in WHMCS, or tell the client in another way."
    ),
    ReplyReason.TICKET_MERGED: mark("Ticket {ticket} was merged into ticket {other}. Reply there, in WHMCS."),
    ReplyReason.TICKET_MOVED: mark(
        "Ticket {ticket} belongs to another client now. Check it in WHMCS before you share anything."
    ),
    ReplyReason.MESSAGE_GONE: mark(
        "The direct message with the new password is gone, and the password is not stored anywhere else. "
        "Send the reply without it, or set the password again."
    ),
    ReplyReason.MESSAGE_UNREAD: mark(
        "Slack did not return the direct message with the new password. It can’t be included in the reply, "
        "and a text that contains anything like a generated password is not sent. Try again in a minute, "
        "or send the reply without it."
    ),
    ReplyReason.PASSWORD_IN_TEXT: mark(
        "The text contains the new password itself. Remove it; if it may be sent, tick the box to include "
        "it and write {marker} in its place."
    ),
    Reason.WHMCS_REFUSED: mark(
        "WHMCS refused the reply: “{detail}”. Ask your administrator to check WHMCS_REPLY_ADMIN and "
        "TICKET_REPLY_STATUS."
    ),
}
"""Why a reply was not sent. All other reasons are those of a reset; see `failures`."""


def headline(t: Texts, result: ReplyResult) -> str:
    return t.say(HEADLINES[result.outcome])


def sentence(t: Texts, result: ReplyResult) -> str:
    """Return what happened, whether anything was sent, and what to do next; it never holds the password."""
    match result.outcome:
        case ReplyOutcome.SENT:
            return sent(t, result.reason, result.reset.ticket)
        case ReplyOutcome.ALREADY_SENT:
            return _already_sent(t, result)
        case ReplyOutcome.NOT_SENT:
            nothing_sent = t.say("Nothing was sent.")
            return f"{_why(t, result)} {nothing_sent}"
        case ReplyOutcome.UNKNOWN:
            return _unknown(t, result)


def sent(t: Texts, content: ReplyReason | Reason, number: str) -> str:
    """Return what is on the ticket now."""
    key = content if isinstance(content, ReplyReason) and content in SENT else ReplyReason.PUBLIC
    return t.say(SENT[key], ticket=number)


def too_old(t: Texts) -> str:
    return t.say(
        "This form was opened too long ago and can no longer be used: what it shows may have changed. "
        "Start again with “{button}”. Nothing was sent.",
        button=reply_on_ticket(t),
    )


def _already_sent(t: Texts, result: ReplyResult) -> str:
    if result.at is None:
        return t.say(
            "Ticket {ticket} already has a reply or note about this reset. Nothing more was sent.",
            ticket=result.reset.ticket,
        )
    return t.say(
        "Ticket {ticket} already has a reply or note about this reset, since {date}. Nothing more was "
        "sent: add anything else in WHMCS.",
        ticket=result.reset.ticket,
        date=t.date(result.at),
    )


def _unknown(t: Texts, result: ReplyResult) -> str:
    number = result.reset.ticket
    if result.reason is ReplyReason.UNDER_WAY:
        return t.say(
            "It is not known yet whether the reply is on ticket {ticket}: it is being sent from another window. "
            "Look at the ticket in a minute.",
            ticket=number,
        )
    if result.at is None:
        return t.say(
            "It is not known whether an earlier reply is on ticket {ticket}. {why} Nothing was sent now. Look at the "
            "ticket in WHMCS.",
            ticket=number,
            why=_why(t, result),
        )
    reason = result.reason if isinstance(result.reason, Reason) else Reason.CONNECTION_LOST
    return t.say(
        "It is not known whether the reply is on ticket {ticket}: {why} Look at the ticket in WHMCS. If "
        "the reply is not there, click “{button}” again after {time}: the bot looks for the reply before "
        "it sends anything.",
        ticket=number,
        why=failures.why_unknown(t, reason),
        button=reply_on_ticket(t),
        time=t.clock(result.at),
    )


def _why(t: Texts, result: ReplyResult) -> str:
    if (known := NOT_SENT.get(result.reason)) is not None:
        return t.say(
            known,
            ticket=result.reset.ticket,
            button=reply_on_ticket(t),
            other=result.detail,
            detail=result.detail,
            marker=PASSWORD_MARKER,
        )
    reason = result.reason if isinstance(result.reason, Reason) else Reason.INTERNAL
    return failures.why(t, Failure(Outcome.FAILED, reason, result.detail), result.reset.client_id)
