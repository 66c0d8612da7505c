"""The password on its way from the agent's own message into a reply. Nothing here keeps it."""

from dataclasses import dataclass

import structlog

from bot.domain.replies import ReplyReason, ReplyRequest, put_in_password, with_reference
from bot.domain.resets import Reset, SecretMessage
from bot.services.reply_tickets import StoppedReplyError
from bot.slack.errors import SlackError
from bot.slack.notices import Notices
from bot.store.errors import StoreUnavailableError
from bot.store.jobs import JobStore

_logger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Secret:
    """The agent's own message that holds the password; `password` is None where Slack did not tell it."""

    message: SecretMessage
    password: str | None

    def __repr__(self) -> str:
        return f"Secret({self.message.reference})"


class ReplySecrets:
    def __init__(self, jobs: JobStore, notices: Notices) -> None:
        self._jobs = jobs
        self._notices = notices

    async def find(self, reset: Reset) -> Secret | None:
        """None: there is no such message, or no longer."""
        try:
            message = await self._jobs.find_secret_message(reset.reference)
        except StoreUnavailableError as error:
            _logger.warning("message with the password not looked up", reference=reset.reference, error=str(error))
            return None
        if message is None:
            return None
        try:
            password = await self._notices.read_secret(message)
        except SlackError as error:
            _logger.warning("message with the password not read", reference=reset.reference, error=str(error))
            return Secret(message, None)
        return Secret(message, password) if password is not None else None

    async def mark(self, secret: Secret | None, reset: Reset, content: ReplyReason) -> None:
        """Say in the message with the password what was sent on the ticket; it stays until its time."""
        if secret is None or secret.password is None:
            return
        try:
            await self._notices.mark_replied(secret.message, reset, secret.password, content)
        except SlackError as error:
            _logger.warning("message not marked", reference=reset.reference, error=str(error))


def compose(request: ReplyRequest, secret: Secret | None) -> str:
    """What is written on the ticket.

    Raises: StoppedReplyError: the password is wanted and can't be had, or is in the text without being wanted.
    """
    text = with_reference(request.text, request.reference_line, request.reference)
    password = secret.password if secret is not None else None
    if not request.has_password:
        if password is not None and password in text:
            raise StoppedReplyError(ReplyReason.PASSWORD_IN_TEXT)
        return text
    if secret is None:
        raise StoppedReplyError(ReplyReason.MESSAGE_GONE)
    if password is None:
        raise StoppedReplyError(ReplyReason.MESSAGE_UNREAD)
    return put_in_password(text, password)
