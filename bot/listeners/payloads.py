"""Payloads from Slack, validated once into frozen types with the fields that we read.

`Envelope` has the fields that Bolt routes by; the others have those that listeners read.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from bot.domain.permissions import AgentId
from bot.domain.reading import Reading, read_message, read_typed
from bot.domain.resets import MessageRef, Origin
from bot.listeners.message_text import read_mails, read_texts

# Slack's ids are letters and digits, its timestamps digits and a dot. Characters that the database or HTTP does not
# accept are rejected here.
_ID: Final = r"^[A-Z0-9]{1,100}$"
_ID_OR_NOTHING: Final = r"^[A-Z0-9]{0,100}$"
_TS: Final = r"^[0-9.]{1,40}$"

_PLACES: Final = 500
_KINDS: Final = frozenset(
    {
        "block_actions",
        "block_suggestion",
        "event_callback",
        "message_action",
        "shortcut",
        "url_verification",
        "view_closed",
        "view_submission",
    }
)

_OptionalId = Annotated[str, Field(pattern=_ID_OR_NOTHING)]
_Trigger = Annotated[str, Field(max_length=500)]
_ResponseUrl = Annotated[str, Field(max_length=1000)]


class PayloadError(Exception):
    """A payload with missing or malformed fields. Holds nothing of it."""


class _Part(BaseModel):
    """Base class for parts of payloads."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Raises: PayloadError."""
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            # Without the cause: it holds the payload.
            places = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors())
            raise PayloadError(f"{cls.__name__.strip('_')}: {places[:_PLACES]}") from None


class _Named(_Part):
    id: str | None = None


class _Actors(_Part):
    """Ids that Bolt looks for in a payload, in its event, and in a message in either."""

    user: str | _Named | None = None
    team: str | _Named | None = None
    enterprise: str | _Named | None = None
    channel: str | _Named | None = None
    user_id: str | None = None
    team_id: str | None = None
    enterprise_id: str | None = None
    channel_id: str | None = None
    thread_ts: str | None = None
    message: "_Actors | None" = None
    authorizations: "tuple[_Actors, ...] | None" = None


class _Event(_Actors):
    type: str | None = None


class _RoutedAction(_Part):
    action_id: str
    block_id: str | None = None


class _RoutedView(_Part):
    """The fields by which Bolt routes a view. It reads more from views of types that are not ours."""

    callback_id: str | None = None
    type: Literal["modal", "home"] | None = None
    app_installed_team_id: str | None = None

    @model_validator(mode="after")
    def _has_type(self) -> Self:
        if self.callback_id is not None and self.type is None:
            raise ValueError("a view without a type")
        return self


class Envelope(_Actors):
    """The fields by which Bolt routes any payload: it can route every payload that this class accepts.

    `kind`: from a short list that can label metrics, or `unknown`.
    """

    type: object = None
    command: str | None = None
    callback_id: str | None = None
    action_id: str | None = None
    actions: tuple[_RoutedAction, ...] = Field(default=(), min_length=1)
    view: _RoutedView = _RoutedView()
    event: _Event = _Event()
    response_urls: tuple[dict[str, Any], ...] = ()

    @property
    def kind(self) -> str:
        if self.command is not None:
            return "command"
        return self.type if isinstance(self.type, str) and self.type in _KINDS else "unknown"


class Payload(_Part):
    """`team_id`: the workspace from which the person acts, or empty."""

    user_id: AgentId = Field(validation_alias=AliasChoices("user_id", AliasPath("user", "id")), pattern=_ID)
    team_id: _OptionalId = Field(default="", validation_alias=AliasChoices("team_id", AliasPath("user", "team_id")))

    @property
    def is_answered(self) -> bool:
        """Return False if there is nothing to do, so that the sender needs no check."""
        return True


class Opening(Payload):
    """A request for the form: the command, a shortcut, or Home's button."""

    trigger_id: _Trigger = Field(min_length=1)

    @property
    def reading(self) -> Reading:
        """Return what to search for at once."""
        return Reading()

    @property
    def origin(self) -> Origin:
        """Return where to answer; empty: in a direct message."""
        return Origin()


class Command(Opening):
    text: str = ""
    channel_id: _OptionalId = ""
    response_url: _ResponseUrl = ""

    @property
    def reading(self) -> Reading:
        return read_typed(self.text)

    @property
    def origin(self) -> Origin:
        return Origin(channel=self.channel_id, response_url=self.response_url)


class MessageShortcut(Opening):
    """A shortcut used on a message, or on one in a thread."""

    channel: _OptionalId = Field(default="", validation_alias=AliasPath("channel", "id"))
    response_url: _ResponseUrl = ""
    bot_id: str = Field(default="", validation_alias=AliasPath("message", "bot_id"))
    about: Reading = Field(default=Reading(), validation_alias="message")

    @field_validator("about", mode="before")
    @classmethod
    def _read_message(cls, message: object) -> Reading:
        return read_message(read_texts(message), read_mails(message)) if isinstance(message, Mapping) else Reading()

    @property
    def reading(self) -> Reading:
        return self.about

    @property
    def origin(self) -> Origin:
        return Origin(channel=self.channel, response_url=self.response_url)


class HomeOpened(Payload):
    """The app was opened: its Home tab, or its messages, which need no answer."""

    user_id: AgentId = Field(validation_alias=AliasPath("event", "user"), pattern=_ID)
    tab: str = Field(default="", validation_alias=AliasPath("event", "tab"))

    @property
    def is_answered(self) -> bool:
        return self.tab == "home"


class Element(_Part):
    """The element that was used. `selected` is the value of the option that was chosen."""

    action_id: str
    value: str | None = None
    selected: str | None = Field(default=None, validation_alias=AliasPath("selected_option", "value"))


class InModal(Payload):
    """An interaction in a modal. `view`: the modal as it was rendered, with what is filled in."""

    view_id: str = Field(validation_alias=AliasPath("view", "id"), pattern=_ID)
    view: dict[str, Any]


class Action(InModal):
    element: Element = Field(validation_alias=AliasPath("actions", 0))
    trigger_id: _Trigger = ""


class Submission(InModal):
    pass


class Suggestion(InModal):
    """A type-ahead query. `value`: the text typed so far."""

    value: str = ""


class MessageAction(Payload):
    """A button in a message."""

    element: Element = Field(validation_alias=AliasPath("actions", 0))
    channel: str = Field(
        validation_alias=AliasChoices(AliasPath("container", "channel_id"), AliasPath("channel", "id")), pattern=_ID
    )
    ts: str = Field(
        validation_alias=AliasChoices(AliasPath("container", "message_ts"), AliasPath("message", "ts")), pattern=_TS
    )
    trigger_id: _Trigger = ""
    response_url: _ResponseUrl = ""

    @property
    def place(self) -> MessageRef:
        return MessageRef(channel=self.channel, ts=self.ts)

    @property
    def origin(self) -> Origin:
        return Origin(channel=self.channel, response_url=self.response_url)
