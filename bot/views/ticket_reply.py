"""The reply on the ticket: its buttons, its form, and its result."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from bot.domain.references import Reference
from bot.domain.replies import (
    PASSWORD,
    PASSWORD_MARKER,
    TEXT_LENGTH,
    ReplyKind,
    ReplyReason,
    ReplyResult,
    find_markers,
)
from bot.domain.resets import ClientNotice
from bot.domain.seals import Seal
from bot.views import labels
from bot.views.blocks import (
    Block,
    Element,
    View,
    button,
    checkboxes,
    input_block,
    link,
    modal,
    option,
    paragraph,
    radio_buttons,
    small_markup,
    strong,
    text_input,
)
from bot.views.reply_text import DraftText, Filled, ReplyState
from bot.views.state import ViewError, value_of, values_of
from bot.views.text import Texts, mark, replies

OPEN_FROM_RESULT: Final = "reply_on_ticket"
OPEN_FROM_MESSAGE: Final = "reply_on_ticket_from_message"
CALLBACK_ID: Final = "ticket_reply"
KIND: Final = "reply_kind"
TEXT: Final = "reply_text"
INCLUDE: Final = "reply_include_password"

_NOTICE: Final = TypeAdapter(ClientNotice)

NO_TEXT: Final = mark("Write a text. Nothing was sent.")
UNKNOWN_MARKER: Final = mark("{marker} is not a known marker: remove it, or its braces. Nothing was sent.")
NO_MARKER: Final = mark(
    "Put {marker} where the new password should appear, or don’t include the password. Nothing was sent."
)
MARKER_WITHOUT_PASSWORD: Final = mark(
    "{marker} is in the text, but the password is not included: remove it, or include the password. Nothing was sent."
)
NOTE_WITH_PASSWORD: Final = mark(
    "A note is for staff, who don’t need the password: choose the public reply, or don’t include the "
    "password. Nothing was sent."
)

KINDS: Final[Mapping[ReplyKind, tuple[str, str]]] = {
    ReplyKind.PUBLIC: (mark("Public reply"), mark("The client sees it, and WHMCS also e-mails it")),
    ReplyKind.NOTE: (mark("Internal note"), mark("Only staff can see it; it is not e-mailed")),
}
"""Name and description of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    state: ReplyState
    filled: Filled


def build_message_button(reference: Reference, t: Texts) -> Element:
    return button(text=labels.reply_on_ticket(t), action_id=OPEN_FROM_MESSAGE, value=reference)


def build_result_button(notice: ClientNotice | None, t: Texts) -> Element:
    """`notice`: the one that the result reports."""
    value = _NOTICE.dump_json(notice).decode() if notice is not None else None
    return button(text=labels.reply_on_ticket(t), action_id=OPEN_FROM_RESULT, value=value)


def parse_result_button(value: str | None) -> ClientNotice | None:
    """Return the notice that the result reports; None if it reports none, or the bot did not write the value."""
    try:
        return _NOTICE.validate_json(value) if value else None
    except ValidationError:
        return None


def build_loading(state: ReplyState, t: Texts) -> View:
    return _progress(t.say("One moment: reading the ticket from WHMCS…"), state, t)


def build_progress(state: ReplyState, t: Texts) -> View:
    text = t.say(
        "One moment: WHMCS is adding the reply to the ticket. The result will appear here. If it does not "
        "appear within five minutes, check the ticket before you send it again."
    )
    return _progress(text, state, t)


def build_form(draft: DraftText, t: Texts, filled: Filled | None = None, *, refusal: str = "") -> View:
    """`filled`: the values to show; None: those that the form begins with. `refusal`: why it was not sent."""
    state = draft.state
    shown = filled or Filled(kind=ReplyKind.PUBLIC, text=draft.prefilled(has_password=False), has_password=False)
    parts: list[Block] = [
        *([paragraph(refusal)] if refusal else []),
        paragraph(t.say("Ticket {ticket}: {subject}", ticket=state.form.ticket, subject=state.ticket_subject)),
        _ticket_link(state.ticket_url, t),
        _kinds(state, shown.kind, t),
        *([_inclusion(state, t, is_ticked=shown.has_password)] if state.offers_password else []),
        input_block(
            block_id=text_block(state, has_password=shown.has_password),
            label=t.say("Text"),
            hint=t.say("It ends with the reference, so that it can be found later."),
            element=text_input(
                action_id=TEXT, multiline=True, max_length=TEXT_LENGTH, initial_value=shown.text[:TEXT_LENGTH]
            ),
        ),
        labels.reference_block(t, state.reference),
    ]
    return modal(
        callback_id=CALLBACK_ID,
        title=labels.reply_on_ticket(t),
        submit=t.say("Send"),
        close=labels.cancel(t),
        blocks=parts,
        private_metadata=state.write(),
    )


