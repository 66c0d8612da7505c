"""The direct message in which a generated password reaches its agent, and the other messages to him."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError
from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.domain.references import Reference
from bot.domain.replies import ReplyReason
from bot.domain.resets import Reset, Result
from bot.views import ticket_reply
from bot.views.blocks import copyable, markup, paragraph, plain, small, small_markup, strong, to_dicts
from bot.views.text import Texts, form, messages, outcomes
from bot.views.text import ticket_reply as reply_words

DELETE_NOW: Final = "delete_now"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """`text` is the push notification and what a screen reader says first; it never holds a password."""

    text: str
    blocks: tuple[dict[str, Any], ...]


class _Part(BaseModel):
    """A message, a block, or what stands in one. Nothing of it is shown."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    type: str = ""
    action_id: str = ""
    value: str = ""
    text: object = ""
    blocks: tuple["_Part", ...] = ()
    elements: tuple["_Part", ...] = ()

    @property
    def inside(self) -> tuple["_Part", ...]:
        """Everything in it, itself included."""
        return (self, *(part for child in (*self.blocks, *self.elements) for part in child.inside))


def build_placeholder(reference: Reference, t: Texts) -> MessageContent:
    text = messages.placeholder(t, reference)
    return make_content(text, [paragraph(text)])


def build_secret(
    reset: Reset,
    password: str,
    deletes_at: datetime,
    t: Texts,
    *,
    offers_reply: bool = False,
    replied: ReplyReason | None = None,
) -> MessageContent:
    """`offers_reply`: whether there is a ticket to reply on. `replied`: what was sent there."""
    buttons = [ButtonElement(text=plain(messages.delete_now(t)), action_id=DELETE_NOW, value=reset.reference)]
    if offers_reply and replied is None:
        buttons.append(ticket_reply.build_message_button(reset.reference, t))
    blocks: list[Block] = [
        paragraph(messages.secret_intro(t, reset)),
        copyable(password),
        small_markup(messages.secret_advice(t, clock_token(deletes_at))),
        *([paragraph(reply_words.sent(t, replied, reset.ticket))] if replied is not None else []),
        ActionsBlock(elements=buttons),
        small(form.reference(t, reset.reference)),
    ]
    return make_content(messages.secret_notification(t, reset.reference), blocks)


def parse_secret(message: Mapping[str, object], reference: Reference) -> str | None:
    """The password in a message as Slack tells it; None: this is not the message that was made for this reset."""
    try:
        parts = _Part.model_validate(message).inside
    except ValidationError:
        # Not shown to anybody: it holds the message.
        return None
    if not any(part.action_id == DELETE_NOW and part.value == reference for part in parts):
        return None
    boxes = [part for part in parts if part.type == "rich_text_preformatted"]
    return "".join(str(text.text) for box in boxes for text in box.elements) or None


def build_result(result: Result, t: Texts, *, emails_url: str = "") -> MessageContent:
    """How a reset ended; also the confirmation where the command was typed. `emails_url`: as in the modal."""
    blocks: list[Block] = [strong(outcomes.headline(t, result)), paragraph(outcomes.sentence(t, result))]
    if told := outcomes.notice(t, result):
        blocks.append(paragraph(told))
    if emails_url:
        blocks.append(small_markup(f"<{emails_url}|{outcomes.emails_link(t)}>"))
    if not result.is_recorded:
        blocks.append(paragraph(messages.record_follows(t, result.reset.reference)))
    blocks.append(small(form.reference(t, result.reset.reference)))
    return make_content(f"{form.title(t)}: {outcomes.headline(t, result)}", blocks)


def build_notice(text: str, t: Texts) -> MessageContent:
    contact = form.contact(t)
    blocks: list[Block] = [paragraph(text)]
    if contact:
        blocks.append(small_markup(contact))
    return make_content(form.title(t), blocks)


def build_help(t: Texts, news: str = "") -> MessageContent:
    """`news`: what has to be known before anything else; literal text."""
    contact = form.contact(t)
    blocks: list[Block] = [*([paragraph(news)] if news else []), markup(messages.help_text(t))]
    if contact:
        blocks.append(small_markup(contact))
    return make_content(form.title(t), blocks)


def make_content(text: str, blocks: list[Block]) -> MessageContent:
    """`text` is the notification; the blocks are checked."""
    return MessageContent(text=text, blocks=tuple(to_dicts(blocks)))


def clock_token(at: datetime) -> str:
    """Slack shows it as a time of day in the reader's time zone (docs.slack.dev, formatting message text)."""
    return f"<!date^{int(at.timestamp())}^{{time}}|{at:%H:%M} UTC>"
