"""The last step before a password is set: drawn when the form is submitted, and confirmed by a submission of its own."""

import asyncio

from bot.domain.forms import FormFault, UnusableFormError
from bot.domain.permissions import Agent
from bot.domain.resets import Method, ResetRequest, Result
from bot.listeners.answers import Answer, update
from bot.listeners.drawing import Drawing
from bot.listeners.entries import CHECK_SECONDS
from bot.listeners.forms import Forms
from bot.listeners.payloads import Submission
from bot.listeners.results import Results, word_failed_lookup, word_refusal
from bot.services.directory import LookupFailedError
from bot.services.errors import ServiceError, StillRunningError
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
        resets: ResetService,
        forms: Forms,
        results: Results,
        drawing: Drawing,
        languages: Languages,
        tasks: Tasks,
    ) -> None:
        self._preview = preview
        self._resets = resets
        self._forms = forms
        self._results = results
        self._drawing = drawing
        self._languages = languages
        self._tasks = tasks

    async def show(self, view_id: str, state: State, request: ResetRequest, arrived_at: float) -> Answer:
        """What will be done, to be confirmed; read from WHMCS now.

        Raises: ServiceError, LookupFailedError: refused in time to be said in the form.
        """
        t = self._languages.for_locale(request.agent.locale)
        ticket = self._drawing.begin(view_id)
        task = self._tasks.spawn(self._draw(state, request, t), name="last step")
        if await self._drawing.ends_in_time(task, arrived_at):
            return update(task.result())
        self._drawing.draw_later(view_id, ticket, self._draw_late(task, request, t))
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
            verification=state.verification,
        )
        return await self._reset(submission.view_id, state, request, arrived_at)

    async def _reset(self, view_id: str, state: State, request: ResetRequest, arrived_at: float) -> Answer:
        t = self._languages.for_locale(request.agent.locale)
        ticket = self._drawing.begin(view_id)
        left = CHECK_SECONDS - (asyncio.get_running_loop().time() - arrived_at)
        reset = self._resets.submit(request, check_seconds=max(left, _LEAST_CHECK_SECONDS))
        shown = self._tasks.spawn(self._draw_end(reset, state, request, t), name="result")
        if not await self._drawing.ends_in_time(shown, arrived_at):
            self._drawing.draw_later(view_id, ticket, _wait_for(shown))
            return update(reset_result.build_progress(state, request.method, t))
        return update(shown.result())

    async def _draw_end(self, reset: asyncio.Task[Result], state: State, request: ResetRequest, t: Texts) -> View:
        """The result; after a refusal the step once more, with the same reference, since it has no field to say it at."""
        try:
            return await self._results.wait_for(reset, state, request, t)
        except StillRunningError:
            raise
        except ServiceError as error:
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
