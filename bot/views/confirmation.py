"""The last step before a password is set: what will be done, to be confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, SectionBlock
from slack_sdk.models.views import View as ViewModel

from bot.domain.clients import SetPasswordSummary
from bot.domain.names import shorten
from bot.domain.references import Reference
from bot.domain.resets import Method
from bot.views.blocks import View, paragraph, plain, small, strong
from bot.views.reset_result import BACK, Choices
from bot.views.state import State, ViewError
from bot.views.text import Texts, confirmation, form

CALLBACK_ID: Final = "confirm_set_password"
_FIELD: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What the agent has confirmed."""

    state: State
    client_id: int
    user_id: int

    @property
    def reference(self) -> Reference:
        return Reference(self.state.reference)


def build(state: State, summary: SetPasswordSummary, t: Texts, *, refusal: str = "") -> View:
    """`refusal`: why it was not done when it was confirmed before; the step can be confirmed again."""
    drawn = state.model_copy(
        update={
            "user_id": summary.user_id,
            "method": Method.SET_PASSWORD,
            "verification": summary.verification,
            "proof": summary.judgement.proof,
            "needs_approval": summary.needs_approval,
        }
    )
    choices = Choices(
        client_id=summary.client_id,
        user_id=summary.user_id,
        method=Method.SET_PASSWORD,
        verification=summary.verification,
    )
    back = ButtonElement(text=plain(form.back(t)), action_id=BACK, value=choices.model_dump_json())
    parts: list[Block] = [
        *([paragraph(refusal)] if refusal else []),
        strong(confirmation.question(t)),
        SectionBlock(
            fields=[plain(shorten(f"{label}\n{value}", _FIELD)) for label, value in confirmation.fields(t, summary)]
        ),
        paragraph(confirmation.reach(t, summary)),
        *([paragraph(confirmation.approval(t))] if summary.needs_approval else []),
        ActionsBlock(elements=[back]),
        small(form.reference(t, state.reference)),
    ]
    return ViewModel(
        type="modal",
        callback_id=CALLBACK_ID,
        title=plain(form.title(t)),
        submit=plain(confirmation.confirm(t)),
        close=plain(form.cancel(t)),
        blocks=parts,
        private_metadata=drawn.write(),
    ).to_dict()


def parse(view: Mapping[str, Any]) -> Confirmed:
    """Raises: ViewError: not a last step that this version of the bot drew."""
    state = State.parse(view.get("private_metadata"))
    if state.client_id is None or state.user_id is None or state.method is not Method.SET_PASSWORD:
        raise ViewError("not a last step")
    return Confirmed(state=state, client_id=state.client_id, user_id=state.user_id)
