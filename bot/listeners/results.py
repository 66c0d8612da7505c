"""From a reset that runs, or was refused, to what is shown of it."""

import asyncio

from bot.domain.permissions import Agent
from bot.domain.references import Reference
from bot.domain.replies import ReplyReason
from bot.domain.resets import Method, Outcome, ResetRequest, Result
from bot.listeners.drawing import Drawing
from bot.services.directory import Directory, LookupFailedError
from bot.services.errors import (
    AnswerNeededError,
    AuditUnavailableError,
    ChannelError,
    ForbiddenError,
    FormTamperedError,
    LimitError,
    NotAllowedError,
    NotOfferedError,
    ResetsPausedError,
    ServiceError,
    StillRunningError,
    WaitingError,
)
from bot.services.resets import ResetService
from bot.views import reset_result
from bot.views.blocks import View
from bot.views.state import State
from bot.views.text import Languages, Texts, approval, form, identity, outcomes


class Results:
    """`offers_replies`: whether a reset with a ticket can be replied to."""

    def __init__(
        self,
        *,
        resets: ResetService,
        directory: Directory,
        drawing: Drawing,
        languages: Languages,
        offers_replies: bool,
    ) -> None:
        self._drawing = drawing
        self._offers_replies = offers_replies
        self._resets = resets
        self._directory = directory
        self._languages = languages

    def draw(self, result: Result, state: State, t: Texts, replied: ReplyReason | None = None) -> View:
        """`replied`: what was sent on the ticket since."""
        reset = result.reset
        is_done = result.outcome is Outcome.SUCCEEDED and result.reason is None
        return reset_result.build_result(
            state,
            result,
            t,
            self._languages.for_whmcs(reset.language),
            emails_url=self._directory.emails_url(reset.client_id) if result.is_doubtful_mail else "",
            offers_reply=self._offers_replies and is_done and bool(reset.ticket),
            replied=replied,
        )

    async def say_unshown(self, state: State, agent: Agent) -> None:
        """Say where the agent began that the form can't show why nothing was begun. What was begun is told by itself.

        Raises: SlackError.
        """
        try:
            if await self._resets.is_used(Reference(state.reference)):
                return
        except AuditUnavailableError:
            # Nobody knows what was begun, so nothing is said of it.
            return
        await self._drawing.say_unshown(state.origin, agent)

    async def wait_for(self, task: asyncio.Task[Result], state: State, request: ResetRequest, t: Texts) -> View:
        """The view of how it ended, whichever process carries it out.

        Raises: ServiceError: it was refused before it began.
        """
        try:
            return self.draw(await asyncio.shield(task), state, t)
        except StillRunningError:
            return await self._wait_for_other(request, state, t)
        except FormTamperedError:
            return reset_result.build_notice(outcomes.used_for_other_values(t), t)

    async def _wait_for_other(self, request: ResetRequest, state: State, t: Texts) -> View:
        """The end of a reset that another process carries out; after a minute no more than that it is under way."""
        try:
            result = await self._resets.wait_for_outcome(request.reference)
        except StillRunningError:
            # Whoever ends it tells the agent; to him it must not look refused, since WHMCS may be at it.
            return reset_result.build_progress(state, request.method, t)
        return self.draw(result, state, t)


def word_refusal(error: ServiceError, agent: Agent, t: Texts) -> str:
    match error:
        case ResetsPausedError():
            return outcomes.paused(t, error.pause, agent.timezone)
        case LimitError():
            return form.limit_reached(t, error.limit, who=error.who, timezone=agent.timezone)
        case NotAllowedError():
            return form.not_allowed_to_set(t, error.denial)
        case NotOfferedError():
            return form.not_offered(t)
        case AuditUnavailableError():
            return form.no_audit(t)
        case FormTamperedError():
            return outcomes.used_for_other_values(t)
        case _:
            return _word_rule(error, t) or outcomes.stopping(t)


def _word_rule(error: ServiceError, t: Texts) -> str:
    """Why the installation's rules on who asks refuse it; empty: they don't."""
    match error:
        case AnswerNeededError():
            return identity.answer_needed(t, Method.SET_PASSWORD)
        case ChannelError():
            return approval.channel_closed(t)
        case WaitingError():
            return approval.no_longer(t)
        case ForbiddenError():
            return form.protected(t)
        case _:
            return ""


def word_failed_lookup(error: LookupFailedError, client_id: int, t: Texts) -> str:
    return outcomes.lookup_failed(t, error.failure.reason, error.failure.detail, client_id)
