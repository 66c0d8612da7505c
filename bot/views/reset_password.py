"""The form for a reset: its fields, and what is read from them. `client_search` and `client_card` fill it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.clients import MAX_ID
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import Method
from bot.domain.seals import Seal
from bot.views import labels
from bot.views.blocks import Block, Option, View, external_select, input_block, modal, small
from bot.views.identity import parse_ticket, parse_verification
from bot.views.state import State, ViewError, block_id, block_ids_of, chosen_in, values_of
from bot.views.text import Texts

CALLBACK_ID: Final = "reset_password"
CLIENT: Final = "client"
CANDIDATE: Final = "candidate"
USER: Final = "user"
METHOD: Final = "method"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The submitted values. Ids are None where nothing is chosen; `client_id` is also None for UNAVAILABLE.

    `drawn_blocks`: block_ids of the form that was submitted.
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
        """True if everything is chosen, and the card that was shown is the chosen client's."""
        is_chosen = None not in {self.client_id, self.user_id, self.method}
        return is_chosen and self.is_for_card

    @property
    def is_for_card(self) -> bool:
        """True if client and ticket are those of the card that was shown."""
        return self.client_id == self.state.client_id and self.ticket == self.state.ticket


def build_empty(state: State, t: Texts) -> View:
    """The first view when no text followed the command."""
    hint = small(t.say("WHMCS searches by the beginning of names, companies and e-mail addresses."))
    return build_form(state, [hint, *labels.contact_blocks(t)], t)


def build_loading(state: State, t: Texts) -> View:
    """While the client is being read. The type-ahead stays the same block, so that it keeps what was chosen in it."""
    return build_form(state, [small(t.say("One moment: reading the client from WHMCS…"))], t)


def build_form(state: State, parts: Iterable[Block], t: Texts, client: Option | None = None) -> View:
    """Return the type-ahead with these parts below it. `client`: the option that is selected in it."""
    select = external_select(
        action_id=CLIENT,
        placeholder=t.say("Name, company, e-mail or #id"),
        min_query_length=2,
        initial_option=client,
        focus_on_load=client is None,
    )
    type_ahead = input_block(block_id=client_block(state), label=labels.client(t), element=select, dispatch_action=True)
    return modal(
        callback_id=CALLBACK_ID,
        title=labels.title(t),
        submit=t.say("Reset"),
        close=labels.cancel(t),
        blocks=[type_ahead, *parts],
        private_metadata=state.write(),
    )


def parse_submission(view: Mapping[str, Any], seal: Seal) -> Submission:
    """Read a submitted form. A user or method of another client's card is ignored.

    Raises: ViewError: not a form that this version of the bot drew.
    """
    state = State.parse(view.get("private_metadata"), seal)
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
        drawn_blocks=block_ids_of(view),
    )


def parse_client_value(value: str | None) -> int | None:
    """Return the client id in an option's value; None for an option that is no client."""
    try:
        return _id(value)
    except ViewError:
        return None


def parse_users_choice(view: Mapping[str, Any], state: State) -> int | None:
    """Return the user chosen in a form that has not been submitted.

    Raises: ViewError: not a form that this version of the bot drew.
    """
    return parse_user_value(chosen_in(values_of(view), user_block(state), USER))


def parse_user_value(value: str | None) -> int | None:
    """Return the user id in an option's value; None for anything else."""
    try:
        return _id(value)
    except ViewError:
        return None


def client_block(state: State) -> str:
    return block_id(state, CLIENT)


def user_block(state: State) -> str:
    """Return a block_id that also changes with the ticket, so that the form can preselect its requestor."""
    return f"{block_id(state, USER)}:{state.ticket}"


def method_block(state: State) -> str:
    return block_id(state, METHOD)


def _id(value: str | None) -> int | None:
    """Raises: ViewError: not an id as the bot writes it."""
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(MAX_ID)) and 0 < int(value) <= MAX_ID):
        raise ViewError("not an id")
    return int(value)
