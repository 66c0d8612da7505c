"""The eligibility decision: pure, over facts that were read."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias

from bot.domain.identity import ApprovalRule, IdentityPolicy, Proof, TicketPolicy
from bot.domain.resets import Failure, Method, Outcome, Reason
from bot.domain.shown import ShownField


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about a user, a client and a ticket at one moment.

    `is_protected`: a client that the user has access to is in a protected group, or that is not known.
    `changed`: what differs from what was shown to the agents who confirmed or approved it.
    """

    is_user_of_client: bool = True
    has_ticket: bool = False
    is_ticket_of_client: bool = True
    proof: Proof = Proof.NONE
    is_protected: bool = False
    changed: Collection[ShownField] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The requested reset. `verification`: one of the policy's answers, or empty."""

    method: Method
    verification: str = ""
    is_approved: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    pass


@dataclass(frozen=True, slots=True)
class Ineligible:
    """`changed`: what differs from what was shown, for `changed_since_shown`."""

    reason: Reason
    changed: tuple[ShownField, ...] = ()

    @property
    def failure(self) -> Failure:
        return Failure(Outcome.REFUSED, self.reason, ",".join(self.changed))


@dataclass(frozen=True, slots=True)
class AnswerNeeded:
    """The agent must state how the person was verified."""


@dataclass(frozen=True, slots=True)
class ApprovalNeeded:
    rule: ApprovalRule


Decision: TypeAlias = Allowed | Ineligible | AnswerNeeded | ApprovalNeeded


def decide(facts: Facts, asked: Asked, policy: IdentityPolicy) -> Decision:
    """Decide if a reset may be carried out, regardless of the agent.

    Form, last step, approval and write all call this.
    """
    if not facts.is_user_of_client:
        return Ineligible(Reason.NOT_A_USER_OF_CLIENT)
    if facts.has_ticket and not facts.is_ticket_of_client:
        return Ineligible(Reason.NOT_A_TICKET_OF_CLIENT)
    if facts.changed:
        changed = tuple(sorted(facts.changed))
        return Ineligible(
            Reason.PROOF_CHANGED if changed == (ShownField.PROOF,) else Reason.CHANGED_SINCE_SHOWN, changed
        )
    if policy.needs_ticket and not facts.has_ticket:
        return Ineligible(Reason.NO_TICKET)
    if policy.tickets is TicketPolicy.REQUESTOR and facts.proof is Proof.NONE:
        return Ineligible(Reason.NOT_THE_REQUESTOR)
    if policy.forbids(asked.method, is_protected=facts.is_protected):
        return Ineligible(Reason.PROTECTED)
    if policy.needs_answer(asked.method, facts.proof) and not asked.verification:
        return AnswerNeeded()
    rule = policy.find_approval_rule(asked.method, facts.proof, is_protected=facts.is_protected)
    return Allowed() if rule is None or asked.is_approved else ApprovalNeeded(rule)
