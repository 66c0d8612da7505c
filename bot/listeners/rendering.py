"""Renders what a service returned as a view, or words it as a sentence."""

from dataclasses import dataclass

from bot.domain.clients import SetPasswordSummary
from bot.domain.permissions import Agent
from bot.domain.replies import ReplyReason
from bot.domain.resets import Outcome, ResetRequest, Result
from bot.services.client_lookup import NOTHING_SELECTED, ClientLookup, Preselection
from bot.services.errors import (
    AnswerNeededError,
    AuditUnavailableError,
    ChannelError,
    ForbiddenError,
    FormTamperedError,
    LimitError,
    LookupFailedError,
    NotAllowedError,
    NotOfferedError,
    ResetsPausedError,
    ServiceError,
    StillRunningError,
)
from bot.services.results import Refused, Submitted, WaitingForApproval
from bot.services.whmcs_gateway import Whmcs
from bot.views import client_card, client_search, confirmation, reset_result
from bot.views.blocks import View
from bot.views.state import State
from bot.views.text import Languages, Texts, outcomes, refusals
from bot.views.text.methods import METHODS


@dataclass(kw_only=True)
class Renderer:
    """`offers_replies`: a reset with a ticket can be replied to."""

    clients: ClientLookup
    whmcs: Whmcs
    languages: Languages
    offers_replies: bool

    async def render_card(
        self,
        state: State,
        client_id: int,
        agent: Agent,
        t: Texts,
        preselection: Preselection = NOTHING_SELECTED,
        *,
        ticket: str = "",
        verification: str = "",
        no_ticket: str = "",
    ) -> View:
        """Return the card of a client, or why it can't be shown.

        `ticket`: number of the ticket that it is about. `verification`: the answer given before. `no_ticket`: digits that
        are no ticket number and were read as the client id.
        """
        try:
            card = await self.clients.read_card(client_id, agent, preselection, ticket)
        except LookupFailedError as error:
            return client_search.build_failed(state.for_client(None), client_id, error.failure, t)
        return client_card.build_card(state.for_card(card), card, t, verification=verification, no_ticket=no_ticket)

    def render_result(self, result: Result, state: State, t: Texts, replied: ReplyReason | None = None) -> View:
        """`replied`: what has been sent on the ticket since."""
        reset = result.reset
        is_done = result.outcome is Outcome.SUCCEEDED and result.reason is None
        return reset_result.build_result(
            state,
            result,
            t,
            self.languages.for_whmcs(reset.language),
            emails_url=self.whmcs.emails_url(reset.client_id) if result.is_doubtful_mail else "",
            offers_reply=self.offers_replies and is_done and bool(reset.ticket),
            replied=replied,
        )

    def render_submitted(
        self, submitted: SetPasswordSummary | Submitted, state: State, request: ResetRequest, t: Texts
    ) -> View | Refused:
        """Return what became of a form, or its refusal if it can be sent again."""
        if isinstance(submitted, SetPasswordSummary):
            return confirmation.build(state, submitted, t)
        if isinstance(submitted, WaitingForApproval):
            return reset_result.build_waiting(state, submitted.pending, t)
        if not isinstance(submitted, Refused):
            return self.render_result(submitted.result, state, t)
        match submitted.error:
            case StillRunningError():
                # The process that runs it announces its outcome. It must not look refused: WHMCS may be at work.
                return reset_result.build_progress(state, request.target.method, t)
            case FormTamperedError():
                return reset_result.build_notice(t.say(refusals.USED_FOR_OTHER_VALUES), t)
            case _:
                return submitted


def word_refusal(error: ServiceError, t: Texts, client_id: int = 0) -> str:
    match error:
        case ResetsPausedError():
            return refusals.paused(t, error.pause)
        case LimitError():
            return refusals.limit_reached(t, error.limit, error.who)
        case NotAllowedError():
            return t.say(refusals.DENIED_SET_PASSWORD[error.denial])
        case NotOfferedError():
            return t.say(refusals.NOT_OFFERED)
        case AuditUnavailableError():
            return t.say(refusals.NOT_RECORDED)
        case LookupFailedError():
            return outcomes.unchanged(t, error.failure, client_id)
        case AnswerNeededError():
            return t.say(METHODS[error.method].answer_needed)
        case ChannelError():
            return t.say(refusals.NO_APPROVAL_CHANNEL)
        case ForbiddenError():
            return t.say(refusals.PROTECTED)
        case _:
            return t.say(refusals.STOPPING)
