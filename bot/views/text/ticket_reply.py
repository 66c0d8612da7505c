"""The words of the reply on a ticket: its form, what became of it, and the texts that it begins as."""

from bot.domain.replies import PASSWORD_MARKER, ReplyKind, ReplyOutcome, ReplyReason, ReplyResult, ReplyText
from bot.domain.resets import Reason
from bot.views.text import failures
from bot.views.text.catalogue import Texts


def button(t: Texts) -> str:
    return t.say("Reply on the ticket")


def send(t: Texts) -> str:
    return t.say("Send")


def loading(t: Texts) -> str:
    return t.say("One moment: reading the ticket from WHMCS…")


def progress(t: Texts) -> str:
    return t.say(
        "One moment: WHMCS is asked to write on the ticket. The result will appear here. If it has not come after five "
        "minutes, look at the ticket before you send it again."
    )


def ticket(t: Texts, number: str, subject: str) -> str:
    return t.say("Ticket {ticket}: {subject}", ticket=number, subject=subject)


def ticket_link(t: Texts) -> str:
    return t.say("Open the ticket in WHMCS")


def kind(t: Texts) -> str:
    return t.say("Who sees it")


def kind_text(t: Texts, chosen: ReplyKind) -> str:
    return t.say("Public reply") if chosen is ReplyKind.PUBLIC else t.say("Internal note")


def kind_description(t: Texts, chosen: ReplyKind) -> str:
    if chosen is ReplyKind.PUBLIC:
        return t.say("The client sees it, and WHMCS also mails it")
    return t.say("Staff alone see it; it is not mailed")


def text(t: Texts) -> str:
    return t.say("Text")


def text_hint(t: Texts) -> str:
    return t.say("It ends with the reference, by which it is found again.")


def password(t: Texts) -> str:
    return t.say("New password")


def password_option(t: Texts) -> str:
    return t.say("Include the new password")


def password_description(t: Texts) -> str:
    """75 characters at most."""
    return t.say("WHMCS also mails the reply: the password goes out in clear")


def password_hint(t: Texts) -> str:
    return t.say("In the text, {marker} stands for it; it is put in when you send.", marker=PASSWORD_MARKER)


def reference_line(t: Texts, reference: str) -> str:
    return t.say("Reference: {reference}", reference=reference)


def template(t: Texts, which: ReplyText) -> str:
    """What a reply begins as, in the client's language, with markers for what differs."""
    marks = {"client_name": "{client_name}", "email": "{email}", "password": PASSWORD_MARKER}
    match which:
        case ReplyText.RESET_EMAIL:
            return t.say(
                "Hello {client_name},\n\n"
                "We have sent an e-mail to {email} with a link to choose a new password for the client area. "
                "If you don’t see it within a few minutes, please look in your spam folder.\n\n"
                "Kind regards",
                **marks,
            )
        case ReplyText.SET_PASSWORD:
            return t.say(
                "Hello {client_name},\n\n"
                "We have changed the password for the client area of {email}. We will give you the new one "
                "separately; please change it to one of your own after you have signed in.\n\n"
                "Kind regards",
                **marks,
            )
        case ReplyText.WITH_PASSWORD:
            return t.say(
                "Hello {client_name},\n\n"
                "We have changed the password for the client area of {email}. The new one is:\n\n"
                "{password}\n\n"
                "Please sign in with it now and change it to one of your own.\n\n"
                "Kind regards",
                **marks,
            )


def no_text(t: Texts) -> str:
    return t.say("Write a text. Nothing was sent.")


def unknown_marker(t: Texts, name: str) -> str:
    return t.say("{marker} stands for nothing: take it out, or its braces. Nothing was sent.", marker=f"{{{name}}}")


def no_marker(t: Texts) -> str:
    return t.say(
        "Put {marker} where the new password is to stand, or don’t include the password. Nothing was sent.",
        marker=PASSWORD_MARKER,
    )


def marker_without_password(t: Texts) -> str:
    return t.say(
        "{marker} is in the text, but the password is not to be included: take it out, or include the password. "
        "Nothing was sent.",
        marker=PASSWORD_MARKER,
    )


def note_with_password(t: Texts) -> str:
    return t.say(
        "A note is for staff, who need no password: choose the public reply, or don’t include the password. "
        "Nothing was sent."
    )


def headline(t: Texts, result: ReplyResult) -> str:
    match result.outcome:
        case ReplyOutcome.SENT:
            return t.say("Sent")
        case ReplyOutcome.ALREADY_SENT:
            return t.say("Already sent")
        case ReplyOutcome.NOT_SENT:
            return t.say("Not sent")
        case ReplyOutcome.UNKNOWN:
            return t.say("Outcome unknown")


