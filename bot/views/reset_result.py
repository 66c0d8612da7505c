"""The views after the form: progress, the result, a refusal."""

from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.domain.approvals import Pending
from bot.domain.replies import ReplyReason
from bot.domain.resets import Method, Result
from bot.views import labels, ticket_reply
from bot.views.blocks import (
    Block,
    Element,
    View,
    actions,
    button,
    copyable,
    link,
    modal,
    paragraph,
    small_markup,
    strong,
)
from bot.views.state import Id, State
from bot.views.text import Texts, outcomes, replies

CALLBACK_ID: Final = "reset_result"
BACK: Final = "back"
ANOTHER_USER: Final = "another_user"
ANOTHER_CLIENT: Final = "another_client"


class Choices(BaseModel):
    """What *Back* restores in the form; stored in the button's value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: Id
    user_id: Id
    method: Method
    verification: str = ""


def build_progress(state: State, method: Method, t: Texts) -> View:
    return _progress(outcomes.progress(t, method), state, t)


def build_reading(state: State, t: Texts) -> View:
    """While the last step is being read."""
    return _progress(t.say("One moment: checking in WHMCS what the password gives access to…"), state, t)


def build_asking(state: State, t: Texts) -> View:
    """While the second agents are being asked."""
    text = t.say(
        "One moment: a second agent is being asked. The result will appear here. If it does not appear "
        "within five minutes, start again."
    )
    return _progress(text, state, t)


def build_waiting(state: State, pending: Pending, t: Texts) -> View:
    """A second agent has been asked."""
    reset = pending.reset
    text = t.say(
        "A second agent has been asked to approve a new password for {email} and can answer until {time}. "
        "Nothing has been changed so far. You will get the result in a direct message; you can close this "
        "window.",
        email=reset.user_email,
        time=t.clock(pending.asked.expires_at),
    )
    parts: list[Block] = [
        strong(t.say("Waiting for approval")),
        paragraph(text),
        actions(elements=_list_next(reset.client_id, t)),
        labels.reference_block(t, reset.reference),
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
    """`client_texts`: in the language of the sentence to copy. `emails_url`: the client's *Emails* tab, or empty.

    `offers_reply`: a reply on the ticket is possible. `replied`: what was sent there.
    """
    reset = result.reset
    parts = list_outcome(result, paragraph(outcomes.sentence(t, result)), t, emails_url)
    if to_copy := outcomes.for_client(client_texts, result):
        parts += [paragraph(t.say("To copy for the client:")), copyable(to_copy)]
    if replied is not None:
        parts.append(paragraph(replies.sent(t, replied, reset.ticket)))
    choices = Choices(client_id=reset.client_id, user_id=reset.user_id, method=reset.method)
    buttons = [_back(choices, t), *_list_next(reset.client_id, t)]
    if offers_reply and replied is None:
        buttons.insert(0, ticket_reply.build_result_button(result.notice, t))
    parts += [actions(elements=buttons), labels.reference_block(t, reset.reference)]
    return _notice(parts, t, state)


def list_outcome(result: Result, sentence: Block, t: Texts, emails_url: str) -> list[Block]:
    """Return the blocks that say how a reset ended, for the modal and for messages."""
    parts: list[Block] = [strong(outcomes.headline(t, result)), sentence]
    if notice := outcomes.notice(t, result):
        parts.append(paragraph(notice))
    if emails_url:
        parts.append(small_markup(link(emails_url, t.say("Open the client’s e-mails in WHMCS"))))
    if not result.is_recorded:
        parts.append(paragraph(outcomes.record_follows(t, result.reset.reference)))
    return parts


def build_refused(state: State, choices: Choices, text: str, t: Texts) -> View:
    """A refusal after the form was replaced, with the way back to it."""
    return _notice([paragraph(text), *labels.contact_blocks(t), actions(elements=[_back(choices, t)])], t, state)


def build_notice(text: str, t: Texts) -> View:
    """A refusal or anything else that ends the conversation."""
    return _notice([paragraph(text), *labels.contact_blocks(t)], t)


def parse_back(value: str | None) -> Choices | None:
    """Read the value of *Back*; None if the bot did not write it."""
    try:
        return Choices.model_validate_json(value or "")
    except ValidationError:
        return None


def _back(choices: Choices, t: Texts) -> Element:
    return button(text=labels.back(t), action_id=BACK, value=choices.model_dump_json())


def _list_next(client_id: int, t: Texts) -> list[Element]:
    """Return the buttons to another user of this client, and to another client."""
    return [
        button(text=t.say("Another user of this client"), action_id=ANOTHER_USER, value=str(client_id)),
        button(text=t.say("Another client"), action_id=ANOTHER_CLIENT),
    ]


def _progress(text: str, state: State, t: Texts) -> View:
    return _notice([paragraph(text), labels.reference_block(t, state.reference)], t, state)


def _notice(parts: list[Block], t: Texts, state: State | None = None) -> View:
    return modal(
        callback_id=CALLBACK_ID,
        title=labels.title(t),
        close=labels.close(t),
        blocks=parts,
        private_metadata=state.write() if state is not None else None,
    )
