"""What comes back from Slack with a view: private_metadata, and the values of its fields.

private_metadata holds the conversation that a modal belongs to and what was chosen in it. It is written as
`version.key_id.mac.json`, and the MAC covers all of it, so that no field can be changed on the way.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from bot.domain.clients import MAX_ID, ClientCard
from bot.domain.identity import Proof
from bot.domain.references import Reference
from bot.domain.resets import Method, Origin
from bot.domain.seals import Seal

_VERSION: Final = "3"
_PURPOSE: Final = "private_metadata"
_OLDEST_VERSION: Final = '{"version":'
"""Versions 1 and 2 were plain JSON, without a MAC."""

_NOTHING_CHOSEN: Final[Mapping[str, object]] = {
    "client_id": None,
    "user_id": None,
    "method": None,
    "verification": "",
    "proof": Proof.NONE,
    "needs_approval": False,
    "shown": "",
}
_NO_TICKET: Final[Mapping[str, object]] = {"ticket": "", "requestor_id": None, "requestor_proof": Proof.NONE}

Id = Annotated[int, Field(gt=0, le=MAX_ID)]
"""The id of a client or user of WHMCS."""


UNAVAILABLE: Final = "unavailable"
"""The value of an option that explains why there are no others; never a client or a ticket."""


class ViewError(Exception):
    """The view is not one that the bot rendered."""


class OutdatedViewError(ViewError):
    """The view was rendered by another version of the bot, or under another bot token."""


class SealedState(BaseModel):
    """State that is written to private_metadata under a MAC. A copy has the seal of its original."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    _seal: Seal | None = PrivateAttr(default=None)

    @classmethod
    def parse(cls, private_metadata: object, seal: Seal) -> Self:
        """Verify and read private_metadata.

        Raises: OutdatedViewError; ViewError: the bot did not write it.
        """
        text = private_metadata if isinstance(private_metadata, str) else ""
        if text.startswith(_OLDEST_VERSION):
            raise OutdatedViewError("private_metadata of an older version")
        version, key_id, mac, content = (*text.split(".", 3), "", "", "")[:4]
        if version.isdecimal() and (version != _VERSION or key_id != seal.key_id):
            raise OutdatedViewError("private_metadata of another version, or under another key")
        if not seal.verify(mac, _PURPOSE, cls.kind, version, content):
            raise ViewError("private_metadata does not verify")
        try:
            state = cls.model_validate_json(content)
        except ValidationError:
            # Without the cause: it holds the response_url.
            raise ViewError("private_metadata is not this kind of state") from None
        return state.sealed_by(seal)

    def sealed_by(self, seal: Seal) -> Self:
        """Return a copy that can be written."""
        sealed = self.model_copy()
        sealed._seal = seal  # noqa: SLF001 - its own class
        return sealed

    def write(self) -> str:
        """Return the text for private_metadata."""
        if self._seal is None:
            raise AssertionError("a state without a seal is not written")
        content = self.model_dump_json(exclude_none=True)
        mac = self._seal.sign(_PURPOSE, self.kind, _VERSION, content)
        return f"{_VERSION}.{self._seal.key_id}.{mac}.{content}"


class State(SealedState):
    """State of the reset's modal; everything else is read again. `opened_at`: Unix seconds.

    `requestor_id`: the user who opened the ticket according to WHMCS when the form was rendered; `requestor_proof`: what
    that proves. `user_id`, `method`, `verification`, `needs_approval` and `shown` (digests of what the last step shows)
    are set at the last step, which has no fields for them.
    """

    kind = "form"

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
    shown: str = ""

    @property
    def origin(self) -> Origin:
        return Origin(channel=self.channel, response_url=self.response_url)

    def for_client(self, client_id: int | None) -> Self:
        """Return the form for this client, without the other client's ticket."""
        return self.model_copy(update={"client_id": client_id, **_NO_TICKET})

    def for_card(self, card: ClientCard) -> Self:
        """Return the form with this card in it."""
        ticket = card.ticket.ticket if card.ticket is not None else None
        found: dict[str, object] = {"client_id": card.client_id, **_NO_TICKET}
        if ticket is not None:
            found["ticket"] = ticket.number
        if card.requestor is not None and card.requestor.judgement is not None:
            found |= {"requestor_id": card.requestor.id, "requestor_proof": card.requestor.judgement.proof}
        return self.model_copy(update=found)

    def proof_for(self, user_id: int) -> Proof:
        """Return what the ticket proved for this user when the form was rendered."""
        return self.requestor_proof if user_id == self.requestor_id else Proof.NONE

    def renewed(self, reference: Reference, opened_at: int) -> Self:
        """Return the same conversation with a new form, in which nothing is chosen yet."""
        return self.model_copy(update={"reference": reference, "opened_at": opened_at, **_NOTHING_CHOSEN})


def find_origin(view: Mapping[str, object], seal: Seal) -> Origin:
    """Return where the view's conversation began; empty if the view doesn't hold it."""
    try:
        return State.parse(view.get("private_metadata"), seal).origin
    except ViewError:
        return Origin()


def block_id(state: State, name: str) -> str:
    """Return a block_id that changes with the client, so that Slack carries no choice over to another client's card."""
    return f"{name}:{state.reference}:{state.client_id or 0}"


def values_of(view: Mapping[str, Any]) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return what is filled in, by block_id and action_id.

    Raises: ViewError: not of the shape that Slack gives it.
    """
    values = _object_in(_object_in(view, "state"), "values")
    return {
        block: {action_id: _object_of(value) for action_id, value in _object_of(elements).items()}
        for block, elements in values.items()
    }


def block_ids_of(view: Mapping[str, Any]) -> frozenset[str]:
    """Return the block_ids that a view was rendered with.

    Raises: ViewError: not of the shape that Slack gives it.
    """
    blocks = view.get("blocks", ())
    if not isinstance(blocks, Sequence):
        raise ViewError("blocks that are no list")
    ids = (_object_of(block).get("block_id") for block in blocks)
    return frozenset(block_id for block_id in ids if isinstance(block_id, str))


def chosen_in(values: Mapping[str, Mapping[str, Mapping[str, Any]]], block: str, action_id: str) -> str | None:
    """Return the value of the option that is chosen in a select or among radio buttons.

    Raises: ViewError: not of the shape that Slack gives it.
    """
    return value_of(values.get(block, {}).get(action_id, {}))


def value_of(element: Mapping[str, Any]) -> str | None:
    """Return the value of the option that is chosen in this element.

    Raises: ViewError: not of the shape that Slack gives it.
    """
    value = _object_in(element, "selected_option").get("value")
    if value is not None and not isinstance(value, str):
        raise ViewError("an option whose value is no text")
    return value


def _object_in(outer: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object under a key; Slack writes null where there is none."""
    value = outer.get(key)
    return {} if value is None else _object_of(value)


def _object_of(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ViewError("not an object")
    return value
