"""What follows the form: progress, the result, a refusal."""

from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError
from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement
from slack_sdk.models.views import View as ViewModel

from bot.domain.approvals import Pending
from bot.domain.replies import ReplyReason
from bot.domain.resets import Method, Result
from bot.views import afterwards, ticket_reply
from bot.views.blocks import View, copyable, paragraph, plain, small, small_markup, strong
from bot.views.state import State
from bot.views.text import Texts, approval, confirmation, form, messages, outcomes
from bot.views.text import ticket_reply as reply_words

CALLBACK_ID: Final = "reset_result"
BACK: Final = "back"


class Choices(BaseModel):
    """What *Back* brings back; rides in the button's value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: int
    user_id: int
    method: Method
    verification: str = ""


def build_progress(state: State, method: Method, t: Texts) -> View:
    parts = [paragraph(outcomes.progress(t, method)), small(form.reference(t, state.reference))]
    return _notice(parts, t, state)


def build_reading(state: State, t: Texts) -> View:
    """While the last step is being read."""
    return _notice([paragraph(confirmation.progress(t)), small(form.reference(t, state.reference))], t, state)


def build_asking(state: State, t: Texts) -> View:
    """While the second agents are being asked."""
    return _notice([paragraph(approval.asking(t)), small(form.reference(t, state.reference))], t, state)


def build_waiting(state: State, pending: Pending, timezone: str, t: Texts) -> View:
    """A second agent has been asked. `timezone`: the reader's."""
    reset = pending.reset
    parts: list[Block] = [
        strong(approval.waiting_headline(t)),
        paragraph(approval.waiting(t, reset.user_email, pending.asked.expires_at, timezone)),
        ActionsBlock(elements=list(afterwards.buttons(reset.client_id, t))),
        small(form.reference(t, reset.reference)),
    ]
    return _notice(parts, t, state)


def build_result(
    state: State,
    result: Result,
    t: Texts,
    client_texts: Texts,
    *,
    emails_url: str = "",
    offers_reply: bool = False,
    replied: ReplyReason | None = None,
) -> View:
    """`client_texts`: the language of the sentence to copy. `emails_url`: the client's *Emails* tab, for an unknown one.

    `offers_reply`: whether it can be replied on the ticket. `replied`: what was sent there.
    """
    parts: list[Block] = [strong(outcomes.headline(t, result)), paragraph(outcomes.sentence(t, result))]
    if told := outcomes.notice(t, result):
        parts.append(paragraph(told))
    if emails_url:
        parts.append(small_markup(f"<{emails_url}|{outcomes.emails_link(t)}>"))
    if not result.is_recorded:
        parts.append(paragraph(messages.record_follows(t, result.reset.reference)))
    if to_copy := outcomes.for_client(client_texts, result):
        parts += [paragraph(outcomes.for_client_label(t)), copyable(to_copy)]
    reset = result.reset
    choices = Choices(client_id=reset.client_id, user_id=reset.user_id, method=reset.method)
    if replied is not None:
        parts.append(paragraph(reply_words.sent(t, replied, reset.ticket)))
    buttons = [_back(choices, t), *afterwards.buttons(reset.client_id, t)]
    if offers_reply and replied is None:
        buttons.insert(0, ticket_reply.build_result_button(result.notice, t))
    parts += [ActionsBlock(elements=buttons), small(form.reference(t, reset.reference))]
    return _notice(parts, t, state)


def build_refused(state: State, choices: Choices, text: str, t: Texts) -> View:
    """A refusal after the form has gone, with the way back to it."""
    return _notice([paragraph(text), *_contact(t), ActionsBlock(elements=[_back(choices, t)])], t, state)


def build_notice(text: str, t: Texts) -> View:
    """A refusal, or anything else that ends the conversation."""
    return _notice([paragraph(text), *_contact(t)], t)


def parse_back(value: str | None) -> Choices | None:
    """Read *Back*'s value; None: not one of ours."""
    try:
        return Choices.model_validate_json(value or "")
    except ValidationError:
        return None


def _back(choices: Choices, t: Texts) -> ButtonElement:
    return ButtonElement(text=plain(form.back(t)), action_id=BACK, value=choices.model_dump_json())


def _contact(t: Texts) -> list[Block]:
    contact = form.contact(t)
    return [small_markup(contact)] if contact else []


def _notice(parts: list[Block], t: Texts, state: State | None = None) -> View:
    view = ViewModel(
        type="modal",
        callback_id=CALLBACK_ID,
        title=plain(form.title(t)),
        close=plain(form.close(t)),
        blocks=parts,
        private_metadata=state.write() if state is not None else None,
    )
    return view.to_dict()
