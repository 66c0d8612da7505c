"""The conversation in the modal up to the submission: open, search, choose; and on from a result."""

from dataclasses import dataclass, field
from typing import Final

import structlog

from bot.domain.forms import UnusableFormError
from bot.domain.permissions import Agent
from bot.domain.reading import Reading, read_typed
from bot.listeners.answers import Answer, Deadline
from bot.listeners.forms import Forms, parse_button, require
from bot.listeners.modal_session import LatestOnly, ModalSessions
from bot.listeners.payloads import Action, MessageShortcut, Opening, Suggestion
from bot.listeners.rendering import Renderer
from bot.services.client_lookup import Preselection
from bot.services.finding import Finder
from bot.services.pauses import Pauses
from bot.slack.errors import SlackError
from bot.slack.gateway import Slack
from bot.views import client_search, direct_message, identity, reset_result
from bot.views import reset_password as modal
from bot.views.blocks import View
from bot.views.state import State
from bot.views.text import Texts, refusals

_logger = structlog.stdlib.get_logger(__name__)

SUGGESTION_SECONDS: Final = 2.0
"""Slack gives a type-ahead three seconds and no second chance, so it gets what there is after two."""

_MIN_QUERY: Final = 2
_HELP: Final = frozenset({"help", "ayuda", "?"})


