"""The submitted form. Its acknowledgement is the answer: field errors, the right card, the result, or progress."""

import asyncio
from functools import partial
from typing import Final

from bot.domain.forms import FormFault, UnusableFormError
from bot.domain.identity import IdentityPolicy, Proof, TicketPolicy
from bot.domain.permissions import Agent
from bot.domain.resets import Method, ResetRequest, Result
from bot.listeners.answers import Answer, field_errors, update
from bot.listeners.cards import draw_card
from bot.listeners.drawing import Drawing
from bot.listeners.entries import CHECK_SECONDS
from bot.listeners.forms import Forms
from bot.listeners.last_step import LastStepListeners
from bot.listeners.payloads import Submission
from bot.listeners.results import Results, word_failed_lookup, word_refusal
from bot.services.directory import Directory, LookupFailedError, Preselection
from bot.services.errors import (
    AnswerNeededError,
    FormTamperedError,
    NotAllowedError,
    NotOfferedError,
    ServiceError,
    StillRunningError,
)
from bot.services.resets import ResetService
from bot.services.tasks import Tasks
from bot.views import identity
from bot.views import reset_password as modal
from bot.views import reset_result as result_modal
from bot.views.blocks import View
from bot.views.state import State, ViewError
from bot.views.text import Languages, Texts, form, outcomes
from bot.views.text import identity as identity_text

_LEAST_CHECK_SECONDS: Final = 0.1


class SubmissionListeners:
    def __init__(
        self,
        *,
        directory: Directory,
        last_step: LastStepListeners,
        resets: ResetService,
        forms: Forms,
        results: Results,
        drawing: Drawing,
        languages: Languages,
        tasks: Tasks,
    ) -> None:
        self._directory = directory
        self._last_step = last_step
        self._resets = resets
        self._forms = forms
        self._results = results
        self._drawing = drawing
        self._languages = languages
        self._tasks = tasks

    async def submit(self, submission: Submission, agent: Agent, arrived_at: float) -> Answer:
        t = self._languages.for_agent(agent)
        try:
            sent = modal.parse_submission(submission.view)
        except ViewError:
            raise UnusableFormError(FormFault.NOT_OURS) from None
        await self._forms.require_sendable(sent.state, agent)
        # A complete form is decided with STARTED, since one that was sent before has an outcome to show.
        if not sent.is_complete and (pause := await self._resets.find_pause()) is not None:
            return field_errors({modal.client_block(sent.state): outcomes.paused(t, pause, agent.timezone)})
        if sent.client_id is None:
            return field_errors({modal.client_block(sent.state): form.choose_client(t)})
        if not sent.is_for_card:
            return await self._show_right_card(submission.view_id, sent, sent.client_id, agent, arrived_at)
        if sent.user_id is None or sent.method is None:
            return _missing(sent, t)
        proof = sent.state.proof_for(sent.user_id)
        if objections := _object(sent, sent.method, proof, self._directory.policy, t):
            return field_errors(objections)
        request = ResetRequest(
            reference=sent.reference,
            agent=agent,
            client_id=sent.client_id,
            user_id=sent.user_id,
            method=sent.method,
            origin=sent.state.origin,
            ticket=sent.state.ticket,
            proof=proof,
            verification=self._directory.policy.known_answer(sent.verification),
        )
        return await self._carry_on(submission.view_id, sent.state, request, arrived_at)

    async def _carry_on(self, view_id: str, state: State, request: ResetRequest, arrived_at: float) -> Answer:
        """To the last step of a set password, or to the reset; what is refused in time is said in the form."""
        t = self._languages.for_agent(request.agent)
        try:
            if request.method is Method.SET_PASSWORD:
                return await self._last_step.show(view_id, state, request, arrived_at)
            return await self._reset(view_id, state, request, arrived_at)
        except LookupFailedError as error:
            return field_errors({modal.client_block(state): word_failed_lookup(error, request.client_id, t)})
        except ServiceError as error:
            return field_errors({_field(error, state): word_refusal(error, request.agent, t)})

    async def _show_right_card(
        self, view_id: str, sent: modal.Submission, client_id: int, agent: Agent, arrived_at: float
    ) -> Answer:
        """The chosen client or ticket is not the one whose card was drawn, so nobody is reset."""
        t = self._languages.for_agent(agent)
        ticket = self._drawing.begin(view_id)
        ticket_number = sent.ticket if client_id == sent.state.client_id else ""
        drawing = draw_card(self._directory, sent.state, client_id, agent, Preselection(), t, ticket=ticket_number)
        task = self._tasks.spawn(drawing, name="card")
        if await self._drawing.ends_in_time(task, arrived_at):
            return update(task.result())
        unshown = partial(self._drawing.say_unshown, sent.state.origin, agent)
        self._drawing.draw_later(view_id, ticket, _wait_for(task), unshown=unshown)
        return update(modal.build_loading(sent.state, t))

    async def _reset(self, view_id: str, state: State, request: ResetRequest, arrived_at: float) -> Answer:
        t = self._languages.for_agent(request.agent)
        ticket = self._drawing.begin(view_id)
        left = CHECK_SECONDS - (asyncio.get_running_loop().time() - arrived_at)
        task = self._resets.submit(request, check_seconds=max(left, _LEAST_CHECK_SECONDS))
        if not await self._drawing.ends_in_time(task, arrived_at):
            unshown = partial(self._results.say_unshown, state, request.agent)
            self._drawing.draw_later(view_id, ticket, self._draw_end(task, state, request, t), unshown=unshown)
            return update(result_modal.build_progress(state, request.method, t))
        try:
            return update(self._results.draw(task.result(), state, t))
        except StillRunningError:
            self._drawing.draw_later(view_id, ticket, self._draw_end(task, state, request, t))
            return update(result_modal.build_progress(state, request.method, t))
        except FormTamperedError:
            return update(result_modal.build_notice(outcomes.used_for_other_values(t), t))

    async def _draw_end(self, task: asyncio.Task[Result], state: State, request: ResetRequest, t: Texts) -> View:
        """A refusal that came too late to be a field error is a view like a result, with the way back to the form."""
        try:
            return await self._results.wait_for(task, state, request, t)
        except ServiceError as error:
            choices = result_modal.Choices(
                client_id=request.client_id,
                user_id=request.user_id,
                method=request.method,
                verification=request.verification,
            )
            return result_modal.build_refused(state, choices, word_refusal(error, request.agent, t), t)


