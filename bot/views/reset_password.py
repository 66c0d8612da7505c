"""The form: which client, which user, which method."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ExternalDataSelectElement,
    InputBlock,
    Option,
    OptionGroup,
    RadioButtonsElement,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.views import View as ViewModel

from bot.domain.clients import ClientCard, ClientMatch, Search, SetPasswordOffer, UserChoice
from bot.domain.names import shorten
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import Method, Reason
from bot.domain.tickets import Ticket
from bot.views.blocks import View, paragraph, plain, small, small_markup
from bot.views.fields import UNAVAILABLE, block_id, chosen_in, values_of
from bot.views.identity import build_ticket, build_verification, parse_ticket, parse_verification
from bot.views.state import State, ViewError
from bot.views.text import Texts, form, identity, outcomes

CALLBACK_ID: Final = "reset_password"
CLIENT: Final = "client"
CANDIDATE: Final = "candidate"
USER: Final = "user"
METHOD: Final = "method"
SEARCH_AGAIN: Final = "search_again"

Failed = tuple[Reason, str]
"""Why something is not told, and WHMCS's own words about it."""

_RADIO_OPTIONS: Final = 10
_SELECT_OPTIONS: Final = 100
_QUERY: Final = 200
_FIELD: Final = 2000

# A view may have 250 kB (docs.slack.dev, views.open).
_USERS_BYTES: Final = 180_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What was filled in. Ids are None where nothing is chosen; `client_id` is also None for UNAVAILABLE.

    `drawn_blocks`: the fields that the form had, by block_id.
    """

    state: State
    client_id: int | None
    user_id: int | None
    method: Method | None
    ticket: str
    verification: str
    drawn_blocks: frozenset[str]

    @property
    def reference(self) -> Reference:
        return Reference(self.state.reference)

    @property
    def agent(self) -> AgentId:
        return AgentId(self.state.agent)

    @property
    def is_complete(self) -> bool:
        """Whether it says what to reset: everything is chosen, and the card that was drawn is the chosen client's."""
        is_chosen = None not in {self.client_id, self.user_id, self.method}
        return is_chosen and self.is_for_card

    @property
    def is_for_card(self) -> bool:
        """Whether client and ticket are those of the card that was drawn."""
        return self.client_id == self.state.client_id and self.ticket == self.state.ticket


def build_searching(state: State, query: str, t: Texts) -> View:
    """The first view when something was typed behind the command."""
    return _form(state, None, [small(form.searching(t, query))], t)


def build_empty(state: State, t: Texts) -> View:
    """The first view when nothing was typed."""
    return _form(state, None, [small(form.client_hint(t)), *_contact(t)], t)


def build_loading(state: State, t: Texts) -> View:
    """While the client is being read. The type-ahead stays the same block, so that it keeps what was chosen in it."""
    return _form(state, None, [small(form.loading_client(t))], t)


def build_unavailable(state: State, t: Texts) -> View:
    """What was chosen in the type-ahead was no client, but the word that there is no answer."""
    return _form(state, None, [paragraph(outcomes.search_failed(t, Reason.TIMED_OUT, "")), *_contact(t)], t)


def build_found(
    state: State, search: Search, t: Texts, *, is_ticket_asked: bool = False, ticket_failure: Failed | None = None
) -> View:
    """What the search behind the command found, when that is not one client.

    `ticket_failure`: why it is not known whether a ticket was typed.
    """
    parts: list[Block] = []
    if search.failure is not None and not search.matches:
        parts.append(paragraph(outcomes.search_failed(t, search.failure, search.detail)))
    elif not search.matches:
        parts.append(paragraph(form.found_none(t, search.query, is_ticket_asked=is_ticket_asked)))
    else:
        shown = search.matches[:_RADIO_OPTIONS]
        parts.append(paragraph(form.found(t, max(search.total, len(search.matches)), len(shown), search.query)))
        parts.append(_candidates(state, shown, t))
    if search.failure is not None and search.matches:
        parts.append(small(outcomes.found_in_part(t, search.failure, search.detail)))
    if ticket_failure is not None:
        parts.append(small(outcomes.tickets_not_asked(t, *ticket_failure)))
    parts.append(_search_again(search.query, t))
    return _form(state, None, [*parts, *_contact(t)], t)


def build_guests_ticket(state: State, ticket: Ticket, t: Texts) -> View:
    """The ticket that was typed belongs to no client."""
    return _form(state, None, [paragraph(identity.guest(t, ticket)), *_contact(t)], t)


