"""The card of the chosen client in the form: the client, its ticket, its users, and the methods."""

import json
from collections.abc import Mapping
from itertools import accumulate
from typing import Final

from bot.domain.clients import ClientCard, SetPasswordOffer, UserChoice
from bot.domain.names import shorten
from bot.views import labels
from bot.views.blocks import (
    OPTION,
    Block,
    Element,
    Option,
    View,
    describe,
    fields,
    input_block,
    link,
    option,
    option_group,
    paragraph,
    radio_buttons,
    small,
    small_markup,
    static_select,
)
from bot.views.client_search import client_option, client_status
from bot.views.identity import beside_user, build_ticket, build_verification
from bot.views.reset_password import METHOD, USER, build_form, method_block, user_block
from bot.views.state import State
from bot.views.text import Texts, mark
from bot.views.text.methods import METHODS

_RADIO_OPTIONS: Final = 10
_SELECT_OPTIONS: Final = 100

# A view may have 250 kB (docs.slack.dev, views.open).
_USERS_BYTES: Final = 180_000

NOT_OFFERED: Final[Mapping[SetPasswordOffer, str]] = {
    SetPasswordOffer.PROTECTED: mark(
        "“Set a password” is not offered: this client is in a protected group. Send a password-reset e-mail."
    ),
    SetPasswordOffer.NOT_ALLOWED: mark("“Set a password” is not offered: you don’t have permission to set passwords."),
    SetPasswordOffer.NOT_INSTALLED: mark(
        "“Set a password” is not offered: the companion module is not set up in WHMCS."
    ),
    SetPasswordOffer.NOT_ANSWERING: mark(
        "“Set a password” is not offered right now: the companion module in WHMCS is not answering."
    ),
    SetPasswordOffer.ABSENT: mark(
        "“Set a password” is not offered: the companion module is missing in WHMCS, or not activated. "
        "Tell your administrator."
    ),
    SetPasswordOffer.TOO_OLD: mark(
        "“Set a password” is not offered: the companion module in WHMCS has another version. Tell your administrator."
    ),
    SetPasswordOffer.WRONG_SECRET: mark(
        "“Set a password” is not offered: the companion module in WHMCS and the bot have different secrets. "
        "Tell your administrator."
    ),
    SetPasswordOffer.WRONG_CLOCK: mark(
        "“Set a password” is not offered: the clocks of WHMCS’s server and of the bot differ too much. "
        "Tell your administrator."
    ),
    SetPasswordOffer.ADDRESS_REFUSED: mark(
        "“Set a password” is not offered: the companion module in WHMCS does not accept the bot’s address. "
        "Tell your administrator."
    ),
}
"""Why *set a password* is not among the methods."""


def build_card(state: State, card: ClientCard, t: Texts, *, verification: str = "", no_ticket: str = "") -> View:
    """`verification`: the answer given before. `no_ticket`: digits that are no ticket number and were read as the id."""
    parts: list[Block] = [
        fields(
            [
                (t.say("Name"), card.name),
                (t.say("Company"), card.company),
                (t.say("Client’s e-mail"), card.email),
                (t.say("Client id"), f"#{card.client_id}"),
                (t.say("Status"), client_status(t, card.status)),
            ]
        ),
        small_markup(link(card.profile_url, t.say("Open the profile in WHMCS"))),
    ]
    if no_ticket:
        parts.append(small(t.say("There is no ticket {ticket}: this is the client with that id.", ticket=no_ticket)))
    if warning := _warn_of_status(card, t):
        parts.append(paragraph(warning))
    if card.users:
        parts += [
            *build_ticket(state, card, t),
            _users(state, card, t),
            *_explain_marks(card, t),
            *_methods(state, card, t),
            *build_verification(state, card, verification, t),
        ]
    else:
        text = t.say(
            "This client has no users, so there is no password to reset. Add a user in the client’s Users tab in "
            "WHMCS, or choose another client."
        )
        parts.append(paragraph(text))
    if not any(method.mails_link for method in card.methods):
        text = t.say(
            "“Send a password-reset e-mail” is not offered: the bot’s API role in WHMCS lacks ResetPassword. "
            "Tell your administrator."
        )
        parts.append(small(text))
    if card.offer is not SetPasswordOffer.OFFERED:
        parts.append(small(t.say(NOT_OFFERED[card.offer])))
    parts += [labels.reference_block(t, state.reference), *labels.contact_blocks(t)]
    return build_form(state, parts, t, client_option(card.as_match, t))


def _warn_of_status(card: ClientCard, t: Texts) -> str:
    """Empty for an active client."""
    if card.status == "Inactive":
        return t.say("⚠ This client is inactive in WHMCS. Make sure that the reset is really needed.")
    if card.status == "Closed":
        return t.say("⚠ This client is closed in WHMCS. Make sure that the reset is really needed.")
    return ""


