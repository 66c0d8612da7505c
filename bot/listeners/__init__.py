"""Slack in. `build_table` lists what Slack can send, on the left, and the listener for it, on the right."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.domain.audit import Step
from bot.domain.permissions import Agent
from bot.listeners.answers import Answer, update
from bot.listeners.guard import BoltListener, Guard
from bot.listeners.messages import MessageListeners
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
from bot.listeners.reset_password import SUGGESTION_SECONDS, ResetPasswordListeners
from bot.listeners.submission import SubmissionListeners
from bot.listeners.ticket_reply import TicketReplyListeners
from bot.services.homes import Homes
from bot.slack.client import Identity
from bot.views import approvals as approvals_view
from bot.views import client_search, confirmation, direct_message, identity, reset_result, ticket_reply
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
    guard: Guard,
    *,
    homes: Homes,
    reset: ResetPasswordListeners,
    submission: SubmissionListeners,
    message: MessageListeners,
    reply: TicketReplyListeners,
) -> tuple[Entry, ...]:
    later, first = guard.ack_then_run, guard.run_then_ack

    async def open_home(_event: HomeOpened, agent: Agent, _t: Texts) -> None:
        await homes.open(agent)

    return (
        Entry(Kind.COMMAND, COMMAND, later(Step.COMMAND, Command, reset.open)),
        Entry(Kind.GLOBAL_SHORTCUT, SHORTCUT, later(Step.SHORTCUT, Opening, reset.open)),
        Entry(Kind.MESSAGE_SHORTCUT, MESSAGE_SHORTCUT, later(Step.SHORTCUT, MessageShortcut, reset.open_for_message)),
        Entry(Kind.EVENT, home_view.OPENED, later(Step.HOME, HomeOpened, open_home)),
        Entry(Kind.ACTION, home_view.START, later(Step.BUTTON, Opening, reset.open)),
        Entry(
            Kind.OPTIONS,
            modal.CLIENT,
            first(Step.SUGGESTION, Suggestion, reset.suggest_clients, _refuse_options, seconds=SUGGESTION_SECONDS),
        ),
        Entry(
            Kind.OPTIONS,
            identity.TICKET,
            first(Step.SUGGESTION, Suggestion, reset.suggest_tickets, _refuse_options, seconds=SUGGESTION_SECONDS),
        ),
        Entry(Kind.ACTION, modal.CLIENT, later(Step.CHOICE, Action, reset.show_client)),
        Entry(Kind.ACTION, modal.CANDIDATE, later(Step.CHOICE, Action, reset.show_client)),
        Entry(Kind.ACTION, modal.USER, later(Step.CHOICE, Action, reset.show_user)),
        Entry(Kind.ACTION, identity.TICKET, later(Step.CHOICE, Action, reset.show_ticket)),
        Entry(Kind.ACTION, client_search.SEARCH_AGAIN, later(Step.BUTTON, Action, reset.search_again)),
        Entry(Kind.ACTION, reset_result.BACK, later(Step.BUTTON, Action, reset.back)),
        Entry(Kind.ACTION, reset_result.ANOTHER_USER, later(Step.BUTTON, Action, reset.another_user)),
        Entry(Kind.ACTION, reset_result.ANOTHER_CLIENT, later(Step.BUTTON, Action, reset.another_client)),
        Entry(Kind.VIEW, modal.CALLBACK_ID, first(Step.SUBMISSION, Submission, submission.submit, _refuse_view)),
        Entry(
            Kind.VIEW, confirmation.CALLBACK_ID, first(Step.SUBMISSION, Submission, submission.confirm, _refuse_view)
        ),
        Entry(Kind.ACTION, direct_message.DELETE_NOW, later(Step.BUTTON, MessageAction, message.delete)),
        Entry(Kind.ACTION, ticket_reply.OPEN_FROM_RESULT, later(Step.BUTTON, Action, reply.open_from_result)),
        Entry(Kind.ACTION, ticket_reply.OPEN_FROM_MESSAGE, later(Step.BUTTON, MessageAction, reply.open_from_message)),
        Entry(Kind.ACTION, ticket_reply.INCLUDE, later(Step.CHOICE, Action, reply.switch_password)),
        Entry(Kind.VIEW, ticket_reply.CALLBACK_ID, first(Step.SUBMISSION, Submission, reply.submit, _refuse_reply)),
        Entry(Kind.ACTION, approvals_view.APPROVE, later(Step.BUTTON, MessageAction, message.approve)),
        Entry(Kind.ACTION, approvals_view.REJECT, later(Step.BUTTON, MessageAction, message.reject)),
    )


def build_bolt(identity: Identity, table: tuple[Entry, ...]) -> AsyncApp:
    """Return Bolt's app with the table's listeners, and no others."""

    async def authorize(**_context: object) -> AuthorizeResult:
        # The result of auth.test at start, so that no request has to ask again. It holds no token: Bolt's own client
        # is never used.
        return AuthorizeResult(
            enterprise_id=identity.workspace.enterprise_id or None,
            team_id=identity.workspace.team_id,
            bot_id=identity.bot_id,
            bot_user_id=identity.bot_user_id,
            bot_token="",
        )

    app = AsyncApp(
        # Without a name Bolt reads the source of its callers to name itself after a file. Bolt sets the level of the
        # logger of this name, so it must not be one of ours.
        name="slack_bolt.app",
        authorize=authorize,
        # Without this Bolt looks for the acknowledgement every 10 ms; with it the listener has to return quickly.
        process_before_response=True,
        # server.py has verified the signature over the raw body, and answered ssl_check.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        # For events that the bot does not subscribe to, and arguments that no listener takes.
        ignoring_self_events_enabled=False,
        ignoring_self_assistant_message_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    for entry in table:
        register = getattr(app, entry.kind.value)
        register(entry.id)(entry.listener)
    return app


def _refuse_options(t: Texts, sentence: str) -> Answer:  # noqa: ARG001 - an option has no room for the sentence
    return {"options": client_search.build_refused_suggestions(t)}


def _refuse_view(t: Texts, sentence: str) -> Answer:
    return update(reset_result.build_notice(sentence, t))


def _refuse_reply(t: Texts, sentence: str) -> Answer:
    return update(ticket_reply.build_notice(sentence, t))
