"""From a client id to the view of its card, or of why there is none."""

from bot.domain.permissions import Agent
from bot.services.directory import Directory, LookupFailedError, Preselection
from bot.views import reset_password as modal
from bot.views.blocks import View
from bot.views.state import State
from bot.views.text import Texts


async def draw_card(
    directory: Directory,
    state: State,
    client_id: int,
    agent: Agent,
    preselection: Preselection,
    t: Texts,
    *,
    ticket: str = "",
    verification: str = "",
) -> View:
    """`ticket`: the number of the one that it is about; `verification`: what was answered before."""
    try:
        card = await directory.read_card(client_id, agent, preselection, ticket)
    except LookupFailedError as error:
        return modal.build_failed(state.for_client(None), client_id, error.failure.reason, error.failure.detail, t)
    return modal.build_card(state.for_card(card), card, agent.timezone, t, verification=verification)
