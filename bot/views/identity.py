"""The parts of the form about the person asking: the ticket and what it proves, and how the person was verified."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.domain.clients import ClientCard
from bot.domain.identity import Judgement, Proof, ProofReason, VerificationPolicy
from bot.domain.names import shorten
from bot.domain.tickets import Ticket, TicketOption, Writer
from bot.views import labels
from bot.views.blocks import (
    OPTION,
    Block,
    Option,
    external_select,
    input_block,
    join_known,
    option,
    paragraph,
    static_select,
    strong,
)
from bot.views.state import UNAVAILABLE, State, ViewError, block_id, chosen_in
from bot.views.text import Texts, failures, mark

TICKET: Final = "ticket"
VERIFICATION: Final = "verification"
_NUMBER: Final = 75
_NAMED: Final = 3

PROOFS: Final[Mapping[ProofReason, str]] = {
    ProofReason.REQUESTOR_SIGNED_IN: mark("Strong proof: this user had to sign in to open the ticket."),
    ProofReason.REQUESTOR_CLOSED: mark(
        "Some proof: this user opened the ticket, but it is closed, so it is about something already settled."
    ),
    ProofReason.REQUESTOR_ANSWERED: mark(
        "Some proof: this user signed in to open the ticket, but someone outside your team has written "
        "since. That message may have come by e-mail, where the sender can be forged."
    ),
    ProofReason.REQUESTOR_OLD: mark(
        "Some proof: this user signed in to open the ticket, but too long ago for this reset."
    ),
    ProofReason.REQUESTOR_UNDATED: mark(
        "Some proof: this user signed in to open the ticket, but WHMCS’s module does not report the time "
        "zone, so it is not known when."
    ),
    ProofReason.REQUESTOR: mark(
        "Some proof: WHMCS names this user as the requestor, but a forged e-mail would look the same."
    ),
    ProofReason.ANOTHER_USER: mark("⚠ No proof: another user of this client opened the ticket."),
    ProofReason.OTHER_ADDRESS: mark(
        "⚠ No proof: the address that opened the ticket belongs to none of this client’s users."
    ),
    ProofReason.GUEST: mark("⚠ No proof: a guest opened the ticket, without signing in."),
    ProofReason.STAFF: mark("⚠ No proof: your own team opened the ticket."),
    ProofReason.UNNAMED: mark("⚠ No proof: WHMCS does not name who opened the ticket."),
    ProofReason.NO_TICKET: mark("⚠ No proof: there is no ticket."),
}
"""What a ticket proves for a user, and why no more."""

ANSWERS: Final[Mapping[str, str]] = {
    "called_back": mark("Called back on the number on file"),
    "video_call": mark("Video call in which an identity document was shown"),
    "registered_address": mark("Answered from the registered e-mail address"),
    "in_person": mark("In person, with an identity document"),
}
"""Our own answers by their codes; an administrator's are their own words."""

STATUSES: Final[Mapping[str, str]] = {
    "Open": mark("Open"),
    "Answered": mark("Answered"),
    "Customer-Reply": mark("Customer-Reply"),
    "On Hold": mark("On Hold"),
    "In Progress": mark("In Progress"),
    "Closed": mark("Closed"),
}
"""WHMCS's own statuses of a ticket, which its API returns in English; an administrator's are their own words."""


def build_ticket(state: State, card: ClientCard, t: Texts) -> list[Block]:
    """The ticket's requestor and what that proves, and the field in which another ticket is chosen."""
    parts: list[Block] = []
    ticket = card.ticket.ticket if card.ticket is not None else None
    if card.ticket is not None and card.ticket.failure is not None:
        why_not = failures.why(t, card.ticket.failure, card.client_id)
        parts.append(paragraph(t.say("Ticket {ticket} is not used. {why}", ticket=card.ticket.number, why=why_not)))
    if ticket is not None:
        parts += [
            strong(heading(t, ticket)),
            paragraph(f"{history(t, ticket)} {why(t, _best(card))}"),
        ]
        if ticket.merged_from:
            text = t.say(
                "Ticket {ticket} was merged into {target}, which is shown.",
                ticket=ticket.merged_from,
                target=ticket.number,
            )
            parts.append(paragraph(text))
        if ticket.is_closed:
            parts.append(paragraph(t.say("⚠ This ticket is closed.")))
    if card.offers_tickets:
        parts.append(_select(state, ticket, t))
    return parts


def build_verification(state: State, card: ClientCard, chosen: str, t: Texts) -> list[Block]:
    """Nothing if the question is never asked. `chosen`: the answer given before."""
    policy = card.policy
    if policy.verification is VerificationPolicy.OFF:
        return []
    options = {code: option(text=answer(t, code), value=code) for code in policy.answers}
    element = static_select(action_id=VERIFICATION, options=list(options.values()), initial_option=options.get(chosen))
    return [
        input_block(
            block_id=verification_block(state),
            label=question(t),
            hint=t.say("Required, unless the ticket is strong proof.")
            if policy.verification is VerificationPolicy.ALWAYS
            else t.say("Required to set a password, unless the ticket is strong proof."),
            element=element,
            # Slack can't know if it is needed: that depends on the other choices.
            optional=True,
        )
    ]