def build_failed(state: State, client_id: int, reason: Reason, detail: str, t: Texts) -> View:
    """The client that was chosen could not be read."""
    text = outcomes.search_failed(t, reason, str(client_id) if reason is Reason.CLIENT_NOT_FOUND else detail)
    return _form(state, None, [paragraph(text), _search_again(f"#{client_id}", t), *_contact(t)], t)


def build_card(state: State, card: ClientCard, timezone: str, t: Texts, *, verification: str = "") -> View:
    """The chosen client, with the ticket, its users and the methods.

    `timezone`: the agent's, for last sign-ins. `verification`: what was answered before.
    """
    chosen = card.as_match
    parts: list[Block] = [
        SectionBlock(
            fields=[plain(shorten(f"{label}\n{value}", _FIELD)) for label, value in form.card_fields(t, card)]
        ),
        small_markup(f"<{card.profile_url}|{form.profile_link(t)}>"),
    ]
    if warning := form.status_warning(t, card):
        parts.append(paragraph(warning))
    if card.users:
        parts += [
            *build_ticket(state, card, t),
            _users(state, card, timezone, t),
            *_methods(state, card, t),
            *build_verification(state, card, verification, t),
        ]
    else:
        parts.append(paragraph(form.no_users(t)))
    if not card.offers_email:
        parts.append(small(form.no_email_offer(t)))
    if explained := form.offer(t, card.offer):
        parts.append(small(explained))
    return _form(state, chosen, [*parts, small(form.reference(t, state.reference)), *_contact(t)], t)


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form. A user or method that belongs to another card than the drawn one is not seen.

    Raises: ViewError: not a form that this version of the bot drew.
    """
    state = State.parse(view.get("private_metadata"))
    values = values_of(view)
    client = chosen_in(values, client_block(state), CLIENT) or chosen_in(values, block_id(state, CANDIDATE), CANDIDATE)
    method = chosen_in(values, method_block(state), METHOD)
    if method is not None and method not in set(Method):
        raise ViewError("not a method")
    return Submission(
        state=state,
        client_id=parse_client_value(client),
        user_id=_id(chosen_in(values, user_block(state), USER)),
        method=Method(method) if method is not None else None,
        ticket=parse_ticket(values, state),
        verification=parse_verification(values, state),
        drawn_blocks=frozenset(block.get("block_id", "") for block in view.get("blocks", ())),
    )


def parse_client_value(value: str | None) -> int | None:
    """The client id in an option's value; None for an option that is no client."""
    try:
        return _id(value)
    except ViewError:
        return None


def parse_users_choice(view: Mapping[str, Any], state: State) -> int | None:
    """Who is chosen in a form that has not been submitted."""
    return parse_user_value(chosen_in(values_of(view), user_block(state), USER))


def parse_user_value(value: str | None) -> int | None:
    """The user id in an option's value; None for what is none."""
    try:
        return _id(value)
    except ViewError:
        return None


def build_suggestions(search: Search, t: Texts) -> list[dict[str, Any]]:
    """The type-ahead's options, at most 100; where there is no answer, one that says so."""
    if search.matches:
        shown = [_client_option(match, t).to_dict() for match in search.matches[: _SELECT_OPTIONS - 1]]
        more = search.total - len(shown)
        return [*shown, _saying(form.more_option(t, more))] if more > 0 else shown
    return [_saying(form.no_answer_option(t))] if search.failure is not None else []


def build_refused_suggestions(t: Texts) -> list[dict[str, Any]]:
    return [_saying(form.not_allowed_option(t))]


def client_block(state: State) -> str:
    return block_id(state, CLIENT)


def user_block(state: State) -> str:
    """It changes with the ticket as well, so that its requestor can be chosen in it."""
    return f"{block_id(state, USER)}:{state.ticket}"


def method_block(state: State) -> str:
    return block_id(state, METHOD)


def _form(state: State, client: ClientMatch | None, parts: Iterable[Block], t: Texts) -> View:
    select = ExternalDataSelectElement(
        action_id=CLIENT,
        placeholder=form.client_placeholder(t),
        min_query_length=2,
        initial_option=_client_option(client, t) if client is not None else None,
        focus_on_load=client is None,
    )
    type_ahead = InputBlock(
        block_id=client_block(state), label=plain(form.client(t)), element=select, dispatch_action=True
    )
    view = ViewModel(
        type="modal",
        callback_id=CALLBACK_ID,
        title=plain(form.title(t)),
        submit=plain(form.submit(t)),
        close=plain(form.cancel(t)),
        blocks=[type_ahead, *parts],
        private_metadata=state.write(),
    )
    return view.to_dict()


