"""What Slack sends, checked once into frozen types. Only what we read is named."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.domain.permissions import AgentId
from bot.domain.resets import MessageRef, Origin
from bot.domain.subjects import find_subject
from bot.listeners.message_texts import read_texts


class PayloadError(Exception):
    """A payload that lacks what its kind always has. Holds nothing of it."""


class Payload(BaseModel):
    """`team_id`: the workspace from which the person acts, or empty."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    user_id: AgentId = Field(validation_alias=AliasChoices("user_id", AliasPath("user", "id")), min_length=1)
    team_id: str = Field(default="", validation_alias=AliasChoices("team_id", AliasPath("user", "team_id")))

    @property
    def is_answered(self) -> bool:
        """Whether there is anything to do; whoever sent what is not answered is not looked at."""
        return True

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Raises: PayloadError."""
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            # Without the cause: it holds the payload.
            places = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors())
            raise PayloadError(f"{cls.__name__}: {places}") from None


class Opening(Payload):
    """What asks for the form: the command, a shortcut, or Home's button. `query`: whom to search for at once."""

    trigger_id: str = Field(min_length=1)

    @property
    def query(self) -> str:
        return ""

    @property
    def origin(self) -> Origin:
        """Where to answer; without a place it is a direct message."""
        return Origin()


class Command(Opening):
    text: str = ""
    channel_id: str = ""
    response_url: str = ""

    @property
    def query(self) -> str:
        return self.text

    @property
    def origin(self) -> Origin:
        return Origin(channel=self.channel_id, response_url=self.response_url)


class MessageShortcut(Opening):
    """A shortcut that was used on a message, also in a thread."""

    channel: str = Field(default="", validation_alias=AliasPath("channel", "id"))
    response_url: str = ""
    bot_id: str = Field(default="", validation_alias=AliasPath("message", "bot_id"))
    texts: tuple[str, ...] = Field(default=(), validation_alias="message")

    @field_validator("texts", mode="before")
    @classmethod
    def _read_message(cls, message: object) -> tuple[str, ...]:
        return read_texts(message) if isinstance(message, Mapping) else ()

    @property
    def query(self) -> str:
        return find_subject(self.texts)

    @property
    def origin(self) -> Origin:
        return Origin(channel=self.channel, response_url=self.response_url)


class HomeOpened(Payload):
    """Somebody looks at the app: at its Home tab, or at its messages, which need no answer."""

    user_id: AgentId = Field(validation_alias=AliasPath("event", "user"), min_length=1)
    tab: str = Field(default="", validation_alias=AliasPath("event", "tab"))

    @property
    def is_answered(self) -> bool:
        return self.tab == "home"


class Element(BaseModel):
    """The element that was used. `selected` is the value of the option that was chosen."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    action_id: str
    value: str | None = None
    selected: str | None = Field(default=None, validation_alias=AliasPath("selected_option", "value"))


class InModal(Payload):
    """Something used in a modal: `view` is the modal as it was drawn, with what is filled in."""

    view_id: str = Field(validation_alias=AliasPath("view", "id"), min_length=1)
    view: dict[str, Any]


class Action(InModal):
    element: Element = Field(validation_alias=AliasPath("actions", 0))
    trigger_id: str = ""


class Submission(InModal):
    pass


class Suggestion(InModal):
    """A type-ahead's question; `value` is what was typed so far."""

    value: str = ""


class MessageAction(Payload):
    """A button in a message."""

    element: Element = Field(validation_alias=AliasPath("actions", 0))
    channel: str = Field(
        validation_alias=AliasChoices(AliasPath("container", "channel_id"), AliasPath("channel", "id"))
    )
    ts: str = Field(validation_alias=AliasChoices(AliasPath("container", "message_ts"), AliasPath("message", "ts")))
    trigger_id: str = ""
    response_url: str = ""

    @property
    def place(self) -> MessageRef:
        return MessageRef(channel=self.channel, ts=self.ts)

    @property
    def origin(self) -> Origin:
        return Origin(channel=self.channel, response_url=self.response_url)
