"""Slack in. `build_table` lists what Slack can send, on the left, and who answers, on the right."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from slack_bolt.async_app import AsyncApp

from bot.domain.audit import Step
from bot.listeners.afterwards import AfterwardsListeners
from bot.listeners.answers import Answer, update
from bot.listeners.approval import ApprovalListeners
from bot.listeners.direct_message import DirectMessageListeners
from bot.listeners.entries import BoltListener, Entries
from bot.listeners.home import HomeListeners
from bot.listeners.last_step import LastStepListeners
from bot.listeners.payloads import (
    Action,
    Command,
    HomeOpened,
    MessageAction,
    MessageShortcut,
    Opening,
    Submission,
    Suggestion,
)
from bot.listeners.reset_password import ResetPasswordListeners
from bot.listeners.shortcuts import ShortcutListeners
from bot.listeners.submission import SubmissionListeners
from bot.listeners.ticket_reply import TicketReplyListeners
from bot.views import afterwards as afterwards_view
from bot.views import approval as approval_view
from bot.views import confirmation, direct_message, identity, reset_result, ticket_reply
from bot.views import home as home_view
from bot.views import reset_password as modal
from bot.views.text import Texts

COMMAND: Final = "/reset-password"
SHORTCUT: Final = "reset_password"
MESSAGE_SHORTCUT: Final = "reset_password_message"


class Kind(StrEnum):
    """What Slack sends; the values are the names of Bolt's decorators."""

    COMMAND = "command"
    GLOBAL_SHORTCUT = "global_shortcut"
    MESSAGE_SHORTCUT = "message_shortcut"
    EVENT = "event"
    OPTIONS = "options"
    ACTION = "action"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class Entry:
    kind: Kind
    id: str
    listener: BoltListener


def build_table(
    entries: Entries,
    *,
    home: HomeListeners,
    reset: ResetPasswordListeners,
    shortcuts: ShortcutListeners,
    submission: SubmissionListeners,
    last_step: LastStepListeners,
    afterwards: AfterwardsListeners,
    message: DirectMessageListeners,
    reply: TicketReplyListeners,
    approval: ApprovalListeners,
) -> tuple[Entry, ...]:
    later, first = entries.deferred, entries.answered
    return (
        Entry(Kind.COMMAND, COMMAND, later(Step.COMMAND, Command, reset.open)),
        Entry(Kind.GLOBAL_SHORTCUT, SHORTCUT, later(Step.SHORTCUT, Opening, reset.open)),
        Entry(
            Kind.MESSAGE_SHORTCUT, MESSAGE_SHORTCUT, later(Step.SHORTCUT, MessageShortcut, shortcuts.open_for_message)
        ),
        Entry(Kind.EVENT, home_view.OPENED, later(Step.HOME, HomeOpened, home.open)),
        Entry(Kind.ACTION, home_view.START, later(Step.BUTTON, Opening, reset.open)),
        Entry(Kind.OPTIONS, modal.CLIENT, first(Step.SUGGESTION, Suggestion, reset.suggest_clients, _refuse_options)),
        Entry(
            Kind.OPTIONS, identity.TICKET, first(Step.SUGGESTION, Suggestion, reset.suggest_tickets, _refuse_options)
        ),
        Entry(Kind.ACTION, modal.CLIENT, later(Step.CHOICE, Action, reset.show_client)),
        Entry(Kind.ACTION, modal.CANDIDATE, later(Step.CHOICE, Action, reset.show_client)),
        Entry(Kind.ACTION, modal.USER, later(Step.CHOICE, Action, reset.show_user)),
        Entry(Kind.ACTION, identity.TICKET, later(Step.CHOICE, Action, reset.show_ticket)),
        Entry(Kind.ACTION, modal.SEARCH_AGAIN, later(Step.BUTTON, Action, reset.search_again)),
        Entry(Kind.ACTION, reset_result.BACK, later(Step.BUTTON, Action, reset.back)),
        Entry(Kind.ACTION, afterwards_view.ANOTHER_USER, later(Step.BUTTON, Action, afterwards.another_user)),
        Entry(Kind.ACTION, afterwards_view.ANOTHER_CLIENT, later(Step.BUTTON, Action, afterwards.another_client)),
        Entry(Kind.VIEW, modal.CALLBACK_ID, first(Step.SUBMISSION, Submission, submission.submit, _refuse_view)),
        Entry(Kind.VIEW, confirmation.CALLBACK_ID, first(Step.SUBMISSION, Submission, last_step.confirm, _refuse_view)),
        Entry(Kind.ACTION, direct_message.DELETE_NOW, later(Step.BUTTON, MessageAction, message.delete)),
        Entry(Kind.ACTION, ticket_reply.OPEN_FROM_RESULT, later(Step.BUTTON, Action, reply.open_from_result)),
        Entry(Kind.ACTION, ticket_reply.OPEN_FROM_MESSAGE, later(Step.BUTTON, MessageAction, reply.open_from_message)),
        Entry(Kind.ACTION, ticket_reply.INCLUDE, later(Step.CHOICE, Action, reply.switch_password)),
        Entry(Kind.VIEW, ticket_reply.CALLBACK_ID, first(Step.SUBMISSION, Submission, reply.submit, _refuse_reply)),
        Entry(Kind.ACTION, approval_view.APPROVE, later(Step.BUTTON, MessageAction, approval.approve)),
        Entry(Kind.ACTION, approval_view.REJECT, later(Step.BUTTON, MessageAction, approval.reject)),
    )


def register(app: AsyncApp, table: tuple[Entry, ...]) -> None:
    """Hand the table to Bolt; nothing else is ever registered."""
    for entry in table:
        decorator = getattr(app, entry.kind.value)
        decorator(entry.id)(entry.listener)


def _refuse_options(t: Texts, sentence: str) -> Answer:  # noqa: ARG001 - an option has no room for the sentence
    return {"options": modal.build_refused_suggestions(t)}


def _refuse_view(t: Texts, sentence: str) -> Answer:
    return update(reset_result.build_notice(sentence, t))


def _refuse_reply(t: Texts, sentence: str) -> Answer:
    return update(ticket_reply.build_notice(sentence, t))
