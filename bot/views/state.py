"""What a modal's private_metadata holds: which conversation it belongs to, and what was chosen in it."""

from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.domain.references import Reference, parse_reference
from bot.domain.resets import Method, Origin

_VERSION: Final = 2


class ViewError(Exception):
    """Not a view that this version of the bot drew."""


class State(BaseModel):
    """What rides in private_metadata; all else is read again. `opened_at` in Unix seconds.

    `user_id`, `method` and `verification` are filled in at the last step, where no field holds them any more.
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
    user_id: int | None = None
    method: Method | None = None
    verification: str = ""

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
        return self.model_copy(update={"client_id": client_id})

    def renewed(self, reference: Reference, opened_at: int) -> Self:
        """The same conversation with a form of its own, in which nothing is chosen yet."""
        nothing = {"client_id": None, "user_id": None, "method": None, "verification": ""}
        return self.model_copy(update={"reference": reference, "opened_at": opened_at} | nothing)

    def write(self) -> str:
        """For private_metadata."""
        return self.model_dump_json(exclude_none=True)
