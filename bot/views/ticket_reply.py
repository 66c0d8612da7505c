"""The reply on the ticket: its buttons, its form, and what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    CheckboxesElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    RadioButtonsElement,
)
from slack_sdk.models.views import View as ViewModel

from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.replies import (
    PASSWORD,
    PASSWORD_MARKER,
    TEXT_LENGTH,
    ReplyDraft,
    ReplyKind,
    ReplyReason,
    ReplyResult,
    ReplyTemplates,
    ReplyText,
    fill,
    markers_in,
    with_reference,
)
from bot.domain.resets import ClientNotice, Method, Outcome, Reason
from bot.views.blocks import View, paragraph, plain, small, small_markup, strong
from bot.views.state import State, ViewError
from bot.views.text import Texts, form
from bot.views.text import ticket_reply as words

OPEN_FROM_RESULT: Final = "reply_on_ticket"
OPEN_FROM_MESSAGE: Final = "reply_on_ticket_from_message"
CALLBACK_ID: Final = "ticket_reply"
KIND: Final = "reply_kind"
TEXT: Final = "reply_text"
INCLUDE: Final = "reply_include_password"

_VERSION: Final = 1


class ToldNotice(BaseModel):
    """What the reset's result says of the notice to the client, so that it says so again when it is drawn anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""

    @property
    def value(self) -> ClientNotice:
        return ClientNotice(outcome=self.outcome, reason=self.reason, detail=self.detail)