def sentence(t: Texts, result: ReplyResult, timezone: str) -> str:
    """What happened, whether anything was sent, and what to do next; never the password."""
    match result.outcome:
        case ReplyOutcome.SENT:
            return sent(t, result.reason, result.reset.ticket)
        case ReplyOutcome.ALREADY_SENT:
            return _already_sent(t, result, timezone)
        case ReplyOutcome.NOT_SENT:
            return f"{_why(t, result)} {_nothing_sent(t)}"
        case ReplyOutcome.UNKNOWN:
            return _unknown(t, result, timezone)


def sent(t: Texts, content: ReplyReason | Reason, number: str) -> str:
    """What is on the ticket now; also in the message with the password and in the reset's result."""
    if content is ReplyReason.NOTE:
        return t.say("The note is on ticket {ticket}. Staff alone see it.", ticket=number)
    if content is ReplyReason.WITH_PASSWORD:
        return t.say(
            "The reply with the new password is on ticket {ticket}, and WHMCS also mails it. "
            "The direct message with the password can be deleted now.",
            ticket=number,
        )
    return t.say("The reply is on ticket {ticket}, and WHMCS also mails it to the client.", ticket=number)


def _already_sent(t: Texts, result: ReplyResult, timezone: str) -> str:
    if result.at is None:
        return t.say(
            "There is a reply or note about this reset on ticket {ticket} already. Nothing more was sent.",
            ticket=result.reset.ticket,
        )
    return t.say(
        "There is a reply or note about this reset on ticket {ticket} already, since {date}. Nothing more was sent: "
        "write anything else in WHMCS.",
        ticket=result.reset.ticket,
        date=t.date(result.at, timezone),
    )


def _unknown(t: Texts, result: ReplyResult, timezone: str) -> str:
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
        "It is not known whether the reply is on ticket {ticket}: {why} Look at the ticket in WHMCS. If the reply is "
        "not there, press “{button}” again, from {time} on: it is looked for before anything is sent.",
        ticket=number,
        why=failures.why_unknown(t, reason),
        button=button(t),
        time=t.clock(result.at, timezone),
    )


def _why(t: Texts, result: ReplyResult) -> str:
    if told := _about_ticket(t, result):
        return told
    match result.reason:
        case ReplyReason.MESSAGE_GONE:
            return t.say(
                "The direct message with the new password is gone, and nobody else has the password. Send the reply "
                "without it, or set the password again."
            )
        case ReplyReason.MESSAGE_UNREAD:
            return t.say(
                "Slack did not hand out the direct message with the new password. Try again in a minute, or send the "
                "reply without it."
            )
        case ReplyReason.PASSWORD_IN_TEXT:
            return t.say(
                "The new password itself is in the text. Take it out; where it may be sent, include it and write "
                "{marker} in its place.",
                marker=PASSWORD_MARKER,
            )
        case Reason.WHMCS_REFUSED:
            return t.say(
                "WHMCS refused the reply: “{detail}”. Tell your administrator to look at WHMCS_REPLY_ADMIN and "
                "TICKET_REPLY_STATUS.",
                detail=result.detail,
            )
        case Reason():
            return failures.why(t, result.reason, result.detail, result.reset.client_id)
        case _:
            return failures.why(t, None, "", "")


def _about_ticket(t: Texts, result: ReplyResult) -> str:
    """Where it is the ticket that keeps a reply from being sent; else empty."""
    number = result.reset.ticket
    match result.reason:
        case ReplyReason.NOT_ARRIVED:
            return t.say(
                "It is certain by now that the reply did not arrive on ticket {ticket}. Press “{button}” again, or reply "
                "in WHMCS.",
                ticket=number,
                button=button(t),
            )
        case ReplyReason.TICKET_NOT_FOUND:
            return t.say("Ticket {ticket} is no longer in WHMCS. Tell the client in another way.", ticket=number)
        case ReplyReason.TICKET_CLOSED:
            return t.say(
                "Ticket {ticket} is closed. Reopen it in WHMCS, or tell the client in another way.",
                ticket=number,
            )
        case ReplyReason.TICKET_MERGED:
            return t.say(
                "Ticket {ticket} was merged into ticket {other}. Reply there, in WHMCS.",
                ticket=number,
                other=result.detail,
            )
        case ReplyReason.TICKET_MOVED:
            return t.say(
                "Ticket {ticket} belongs to another client now. Look at it in WHMCS before you tell anybody anything.",
                ticket=number,
            )
        case _:
            return ""


def _nothing_sent(t: Texts) -> str:
    return t.say("Nothing was sent.")


def no_reply(t: Texts) -> str:
    return t.say("This reset has no ticket to reply on, or replies are switched off. Nothing was sent.")


def not_recorded(t: Texts) -> str:
    return t.say(
        "The reply could not be recorded, and without a record nothing is sent. Try again in a minute; if it goes on, "
        "tell your administrator. Nothing was sent."
    )


def not_opened(t: Texts) -> str:
    return t.say("Slack did not open the reply. Press the button again. Nothing was sent.")


def stopping(t: Texts) -> str:
    return t.say("The bot is being restarted. Try again in a minute. Nothing was sent.")
