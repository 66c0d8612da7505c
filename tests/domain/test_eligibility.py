"""The decision whether a reset may be carried out."""

import itertools
from typing import Any

import pytest

from bot.domain.eligibility import Allowed, AnswerNeeded, ApprovalNeeded, Asked, Decision, Facts, Ineligible, decide
from bot.domain.identity import ApprovalRule, IdentityPolicy, Proof, TicketPolicy, VerificationPolicy
from bot.domain.resets import Method, Reason
from bot.domain.shown import ShownField

EMAIL, SET = Method.RESET_EMAIL, Method.SET_PASSWORD
STRONG, SOME, NONE = Proof.STRONG, Proof.SOME, Proof.NONE
PROTECTED, UNPROVEN, ALWAYS = ApprovalRule


def asked(method: Method = SET, verification: str = "called_back", *, is_approved: bool = False) -> Asked:
    return Asked(method=method, verification=verification, is_approved=is_approved)


@pytest.mark.parametrize(
    ("facts", "request_", "policy", "decision"),
    [
        ({}, asked(), {}, Allowed()),
        ({}, asked(EMAIL, ""), {}, Allowed()),
        # Mismatched client, user or ticket is refused first.
        ({"is_user_of_client": False}, asked(), {}, Ineligible(Reason.NOT_A_USER_OF_CLIENT)),
        ({"has_ticket": True, "is_ticket_of_client": False}, asked(), {}, Ineligible(Reason.NOT_A_TICKET_OF_CLIENT)),
        # The shown data must be unchanged.
        (
            {"changed": {ShownField.USER, ShownField.OTHER_CLIENTS}},
            asked(is_approved=True),
            {},
            Ineligible(Reason.CHANGED_SINCE_SHOWN, (ShownField.OTHER_CLIENTS, ShownField.USER)),
        ),
        ({"changed": {ShownField.PROOF}}, asked(), {}, Ineligible(Reason.PROOF_CHANGED, (ShownField.PROOF,))),
        # Tickets.
        ({}, asked(EMAIL), {"tickets": TicketPolicy.REQUIRED}, Ineligible(Reason.NO_TICKET)),
        ({}, asked(), {"tickets": TicketPolicy.REQUESTOR}, Ineligible(Reason.NO_TICKET)),
        ({"has_ticket": True}, asked(EMAIL), {"tickets": TicketPolicy.REQUIRED}, Allowed()),
        ({"has_ticket": True}, asked(EMAIL), {"tickets": TicketPolicy.REQUESTOR}, Ineligible(Reason.NOT_THE_REQUESTOR)),
        ({"has_ticket": True, "proof": SOME}, asked(EMAIL), {"tickets": TicketPolicy.REQUESTOR}, Allowed()),
        # How the person was verified.
        ({}, asked(verification=""), {}, AnswerNeeded()),
        ({"proof": SOME}, asked(verification=""), {}, AnswerNeeded()),
        ({"proof": STRONG}, asked(verification=""), {}, Allowed()),
        ({}, asked(verification=""), {"verification": VerificationPolicy.OFF}, Allowed()),
        ({}, asked(EMAIL, ""), {"verification": VerificationPolicy.ALWAYS}, AnswerNeeded()),
        # Protected clients.
        ({"is_protected": True}, asked(), {}, Ineligible(Reason.PROTECTED)),
        ({"is_protected": True, "proof": STRONG}, asked(), {}, Ineligible(Reason.PROTECTED)),
        ({"is_protected": True}, asked(EMAIL), {}, Allowed()),
        ({"is_protected": True, "proof": STRONG}, asked(), {"approvals": PROTECTED}, ApprovalNeeded(PROTECTED)),
        # The second agent.
        ({"proof": SOME}, asked(), {"approvals": PROTECTED}, Allowed()),
        ({"proof": SOME}, asked(), {"approvals": UNPROVEN}, ApprovalNeeded(UNPROVEN)),
        ({"proof": STRONG}, asked(), {"approvals": UNPROVEN}, Allowed()),
        ({"proof": STRONG}, asked(), {"approvals": ALWAYS}, ApprovalNeeded(ALWAYS)),
        ({"proof": STRONG, "is_protected": True}, asked(), {"approvals": ALWAYS}, ApprovalNeeded(PROTECTED)),
        ({}, asked(is_approved=True), {"approvals": ALWAYS}, Allowed()),
        ({}, asked(verification="", is_approved=True), {"approvals": ALWAYS}, AnswerNeeded()),
        ({}, asked(EMAIL, ""), {"approvals": ALWAYS}, Allowed()),
    ],
)
def test_the_decision_in_each_case(
    facts: dict[str, Any], request_: Asked, policy: dict[str, Any], decision: Decision
) -> None:
    assert decide(Facts(**facts), request_, IdentityPolicy(**policy)) == decision


EVERY_FACTS = [
    Facts(is_user_of_client=user, has_ticket=ticket, is_ticket_of_client=own, proof=proof, is_protected=protected)
    for user, ticket, own, proof, protected in itertools.product(
        (True, False), (True, False), (True, False), Proof, (True, False)
    )
]
EVERY_POLICY = [
    IdentityPolicy(tickets=tickets, verification=verification, approvals=approvals)
    for tickets, verification, approvals in itertools.product(TicketPolicy, VerificationPolicy, (None, *ApprovalRule))
]
EVERY_ASKED = [
    asked(method, verification, is_approved=is_approved)
    for method, verification, is_approved in itertools.product(Method, ("", "called_back"), (True, False))
]


def test_invariants_hold_for_every_policy() -> None:
    for facts, request, policy in itertools.product(EVERY_FACTS, EVERY_ASKED, EVERY_POLICY):
        if decide(facts, request, policy) != Allowed():
            continue
        assert facts.is_user_of_client
        assert facts.is_ticket_of_client or not facts.has_ticket
        is_set = request.method.hands_out_access
        assert not (is_set and facts.is_protected and not request.is_approved), "two agents, or nobody"
        is_unverified = facts.proof is not STRONG and not request.verification
        assert not (is_set and is_unverified and policy.verification is not VerificationPolicy.OFF)


def test_a_change_since_it_was_shown_is_refused_whatever_else_holds() -> None:
    for request, policy in itertools.product(EVERY_ASKED, EVERY_POLICY):
        facts = Facts(has_ticket=True, proof=STRONG, changed=(ShownField.USER,))
        assert isinstance(decide(facts, request, policy), Ineligible)
