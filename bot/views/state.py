"""What a modal's private_metadata holds: which conversation it belongs to, and what was chosen in it."""

from collections.abc import Mapping
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.domain.clients import ClientCard
from bot.domain.identity import Proof
from bot.domain.references import Reference, parse_reference
from bot.domain.resets import Method, Origin

_VERSION: Final = 2
_NOTHING_CHOSEN: Final[Mapping[str, object]] = {
    "client_id": None,
    "user_id": None,
    "method": None,
    "verification": "",
    "proof": Proof.NONE,
    "needs_approval": False,
}
_NO_TICKET: Final[Mapping[str, object]] = {"ticket": "", "requestor_id": None, "requestor_proof": Proof.NONE}


class ViewError(Exception):
    """Not a view that this version of the bot drew."""


class State(BaseModel):
    """What rides in private_metadata; all else is read again. `opened_at` in Unix seconds.

    `requestor_id` is the user whom WHMCS named as the one who opened the ticket when the form was drawn, `requestor_proof`
    what that proves. `user_id`, `method`, `verification` and `needs_approval` are filled in at the last step, where no
    field holds them any more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = _VERSION
    reference: str
    agent: str
    opened_at: int
    channel: str = ""
    response_url: str = ""
    client_id: int | None = None
    ticket: str = ""
    requestor_id: int | None = None
    requestor_proof: Proof = Proof.NONE
    user_id: int | None = None
    method: Method | None = None
    verification: str = ""
    proof: Proof = Proof.NONE
    needs_approval: bool = False

    @classmethod
    def parse(cls, private_metadata: object) -> Self:
        """Raises: ViewError: from another version of the bot, or not ours."""
        try:
            state = cls.model_validate_json(private_metadata if isinstance(private_metadata, str) else "")
            parse_reference(state.reference)
        except (ValidationError, ValueError):
            # Without the cause: it holds the response_url.
            raise ViewError("not this version's private_metadata") from None
        if state.version != _VERSION:
            raise ViewError("another version's private_metadata")
        return state

    @property
    def origin(self) -> Origin:
        return Origin(channel=self.channel, response_url=self.response_url)

    def for_client(self, client_id: int | None) -> Self:
        """The same form for this client, without a ticket: that would be another client's."""
        return self.model_copy(update={"client_id": client_id, **_NO_TICKET})

    def for_card(self, card: ClientCard) -> Self:
        """The same form with this card in it."""
        ticket = card.ticket.ticket if card.ticket is not None else None
        told: dict[str, object] = {"client_id": card.client_id, **_NO_TICKET}
        if ticket is not None:
            told["ticket"] = ticket.number
        if card.requestor is not None and card.requestor.judgement is not None:
            told |= {"requestor_id": card.requestor.id, "requestor_proof": card.requestor.judgement.proof}
        return self.model_copy(update=told)

    def proof_for(self, user_id: int) -> Proof:
        """What the ticket proved for this user when the form was drawn."""
        return self.requestor_proof if user_id == self.requestor_id else Proof.NONE

    def renewed(self, reference: Reference, opened_at: int) -> Self:
        """The same conversation with a form of its own, in which nothing is chosen yet."""
        return self.model_copy(update={"reference": reference, "opened_at": opened_at, **_NOTHING_CHOSEN})

    def write(self) -> str:
        """For private_metadata."""
        return self.model_dump_json(exclude_none=True)


def find_origin(view: Mapping[str, object]) -> Origin:
    """Where the conversation began to which a view belongs, as far as the view tells."""
    try:
        return State.parse(view.get("private_metadata")).origin
    except ViewError:
        return Origin()
