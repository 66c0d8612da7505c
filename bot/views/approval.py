"""The message with which a second agent is asked, and what it becomes."""

from typing import Final

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ConfirmObject, SectionBlock

from bot.domain.approvals import Decided, Pending
from bot.domain.clients import SetPasswordSummary
from bot.domain.names import shorten
from bot.domain.references import Reference
from bot.views.blocks import paragraph, plain, small, small_markup, strong
from bot.views.direct_message import MessageContent, clock_token, make_content
from bot.views.text import Texts, approval, confirmation, form

APPROVE: Final = "approve_reset"
REJECT: Final = "reject_reset"
_FIELD: Final = 2000


def build_announcement(reference: Reference, t: Texts) -> MessageContent:
    """Before the request is recorded: it asks nothing."""
    text = approval.announcement(t, reference)
    return make_content(text, [paragraph(text)])


def build_question(pending: Pending, summary: SetPasswordSummary, requester: str, t: Texts) -> MessageContent:
    """`requester`: the name of the agent who asks."""
    reference = pending.reset.reference
    blocks: list[Block] = [
        strong(approval.question(t, requester)),
        SectionBlock(
            fields=[plain(shorten(f"{label}\n{value}", _FIELD)) for label, value in confirmation.fields(t, summary)]
        ),
        paragraph(f"{approval.why(t, summary)} {confirmation.other_clients(t, summary)}"),
        ActionsBlock(
            elements=[
                ButtonElement(
                    text=plain(approval.approve(t)),
                    action_id=APPROVE,
                    value=reference,
                    style="primary",
                    confirm=ConfirmObject(
                        title=plain(approval.approve_title(t)),
                        text=plain(approval.approve_text(t, requester, summary.user_email)),
                        confirm=plain(approval.approve(t)),
                        deny=plain(form.cancel(t)),
                    ),
                ),
                ButtonElement(text=plain(approval.reject(t)), action_id=REJECT, value=reference, style="danger"),
            ]
        ),
        small_markup(approval.expiry(t, clock_token(pending.asked.expires_at))),
        small(form.reference(t, reference)),
    ]
    return make_content(approval.notification(t, reference), blocks)


def build_decided(decided: Decided, requester: str, by: str, t: Texts) -> MessageContent:
    """`by`: the name of who answered; empty: nobody did."""
    blocks: list[Block] = [
        paragraph(approval.decided(t, decided, requester, by)),
        small(form.reference(t, decided.reset.reference)),
    ]
    return make_content(approval.notification(t, decided.reset.reference), blocks)
