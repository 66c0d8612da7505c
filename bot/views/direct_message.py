"""The direct message in which a generated password reaches its agent, and the other messages to him."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.domain.references import Reference
from bot.domain.resets import Reset, Result
from bot.views.blocks import copyable, markup, paragraph, plain, small, small_markup, strong, to_dicts
from bot.views.text import Texts, form, messages, outcomes

DELETE_NOW: Final = "delete_now"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """`text` is the push notification and what a screen reader says first; it never holds a password."""

    text: str
    blocks: tuple[dict[str, Any], ...]


def build_placeholder(reference: Reference, t: Texts) -> MessageContent:
    text = messages.placeholder(t, reference)
    return _content(text, [paragraph(text)])


def build_secret(reset: Reset, password: str, deletes_at: datetime, t: Texts) -> MessageContent:
    button = ButtonElement(text=plain(messages.delete_now(t)), action_id=DELETE_NOW, value=reset.reference)
    blocks: list[Block] = [
        paragraph(messages.secret_intro(t, reset)),
        copyable(password),
        small_markup(messages.secret_advice(t, _clock_token(deletes_at))),
        ActionsBlock(elements=[button]),
        small(form.reference(t, reset.reference)),
    ]
    return _content(messages.secret_notification(t, reset.reference), blocks)


def build_result(result: Result, t: Texts, *, emails_url: str = "") -> MessageContent:
    """How a reset ended; also the confirmation where the command was typed. `emails_url`: as in the modal."""
    blocks: list[Block] = [strong(outcomes.headline(t, result)), paragraph(outcomes.sentence(t, result))]
    if emails_url:
        blocks.append(small_markup(f"<{emails_url}|{outcomes.emails_link(t)}>"))
    if not result.is_recorded:
        blocks.append(paragraph(messages.record_follows(t, result.reset.reference)))
    blocks.append(small(form.reference(t, result.reset.reference)))
    return _content(f"{form.title(t)}: {outcomes.headline(t, result)}", blocks)


def build_notice(text: str, t: Texts) -> MessageContent:
    contact = form.contact(t)
    blocks: list[Block] = [paragraph(text)]
    if contact:
        blocks.append(small_markup(contact))
    return _content(form.title(t), blocks)


def build_help(t: Texts, news: str = "") -> MessageContent:
    """`news`: what has to be known before anything else; literal text."""
    contact = form.contact(t)
    blocks: list[Block] = [*([paragraph(news)] if news else []), markup(messages.help_text(t))]
    if contact:
        blocks.append(small_markup(contact))
    return _content(form.title(t), blocks)


def _content(text: str, blocks: list[Block]) -> MessageContent:
    return MessageContent(text=text, blocks=tuple(to_dicts(blocks)))


def _clock_token(at: datetime) -> str:
    """Slack shows it as a time of day in the reader's time zone (docs.slack.dev, formatting message text)."""
    return f"<!date^{int(at.timestamp())}^{{time}}|{at:%H:%M} UTC>"