def build_result(result: ReplyResult, t: Texts) -> View:
    parts: list[Block] = [strong(replies.headline(t, result)), paragraph(replies.sentence(t, result))]
    if result.ticket_url:
        parts.append(_ticket_link(result.ticket_url, t))
    return _notice([*parts, labels.reference_block(t, result.reset.reference)], t)


def build_notice(text: str, t: Texts) -> View:
    """A refusal that ends the reply."""
    return _notice([paragraph(text), *labels.contact_blocks(t)], t)


def parse_submission(view: Mapping[str, Any], seal: Seal) -> Submission:
    """Read the values of the form, whether it has been submitted or not.

    Raises: ViewError: not a form that this version of the bot rendered.
    """
    state = ReplyState.parse(view.get("private_metadata"), seal)
    # A form has each element once.
    values = {action_id: value for elements in values_of(view).values() for action_id, value in elements.items()}
    chosen = value_of(values.get(KIND, {}))
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
    """Return why a reply can't be sent, by the block_id of the field to correct."""
    filled, state = sent.filled, sent.state
    field = text_field(sent)
    if not filled.text:
        return {field: t.say(NO_TEXT)}
    if filled.has_password and filled.kind is ReplyKind.NOTE:
        return {include_block(state): t.say(NOTE_WITH_PASSWORD)}
    markers = find_markers(filled.text)
    if unknown := sorted(markers - {PASSWORD}):
        return {field: t.say(UNKNOWN_MARKER, marker=f"{{{unknown[0]}}}")}
    if filled.has_password and PASSWORD not in markers:
        return {field: t.say(NO_MARKER, marker=PASSWORD_MARKER)}
    if not filled.has_password and PASSWORD in markers:
        return {field: t.say(MARKER_WITHOUT_PASSWORD, marker=PASSWORD_MARKER)}
    return {}


def field_of(sent: Submission, result: ReplyResult) -> str:
    """Return the block_id of the field at which the reason for not sending can be corrected."""
    is_about_message = result.reason in {ReplyReason.MESSAGE_GONE, ReplyReason.MESSAGE_UNREAD}
    return include_block(sent.state) if is_about_message and sent.filled.has_password else text_field(sent)


def text_field(sent: Submission) -> str:
    return text_block(sent.state, has_password=sent.filled.has_password)


def text_block(state: ReplyState, *, has_password: bool) -> str:
    """Return a block_id that changes with the choice, so that Slack shows the text that belongs to it."""
    return f"text:{state.reference}:{'with' if has_password else 'without'}"


def include_block(state: ReplyState) -> str:
    return f"include:{state.reference}"


def _kinds(state: ReplyState, chosen: ReplyKind, t: Texts) -> Block:
    options = {
        kind: option(text=t.say(text), value=kind.value, description=t.say(description))
        for kind, (text, description) in KINDS.items()
    }
    return input_block(
        block_id=f"kind:{state.reference}",
        label=t.say("Who sees it"),
        element=radio_buttons(action_id=KIND, options=list(options.values()), initial_option=options[chosen]),
    )


def _inclusion(state: ReplyState, t: Texts, *, is_ticked: bool) -> Block:
    include = option(
        text=t.say("Include the new password"),
        value=PASSWORD,
        description=t.say("WHMCS also e-mails the reply: the password is sent unencrypted"),
    )
    return input_block(
        block_id=include_block(state),
        label=t.say("New password"),
        hint=t.say("In the text, {marker} marks its place; it is inserted when you send.", marker=PASSWORD_MARKER),
        element=checkboxes(action_id=INCLUDE, options=[include], initial_options=[include] if is_ticked else None),
        optional=True,
        # The text gets the marker immediately, where it can be seen and moved.
        dispatch_action=True,
    )


def _ticket_link(url: str, t: Texts) -> Block:
    return small_markup(link(url, t.say("Open the ticket in WHMCS")))


def _progress(text: str, state: ReplyState, t: Texts) -> View:
    return _notice([paragraph(text), labels.reference_block(t, state.reference)], t)


def _notice(parts: list[Block], t: Texts) -> View:
    return modal(title=labels.reply_on_ticket(t), close=labels.close(t), blocks=parts)
