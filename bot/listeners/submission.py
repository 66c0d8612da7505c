"""Submitted views: the form, and the last step. Their acknowledgement is the answer."""

from dataclasses import dataclass
from functools import partial

from bot.domain.clients import SetPasswordSummary
from bot.domain.eligibility import AnswerNeeded, Asked, Facts, Ineligible, decide
from bot.domain.identity import IdentityPolicy, Proof
from bot.domain.permissions import Agent
from bot.domain.references import Reference
from bot.domain.resets import Reason, ResetRequest, Target
from bot.listeners.answers import Answer, Deadline, field_errors, update
from bot.listeners.forms import Forms
from bot.listeners.modal_session import ModalSessions
from bot.listeners.payloads import Submission
from bot.listeners.rendering import Renderer, word_refusal
from bot.services.errors import (
    AnswerNeededError,
    AuditUnavailableError,
    LookupFailedError,
    NotAllowedError,
    NotOfferedError,
)
from bot.services.pauses import Pauses
from bot.services.resets import ResetService
from bot.services.results import Refused, Submitted
from bot.views import confirmation, identity, reset_result
from bot.views import reset_password as modal
from bot.views.blocks import View
from bot.views.state import State
from bot.views.text import Texts, refusals
from bot.views.text.methods import METHODS


@dataclass(kw_only=True)
class SubmissionListeners:
    resets: ResetService
    pauses: Pauses
    forms: Forms
    sessions: ModalSessions
    renderer: Renderer
    policy: IdentityPolicy

    async def submit(self, submission: Submission, agent: Agent, t: Texts, deadline: Deadline) -> Answer:
        """Take the form to the last step, or to the reset. A refusal in time is a field error."""
        sent = await self.forms.parse(modal.parse_submission, submission.view, agent)
        state = sent.state
        await self.forms.require_sendable(state, agent)
        # A complete form is decided with STARTED, since one that was sent before has an outcome to show.
        if not sent.is_complete and (pause := await self.pauses.find_pause()) is not None:
            return field_errors({modal.client_block(state): refusals.paused(t, pause)})
        if sent.client_id is None:
            return field_errors({modal.client_block(state): t.say(refusals.CHOOSE_CLIENT)})
        if not sent.is_for_card:
            return await self._show_right_card(submission.view_id, sent, sent.client_id, agent, t, deadline)
        if sent.user_id is None or sent.method is None:
            return _list_missing(sent, t)
        request = ResetRequest(
            reference=sent.reference,
            agent=agent,
            target=Target(
                client_id=sent.client_id,
                user_id=sent.user_id,
                method=sent.method,
                ticket=state.ticket,
                proof=state.proof_for(sent.user_id),
                verification=self.policy.known_answer(sent.verification),
            ),
            origin=state.origin,
        )
        if objections := _object(sent, request, self.policy, t):
            return field_errors(objections)
        if request.target.method.hands_out_access:
            return await self._show_last_step(submission.view_id, state, request, t, deadline)
        return await self._reset(submission.view_id, state, request, t, deadline)

    async def confirm(self, submission: Submission, agent: Agent, t: Texts, deadline: Deadline) -> Answer:
        """Carry out what the last step showed."""
        sent = await self.forms.parse(confirmation.parse, submission.view, agent)
        state = sent.state
        await self.forms.require_sendable(state, agent)
        request = ResetRequest(
            reference=sent.reference,
            agent=agent,
            target=Target(
                client_id=sent.client_id,
                user_id=sent.user_id,
                method=sent.method,
                ticket=state.ticket,
                proof=state.proof,
                verification=self.policy.known_answer(state.verification),
            ),
            origin=state.origin,
            needs_approval=state.needs_approval,
            shown=state.shown,
        )
        is_asking = request.needs_approval

        def render(submitted: Submitted) -> View:
            return self._render_confirmed(submitted, state, request, t)

        return await self.sessions.begin(submission.view_id).answer(
            self.resets.submit(request, check_seconds=deadline.seconds_left),
            deadline,
            lambda submitted: update(render(submitted)),
            late=render,
            progress=reset_result.build_asking(state, t)
            if is_asking
            else reset_result.build_progress(state, request.target.method, t),
            unshown=partial(self._notify_not_shown, state, agent, t),
        )

    async def _show_right_card(
        self, view_id: str, sent: modal.Submission, client_id: int, agent: Agent, t: Texts, deadline: Deadline
    ) -> Answer:
        """The client or ticket chosen last is not the one whose card is shown, so nothing is reset."""
        ticket = sent.ticket if client_id == sent.state.client_id else ""
        card = self.renderer.render_card(sent.state, client_id, agent, t, ticket=ticket)
        return await self.sessions.begin(view_id).answer(
            self.sessions.tasks.spawn(card, name="card"),
            deadline,
            update,
            late=lambda view: view,
            progress=modal.build_loading(sent.state, t),
            unshown=partial(self.sessions.notify_not_shown, sent.state.origin, agent.id, t),
        )

    async def _show_last_step(
        self, view_id: str, state: State, request: ResetRequest, t: Texts, deadline: Deadline
    ) -> Answer:
        """Read from WHMCS what will be done, and show it to be confirmed."""
        return await self.sessions.begin(view_id).answer(
            self.resets.prepare(request, check_seconds=deadline.seconds_left),
            deadline,
            lambda prepared: self._answer(prepared, state, request, t),
            late=lambda prepared: self._render_late(prepared, state, request, t),
            progress=reset_result.build_reading(state, t),
            unshown=partial(self.sessions.notify_not_shown, state.origin, request.agent.id, t),
        )

    async def _reset(self, view_id: str, state: State, request: ResetRequest, t: Texts, deadline: Deadline) -> Answer:
        return await self.sessions.begin(view_id).answer(
            self.resets.submit(request, check_seconds=deadline.seconds_left),
            deadline,
            lambda submitted: self._answer(submitted, state, request, t),
            late=lambda submitted: self._render_late(submitted, state, request, t),
            progress=reset_result.build_progress(state, request.target.method, t),
            unshown=partial(self._notify_not_shown, state, request.agent, t),
        )

    def _answer(
        self, submitted: SetPasswordSummary | Submitted, state: State, request: ResetRequest, t: Texts
    ) -> Answer:
        rendered = self.renderer.render_submitted(submitted, state, request, t)
        return _point_out(rendered, state, request, t) if isinstance(rendered, Refused) else update(rendered)

    def _render_late(
        self, submitted: SetPasswordSummary | Submitted, state: State, request: ResetRequest, t: Texts
    ) -> View:
        """Render a refusal that is too late to be a field error with the way back to the form."""
        rendered = self.renderer.render_submitted(submitted, state, request, t)
        if not isinstance(rendered, Refused):
            return rendered
        choices = reset_result.Choices(
            client_id=request.target.client_id,
            user_id=request.target.user_id,
            method=request.target.method,
            verification=request.target.verification,
        )
        return reset_result.build_refused(state, choices, _word(rendered, request, t), t)

    def _render_confirmed(self, submitted: Submitted, state: State, request: ResetRequest, t: Texts) -> View:
        rendered = self.renderer.render_submitted(submitted, state, request, t)
        if not isinstance(rendered, Refused):
            return rendered
        refusal = _word(rendered, request, t)
        if rendered.last_step is None:
            return reset_result.build_notice(refusal, t)
        # With the same reference, since the last step has no field for the refusal.
        return confirmation.build(state, rendered.last_step, t, refusal=refusal)

    async def _notify_not_shown(self, state: State, agent: Agent, t: Texts) -> None:
        """Tell the agent that the form can't be shown, unless a reset was begun: its outcome is announced anyway.

        Raises: SlackError.
        """
        try:
            if await self.resets.is_used(Reference(state.reference)):
                return
        except AuditUnavailableError:
            # It is not known whether a reset was begun.
            return
        await self.sessions.notify_not_shown(state.origin, agent.id, t)


