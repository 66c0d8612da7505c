"""The words for who is asking: what a ticket tells, and how a person was verified."""

from bot.domain.clients import CardTicket
from bot.domain.identity import ProofReason, VerificationPolicy
from bot.domain.resets import Method
from bot.domain.tickets import Ticket
from bot.views.text import failures, form
from bot.views.text.catalogue import Texts


def heading(t: Texts, ticket: Ticket) -> str:
    """The ticket in one line."""
    text = t.say("Ticket {ticket} · {status}", ticket=ticket.number, status=_status(t, ticket.status))
    return " · ".join(part for part in (text, ticket.subject) if part)


def requestor(t: Texts, ticket: Ticket, reason: ProofReason) -> str:
    """Who opened it, and what that proves; `reason` is that of the user whom it proves most for."""
    who = " · ".join(part for part in (ticket.requestor_name, ticket.requestor_email) if part)
    named = t.say("Opened by {who}.", who=who) if who else ""
    return " ".join(part for part in (named, why(t, reason)) if part)


def why(t: Texts, reason: ProofReason) -> str:
    """What a ticket proves for a user, and why no more."""
    match reason:
        case ProofReason.REQUESTOR_SIGNED_IN:
            return t.say("Strong proof: this user had to sign in to open the ticket.")
        case ProofReason.REQUESTOR_CLOSED:
            return t.say("Some proof: this user opened the ticket, but it is closed, so it tells of something over.")
        case ProofReason.REQUESTOR:
            return t.say("Some proof: WHMCS names this user as the requestor, but a forged mail looks the same.")
        case ProofReason.ANOTHER_USER:
            return t.say("⚠ No proof: another user of this client opened the ticket.")
        case ProofReason.OTHER_ADDRESS:
            return t.say("⚠ No proof: the address that opened the ticket belongs to none of this client’s users.")
        case ProofReason.GUEST:
            return t.say("⚠ No proof: a guest opened the ticket, without signing in.")
        case ProofReason.STAFF:
            return t.say("⚠ No proof: your own team opened the ticket.")
        case ProofReason.UNNAMED:
            return t.say("⚠ No proof: WHMCS does not name who opened the ticket.")
        case ProofReason.NO_TICKET:
            return t.say("⚠ No proof: there is no ticket.")


def beside_user(t: Texts, reason: ProofReason) -> str:
    """The same in a few words, in a user's line."""
    match reason:
        case ProofReason.REQUESTOR_SIGNED_IN:
            return t.say("opened the ticket, signed in")
        case ProofReason.REQUESTOR | ProofReason.REQUESTOR_CLOSED:
            return t.say("opened the ticket")
        case _:
            return t.say("did not open the ticket")


def closed(t: Texts) -> str:
    return t.say("⚠ This ticket is closed.")


def merged(t: Texts, ticket: Ticket) -> str:
    return t.say(
        "Ticket {ticket} was merged into {target}, which is shown.", ticket=ticket.merged_from, target=ticket.number
    )


def guest(t: Texts, ticket: Ticket) -> str:
    """The ticket that was typed belongs to no client."""
    who = " · ".join(part for part in (ticket.requestor_name, ticket.requestor_email) if part)
    return t.say(
        "Ticket {ticket} was opened by a guest without an account ({who}), so it belongs to no client and proves "
        "nothing. If the person is a client all the same, search for the client above.",
        ticket=ticket.number,
        who=who or "?",
    )


def problem(t: Texts, ticket: CardTicket, client_id: int) -> str:
    """Why the form has no ticket, though one was asked for."""
    return t.say(
        "Ticket {ticket} is not used. {why}",
        ticket=ticket.number,
        why=failures.why(t, ticket.problem, ticket.detail or ticket.number, client_id),
    )


def question(t: Texts) -> str:
    return t.say("How was the person verified?")


def hint(t: Texts, policy: VerificationPolicy) -> str:
    """When the question has to be answered."""
    if policy is VerificationPolicy.ALWAYS:
        return t.say("Needed, unless the ticket is strong proof.")
    return t.say("Needed to set a password, unless the ticket is strong proof.")


def answer(t: Texts, code: str) -> str:
    """Our own answers by their codes; the administrator's are their own words."""
    known = {
        "called_back": t.say("Called back on the number on file"),
        "video_call": t.say("Video call in which an identity document was shown"),
        "registered_address": t.say("Answered from the registered e-mail address"),
        "in_person": t.say("In person, with an identity document"),
    }
    return known.get(code, code)


def answer_needed(t: Texts, method: Method) -> str:
    if method is Method.SET_PASSWORD:
        return t.say(
            "Without strong proof a password is only set if you say how the person was verified. Nothing was changed."
        )
    return t.say("Say how the person was verified. Nothing was changed.")


def ticket_needed(t: Texts) -> str:
    return t.say("A reset needs a ticket here: choose one. Nothing was changed.")


def requestor_needed(t: Texts) -> str:
    return t.say(
        "Here only the password of the user who opened the ticket is reset: choose that user. Nothing was changed."
    )


def no_ticket_role(t: Texts) -> str:
    """A ticket is demanded, and none can be read."""
    return t.say(
        "A reset needs a ticket here, and the bot’s API role in WHMCS lacks GetTicket. Tell your administrator. "
        "Nothing was changed."
    )


def option(t: Texts, ticket_number: str, subject: str, status: str) -> str:
    return form.in_one_option(" · ".join(part for part in (ticket_number, _status(t, status), subject) if part))


def _status(t: Texts, status: str) -> str:
    """WHMCS's own statuses, which its API tells in English; the administrator's are their own words."""
    known = {
        "Open": t.say("Open"),
        "Answered": t.say("Answered"),
        "Customer-Reply": t.say("Customer-Reply"),
        "On Hold": t.say("On Hold"),
        "In Progress": t.say("In Progress"),
        "Closed": t.say("Closed"),
    }
    return known.get(status, status)
