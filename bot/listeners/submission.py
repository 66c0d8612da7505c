"""The submitted form. Its acknowledgement is the answer: field errors, the right card, the result, or progress."""

import asyncio
from typing import Final

from bot.domain.permissions import Agent
from bot.domain.resets import Method, Outcome, ResetRequest, Result
from bot.listeners.cards import draw_card
from bot.listeners.drawing import Drawing
from bot.listeners.entries import CHECK_SECONDS, Answer
from bot.listeners.payloads import Submission
from bot.services.directory import Directory, Preselection
from bot.services.errors import (
    AuditUnavailableError,
    FormTamperedError,
    LimitError,
    NotAllowedError,
    NotOfferedError,
    ResetsPausedError,
    ServiceError,
    StillRunningError,
)
from bot.services.resets import ResetService
from bot.services.tasks import Tasks
from bot.views import reset_password as modal
from bot.views import reset_result as result_modal
from bot.views.blocks import View
from bot.views.state import State, ViewError
from bot.views.text import Languages, Texts, form, outcomes

_LEAST_CHECK_SECONDS: Final = 0.1


class SubmissionListeners:
    def __init__(
        self,
        *,
        directory: Directory,
        resets: ResetService,
        drawing: Drawing,
        languages: Languages,
        tasks: Tasks,
    ) -> None:
        self._directory = directory
        self._resets = resets
        self._drawing = drawing
        self._languages = languages
        self._tasks = tasks

    async def submit(self, submission: Submission, agent: Agent, arrived_at: float) -> Answer:
        t = self._languages.for_locale(agent.locale)
        try:
            sent = modal.parse_submission(submission.view)
        except ViewError:
            return _update(result_modal.build_notice(outcomes.start_again(t), t))
        if sent.agent != agent.id:
            await self._resets.record_tampering(sent.reference, agent.id, "other_agent")
            return _update(result_modal.build_notice(outcomes.start_again(t), t))
        # A complete form is decided with STARTED, since one that was sent before has an outcome to show.
        if not sent.is_complete and (pause := await self._resets.find_pause()) is not None:
            return _errors({modal.client_block(sent.state): outcomes.paused(t, pause, agent.timezone)})
        if sent.client_id is None:
            return _errors({modal.client_block(sent.state): form.choose_client(t)})
        if sent.client_id != sent.state.client_id:
            return await self._show_right_card(submission.view_id, sent, sent.client_id, agent, arrived_at)
        if sent.user_id is None or sent.method is None:
            return _missing(sent, t)
        request = ResetRequest(
            reference=sent.reference,
            agent=agent,
            client_id=sent.client_id,
            user_id=sent.user_id,
            method=sent.method,
            origin=sent.state.origin,
            ticket=sent.state.ticket,
        )
        return await self._reset(submission.view_id, sent.state, request, arrived_at)

    async def _show_right_card(
        self, view_id: str, sent: modal.Submission, client_id: int, agent: Agent, arrived_at: float
    ) -> Answer:
        """The chosen client is not the one whose card was drawn, so nobody is reset."""
        t = self._languages.for_locale(agent.locale)
        ticket = self._drawing.begin(view_id)
        drawing = draw_card(self._directory, sent.state, client_id, agent, Preselection(), t)
        task = self._tasks.spawn(drawing, name="card")
        if await self._drawing.ends_in_time(task, arrived_at):
            return _update(task.result())
        self._drawing.draw_later(view_id, ticket, _wait_for(task))
        return _update(modal.build_loading(sent.state, t))

    async def _reset(self, view_id: str, state: State, request: ResetRequest, arrived_at: float) -> Answer:
        t = self._languages.for_locale(request.agent.locale)
        ticket = self._drawing.begin(view_id)
        left = CHECK_SECONDS - (asyncio.get_running_loop().time() - arrived_at)
        task = self._resets.submit(request, check_seconds=max(left, _LEAST_CHECK_SECONDS))
        if not await self._drawing.ends_in_time(task, arrived_at):
            self._drawing.draw_later(view_id, ticket, self._draw_end(task, state, request, t))
            return _update(result_modal.build_progress(state, request.method, t))
        try:
            return _update(self._draw_result(task.result(), state, t))
        except StillRunningError:
            self._drawing.draw_later(view_id, ticket, self._draw_end(task, state, request, t))
            return _update(result_modal.build_progress(state, request.method, t))
        except FormTamperedError:
            return _update(result_modal.build_notice(outcomes.used_for_other_values(t), t))
        except ServiceError as error:
            return _errors({_field(error, state): _sentence(error, request.agent, t)})

    async def _draw_end(self, task: asyncio.Task[Result], state: State, request: ResetRequest, t: Texts) -> View:
        """A refusal that came too late to be a field error is a view like a result."""
        try:
            return self._draw_result(await asyncio.shield(task), state, t)
        except StillRunningError:
            return self._draw_result(await self._resets.wait_for_outcome(request.reference), state, t)
        except ServiceError as error:
            return result_modal.build_notice(_sentence(error, request.agent, t), t)

    def _draw_result(self, result: Result, state: State, t: Texts) -> View:
        reset = result.reset
        is_doubtful_mail = result.outcome is Outcome.UNKNOWN and reset.method is Method.RESET_EMAIL
        return result_modal.build_result(
            state,
            result,
            t,
            self._languages.for_whmcs(reset.language),
            emails_url=self._directory.emails_url(reset.client_id) if is_doubtful_mail else "",
        )


def _missing(sent: modal.Submission, t: Texts) -> Answer:
    """What is not filled in; where there is no field for it, it is said at one that is there."""
    errors = {}
    if sent.user_id is None:
        errors[modal.user_block(sent.state)] = form.choose_user(t)
    if sent.method is None:
        errors[modal.method_block(sent.state)] = form.choose_method(t)
    drawn = errors.keys() & sent.drawn_blocks
    if not drawn and sent.user_id is not None:
        return _errors({modal.user_block(sent.state): form.no_method(t)})
    if not drawn:
        return _errors({modal.client_block(sent.state): form.client_without_users(t)})
    return _errors({block: errors[block] for block in drawn})


def _field(error: ServiceError, state: State) -> str:
    """The field at which the person can do something about it."""
    is_about_method = isinstance(error, NotAllowedError | NotOfferedError)
    return modal.method_block(state) if is_about_method else modal.user_block(state)


def _sentence(error: ServiceError, agent: Agent, t: Texts) -> str:
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
            return outcomes.stopping(t)


async def _wait_for(task: asyncio.Task[View]) -> View:
    return await task


def _update(view: View) -> Answer:
    return {"response_action": "update", "view": view}


def _errors(errors: dict[str, str]) -> Answer:
    return {"response_action": "errors", "errors": errors}