class ReplyState(BaseModel):
    """What rides in the reply's private_metadata: the conversation of the reset, and what the form was drawn from.

    `language`: the client's, one of ours. `result_view_id`: the modal's view with the reset's result, below this one; "":
    opened from the direct message. `notice`: what that result says of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = _VERSION
    form: State
    language: str = ""
    result_view_id: str = ""
    notice: ToldNotice | None = None
    client_name: str = ""
    ticket_subject: str = ""
    ticket_url: str = ""
    offers_password: bool = False

    @classmethod
    def parse(cls, private_metadata: object) -> Self:
        """Raises: ViewError: from another version of the bot, or not ours."""
        try:
            state = cls.model_validate_json(private_metadata if isinstance(private_metadata, str) else "")
            State.parse(state.form.write())
        except ValidationError:
            # Without the cause: it holds the response_url.
            raise ViewError("not this version's private_metadata") from None
        if state.version != _VERSION:
            raise ViewError("another version's private_metadata")
        return state

    @property
    def reference(self) -> Reference:
        return Reference(self.form.reference)

    @property
    def agent(self) -> AgentId:
        return AgentId(self.form.agent)

    def drawn_from(self, draft: ReplyDraft, language: str) -> Self:
        return self.model_copy(
            update={
                "form": self.form.model_copy(update={"ticket": draft.reset.ticket}),
                "language": language,
                "client_name": draft.client_name,
                "ticket_subject": draft.ticket_subject,
                "ticket_url": draft.ticket_url,
                "offers_password": draft.offers_password,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What is filled in. `text` has the marker where the password is to stand."""

    kind: ReplyKind
    text: str
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    state: ReplyState
    filled: Filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the prefilled texts need. `email`: the user's address, `texts`: the client's language.

    `templates`: the administrator's texts in place of ours.
    """

    state: ReplyState
    method: Method
    email: str
    texts: Texts
    templates: ReplyTemplates

    def prefilled(self, *, has_password: bool) -> str:
        """The text that the form begins with, ending with the reference."""
        which = _which(self.method, has_password=has_password)
        template = self.templates.find(which, self.texts.language) or words.template(self.texts, which)
        values = {
            "client_name": self.state.client_name,
            "email": self.email,
            "reference": self.state.reference,
            "ticket": self.state.form.ticket,
        }
        return with_reference(fill(template, values), self.reference_line, self.state.reference)

    @property
    def reference_line(self) -> str:
        return words.reference_line(self.texts, self.state.reference)


def build_message_button(reference: Reference, t: Texts) -> ButtonElement:
    return ButtonElement(text=plain(words.button(t)), action_id=OPEN_FROM_MESSAGE, value=reference)


def build_result_button(notice: ClientNotice | None, t: Texts) -> ButtonElement:
    """`notice`: what the result says of it."""
    told = ToldNotice(outcome=notice.outcome, reason=notice.reason, detail=notice.detail) if notice else None
    value = told.model_dump_json() if told is not None else None
    return ButtonElement(text=plain(words.button(t)), action_id=OPEN_FROM_RESULT, value=value)


def parse_result_button(value: str | None) -> ToldNotice | None:
    """None: the result says of no notice, or the value is not one of ours."""
    try:
        return ToldNotice.model_validate_json(value) if value else None
    except ValidationError:
        return None


def build_loading(state: ReplyState, t: Texts) -> View:
    return _notice([paragraph(words.loading(t)), _reference(state, t)], t)


def build_progress(state: ReplyState, t: Texts) -> View:
    return _notice([paragraph(words.progress(t)), _reference(state, t)], t)


def build_form(letter: Letter, t: Texts, filled: Filled | None = None, *, refusal: str = "") -> View:
    """`filled`: what is in it already; None: what it begins with. `refusal`: why it was not sent."""
    state = letter.state
    shown = filled or Filled(kind=ReplyKind.PUBLIC, text=letter.prefilled(has_password=False), has_password=False)
    parts: list[Block] = [
        *([paragraph(refusal)] if refusal else []),
        paragraph(words.ticket(t, state.form.ticket, state.ticket_subject)),
        small_markup(f"<{state.ticket_url}|{words.ticket_link(t)}>"),
        _kinds(state, shown.kind, t),
        *([_inclusion(state, t, is_ticked=shown.has_password)] if state.offers_password else []),
        InputBlock(
            block_id=text_block(state, has_password=shown.has_password),
            label=plain(words.text(t)),
            hint=plain(words.text_hint(t)),
            element=PlainTextInputElement(
                action_id=TEXT, multiline=True, max_length=TEXT_LENGTH, initial_value=shown.text[:TEXT_LENGTH]
            ),
        ),
        _reference(state, t),
    ]
    return ViewModel(
        type="modal",
        callback_id=CALLBACK_ID,
        title=plain(words.button(t)),
        submit=plain(words.send(t)),
        close=plain(form.cancel(t)),
        blocks=parts,
        private_metadata=state.model_dump_json(exclude_none=True),
    ).to_dict()


def build_result(result: ReplyResult, t: Texts, timezone: str) -> View:
    parts: list[Block] = [strong(words.headline(t, result)), paragraph(words.sentence(t, result, timezone))]
    if result.ticket_url:
        parts.append(small_markup(f"<{result.ticket_url}|{words.ticket_link(t)}>"))
    return _notice([*parts, small(form.reference(t, result.reset.reference))], t)


def build_notice(text: str, t: Texts) -> View:
    """A refusal that ends the reply."""
    contact = form.contact(t)
    return _notice([paragraph(text), *([small_markup(contact)] if contact else [])], t)


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read what is filled in, also before it is submitted.

    Raises: ViewError: not a form that this version of the bot drew.
    """
    state = ReplyState.parse(view.get("private_metadata"))
    values = {action_id: value for action_id, value in _values(view) if isinstance(value, Mapping)}
    kind = values.get(KIND, {}).get("selected_option")
    chosen = kind.get("value") if isinstance(kind, Mapping) else None
    if chosen not in set(ReplyKind):
        raise ViewError("neither a reply nor a note")
    text = values.get(TEXT, {}).get("value")
    return Submission(
        state=state,
        filled=Filled(
            kind=ReplyKind(str(chosen)),
            text=text.strip() if isinstance(text, str) else "",
            has_password=bool(values.get(INCLUDE, {}).get("selected_options")),
        ),
    )


