"""The reply on a reset's ticket: opened from the result or from the direct message, filled in, sent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog

from bot.domain.permissions import Agent
from bot.domain.references import parse_reference
from bot.domain.replies import ReplyOutcome, ReplyReason, ReplyRequest, ReplyResult, ReplyTemplates
from bot.domain.resets import Reset, Result
from bot.listeners.answers import Answer, Deadline, field_errors, update
from bot.listeners.forms import Forms, parse_button, read_state
from bot.listeners.modal_session import ModalSessions
from bot.listeners.payloads import Action, MessageAction, Submission
from bot.listeners.rendering import Renderer
from bot.services.errors import AuditUnavailableError, NoReplyError, ServiceError
from bot.services.pauses import Pauses
from bot.services.replies import ReplyService
from bot.services.results import ReplyRefused
from bot.slack.errors import SlackError
from bot.slack.gateway import Slack
from bot.views import labels
from bot.views import ticket_reply as modal
from bot.views.blocks import View
from bot.views.reply_text import DraftText, ReplyState, switch_password
from bot.views.text import Texts, refusals, replies

_logger = structlog.stdlib.get_logger(__name__)


@dataclass(kw_only=True)
class TicketReplyListeners:
    """`templates`: the administrator's own texts."""

    slack: Slack
    replies: ReplyService
    pauses: Pauses
    forms: Forms
    sessions: ModalSessions
    renderer: Renderer
    templates: ReplyTemplates

    async def open_from_result(self, action: Action, agent: Agent, t: Texts) -> None:
        """Open on top of the result, which is shown again when the reply is closed."""
        form = await self.forms.parse(read_state, action.view, agent)
        await self.forms.require_own(form, agent)
        notice = modal.parse_result_button(action.element.value)
        state = ReplyState(form=form, opened_at=self.forms.now(), result_view_id=action.view_id, notice=notice)
        await self._open(self.forms.sealed(state), agent, t, partial(self.slack.modals.push, action.trigger_id))

    async def open_from_message(self, action: MessageAction, agent: Agent, t: Texts) -> None:
        form = self.forms.begin(agent, action.origin, parse_button(parse_reference, action.element.value))
        state = ReplyState(form=form, opened_at=form.opened_at)
        await self._open(self.forms.sealed(state), agent, t, partial(self.slack.modals.open, action.trigger_id))

    async def switch_password(self, action: Action, agent: Agent, t: Texts) -> None:
        """Put the password's marker into the text, or remove it."""
        sent = await self._read(action.view, agent)
        session = self.sessions.begin(action.view_id)
        if self.forms.is_too_old(sent.state.opened_at):
            await session.show_now(modal.build_notice(replies.too_old(t), t))
            return
        draft = self._make_draft(
            sent.state, await self.replies.find_reset(agent, sent.state.reference, sent.state.place)
        )
        await session.show_now(modal.build_form(draft, t, switch_password(sent.filled, draft)))

    async def submit(self, submission: Submission, agent: Agent, t: Texts, deadline: Deadline) -> Answer:
        sent = await self._read(submission.view, agent)
        state = sent.state
        if self.forms.is_too_old(state.opened_at) and not await self.replies.was_sent(state.reference):
            return update(modal.build_notice(replies.too_old(t), t))
        if (pause := await self.pauses.find_pause()) is not None:
            return field_errors({modal.text_field(sent): refusals.paused(t, pause)})
        if mistakes := modal.find_mistakes(sent, t):
            return field_errors(mistakes)
        task = self.replies.send(self._make_request(sent, agent))
        tell = partial(self._tell, task, state, agent, t)
        return await self.sessions.begin(submission.view_id).answer(
            task,
            deadline,
            lambda result: self._answer(result, sent, t),
            late=lambda result: self._render_late(result, sent, t),
            progress=modal.build_progress(state, t),
            shown=partial(self.replies.note_told, state.reference),
            missed=tell,
            unshown=tell,
        )

    def _answer(self, result: ReplyResult | ReplyRefused, sent: modal.Submission, t: Texts) -> Answer:
        match result:
            case ReplyRefused(NoReplyError()):
                return update(modal.build_notice(t.say(replies.NO_REPLY), t))
            case ReplyRefused(error):
                return field_errors({modal.text_field(sent): _word(error, t)})
            case ReplyResult(outcome=ReplyOutcome.NOT_SENT):
                return field_errors({modal.field_of(sent, result): replies.sentence(t, result)})
        reference = sent.state.reference
        self.sessions.tasks.spawn(self.replies.note_told(reference), name=f"told {reference}")
        return update(self._render_result(result, sent.state, t))

    def _render_late(self, result: ReplyResult | ReplyRefused, sent: modal.Submission, t: Texts) -> View:
        """If nothing was sent, return the form with what was filled in."""
        match result:
            case ReplyRefused(error):
                return modal.build_notice(_word(error, t), t)
            case ReplyResult(outcome=ReplyOutcome.NOT_SENT):
                refusal = replies.sentence(t, result)
                draft = self._make_draft(sent.state, result.reset)
                return modal.build_form(draft, t, sent.filled, refusal=refusal)
        return self._render_result(result, sent.state, t)

    async def _open(self, state: ReplyState, agent: Agent, t: Texts, show: Callable[[View], Awaitable[str]]) -> None:
        try:
            await self.replies.find_reset(agent, state.reference, state.place)
            view_id = await show(modal.build_loading(state, t))
        except NoReplyError:
            await self.sessions.notify(state.form.origin, agent.id, t.say(replies.NO_REPLY), t)
            return
        except SlackError as error:
            _logger.warning("reply.not_opened", reference=state.reference, error=str(error))
            await self.sessions.notify(state.form.origin, agent.id, t.say(replies.NOT_OPENED), t)
            return
        await self.sessions.begin(view_id).show(self._render_form(state, agent, t))

    async def _render_form(self, state: ReplyState, agent: Agent, t: Texts) -> View:
        """Return the form, or why there is none."""
        try:
            prepared = await self.replies.prepare(agent, state.reference, state.place)
        except (NoReplyError, AuditUnavailableError) as error:
            return modal.build_notice(_word(error, t), t)
        if isinstance(prepared, ReplyResult):
            return self._render_result(prepared, state, t)
        language = self.renderer.languages.for_whmcs(prepared.reset.language).language
        return modal.build_form(self._make_draft(state.drawn_from(prepared, language), prepared.reset), t)

    def _render_result(self, result: ReplyResult, state: ReplyState, t: Texts) -> View:
        self._update_reset(state, result, t)
        return modal.build_result(result, t)

    async def _tell(
        self, task: asyncio.Task[ReplyResult | ReplyRefused], state: ReplyState, agent: Agent, t: Texts
    ) -> None:
        """Notify the agent where they began: the modal was closed before the result."""
        result = task.result()
        sentence = _word(result.error, t) if isinstance(result, ReplyRefused) else replies.sentence(t, result)
        await self.sessions.notify(state.form.origin, agent.id, sentence, t)
        await self.replies.note_told(state.reference)

    def _update_reset(self, state: ReplyState, result: ReplyResult, t: Texts) -> None:
        """Show in the reset's result, below, what is on the ticket now."""
        is_there = result.outcome in {ReplyOutcome.SENT, ReplyOutcome.ALREADY_SENT}
        if not state.result_view_id or not is_there or not isinstance(result.reason, ReplyReason):
            return
        reset = Result(reset=result.reset, notice=state.notice)
        view = self.renderer.render_result(reset, state.form, t, result.reason)
        self.sessions.tasks.spawn(
            self.slack.modals.update(state.result_view_id, view), name=f"result {state.reference}"
        )

    async def _read(self, view: View, agent: Agent) -> modal.Submission:
        """Raises: UnusableFormError."""
        sent = await self.forms.parse(modal.parse_submission, view, agent)
        await self.forms.require_own(sent.state.form, agent)
        return sent

    def _make_request(self, sent: modal.Submission, agent: Agent) -> ReplyRequest:
        client_texts = self.renderer.languages.for_locale(sent.state.language)
        return ReplyRequest(
            reference=sent.state.reference,
            agent=agent,
            kind=sent.filled.kind,
            text=sent.filled.text,
            reference_line=labels.reference(client_texts, sent.state.reference),
            place=sent.state.place,
            has_password=sent.filled.has_password,
        )

    def _make_draft(self, state: ReplyState, reset: Reset) -> DraftText:
        return DraftText(
            state=state,
            method=reset.method,
            email=reset.user_email,
            texts=self.renderer.languages.for_locale(state.language),
            templates=self.templates,
        )


def _word(error: ServiceError, t: Texts) -> str:
    match error:
        case NoReplyError():
            return t.say(replies.NO_REPLY)
        case AuditUnavailableError():
            return t.say(replies.NOT_RECORDED)
        case _:
            return t.say(replies.STOPPING)
