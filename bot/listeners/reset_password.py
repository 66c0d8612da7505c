"""The conversation in the modal up to the submission: open, search, choose; and back from a result."""

import asyncio
from typing import Final

import structlog

from bot.domain.clients import Search
from bot.domain.forms import FormFault, UnusableFormError
from bot.domain.names import one_line, shorten
from bot.domain.permissions import Agent
from bot.listeners.answers import Answer
from bot.listeners.cards import draw_card
from bot.listeners.drawing import Drawing
from bot.listeners.forms import Forms
from bot.listeners.latest import Latest
from bot.listeners.payloads import Action, Opening, Suggestion
from bot.services.directory import Directory, Preselection
from bot.services.resets import ResetService
from bot.services.tickets import Tickets
from bot.slack.errors import SlackError
from bot.slack.messages import Messages
from bot.slack.modals import Modals
from bot.views import direct_message, identity
from bot.views import reset_password as modal
from bot.views import reset_result as result_modal
from bot.views.blocks import View
from bot.views.state import State
from bot.views.text import Languages, Texts, outcomes

_logger = structlog.stdlib.get_logger(__name__)

SUGGESTION_SECONDS: Final = 2.0
"""Slack gives a type-ahead three seconds and no second chance, so it gets what there is after two."""

_QUERY: Final = 200
_MIN_QUERY: Final = 2
_HELP: Final = frozenset({"help", "ayuda", "?"})