def find_mistakes(sent: Submission, t: Texts) -> dict[str, str]:
    """What keeps a reply from being sent, by the field at which it can be mended."""
    filled, state = sent.filled, sent.state
    field = text_field(sent)
    if not filled.text:
        return {field: words.no_text(t)}
    if filled.has_password and filled.kind is ReplyKind.NOTE:
        return {include_block(state): words.note_with_password(t)}
    markers = markers_in(filled.text)
    if unknown := sorted(markers - {PASSWORD}):
        return {field: words.unknown_marker(t, unknown[0])}
    if filled.has_password and PASSWORD not in markers:
        return {field: words.no_marker(t)}
    if not filled.has_password and PASSWORD in markers:
        return {field: words.marker_without_password(t)}
    return {}


def switch_password(sent: Submission, letter: Letter) -> Filled:
    """What the form holds once the password was ticked or unticked: the text gets its marker, or loses it."""
    filled = sent.filled
    before = letter.prefilled(has_password=not filled.has_password)
    if filled.text == before.strip():
        text = letter.prefilled(has_password=filled.has_password)
    elif filled.has_password:
        text = _with_marker(filled.text, letter)
    else:
        text = filled.text.replace(f"{PASSWORD_MARKER}\n\n", "")
    return Filled(kind=filled.kind, text=text, has_password=filled.has_password)


def field_of(sent: Submission, result: ReplyResult) -> str:
    """The field at which can be mended what kept the reply from being sent."""
    is_about_message = result.reason in {ReplyReason.MESSAGE_GONE, ReplyReason.MESSAGE_UNREAD}
    return include_block(sent.state) if is_about_message else text_field(sent)


def text_field(sent: Submission) -> str:
    return text_block(sent.state, has_password=sent.filled.has_password)


def text_block(state: ReplyState, *, has_password: bool) -> str:
    """A block_id that changes with the choice, so that Slack shows the text that belongs to it."""
    return f"text:{state.reference}:{'with' if has_password else 'without'}"


def include_block(state: ReplyState) -> str:
    return f"include:{state.reference}"


def _which(method: Method, *, has_password: bool) -> ReplyText:
    if method is Method.RESET_EMAIL:
        return ReplyText.RESET_EMAIL
    return ReplyText.WITH_PASSWORD if has_password else ReplyText.SET_PASSWORD


def _with_marker(text: str, letter: Letter) -> str:
    """Put the marker before the reference, where the agent has written a text of his own."""
    if PASSWORD in markers_in(text):
        return text
    bare = text.removesuffix(letter.reference_line).rstrip()
    return f"{bare}\n\n{PASSWORD_MARKER}\n\n{letter.reference_line}"


def _kinds(state: ReplyState, chosen: ReplyKind, t: Texts) -> Block:
    options = {
        kind: Option(
            text=plain(words.kind_text(t, kind)), value=kind.value, description=plain(words.kind_description(t, kind))
        )
        for kind in ReplyKind
    }
    return InputBlock(
        block_id=f"kind:{state.reference}",
        label=plain(words.kind(t)),
        element=RadioButtonsElement(action_id=KIND, options=list(options.values()), initial_option=options[chosen]),
    )


def _inclusion(state: ReplyState, t: Texts, *, is_ticked: bool) -> Block:
    option = Option(
        text=plain(words.password_option(t)), value=PASSWORD, description=plain(words.password_description(t))
    )
    return InputBlock(
        block_id=include_block(state),
        label=plain(words.password(t)),
        hint=plain(words.password_hint(t)),
        element=CheckboxesElement(action_id=INCLUDE, options=[option], initial_options=[option] if is_ticked else None),
        optional=True,
        # The text gets the marker at once, where it can be seen and moved.
        dispatch_action=True,
    )


def _reference(state: ReplyState, t: Texts) -> Block:
    return small(form.reference(t, state.reference))


def _notice(parts: list[Block], t: Texts) -> View:
    view = ViewModel(type="modal", title=plain(words.button(t)), close=plain(form.close(t)), blocks=parts)
    return view.to_dict()


def _values(view: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every element that holds a value, by its action_id: a form has each once."""
    state = view.get("state")
    blocks = state.get("values") if isinstance(state, Mapping) else None
    for elements in blocks.values() if isinstance(blocks, Mapping) else ():
        if isinstance(elements, Mapping):
            yield from elements.items()
