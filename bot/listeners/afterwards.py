"""From a result to the next form in the same modal, without typing the command again."""

from bot.domain.forms import FormFault, UnusableFormError
from bot.domain.permissions import Agent
from bot.listeners.cards import draw_card
from bot.listeners.drawing import Drawing
from bot.listeners.forms import Forms
from bot.listeners.payloads import Action
from bot.services.directory import Directory, Preselection
from bot.slack.modals import Modals
from bot.views import reset_password as modal
from bot.views.text import Languages


class AfterwardsListeners:
    def __init__(
        self, *, directory: Directory, forms: Forms, drawing: Drawing, modals: Modals, languages: Languages
    ) -> None:
        self._directory = directory
        self._forms = forms
        self._drawing = drawing
        self._modals = modals
        self._languages = languages

    async def another_user(self, action: Action, agent: Agent) -> None:
        """The card of the same client, with nothing chosen in it."""
        t = self._languages.for_agent(agent)
        fresh = self._forms.renew(await self._forms.read(action.view, agent))
        client_id = modal.parse_client_value(action.element.value)
        if client_id is None:
            raise UnusableFormError(FormFault.NOT_OURS)
        drawing = draw_card(self._directory, fresh, client_id, agent, Preselection(), t)
        await self._drawing.replace(action.view_id, drawing, modal.build_loading(fresh, t))

    async def another_client(self, action: Action, agent: Agent) -> None:
        """The empty form. The ticket was the last client's."""
        t = self._languages.for_agent(agent)
        fresh = self._forms.renew(await self._forms.read(action.view, agent)).for_client(None)
        self._drawing.begin(action.view_id)
        await self._modals.update(action.view_id, modal.build_empty(fresh, t))