def build_suggestions(options: Iterable[TicketOption] | None, t: Texts) -> list[dict[str, Any]]:
    """Return the options of the ticket's type-ahead. `options` None: there is no answer."""
    if options is None:
        return [labels.unanswered_option(t)]
    return [_option(one.number, one.subject, one.status, t) for one in options]


def parse_ticket(values: Mapping[str, Any], state: State) -> str:
    """Return the number of the chosen ticket, or empty.

    Raises: ViewError: not a number as the bot writes it.
    """
    number = parse_ticket_value(chosen_in(values, ticket_block(state), TICKET))
    if len(number) > _NUMBER or not number.isprintable():
        raise ViewError("not a ticket's number")
    return number


def parse_ticket_value(value: str | None) -> str:
    """Return the number in an option's value; empty for an option that is no ticket."""
    return value if value is not None and value != UNAVAILABLE else ""


def parse_verification(values: Mapping[str, Any], state: State) -> str:
    """Return the answer, or empty. The caller checks that it is one of the policy's answers."""
    return chosen_in(values, verification_block(state), VERIFICATION) or ""


def ticket_block(state: State) -> str:
    return block_id(state, TICKET)


def verification_block(state: State) -> str:
    return block_id(state, VERIFICATION)


def heading(t: Texts, ticket: Ticket) -> str:
    """Return the ticket in one line."""
    text = t.say("Ticket {ticket} · {status}", ticket=ticket.number, status=_status(t, ticket.status))
    return join_known(text, ticket.subject)


def history(t: Texts, ticket: Ticket) -> str:
    """Return the ticket's opening and its last message, with a warning if anyone else has written in it."""
    return " ".join(
        filter(None, (_opened(t, ticket), _department(t, ticket), _last_message(t, ticket), _others(t, ticket)))
    )


def _others(t: Texts, ticket: Ticket) -> str:
    """Return a warning if anyone but the requestor and the staff has written in it; else empty."""
    if not ticket.others:
        return ""
    names = ", ".join(name or t.say("someone whom WHMCS does not name") for name in ticket.others[:_NAMED])
    return t.say("⚠ Someone else has written in this ticket: {names}.", names=names)


def _opened(t: Texts, ticket: Ticket) -> str:
    who = join_known(ticket.requestor_name, ticket.requestor_email) or "?"
    if ticket.age is None:
        return t.say("Opened by {who}.", who=who)
    return t.say("Opened {ago} by {who}.", ago=t.ago(ticket.age), who=who)


def _department(t: Texts, ticket: Ticket) -> str:
    return t.say("Department: {department}.", department=ticket.department) if ticket.department else ""


def _last_message(t: Texts, ticket: Ticket) -> str:
    message = ticket.last_message
    if message is None:
        return ""
    match message.writer:
        case Writer.STAFF:
            return t.say("Last message: your team ({name}).", name=message.name or "?")
        case Writer.REQUESTOR:
            return t.say("Last message: the requestor.")
        case Writer.OTHER:
            return t.say("Last message: {name}.", name=message.name or t.say("someone whom WHMCS does not name"))


def why(t: Texts, reason: ProofReason) -> str:
    """Return what a ticket proves for a user, and why no more."""
    return t.say(PROOFS[reason])


def beside_user(t: Texts, judgement: Judgement) -> str:
    """Return what the ticket proves in a few words, for a user's line."""
    if judgement.reason is ProofReason.REQUESTOR_SIGNED_IN:
        return t.say("opened the ticket, signed in")
    return t.say("did not open the ticket") if judgement.proof is Proof.NONE else t.say("opened the ticket")


def question(t: Texts) -> str:
    return t.say("How was the person verified?")


def answer(t: Texts, code: str) -> str:
    return t.say(ANSWERS[code]) if code in ANSWERS else code


def _status(t: Texts, status: str) -> str:
    return t.say(STATUSES[status]) if status in STATUSES else status


def _select(state: State, ticket: Ticket | None, t: Texts) -> Block:
    initial = _option(ticket.number, ticket.subject, ticket.status, t) if ticket is not None else None
    select = external_select(
        action_id=TICKET,
        placeholder=t.say("Choose an open one, or type its number"),
        min_query_length=0,
        initial_option=initial,
    )
    return input_block(
        block_id=ticket_block(state), label=labels.ticket(t), element=select, dispatch_action=True, optional=True
    )


def _option(number: str, subject: str, status: str, t: Texts) -> Option:
    text = shorten(join_known(number, _status(t, status), subject), OPTION)
    return option(text=text, value=number)


def _best(card: ClientCard) -> ProofReason:
    """Return the reason of the strongest proof among the users."""
    judgements = [user.judgement for user in card.users if user.judgement is not None]
    best = max(judgements, key=lambda judgement: judgement.proof.rank, default=None)
    return best.reason if best is not None else ProofReason.OTHER_ADDRESS
