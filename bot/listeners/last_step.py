"""The last step before a password is set: drawn when the form is submitted, and confirmed by a submission of its own."""

import asyncio
from functools import partial

from bot.domain.approvals import Pending
from bot.domain.forms import FormFault, UnusableFormError
from bot.domain.identity import IdentityPolicy
from bot.domain.permissions import Agent
from bot.domain.resets import Method, ResetRequest, Result
from bot.listeners.answers import Answer, update
from bot.listeners.drawing import Drawing
from bot.listeners.entries import CHECK_SECONDS
from bot.listeners.forms import Forms
from bot.listeners.payloads import Submission
from bot.listeners.results import Results, word_failed_lookup, word_refusal
from bot.services.approvals import Approvals
from bot.services.directory import LookupFailedError
from bot.services.errors import FormTamperedError, ServiceError, WaitingError
from bot.services.preview import NotOfClientError, Preview
from bot.services.resets import ResetService
from bot.services.tasks import Tasks
from bot.views import confirmation, reset_result
from bot.views.blocks import View
from bot.views.state import State, ViewError
from bot.views.text import Languages, Texts

_LEAST_CHECK_SECONDS = 0.1


class LastStepListeners:
    def __init__(
        self,
        *,
        preview: Preview,
        approvals: Approvals,
        resets: ResetService,
        forms: Forms,
        results: Results,
        drawing: Drawing,
        languages: Languages,
        policy: IdentityPolicy,
        tasks: Tasks,
    ) -> None:
        self._preview = preview
        self._approvals = approvals
        self._resets = resets
        self._forms = forms
        self._results = results
        self._drawing = drawing
        self._languages = languages
        self._policy = policy
        self._tasks = tasks

    async def show(self, view_id: str, state: State, request: ResetRequest, arrived_at: float) -> Answer:
        """What will be done, to be confirmed; read from WHMCS now.

        Raises: ServiceError, LookupFailedError: refused in time to be said in the form.
        """
        t = self._languages.for_agent(request.agent)
        ticket = self._drawing.begin(view_id)
        task = self._tasks.spawn(self._draw(state, request, t), name="last step")
        if await self._drawing.ends_in_time(task, arrived_at):
            return update(task.result())
        unshown = partial(self._drawing.say_unshown, state.origin, request.agent)
        self._drawing.draw_later(view_id, ticket, self._draw_late(task, request, t), unshown=unshown)
        return update(reset_result.build_reading(state, t))

    async def confirm(self, submission: Submission, agent: Agent, arrived_at: float) -> Answer:
        try:
            sent = confirmation.parse(submission.view)
        except ViewError:
            raise UnusableFormError(FormFault.NOT_OURS) from None
        state = sent.state
        await self._forms.require_sendable(state, agent)
        request = ResetRequest(
            reference=sent.reference,
            agent=agent,
            client_id=sent.client_id,
            user_id=sent.user_id,
            method=Method.SET_PASSWORD,
            origin=state.origin,
            ticket=state.ticket,
            proof=state.proof,
            verification=self._policy.known_answer(state.verification),
            needs_approval=state.needs_approval,
        )
        return await self._reset(submission.view_id, state, request, arrived_at)

    async def _reset(self, view_id: str, state: State, request: ResetRequest, arrived_at: float) -> Answer:
        t = self._languages.for_agent(request.agent)
        ticket = self._drawing.begin(view_id)
        left = CHECK_SECONDS - (asyncio.get_running_loop().time() - arrived_at)
        check_seconds = max(left, _LEAST_CHECK_SECONDS)
        if request.needs_approval:
            drawing = self._draw_asked(state, request, check_seconds, t)
            meanwhile = reset_result.build_asking(state, t)
        else:
            drawing = self._draw_end(self._resets.submit(request, check_seconds=check_seconds), state, request, t)
            meanwhile = reset_result.build_progress(state, request.method, t)
        shown = self._tasks.spawn(drawing, name="result")
        if not await self._drawing.ends_in_time(shown, arrived_at):
            unshown = partial(self._results.say_unshown, state, request.agent)
            self._drawing.draw_later(view_id, ticket, _wait_for(shown), unshown=unshown)
            return update(meanwhile)
        return update(shown.result())

    async def _draw_asked(self, state: State, request: ResetRequest, check_seconds: float, t: Texts) -> View:
        """That a second agent has been asked, or why not."""
        try:
            asked = await self._ask(request, check_seconds)
        except LookupFailedError as error:
            return reset_result.build_notice(word_failed_lookup(error, request.client_id, t), t)
        except ServiceError as error:
            return await self._draw_refused(error, state, request, t)
        if isinstance(asked, Result):
            return self._results.draw(asked, state, t)
        return reset_result.build_waiting(state, asked, request.agent.timezone, t)

    async def _ask(self, request: ResetRequest, check_seconds: float) -> Pending | Result:
        """Raises: ServiceError, LookupFailedError."""
        try:
            return await self._approvals.ask(request, check_seconds=check_seconds)
        except NotOfClientError as error:
            return await self._resets.refuse(request, error.reason)

    async def _draw_end(self, reset: asyncio.Task[Result], state: State, request: ResetRequest, t: Texts) -> View:
        try:
            return await self._results.wait_for(reset, state, request, t)
        except ServiceError as error:
            return await self._draw_refused(error, state, request, t)

    async def _draw_refused(self, error: ServiceError, state: State, request: ResetRequest, t: Texts) -> View:
        """The step once more, with the same reference, since it has no field at which the refusal could be said."""
        if isinstance(error, FormTamperedError):
            return reset_result.build_notice(word_refusal(error, request.agent, t), t)
        if isinstance(error, WaitingError) and (pending := await self._approvals.find(request.reference)) is not None:
            return reset_result.build_waiting(state, pending, request.agent.timezone, t)
        refusal = word_refusal(error, request.agent, t)
        try:
            return confirmation.build(state, await self._preview.summarize(request), t, refusal=refusal)
        except (ServiceError, LookupFailedError, NotOfClientError):
            return reset_result.build_notice(refusal, t)

    async def _draw(self, state: State, request: ResetRequest, t: Texts) -> View:
        if await self._resets.is_used(request.reference):
            sent_before = self._resets.submit(request, check_seconds=CHECK_SECONDS)
            return await self._results.wait_for(sent_before, state, request, t)
        await self._resets.require_offer()
        try:
            return confirmation.build(state, await self._preview.summarize(request), t)
        except NotOfClientError as error:
            refused = await self._resets.refuse(request, error.reason)
            return self._results.draw(refused, state, t)

    async def _draw_late(self, task: asyncio.Task[View], request: ResetRequest, t: Texts) -> View:
        try:
            return await task
        except LookupFailedError as error:
            return reset_result.build_notice(word_failed_lookup(error, request.client_id, t), t)
        except ServiceError as error:
            return reset_result.build_notice(word_refusal(error, request.agent, t), t)


async def _wait_for(task: asyncio.Task[View]) -> View:
    return await task
