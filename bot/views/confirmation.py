"""The last step before a password is set: it shows what will be done, to be confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.clients import SetPasswordSummary
from bot.domain.references import Reference
from bot.domain.resets import Method
from bot.domain.seals import Seal
from bot.views import identity, labels
from bot.views.blocks import Block, View, actions, button, fields, modal, paragraph, strong
from bot.views.reset_result import BACK, Choices
from bot.views.state import State, ViewError
from bot.views.text import Texts

CALLBACK_ID: Final = "confirm_set_password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A submitted last step."""

    state: State
    client_id: int
    user_id: int
    method: Method

    @property
    def reference(self) -> Reference:
        return Reference(self.state.reference)


def build(state: State, summary: SetPasswordSummary, t: Texts, *, refusal: str = "") -> View:
    """`refusal`: why it was not done when it was confirmed before. It can be confirmed again."""
    drawn = state.model_copy(
        update={
            "user_id": summary.user_id,
            "method": summary.method,
            "verification": summary.verification,
            "proof": summary.judgement.proof,
            "needs_approval": summary.approval is not None,
            "shown": summary.shown,
        }
    )
    choices = Choices(
        client_id=summary.client_id,
        user_id=summary.user_id,
        method=summary.method,
        verification=summary.verification,
    )
    back = button(text=labels.back(t), action_id=BACK, value=choices.model_dump_json())
    parts: list[Block] = [
        *([paragraph(refusal)] if refusal else []),
        strong(t.say("Set a new password for this user?")),
        fields(list_fields(summary, t)),
        paragraph(_describe_effect(summary, t)),
    ]
    if summary.approval is not None:
        parts.append(
            paragraph(t.say("A second agent has to approve it before it is done. You will be notified of the result."))
        )
    parts += [actions(elements=[back]), labels.reference_block(t, state.reference)]
    return modal(
        callback_id=CALLBACK_ID,
        title=labels.title(t),
        submit=t.say("Confirm"),
        close=labels.cancel(t),
        blocks=parts,
        private_metadata=drawn.write(),
    )


def parse(view: Mapping[str, Any], seal: Seal) -> Confirmed:
    """Raises: ViewError: not a last step that this version of the bot rendered."""
    state = State.parse(view.get("private_metadata"), seal)
    if state.client_id is None or state.user_id is None or state.method is None or not state.shown:
        raise ViewError("not a last step")
    return Confirmed(state=state, client_id=state.client_id, user_id=state.user_id, method=state.method)


def list_fields(summary: SetPasswordSummary, t: Texts) -> list[tuple[str, str]]:
    """Return label and value of what will be done."""
    user = f"{summary.user_name}\n{summary.user_email}" if summary.user_name else summary.user_email
    return [
        (labels.user(t), user),
        (labels.client(t), summary.client_name),
        (labels.method(t), labels.method_name(t, summary.method)),
        (labels.ticket(t), _describe_ticket(summary, t)),
        (identity.question(t), identity.answer(t, summary.verification) if summary.verification else ""),
    ]


def describe_other_clients(summary: SetPasswordSummary, t: Texts) -> str:
    """Return which other clients the password gives access to."""
    if summary.other_clients is None:
        return t.say("⚠ WHMCS does not report which other clients this user has access to.")
    if not summary.other_clients:
        return t.say("This user has no access to other clients.")
    known = t.count(
        "⚠ The password also gives access to {number} other client: {names}",
        "⚠ The password also gives access to {number} other clients: {names}",
        summary.other_clients,
        names=", ".join(summary.other_names),
    )
    more = summary.other_clients - len(summary.other_names)
    return known + (t.count(" and {number} more.", " and {number} more.", more) if more else ".")


def _describe_effect(summary: SetPasswordSummary, t: Texts) -> str:
    parts = [
        describe_other_clients(summary, t),
        t.say(
            "The bot generates a new password, sets it in WHMCS, and sends it only to you. The old one stops "
            "working immediately."
        ),
    ]
    if summary.notifies_client:
        parts.append(t.say("WHMCS then e-mails a notice, without the password, to the client’s address."))
    return " ".join(parts)


def _describe_ticket(summary: SetPasswordSummary, t: Texts) -> str:
    ticket = summary.ticket
    if ticket is None:
        return ""
    return "\n".join(
        (identity.heading(t, ticket), identity.history(t, ticket), identity.why(t, summary.judgement.reason))
    )
