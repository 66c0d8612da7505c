"""The reply on a reset's ticket: opened from the result or from the direct message, filled in, sent."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from bot.domain.forms import FormFault, UnusableFormError
from bot.domain.permissions import Agent
from bot.domain.references import parse_reference
from bot.domain.replies import ReplyOutcome, ReplyReason, ReplyRequest, ReplyResult, ReplyTemplates
from bot.domain.resets import Origin, Outcome, Reset, Result
from bot.listeners.answers import Answer, field_errors, update
from bot.listeners.drawing import Drawing
from bot.listeners.payloads import Action, MessageAction, Submission
from bot.listeners.results import Results
from bot.services.errors import AuditUnavailableError, StoppingError
from bot.services.replies import NoReplyError, ReplyService
from bot.services.resets import ResetService
from bot.services.tasks import Tasks
from bot.slack.errors import SlackError
from bot.slack.messages import Messages
from bot.slack.modals import Modals
from bot.views import direct_message
from bot.views import ticket_reply as modal
from bot.views.blocks import View
from bot.views.state import State, ViewError
from bot.views.text import Languages, Texts, outcomes
from bot.views.text import ticket_reply as words
from bot.views.ticket_reply import ReplyState

_logger = structlog.stdlib.get_logger(__name__)


class TicketReplyListeners:
    """`templates`: the administrator's texts in place of ours."""

    def __init__(
        self,
        *,
        templates: ReplyTemplates,
        replies: ReplyService,
        resets: ResetService,
        results: Results,
        drawing: Drawing,
        modals: Modals,
        messages: Messages,
        languages: Languages,
        tasks: Tasks,
    ) -> None:
        self._templates = templates
        self._replies = replies
        self._resets = resets
        self._results = results
        self._drawing = drawing
        self._modals = modals
        self._messages = messages
        self._languages = languages
        self._tasks = tasks

    async def open_from_result(self, action: Action, agent: Agent) -> None:
        """On top of the result, which is there again when the reply is closed."""
        try:
            form = State.parse(action.view.get("private_metadata"))
        except ViewError:
            raise UnusableFormError(FormFault.NOT_OURS) from None
        await self._require_own(form, agent)
        notice = modal.parse_result_button(action.element.value)
        state = ReplyState(form=form, result_view_id=action.view_id, notice=notice)
        await self._open(state, agent, partial(self._modals.push, action.trigger_id))

    async def open_from_message(self, action: MessageAction, agent: Agent) -> None:
        try:
            reference = parse_reference(action.element.value or "")
        except ValueError:
            raise UnusableFormError(FormFault.NOT_OURS) from None
        form = State(
            reference=reference,
            agent=agent.id,
            opened_at=int(time.time()),
            channel=action.channel,
            response_url=action.response_url,
        )
        await self._open(ReplyState(form=form), agent, partial(self._modals.open, action.trigger_id))

    async def switch_password(self, action: Action, agent: Agent) -> None:
        """The password is to be in the reply, or no longer: its marker comes into the text, or goes."""
        sent = await self._read(action.view, agent)
        reset = await self._replies.find_reset(agent, sent.state.reference)
        letter = self._write_letter(sent.state, reset)
        view = modal.build_form(letter, self._languages.for_locale(agent.locale), modal.switch_password(sent, letter))
        await self._drawing.replace(action.view_id, _at_once(view))

    async def submit(self, submission: Submission, agent: Agent, arrived_at: float) -> Answer:
        t = self._languages.for_locale(agent.locale)
        sent = await self._read(submission.view, agent)
        if (pause := await self._resets.find_pause()) is not None:
            return field_errors({modal.text_field(sent): outcomes.paused(t, pause, agent.timezone)})
        if mistakes := modal.find_mistakes(sent, t):
            return field_errors(mistakes)
        ticket = self._drawing.begin(submission.view_id)
        task = self._replies.send(self._make_request(sent, agent))
        if not await self._drawing.ends_in_time(task, arrived_at):
            work = self._draw_late(task, sent, agent, t)
            tell = partial(self._tell, task, sent.state, agent, t)
            told = partial(self._replies.note_told, sent.state.reference)
            self._drawing.draw_later(submission.view_id, ticket, work, shown=told, missed=tell, unshown=tell)
            return update(modal.build_progress(sent.state, t))
        try:
            result = task.result()
        except NoReplyError:
            return update(modal.build_notice(words.no_reply(t), t))
        except (AuditUnavailableError, StoppingError) as error:
            return field_errors({modal.text_field(sent): _word(error, t)})
        if result.outcome is ReplyOutcome.NOT_SENT:
            return field_errors({modal.field_of(sent, result): words.sentence(t, result, agent.timezone)})
        self._redraw_reset(sent.state, result, t)
        self._tasks.spawn(self._replies.note_told(sent.state.reference), name=f"told {sent.state.reference}")
        return update(modal.build_result(result, t, agent.timezone))

    async def _open(self, state: ReplyState, agent: Agent, show: Callable[[View], Awaitable[str]]) -> None:
        t = self._languages.for_locale(agent.locale)
        try:
            await self._replies.find_reset(agent, state.reference)
            view_id = await show(modal.build_loading(state, t))
        except NoReplyError:
            await self._say(state.form.origin, agent, words.no_reply(t), t)
            return
        except SlackError as error:
            _logger.warning("reply not opened", reference=state.reference, error=str(error))
            await self._say(state.form.origin, agent, words.not_opened(t), t)
            return
        await self._drawing.replace(view_id, self._draw(state, agent, t))

    async def _draw(self, state: ReplyState, agent: Agent, t: Texts) -> View:
        """The form, or why there is none."""
        try:
            prepared = await self._replies.prepare(agent, state.reference)
        except NoReplyError:
            return modal.build_notice(words.no_reply(t), t)
        except AuditUnavailableError as error:
            return modal.build_notice(_word(error, t), t)
        if isinstance(prepared, ReplyResult):
            self._redraw_reset(state, prepared, t)
            return modal.build_result(prepared, t, agent.timezone)
        language = self._languages.for_whmcs(prepared.reset.language).language
        return modal.build_form(self._write_letter(state.drawn_from(prepared, language), prepared.reset), t)

    async def _draw_late(self, task: asyncio.Task[ReplyResult], sent: modal.Submission, agent: Agent, t: Texts) -> View:
        """What became of it; where nothing was sent, the form again, with what was filled in."""
        try:
            result = await asyncio.shield(task)
        except NoReplyError:
            return modal.build_notice(words.no_reply(t), t)
        except (AuditUnavailableError, StoppingError) as error:
            return modal.build_notice(_word(error, t), t)
        if result.outcome is ReplyOutcome.NOT_SENT:
            letter = self._write_letter(sent.state, result.reset)
            return modal.build_form(letter, t, sent.filled, refusal=words.sentence(t, result, agent.timezone))
        self._redraw_reset(sent.state, result, t)
        return modal.build_result(result, t, agent.timezone)

    async def _tell(self, task: asyncio.Task[ReplyResult], state: ReplyState, agent: Agent, t: Texts) -> None:
        """The modal was closed before the result: it is said where the agent began."""
        try:
            sentence = words.sentence(t, task.result(), agent.timezone)
        except (NoReplyError, AuditUnavailableError, StoppingError) as error:
            sentence = _word(error, t)
        await self._say(state.form.origin, agent, sentence, t)
        await self._replies.note_told(state.reference)

    def _redraw_reset(self, state: ReplyState, result: ReplyResult, t: Texts) -> None:
        """Say in the reset's result, below, what is on the ticket now."""
        is_there = result.outcome in {ReplyOutcome.SENT, ReplyOutcome.ALREADY_SENT}
        if not state.result_view_id or not is_there or not isinstance(result.reason, ReplyReason):
            return
        notice = state.notice.value if state.notice is not None else None
        reset = Result(reset=result.reset, outcome=Outcome.SUCCEEDED, notice=notice)
        view = self._results.draw(reset, state.form, t, result.reason)
        self._tasks.spawn(self._modals.update(state.result_view_id, view), name=f"result {state.reference}")

    async def _read(self, view: View, agent: Agent) -> modal.Submission:
        """Raises: UnusableFormError."""
        try:
            sent = modal.parse_submission(view)
        except ViewError:
            raise UnusableFormError(FormFault.NOT_OURS) from None
        await self._require_own(sent.state.form, agent)
        return sent

    async def _require_own(self, form: State, agent: Agent) -> None:
        if form.agent != agent.id:
            await self._resets.record_tampering(form.reference, agent.id, FormFault.OTHER_AGENT)
            raise UnusableFormError(FormFault.OTHER_AGENT)

    def _make_request(self, sent: modal.Submission, agent: Agent) -> ReplyRequest:
        client_texts = self._languages.for_locale(sent.state.language)
        return ReplyRequest(
            reference=sent.state.reference,
            agent=agent,
            kind=sent.filled.kind,
            text=sent.filled.text,
            reference_line=words.reference_line(client_texts, sent.state.reference),
            has_password=sent.filled.has_password,
        )

    def _write_letter(self, state: ReplyState, reset: Reset) -> modal.Letter:
        return modal.Letter(
            state=state,
            method=reset.method,
            email=reset.user_email,
            texts=self._languages.for_locale(state.language),
            templates=self._templates,
        )

    async def _say(self, origin: Origin, agent: Agent, sentence: str, t: Texts) -> None:
        await self._messages.answer(origin, agent.id, direct_message.build_notice(sentence, t))


async def _at_once(view: View) -> View:
    return view


def _word(error: NoReplyError | AuditUnavailableError | StoppingError, t: Texts) -> str:
    match error:
        case NoReplyError():
            return words.no_reply(t)
        case AuditUnavailableError():
            return words.not_recorded(t)
        case _:
            return words.stopping(t)