@dataclass(kw_only=True)
class ResetPasswordListeners:
    slack: Slack
    finder: Finder
    pauses: Pauses
    forms: Forms
    sessions: ModalSessions
    renderer: Renderer
    _typing: LatestOnly = field(init=False, default_factory=LatestOnly)

    async def open(self, opening: Opening, agent: Agent, t: Texts) -> None:
        await self._open(opening, opening.reading, agent, t)

    async def open_for_message(self, shortcut: MessageShortcut, agent: Agent, t: Texts) -> None:
        """Open the form for whoever the message is about. The bot's own messages name only whom to ask for help."""
        is_own = bool(shortcut.bot_id) and shortcut.bot_id == self.slack.identity.bot_id
        await self._open(shortcut, Reading() if is_own else shortcut.reading, agent, t)

    async def suggest_clients(self, suggestion: Suggestion, _agent: Agent, t: Texts, deadline: Deadline) -> Answer:
        """Answer the type-ahead with what is found in time."""
        reading = read_typed(suggestion.value)
        if len(reading.shown) < _MIN_QUERY:
            return {"options": []}
        searching = self.finder.clients.search(reading, deadline_seconds=deadline.seconds_left)
        search = await self._typing.run(suggestion.view_id, searching)
        return {"options": client_search.build_suggestions(search, t) if search is not None else []}

    async def suggest_tickets(self, suggestion: Suggestion, agent: Agent, t: Texts, deadline: Deadline) -> Answer:
        """Answer with the client's open tickets, as far as they are read in time."""
        try:
            state = await self.forms.read(suggestion.view, agent)
        except UnusableFormError:
            return {"options": []}
        if state.client_id is None:
            return {"options": []}
        found = await self.finder.tickets.list_open(
            state.client_id, suggestion.value, deadline_seconds=deadline.seconds_left
        )
        return {"options": identity.build_suggestions(found, t)}

    async def show_client(self, action: Action, agent: Agent, t: Texts) -> None:
        """Show the card of the client that was chosen, in the type-ahead or among the matches."""
        state = await self.forms.read(action.view, agent)
        session = self.sessions.begin(action.view_id)
        client_id = modal.parse_client_value(action.element.selected)
        if client_id is None:
            await session.show_now(client_search.build_unavailable(state.for_client(None), t))
            return
        await session.show(self.renderer.render_card(state, client_id, agent, t), modal.build_loading(state, t))

    async def show_user(self, action: Action, agent: Agent, t: Texts) -> None:
        """Show which other clients the password of the chosen user opens."""
        state = await self.forms.read(action.view, agent)
        client_id = require(state.client_id)
        preselection = Preselection(user_id=parse_button(modal.parse_user_value, action.element.selected))
        card = self.renderer.render_card(state, client_id, agent, t, preselection, ticket=state.ticket)
        await self.sessions.begin(action.view_id).show(card)

    async def show_ticket(self, action: Action, agent: Agent, t: Texts) -> None:
        """Show who opened the chosen ticket beside the users; the requestor is selected if they are one of them."""
        state = await self.forms.read(action.view, agent)
        client_id = require(state.client_id)
        preselection = Preselection(user_before=modal.parse_users_choice(action.view, state))
        ticket = identity.parse_ticket_value(action.element.selected)
        card = self.renderer.render_card(state, client_id, agent, t, preselection, ticket=ticket)
        await self.sessions.begin(action.view_id).show(card)

    async def search_again(self, action: Action, agent: Agent, t: Texts) -> None:
        """Repeat the search whose text is in the button."""
        state = await self.forms.read(action.view, agent)
        reading = read_typed(action.element.value or "")
        fresh = self.forms.renew(state).for_client(None)
        meanwhile = client_search.build_searching(fresh, reading.shown, t)
        await self.sessions.begin(action.view_id).show(self._render_search(fresh, reading, agent, t), meanwhile)

    async def back(self, action: Action, agent: Agent, t: Texts) -> None:
        """From a result to a new form with the same choices."""
        state = await self.forms.read(action.view, agent)
        choices = parse_button(reset_result.parse_back, action.element.value)
        fresh = self.forms.renew(state)
        card = self.renderer.render_card(
            fresh,
            choices.client_id,
            agent,
            t,
            Preselection(user_id=choices.user_id, method=choices.method),
            ticket=state.ticket,
            verification=choices.verification,
        )
        await self.sessions.begin(action.view_id).show(card, modal.build_loading(fresh, t))

    async def another_user(self, action: Action, agent: Agent, t: Texts) -> None:
        """From a result to the card of the same client, with nothing chosen in it."""
        fresh = self.forms.renew(await self.forms.read(action.view, agent))
        client_id = parse_button(modal.parse_client_value, action.element.value)
        card = self.renderer.render_card(fresh, client_id, agent, t)
        await self.sessions.begin(action.view_id).show(card, modal.build_loading(fresh, t))

    async def another_client(self, action: Action, agent: Agent, t: Texts) -> None:
        """From a result to the empty form. The ticket was the last client's."""
        fresh = self.forms.renew(await self.forms.read(action.view, agent)).for_client(None)
        await self.sessions.begin(action.view_id).show_now(modal.build_empty(fresh, t))

    async def _open(self, opening: Opening, reading: Reading, agent: Agent, t: Texts) -> None:
        """Open the form, empty or searching; `/reset-password help` explains it instead."""
        pause = await self.pauses.find_pause()
        if reading.query.lower() in _HELP:
            news = refusals.paused_since(t, pause) if pause is not None else ""
            await self.slack.messages.answer(opening.origin, agent.id, direct_message.build_help(t, news))
            return
        if pause is not None:
            _logger.info("reset.refused_by_pause", actor=agent.id)
            await self.sessions.notify(opening.origin, agent.id, refusals.paused(t, pause), t)
            return
        state = self.forms.begin(agent, opening.origin)
        view = (
            modal.build_empty(state, t) if reading.is_empty else client_search.build_searching(state, reading.shown, t)
        )
        try:
            view_id = await self.slack.modals.open(opening.trigger_id, view)
        except SlackError as error:
            _logger.warning("modal.not_opened", error=str(error))
            await self.sessions.notify(opening.origin, agent.id, t.say(refusals.NOT_OPENED), t)
            return
        if not reading.is_empty:
            await self.sessions.begin(view_id).show(self._render_search(state, reading, agent, t))

    async def _render_search(self, state: State, reading: Reading, agent: Agent, t: Texts) -> View:
        """Return the card of the client to whom everything leads, or else the clients that were found."""
        found = await self.finder.find(reading)
        if found.choice is None:
            return client_search.build_found(state, found, t)
        return await self.renderer.render_card(
            state,
            found.choice.client_id,
            agent,
            t,
            Preselection(addresses=reading.addresses),
            ticket=found.choice.ticket,
            no_ticket=found.choice.no_ticket,
        )