def _users(state: State, card: ClientCard, t: Texts) -> Block:
    everyone = [_user_option(choice, t) for choice in card.users]
    initial = next((each for each in everyone if each["value"] == str(card.preselected_user_id)), None)
    options = _fitting(everyone, initial)
    left_out = len(card.users) - len(options)
    hint = t.count(
        "{number} user does not fit here. To choose that user, type the exact e-mail address after the command.",
        "{number} users do not fit here. To choose one of them, type the exact e-mail address after the command.",
        left_out,
    )
    return input_block(
        block_id=user_block(state),
        label=labels.user(t),
        element=_choice(USER, options, initial),
        hint=hint if left_out else None,
        # If not everything is known of every user, the rest is read for the one who is chosen.
        dispatch_action=not all(choice.tells_clients for choice in card.users),
    )


def _explain_marks(card: ClientCard, t: Texts) -> list[Block]:
    """Explain what the marks beside users mean for a reset."""
    explained = []
    if any(choice.has_second_factor for choice in card.users):
        explained.append(
            t.say(
                "Second factor on: with a new password alone, the user can’t sign in. If they have lost the second "
                "factor, someone who may manage users in WHMCS has to switch it off."
            )
        )
    if any(choice.never_verified for choice in card.users):
        explained.append(
            t.say(
                "Address never verified: the user has not confirmed it in WHMCS, so a reset e-mail may reach someone "
                "else or nobody. Check the address first."
            )
        )
    return [small(text) for text in explained]


def _fitting(options: list[Option], initial: Option | None) -> list[Option]:
    """Return as many options as leave room for the rest of the view, with the initial one first if not all do."""
    if len(json.dumps(options)) <= _USERS_BYTES:
        return options
    sizes = [len(json.dumps(each)) for each in options]
    first = sorted(zip(options, sizes, strict=True), key=lambda sized: sized[0] is not initial)
    total = accumulate(size for _, size in first)
    return [each for (each, _), so_far in zip(first, total, strict=True) if so_far <= _USERS_BYTES]


def _choice(action_id: str, options: list[Option], initial: Option | None) -> Element:
    """Return radio buttons if Slack allows that many, else a select, with groups if there are more than it can hold."""
    if len(options) <= _RADIO_OPTIONS:
        return radio_buttons(action_id=action_id, options=options, initial_option=initial)
    if len(options) <= _SELECT_OPTIONS:
        return static_select(action_id=action_id, options=options, initial_option=initial)
    starts = range(0, len(options), _SELECT_OPTIONS)
    groups = [
        option_group(
            label=f"{start + 1}-{min(start + _SELECT_OPTIONS, len(options))}",
            options=options[start : start + _SELECT_OPTIONS],
        )
        for start in starts
    ]
    return static_select(action_id=action_id, option_groups=groups, initial_option=initial)


def _methods(state: State, card: ClientCard, t: Texts) -> list[Block]:
    """Nothing if no method is offered; the form says why."""
    if not card.methods:
        return []
    # The first one, the e-mail, is the usual case, so it takes one step less.
    preselected = card.preselected_method if card.preselected_method in card.methods else card.methods[0]
    options = {
        method: option(
            text=t.say(METHODS[method].name),
            value=method.value,
            description=t.say(METHODS[method].description),
        )
        for method in card.methods
    }
    element = radio_buttons(action_id=METHOD, options=list(options.values()), initial_option=options[preselected])
    return [input_block(block_id=method_block(state), label=labels.method(t), element=element)]


def _user_option(choice: UserChoice, t: Texts) -> Option:
    return option(text=_name_user(choice, t), value=str(choice.id), description=_describe_user(choice, t))


def _name_user(choice: UserChoice, t: Texts) -> str:
    """People go by the address, so the name is cut first."""
    if not choice.name or not choice.email:
        return shorten(choice.name or choice.email or t.say("user #{user_id}", user_id=choice.id), OPTION)
    room = max(OPTION - len(choice.email) - 3, 16)
    return shorten(f"{shorten(choice.name, room)} · {choice.email}", OPTION)


def _describe_user(choice: UserChoice, t: Texts) -> str:
    beside = beside_user(t, choice.judgement) if choice.judgement is not None else ""
    owner = t.say("Owner") if choice.is_owner else ""
    factor = t.say("second factor on") if choice.has_second_factor else ""
    address = t.say("address never verified") if choice.never_verified else ""
    opened = ""
    if choice.other_clients:
        opened = t.count("access to {number} other client", "access to {number} other clients", choice.other_clients)
    described = ""
    # With the time of day if there is room for it.
    for has_time in (True, False):
        sign_in = _describe_sign_in(choice, t, has_time=has_time)
        described = describe([beside, owner, factor, address, opened, sign_in], least=[sign_in, owner])
        if sign_in in described:
            break
    return described


def _describe_sign_in(choice: UserChoice, t: Texts, *, has_time: bool) -> str:
    if choice.last_sign_in_at is not None:
        at = choice.last_sign_in_at
        return t.say("last sign-in {date}", date=t.date(at) if has_time else t.day(at))
    return t.say("never signed in") if choice.tells_sign_in else t.say("last sign-in not reported by WHMCS")