class ResetPasswordListeners:
    def __init__(
        self,
        *,
        directory: Directory,
        tickets: Tickets,
        resets: ResetService,
        forms: Forms,
        drawing: Drawing,
        modals: Modals,
        messages: Messages,
        languages: Languages,
    ) -> None:
        self._directory = directory
        self._tickets = tickets
        self._resets = resets
        self._forms = forms
        self._drawing = drawing
        self._modals = modals
        self._messages = messages
        self._languages = languages
        self._typing: Latest[Search] = Latest()

    async def open(self, opening: Opening, agent: Agent) -> None:
        """The form, empty or with whom to search for; `/reset-password help` instead explains it."""
        t = self._languages.for_agent(agent)
        query = _query(opening.query)
        pause = await self._resets.find_pause()
        if query.lower() in _HELP:
            news = outcomes.paused_since(t, pause, agent.timezone) if pause is not None else ""
            await self._messages.answer(opening.origin, agent.id, direct_message.build_help(t, news))
            return
        if pause is not None:
            _logger.info("refused: resets are paused", actor=agent.id)
            content = direct_message.build_notice(outcomes.paused(t, pause, agent.timezone), t)
            await self._messages.answer(opening.origin, agent.id, content)
            return
        state = self._forms.begin(agent, opening.origin)
        view = modal.build_searching(state, query, t) if query else modal.build_empty(state, t)
        try:
            view_id = await self._modals.open(opening.trigger_id, view)
        except SlackError as error:
            _logger.warning("modal not opened", error=str(error))
            content = direct_message.build_notice(outcomes.not_opened(t), t)
            await self._messages.answer(opening.origin, agent.id, content)
            return
        if query:
            await self._drawing.replace(view_id, self._draw_search(state, query, agent, t))

    async def suggest_clients(self, suggestion: Suggestion, agent: Agent, arrived_at: float) -> Answer:
        """The type-ahead, with what there is in time."""
        query = _query(suggestion.value)
        if len(query) < _MIN_QUERY:
            return {"options": []}
        left = SUGGESTION_SECONDS - (asyncio.get_running_loop().time() - arrived_at)
        search = await self._typing.ask(
            suggestion.view_id, self._directory.search(query, deadline_seconds=max(left, 0.1))
        )
        if search is None:
            return {"options": []}
        return {"options": modal.build_suggestions(search, self._languages.for_agent(agent))}

    async def suggest_tickets(self, suggestion: Suggestion, agent: Agent, arrived_at: float) -> Answer:
        """The client's open tickets, with what there is in time."""
        t = self._languages.for_agent(agent)
        left = SUGGESTION_SECONDS - (asyncio.get_running_loop().time() - arrived_at)
        try:
            state = await self._forms.read(suggestion.view, agent)
        except UnusableFormError:
            return {"options": []}
        if state.client_id is None:
            return {"options": []}
        found = await self._tickets.list_open(
            state.client_id, _query(suggestion.value), deadline_seconds=max(left, 0.1)
        )
        return {"options": identity.build_suggestions(found, t)}

    async def show_client(self, action: Action, agent: Agent) -> None:
        """A client was chosen, in the type-ahead or among the matches."""
        t = self._languages.for_agent(agent)
        state = await self._forms.read(action.view, agent)
        client_id = modal.parse_client_value(action.element.selected)
        if client_id is None:
            await self._modals.update(action.view_id, modal.build_unavailable(state.for_client(None), t))
            return
        drawing = draw_card(self._directory, state, client_id, agent, Preselection(), t)
        await self._drawing.replace(action.view_id, drawing, modal.build_loading(state, t))

    async def show_user(self, action: Action, agent: Agent) -> None:
        """A user was chosen of whom is not known yet which other clients the password opens."""
        t = self._languages.for_agent(agent)
        state = await self._forms.read(action.view, agent)
        user_id = modal.parse_user_value(action.element.selected)
        if state.client_id is None or user_id is None:
            raise UnusableFormError(FormFault.NOT_OURS)
        preselection = Preselection(user_id=user_id)
        drawing = draw_card(self._directory, state, state.client_id, agent, preselection, t, ticket=state.ticket)
        await self._drawing.replace(action.view_id, drawing)

    async def show_ticket(self, action: Action, agent: Agent) -> None:
        """A ticket was chosen: who opened it is shown beside the users, and chosen if he is one of them."""
        t = self._languages.for_agent(agent)
        state = await self._forms.read(action.view, agent)
        if state.client_id is None:
            raise UnusableFormError(FormFault.NOT_OURS)
        preselection = Preselection(user_before=modal.parse_users_choice(action.view, state))
        ticket = identity.parse_ticket_value(action.element.selected)
        drawing = draw_card(self._directory, state, state.client_id, agent, preselection, t, ticket=ticket)
        await self._drawing.replace(action.view_id, drawing)

    async def search_again(self, action: Action, agent: Agent) -> None:
        """The same search once more; its text is in the button."""
        t = self._languages.for_agent(agent)
        state = await self._forms.read(action.view, agent)
        query = _query(action.element.value or "")
        fresh = self._forms.renew(state).for_client(None)
        meanwhile = modal.build_searching(fresh, query, t)
        await self._drawing.replace(action.view_id, self._draw_search(fresh, query, agent, t), meanwhile)

    async def back(self, action: Action, agent: Agent) -> None:
        """From a result to a new form with the same choices."""
        t = self._languages.for_agent(agent)
        state = await self._forms.read(action.view, agent)
        choices = result_modal.parse_back(action.element.value)
        if choices is None:
            raise UnusableFormError(FormFault.NOT_OURS)
        fresh = self._forms.renew(state)
        preselection = Preselection(user_id=choices.user_id, method=choices.method)
        drawing = draw_card(
            self._directory,
            fresh,
            choices.client_id,
            agent,
            preselection,
            t,
            ticket=state.ticket,
            verification=choices.verification,
        )
        await self._drawing.replace(action.view_id, drawing, modal.build_loading(fresh, t))

    async def _draw_search(self, state: State, query: str, agent: Agent, t: Texts) -> View:
        """The ticket that was meant, else the one client, else what was found."""
        search, found = await asyncio.gather(self._directory.search(query), self._tickets.find(query))
        if found.ticket is not None and found.ticket.client_id is None:
            return modal.build_guests_ticket(state, found.ticket, t)
        preselection = Preselection(typed=query)
        if found.ticket is not None and found.ticket.client_id is not None:
            client_id = found.ticket.client_id
            return await draw_card(self._directory, state, client_id, agent, preselection, t, ticket=query)
        if search.chosen is None:
            failed = (found.failure.reason, found.failure.detail) if found.failure is not None else None
            return modal.build_found(state, search, t, is_ticket_asked=found.is_asked, ticket_failure=failed)
        return await draw_card(self._directory, state, search.chosen.client_id, agent, preselection, t)


def _query(text: str) -> str:
    return shorten(one_line(text), _QUERY)
