"""The message in which a second agent is asked for approval, and what replaces it once it is decided."""

from collections.abc import Mapping
from typing import Final

from bot.domain.approvals import Decided, Pending, Verdict
from bot.domain.clients import SetPasswordSummary
from bot.domain.identity import ApprovalRule
from bot.domain.references import Reference
from bot.views import confirmation, labels
from bot.views.blocks import Block, actions, button, confirm_dialog, fields, mention, paragraph, small_markup, strong
from bot.views.direct_message import MessageContent, make_content
from bot.views.text import Texts, mark

APPROVE: Final = "approve_reset"
REJECT: Final = "reject_reset"

RULES: Final[Mapping[ApprovalRule, str]] = {
    ApprovalRule.PROTECTED: mark(
        "A second agent is needed because the password gives access to a client in a protected group."
    ),
    ApprovalRule.ALWAYS: mark("A second agent is needed for every new password here."),
    ApprovalRule.UNPROVEN: mark(
        "A second agent is needed because there is no strong proof that this user requested it."
    ),
}
"""Why a second agent is asked."""

DECISIONS: Final[Mapping[Verdict | None, str]] = {
    None: mark("No one answered in time: {agent} had requested a new password for {email}. Nothing was changed."),
    Verdict.REJECTED: mark("{name} rejected the new password for {email} that {agent} requested. Nothing was changed."),
    Verdict.GRANTED: mark(
        "{name} approved the new password for {email} that {agent} requested. {agent} will be notified of the result."
    ),
}


def build_announcement(reference: Reference, t: Texts) -> MessageContent:
    """The message before the request is recorded; it asks nothing yet."""
    text = t.say("One moment: approval is about to be requested ({reference}).", reference=reference)
    return make_content(text, [paragraph(text)])


def build_question(pending: Pending, summary: SetPasswordSummary, requester: str, t: Texts) -> MessageContent:
    """`requester`: the requesting agent's name. Their id is shown as well, since names can be chosen freely."""
    reference = pending.reset.reference
    rule = t.say(RULES[summary.approval or ApprovalRule.UNPROVEN])
    expiry = t.say(
        "Any other agent with permission to set passwords can answer until {time}, but not the requester.",
        time=t.in_markup().clock(pending.asked.expires_at),
    )
    blocks: list[Block] = [
        strong(t.say("{agent} requests a new password for a user. Do you approve?", agent=requester)),
        small_markup(t.say("Requested by: {agent}", agent=mention(pending.reset.agent_id))),
        fields(confirmation.list_fields(summary, t)),
        paragraph(f"{rule} {confirmation.describe_other_clients(summary, t)}"),
        actions(
            elements=[
                button(
                    text=t.say("Approve"),
                    action_id=APPROVE,
                    value=f"{reference} {pending.question}",
                    style="primary",
                    confirm=confirm_dialog(
                        title=t.say("Approve this?"),
                        text=t.say(
                            "The password of {email} will be changed immediately. The new one is sent only to {agent}.",
                            email=summary.user_email,
                            agent=requester,
                        ),
                        confirm=t.say("Approve"),
                        deny=labels.cancel(t),
                    ),
                ),
                button(text=t.say("Reject"), action_id=REJECT, value=reference, style="danger"),
            ]
        ),
        small_markup(expiry),
        labels.reference_block(t, reference),
    ]
    return make_content(_notification(reference, t), blocks)


def build_decided(decided: Decided, requester: str, by: str, t: Texts) -> MessageContent:
    """`by`: the name of the agent who decided; empty if the request expired."""
    reset = decided.reset
    people = t.say("Requested by: {agent}", agent=mention(reset.agent_id))
    if decided.by is not None:
        people = t.say(
            "Requested by: {agent}. Decided by: {name}.", agent=mention(reset.agent_id), name=mention(decided.by)
        )
    text = t.say(DECISIONS[decided.verdict], name=by, email=reset.user_email, agent=requester)
    blocks: list[Block] = [paragraph(text), small_markup(people), labels.reference_block(t, reset.reference)]
    return make_content(_notification(reset.reference, t), blocks)


def _notification(reference: Reference, t: Texts) -> str:
    """Return the text of the push notification; it names nobody."""
    return t.say("Approval of a new password ({reference})", reference=reference)
