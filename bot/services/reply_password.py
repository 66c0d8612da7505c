"""The password on its way from the agent's message into a reply. It is never stored here."""

from dataclasses import dataclass

import structlog

from bot.domain.passwords import may_hold_password, without_blanks
from bot.domain.replies import ReplyReason, ReplyRequest, append_reference, insert_password
from bot.domain.resets import Reset, SecretMessage
from bot.services.errors import ReplyAbortedError
from bot.slack.errors import SlackError
from bot.slack.gateway import Slack
from bot.store.errors import StoreUnavailableError
from bot.store.gateway import Store

_logger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Secret:
    """The agent's message that holds the password. `password` None: Slack did not return it."""

    message: SecretMessage
    password: str | None

    def __repr__(self) -> str:
        return f"Secret({self.message.reference})"


async def find_secret(store: Store, slack: Slack, reset: Reset) -> Secret | None:
    """Read the agent's message with the password. None: there is no such message, or no longer."""
    try:
        message = await store.jobs.find_secret_message(reset.reference)
    except StoreUnavailableError as error:
        _logger.warning("message.not_looked_up", reference=reset.reference, error=str(error))
        return None
    if message is None:
        return None
    try:
        password = await slack.notices.read_secret(message)
    except SlackError as error:
        _logger.warning("message.not_read", reference=reset.reference, error=str(error))
        return Secret(message, None)
    return Secret(message, password) if password is not None else None


async def mark_secret(slack: Slack, secret: Secret | None, reset: Reset, content: ReplyReason) -> None:
    """Show in the message with the password what was sent on the ticket; it stays until its time."""
    if secret is None or secret.password is None:
        return
    try:
        await slack.notices.mark_replied(secret.message, reset, secret.password, content)
    except SlackError as error:
        _logger.warning("message.not_marked", reference=reset.reference, error=str(error))


def compose(request: ReplyRequest, reset: Reset, secret: Secret | None) -> str:
    """Return the text that is written on the ticket.

    Raises: ReplyAbortedError: the password was requested and can't be read, or is in the text without being requested, or may be
    in it and can't be compared.
    """
    text = append_reference(request.text, request.reference_line, request.reference)
    password = secret.password if secret is not None else None
    if not request.has_password:
        _require_no_password(text, reset, password)
        return text
    if secret is None:
        raise ReplyAbortedError(ReplyReason.MESSAGE_GONE)
    if password is None:
        raise ReplyAbortedError(ReplyReason.MESSAGE_UNREAD)
    return insert_password(text, password)


def _require_no_password(text: str, reset: Reset, password: str | None) -> None:
    """Refuse a text that has the password, or looks as if it had when the message can't be read for comparison."""
    if password is not None and password in without_blanks(text):
        raise ReplyAbortedError(ReplyReason.PASSWORD_IN_TEXT)
    if password is None and reset.method.hands_out_access and may_hold_password(text):
        raise ReplyAbortedError(ReplyReason.MESSAGE_UNREAD)
