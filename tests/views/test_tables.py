"""Every reason, outcome and refusal has its sentence."""

import pytest

from bot.domain.approvals import Verdict
from bot.domain.clients import SetPasswordOffer
from bot.domain.forms import FormFault
from bot.domain.identity import ApprovalRule, ProofReason
from bot.domain.limits import LimitKind
from bot.domain.permissions import Denial
from bot.domain.replies import ReplyKind, ReplyOutcome, ReplyReason, ReplyText
from bot.domain.resets import Method, Outcome, Reason, Settled
from bot.domain.shown import ShownField
from bot.views import approvals, client_card, identity, reply_text, ticket_reply
from bot.views.text import failures, outcomes, refusals, replies
from bot.views.text.methods import METHODS

WRITTEN = {ReplyReason.PUBLIC, ReplyReason.WITH_PASSWORD, ReplyReason.NOTE}
IN_DOUBT = {ReplyReason.UNDER_WAY, ReplyReason.NOT_KNOWN}


@pytest.mark.parametrize(
    ("sentences", "keys"),
    [
        pytest.param(failures.UNCHANGED, Reason, id="failures"),
        pytest.param(failures.SHOWN, ShownField, id="changed fields"),
        pytest.param(outcomes.HEADLINES, Outcome, id="headlines"),
        pytest.param(outcomes.SETTLED_HEADLINES, Settled, id="settled headlines"),
        pytest.param(refusals.DENIED, Denial, id="denied"),
        pytest.param(refusals.DENIED_SET_PASSWORD, Denial, id="denied to set a password"),
        pytest.param(refusals.START_AGAIN, FormFault, id="unusable forms"),
        pytest.param(refusals.OWN_LIMITS, LimitKind, id="own limits"),
        pytest.param(refusals.OTHERS_LIMITS, LimitKind, id="others' limits"),
        pytest.param(replies.HEADLINES, ReplyOutcome, id="reply headlines"),
        pytest.param(replies.SENT, WRITTEN, id="replies sent"),
        pytest.param(
            replies.NOT_SENT, {*ReplyReason, Reason.WHMCS_REFUSED} - WRITTEN - IN_DOUBT, id="replies not sent"
        ),
        pytest.param(approvals.RULES, ApprovalRule, id="approval rules"),
        pytest.param(approvals.DECISIONS, {*Verdict, None}, id="approval decisions"),
        pytest.param(client_card.NOT_OFFERED, set(SetPasswordOffer) - {SetPasswordOffer.OFFERED}, id="not offered"),
        pytest.param(METHODS, Method, id="methods"),
        *(pytest.param(words.settled, Settled, id=f"settled {method}") for method, words in METHODS.items()),
        pytest.param(identity.PROOFS, ProofReason, id="proofs"),
        pytest.param(reply_text.TEMPLATES, ReplyText, id="reply templates"),
        pytest.param(ticket_reply.KINDS, ReplyKind, id="reply kinds"),
    ],
)
def test_every_case_has_its_sentence(sentences: object, keys: object) -> None:
    assert set(sentences) == set(keys)  # type: ignore[call-overload]  # mappings and enumerations of every kind