def _word(refused: Refused, request: ResetRequest, t: Texts) -> str:
    return word_refusal(refused.error, t, request.target.client_id)


def _point_out(refused: Refused, state: State, request: ResetRequest, t: Texts) -> Answer:
    """Return a refusal as an error of the field at which the agent can do something about it."""
    match refused.error:
        case AnswerNeededError():
            block = identity.verification_block(state)
        case LookupFailedError():
            block = modal.client_block(state)
        case NotAllowedError() | NotOfferedError():
            block = modal.method_block(state)
        case _:
            block = modal.user_block(state)
    return field_errors({block: _word(refused, request, t)})


def _object(sent: modal.Submission, request: ResetRequest, policy: IdentityPolicy, t: Texts) -> dict[str, str]:
    """Return what the rules lack, by field, as far as the form shows it. WHMCS is read again later."""
    state = sent.state
    facts = Facts(has_ticket=bool(sent.ticket), proof=Proof(request.target.proof))
    match decide(facts, Asked(method=request.target.method, verification=request.target.verification), policy):
        case Ineligible(reason=Reason.NO_TICKET):
            block = identity.ticket_block(state)
            if block not in sent.drawn_blocks:
                return {modal.user_block(state): t.say(refusals.TICKETS_NOT_READABLE)}
            return {block: t.say(refusals.TICKET_NEEDED)}
        case Ineligible(reason=Reason.NOT_THE_REQUESTOR):
            return {modal.user_block(state): t.say(refusals.REQUESTOR_NEEDED)}
        # With a last step, this is decided there, by what WHMCS says then.
        case AnswerNeeded() if not request.target.method.hands_out_access:
            return {identity.verification_block(state): t.say(METHODS[request.target.method].answer_needed)}
        case _:
            return {}


def _list_missing(sent: modal.Submission, t: Texts) -> Answer:
    """Return an error at each field that is empty; if it isn't in the form, at one that is."""
    errors = {}
    if sent.user_id is None:
        errors[modal.user_block(sent.state)] = t.say(refusals.CHOOSE_USER)
    if sent.method is None:
        errors[modal.method_block(sent.state)] = t.say(refusals.CHOOSE_METHOD)
    drawn = errors.keys() & sent.drawn_blocks
    if not drawn and sent.user_id is not None:
        return field_errors({modal.user_block(sent.state): t.say(refusals.NO_METHOD)})
    if not drawn:
        return field_errors({modal.client_block(sent.state): t.say(refusals.NO_USERS)})
    return field_errors({block: errors[block] for block in drawn})
