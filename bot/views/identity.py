"""The part of the form that is about who asks: the ticket, and how the person was verified."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from slack_sdk.models.blocks import (
    Block,
    ExternalDataSelectElement,
    InputBlock,
    Option,
    StaticSelectElement,
)

from bot.domain.clients import ClientCard
from bot.domain.identity import ProofReason, VerificationPolicy
from bot.domain.tickets import Ticket, TicketOption
from bot.views.blocks import paragraph, plain, strong
from bot.views.fields import UNAVAILABLE, block_id, chosen_in
from bot.views.state import State, ViewError
from bot.views.text import Texts, form, identity

TICKET: Final = "ticket"
VERIFICATION: Final = "verification"
_NUMBER: Final = 75


def build_ticket(state: State, card: ClientCard, t: Texts) -> list[Block]:
    """Who opened the ticket and what that proves, and the field in which another one is chosen."""
    parts: list[Block] = []
    ticket = card.ticket.ticket if card.ticket is not None else None
    if card.ticket is not None and card.ticket.problem is not None:
        parts.append(paragraph(identity.problem(t, card.ticket, card.client_id)))
    if ticket is not None:
        parts += [strong(identity.heading(t, ticket)), paragraph(identity.requestor(t, ticket, _best(card)))]
        if ticket.merged_from:
            parts.append(paragraph(identity.merged(t, ticket)))
        if ticket.is_closed:
            parts.append(paragraph(identity.closed(t)))
    if card.offers_tickets:
        parts.append(_select(state, ticket, t))
    return parts


def build_verification(state: State, card: ClientCard, chosen: str, t: Texts) -> list[Block]:
    """None where it is never asked. `chosen`: what was answered before."""
    policy = card.policy
    if policy.verification is VerificationPolicy.OFF:
        return []
    options = {code: Option(text=plain(identity.answer(t, code)), value=code) for code in policy.answers}
    element = StaticSelectElement(
        action_id=VERIFICATION, options=list(options.values()), initial_option=options.get(chosen)
    )
    return [
        InputBlock(
            block_id=verification_block(state),
            label=plain(identity.question(t)),
            hint=plain(identity.hint(t, policy.verification)),
            element=element,
            # Whether it is needed depends on what else is chosen, so that Slack can't tell.
            optional=True,
        )
    ]


def build_suggestions(options: Iterable[TicketOption] | None, t: Texts) -> list[dict[str, Any]]:
    """The type-ahead's options; None: there is no answer, which one option says."""
    if options is None:
        return [Option(text=plain(form.no_answer_option(t)), value=UNAVAILABLE).to_dict()]
    return [_option(one.number, one.subject, one.status, t).to_dict() for one in options]


def parse_ticket(values: Mapping[str, Any], state: State) -> str:
    """The number of the chosen ticket, or empty.

    Raises: ViewError: not a number as we write it.
    """
    number = parse_ticket_value(chosen_in(values, ticket_block(state), TICKET))
    if len(number) > _NUMBER or not number.isprintable():
        raise ViewError("not a ticket's number")
    return number


def parse_ticket_value(value: str | None) -> str:
    """The number in an option's value; empty for an option that is no ticket."""
    return value if value is not None and value != UNAVAILABLE else ""


def parse_verification(values: Mapping[str, Any], state: State) -> str:
    """What was answered, or empty; whether it is one of the answers that there are, the reader looks up."""
    return chosen_in(values, verification_block(state), VERIFICATION) or ""


def ticket_block(state: State) -> str:
    return block_id(state, TICKET)


def verification_block(state: State) -> str:
    return block_id(state, VERIFICATION)


def _select(state: State, ticket: Ticket | None, t: Texts) -> Block:
    initial = _option(ticket.number, ticket.subject, ticket.status, t) if ticket is not None else None
    select = ExternalDataSelectElement(
        action_id=TICKET, placeholder=form.ticket_placeholder(t), min_query_length=0, initial_option=initial
    )
    return InputBlock(
        block_id=ticket_block(state), label=plain(form.ticket(t)), element=select, dispatch_action=True, optional=True
    )


def _option(number: str, subject: str, status: str, t: Texts) -> Option:
    return Option(text=plain(identity.option(t, number, subject, status)), value=number)


def _best(card: ClientCard) -> ProofReason:
    """Why the ticket proves what it proves for the user for whom it proves most."""
    judgements = [user.judgement for user in card.users if user.judgement is not None]
    best = max(judgements, key=lambda judgement: judgement.proof.rank, default=None)
    return best.reason if best is not None else ProofReason.OTHER_ADDRESS
