"""Messages to an agent: the direct message with a generated password, results, notices and help."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.domain.references import Reference
from bot.domain.replies import ReplyReason
from bot.domain.resets import Outcome, Reason, Reset, Result
from bot.views import labels, ticket_reply
from bot.views.blocks import Block, actions, button, copyable, markup, paragraph, small_markup
from bot.views.reset_result import list_outcome
from bot.views.text import Texts, outcomes, replies

DELETE_NOW: Final = "delete_now"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """`text`: the push notification, which screen readers read first. It never holds a password."""

    text: str
    blocks: tuple[dict[str, Any], ...]


class _Part(BaseModel):
    """A message, a block, or a part of one."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    type: str = ""
    action_id: str = ""
    value: str = ""
    text: object = ""
    blocks: tuple["_Part", ...] = ()
    elements: tuple["_Part", ...] = ()

    @property
    def inside(self) -> tuple["_Part", ...]:
        """The part and everything in it."""
        return (self, *(part for child in (*self.blocks, *self.elements) for part in child.inside))


def build_placeholder(reference: Reference, t: Texts) -> MessageContent:
    """The placeholder for the password. It stays if the bot is killed, so it says what to do then."""
    text = t.say(
        "One moment: a new password is being set ({reference}). If this message is still here after five "
        "minutes, it will no longer change: look for a later message with this reference, or start again.",
        reference=reference,
    )
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
    """`offers_reply`: there is a ticket to reply on. `replied`: what was sent there."""
    buttons = [button(text=t.say("Delete now"), action_id=DELETE_NOW, value=reset.reference)]
    if offers_reply and replied is None:
        buttons.append(ticket_reply.build_message_button(reset.reference, t))
    intro = t.say("New password of {email} (client #{client_id}):", email=reset.user_email, client_id=reset.client_id)
    advice = t.say(
        "Only you can see this message. It will be deleted at {time}. Share the password with the client "
        "through the ticket, and ask them to change it when they sign in.",
        time=t.in_markup().clock(deletes_at),
    )
    blocks: list[Block] = [
        paragraph(intro),
        copyable(password),
        small_markup(advice),
        *([paragraph(replies.sent(t, replied, reset.ticket))] if replied is not None else []),
        actions(elements=buttons),
        labels.reference_block(t, reset.reference),
    ]
    return make_content(t.say("A new password is ready for you ({reference}).", reference=reset.reference), blocks)


def parse_secret(message: Mapping[str, object], reference: Reference) -> str | None:
    """Return the password in a message as Slack returns it; None if the message is not the one for this reset."""
    try:
        parts = _Part.model_validate(message).inside
    except ValidationError:
        # The error holds the message, so it is not logged.
        return None
    if not any(part.action_id == DELETE_NOW and part.value == reference for part in parts):
        return None
    boxes = [part for part in parts if part.type == "rich_text_preformatted"]
    return "".join(str(text.text) for box in boxes for text in box.elements) or None


def build_result(result: Result, t: Texts, *, emails_url: str = "") -> MessageContent:
    """How a reset ended. `emails_url`: as in the modal."""
    sentence = paragraph(outcomes.sentence(t, result))
    is_unsettled_failure = result.outcome is Outcome.FAILED and result.reset.settled is None
    if is_unsettled_failure and result.reason is Reason.NOT_ANSWERING:
        # It names a time, and the reader's time zone is not stored. Nothing in it comes from outside the bot.
        sentence = markup(outcomes.sentence(t.in_markup(), result))
    blocks = [*list_outcome(result, sentence, t, emails_url), labels.reference_block(t, result.reset.reference)]
    return make_content(f"{labels.title(t)}: {outcomes.headline(t, result)}", blocks)


def build_notice(text: str, t: Texts) -> MessageContent:
    return make_content(labels.title(t), [paragraph(text), *labels.contact_blocks(t)])


def build_help(t: Texts, news: str = "") -> MessageContent:
    """`news`: literal text above the help."""
    text = t.say(
        "*Reset the password of a WHMCS user*\n"
        "• `/reset-password` opens the form, where you search for the client.\n"
        "• `/reset-password ana@example.com` searches immediately: by a name, a company, an e-mail "
        "address, or the beginning of one.\n"
        "• `/reset-password 516757` starts with that ticket, and `/reset-password #42` with that client.\n"
        "• The app’s shortcut on a message, also in a thread, starts with the ticket or the address in it.\n"
        "Then choose the user and how: WHMCS sends a password-reset e-mail, or a new password is "
        "generated, set, and sent only to you in a direct message. The form says what the ticket proves. "
        "Never type a password here."
    )
    above = [paragraph(news)] if news else []
    return make_content(labels.title(t), [*above, markup(text), *labels.contact_blocks(t)])


def make_content(text: str, blocks: list[Block]) -> MessageContent:
    """`text`: the notification."""
    return MessageContent(text=text, blocks=tuple(blocks))