def _candidates(state: State, matches: Iterable[ClientMatch], t: Texts) -> Block:
    return InputBlock(
        block_id=block_id(state, CANDIDATE),
        label=plain(form.matches(t)),
        element=RadioButtonsElement(action_id=CANDIDATE, options=[_client_option(match, t) for match in matches]),
        dispatch_action=True,
        optional=True,
    )


def _search_again(query: str, t: Texts) -> Block:
    button = ButtonElement(text=plain(form.search_again(t)), action_id=SEARCH_AGAIN, value=query[:_QUERY])
    return ActionsBlock(elements=[button])


def _users(state: State, card: ClientCard, timezone: str, t: Texts) -> Block:
    first = sorted(card.users, key=lambda choice: choice.id != card.preselected_user_id)
    options = _fitting(_user_option(choice, timezone, t) for choice in first)
    # The order that WHMCS has them in stays, unless the one who is meant would be among those that don't fit.
    if len(options) == len(card.users):
        options = [_user_option(choice, timezone, t) for choice in card.users]
    initial = next((option for option in options if option.value == str(card.preselected_user_id)), None)
    hint = form.users_left_out(t, len(card.users) - len(options)) if len(options) < len(card.users) else ""
    return InputBlock(
        block_id=user_block(state),
        label=plain(form.user(t)),
        element=_choice(USER, options, initial),
        hint=plain(hint) if hint else None,
        # Where not all is known of everybody, it is asked of the one who is chosen.
        dispatch_action=not all(choice.tells_clients for choice in card.users),
    )


def _fitting(options: Iterable[Option]) -> list[Option]:
    """As many options as leave room for the rest of the view."""
    fitting: list[Option] = []
    size = 0
    for option in options:
        size += len(json.dumps(option.to_dict()))
        if size > _USERS_BYTES:
            break
        fitting.append(option)
    return fitting


def _choice(action_id: str, options: list[Option], initial: Option | None) -> RadioButtonsElement | StaticSelectElement:
    """Radio buttons while Slack allows, then a select; more than a select holds go into groups of it."""
    if len(options) <= _RADIO_OPTIONS:
        return RadioButtonsElement(action_id=action_id, options=options, initial_option=initial)
    if len(options) <= _SELECT_OPTIONS:
        return StaticSelectElement(action_id=action_id, options=options, initial_option=initial)
    starts = range(0, len(options), _SELECT_OPTIONS)
    groups = [
        OptionGroup(
            label=plain(f"{start + 1}-{min(start + _SELECT_OPTIONS, len(options))}"),
            options=options[start : start + _SELECT_OPTIONS],
        )
        for start in starts
    ]
    return StaticSelectElement(action_id=action_id, option_groups=groups, initial_option=initial)


def _methods(state: State, card: ClientCard, t: Texts) -> list[Block]:
    """None where nothing can be done; the form says why."""
    offered = [Method.RESET_EMAIL] if card.offers_email else []
    if card.offer is SetPasswordOffer.OFFERED:
        offered.append(Method.SET_PASSWORD)
    if not offered:
        return []
    preselected = card.preselected_method if card.preselected_method in offered else None
    if len(offered) == 1:
        preselected = offered[0]
    options = {
        method: Option(
            text=plain(form.method_text(t, method)),
            value=method.value,
            description=plain(form.method_description(t, method)),
        )
        for method in offered
    }
    element = RadioButtonsElement(
        action_id=METHOD,
        options=list(options.values()),
        initial_option=options[preselected] if preselected is not None else None,
    )
    return [InputBlock(block_id=method_block(state), label=plain(form.method(t)), element=element)]


def _client_option(match: ClientMatch, t: Texts) -> Option:
    description = form.match_description(t, match.via_email, match.domain, match.status)
    return Option(
        text=plain(form.match_text(match.name, match.company, match.email, match.client_id)),
        value=str(match.client_id),
        description=plain(description) if description else None,
    )


def _user_option(choice: UserChoice, timezone: str, t: Texts) -> Option:
    return Option(
        text=plain(form.user_text(t, choice)),
        value=str(choice.id),
        description=plain(form.user_description(t, choice, timezone, _beside(choice, t))),
    )


def _beside(choice: UserChoice, t: Texts) -> str:
    return identity.beside_user(t, choice.judgement.reason) if choice.judgement is not None else ""


def _saying(text: str) -> dict[str, Any]:
    return Option(text=plain(text), value=UNAVAILABLE).to_dict()


def _contact(t: Texts) -> list[Block]:
    text = form.contact(t)
    return [small_markup(text)] if text else []


def _id(value: str | None) -> int | None:
    """Raises: ViewError: not an id as we write it."""
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 18):  # noqa: PLR2004 - what fits into 63 bits
        raise ViewError("not an id")
    return int(value)