def _object(sent: modal.Submission, method: Method, proof: Proof, policy: IdentityPolicy, t: Texts) -> dict[str, str]:
    """What the installation's rules lack, by field. What the form says of the ticket is looked at again later."""
    state = sent.state
    if policy.needs_ticket and not sent.ticket:
        block = identity.ticket_block(state)
        if block not in sent.drawn_blocks:
            return {modal.user_block(state): identity_text.no_ticket_role(t)}
        return {block: identity_text.ticket_needed(t)}
    if policy.tickets is TicketPolicy.REQUESTOR and proof is Proof.NONE:
        return {modal.user_block(state): identity_text.requestor_needed(t)}
    # For a password this is decided at the last step, by what WHMCS says then.
    if method is Method.RESET_EMAIL and policy.needs_answer(method, proof) and sent.verification not in policy.answers:
        return {identity.verification_block(state): identity_text.answer_needed(t, method)}
    return {}


def _missing(sent: modal.Submission, t: Texts) -> Answer:
    """What is not filled in; where there is no field for it, it is said at one that is there."""
    errors = {}
    if sent.user_id is None:
        errors[modal.user_block(sent.state)] = form.choose_user(t)
    if sent.method is None:
        errors[modal.method_block(sent.state)] = form.choose_method(t)
    drawn = errors.keys() & sent.drawn_blocks
    if not drawn and sent.user_id is not None:
        return field_errors({modal.user_block(sent.state): form.no_method(t)})
    if not drawn:
        return field_errors({modal.client_block(sent.state): form.client_without_users(t)})
    return field_errors({block: errors[block] for block in drawn})


def _field(error: ServiceError, state: State) -> str:
    """The field at which the person can do something about it."""
    if isinstance(error, AnswerNeededError):
        return identity.verification_block(state)
    is_about_method = isinstance(error, NotAllowedError | NotOfferedError)
    return modal.method_block(state) if is_about_method else modal.user_block(state)


async def _wait_for(task: asyncio.Task[View]) -> View:
    return await task
