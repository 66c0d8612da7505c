"""Identity verification: what a ticket proves, and the administrator's policy."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from bot.domain.names import same_address
from bot.domain.resets import Method
from bot.domain.tickets import Ticket

DEFAULT_ANSWERS: Final = ("called_back", "video_call", "registered_address", "in_person")
"""Default answers to how a person was verified. Each has its own wording."""

MAX_ANSWERS: Final = 100
MAX_ANSWER: Final = 75
"""Maximum length of an answer: Slack's limit for an option (docs.slack.dev, composition objects)."""

_AHEAD: Final = timedelta(minutes=10)
"""WHMCS's clock may be ahead by this much. A ticket from further in the future has a wrong time."""


class Proof(StrEnum):
    """The strength of the proof that the user requests this reset: the audit's `proof`."""

    NONE = "none"
    SOME = "some"
    STRONG = "strong"

    @property
    def rank(self) -> int:
        return list(Proof).index(self)


class ProofReason(StrEnum):
    """The reason for a proof: the key of the words beside the user."""

    REQUESTOR_SIGNED_IN = "requestor_signed_in"
    REQUESTOR_CLOSED = "requestor_closed"
    REQUESTOR_ANSWERED = "requestor_answered"
    REQUESTOR_OLD = "requestor_old"
    REQUESTOR_UNDATED = "requestor_undated"
    REQUESTOR = "requestor"
    ANOTHER_USER = "another_user"
    OTHER_ADDRESS = "other_address"
    GUEST = "guest"
    STAFF = "staff"
    UNNAMED = "unnamed"
    NO_TICKET = "no_ticket"


@dataclass(frozen=True, slots=True)
class Judgement:
    proof: Proof
    reason: ProofReason


def judge(ticket: Ticket | None, email: str, addresses: Collection[str], max_age: timedelta) -> Judgement:
    """Assess what the ticket proves for the user with this address. `addresses`: those of all users of the client.

    Only being the requestor counts. Strong proof also takes a sign-in for this request: a mail with a forged sender makes
    a ticket that looks the same, and so does a later reply by mail. So only the opening message counts, while only the staff
    has written since, and only up to an age of `max_age`.
    """
    if ticket is None:
        return Judgement(Proof.NONE, ProofReason.NO_TICKET)
    if ticket.is_by_staff:
        return Judgement(Proof.NONE, ProofReason.STAFF)
    if ticket.is_by_guest:
        return Judgement(Proof.NONE, ProofReason.GUEST)
    if not ticket.requestor_email:
        return Judgement(Proof.NONE, ProofReason.UNNAMED)
    if same_address(ticket.requestor_email, email):
        return _judge_requestor(ticket, max_age)
    is_user = any(same_address(ticket.requestor_email, address) for address in addresses)
    return Judgement(Proof.NONE, ProofReason.ANOTHER_USER if is_user else ProofReason.OTHER_ADDRESS)


def _judge_requestor(ticket: Ticket, max_age: timedelta) -> Judgement:
    if not ticket.is_signed_in:
        return Judgement(Proof.SOME, ProofReason.REQUESTOR)
    if ticket.is_closed:
        return Judgement(Proof.SOME, ProofReason.REQUESTOR_CLOSED)
    if not ticket.is_opening_newest:
        return Judgement(Proof.SOME, ProofReason.REQUESTOR_ANSWERED)
    if ticket.age is None or -ticket.age > _AHEAD:
        return Judgement(Proof.SOME, ProofReason.REQUESTOR_UNDATED)
    if ticket.age > max_age:
        return Judgement(Proof.SOME, ProofReason.REQUESTOR_OLD)
    return Judgement(Proof.STRONG, ProofReason.REQUESTOR_SIGNED_IN)


class TicketPolicy(StrEnum):
    """OFF: no tickets. REQUIRED: no reset without one. REQUESTOR: only for the user who opened it."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"
    REQUESTOR = "requestor"


class VerificationPolicy(StrEnum):
    """The methods for which the agent must state how the person was verified, without strong proof."""

    OFF = "off"
    SET_PASSWORD = "set_password"  # noqa: S105 - a method's name, not a password
    ALWAYS = "always"


class ApprovalRule(StrEnum):
    """When a second agent must approve. PROTECTED: for protected clients. UNPROVEN: also without strong proof."""

    PROTECTED = "protected"
    UNPROVEN = "unproven"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPolicy:
    """The administrator's policy. `answers`: how a person can have been verified, by code or in the administrator's words.

    `signed_in_departments`: ids or names of departments that take tickets only from clients who have signed in.
    `proof_max_age`: of the opening message of a ticket that is strong proof.
    `protected_groups`: WHMCS's client groups for which no password is set without a second agent.
    `approvals`: when a second agent must approve; None: there is no approval channel.
    """

    tickets: TicketPolicy = TicketPolicy.OPTIONAL
    verification: VerificationPolicy = VerificationPolicy.SET_PASSWORD
    answers: tuple[str, ...] = DEFAULT_ANSWERS
    signed_in_departments: frozenset[str] = frozenset()
    proof_max_age: timedelta = timedelta(hours=72)
    protected_groups: frozenset[int] = frozenset()
    approvals: ApprovalRule | None = None

    def is_signed_in(self, department_id: int, department: str) -> bool:
        names = {name.casefold() for name in self.signed_in_departments}
        return str(department_id) in names or department.casefold() in names

    @property
    def needs_ticket(self) -> bool:
        return self.tickets in {TicketPolicy.REQUIRED, TicketPolicy.REQUESTOR}

    def needs_answer(self, method: Method, proof: Proof) -> bool:
        """Return True if the agent must state how the person was verified."""
        if proof is Proof.STRONG or self.verification is VerificationPolicy.OFF:
            return False
        return self.verification is VerificationPolicy.ALWAYS or method.hands_out_access

    def known_answer(self, answer: str) -> str:
        """Return the answer if it is one of the policy's, otherwise "", so that only these are recorded."""
        return answer if answer in self.answers else ""

    def find_approval_rule(self, method: Method, proof: Proof, *, is_protected: bool) -> ApprovalRule | None:
        """Return the rule by which a second agent must approve, if any. Stated verification doesn't count, only proof."""
        if not method.hands_out_access or self.approvals is None:
            return None
        if is_protected:
            return ApprovalRule.PROTECTED
        is_needed = self.approvals is ApprovalRule.ALWAYS or (
            self.approvals is ApprovalRule.UNPROVEN and proof is not Proof.STRONG
        )
        return self.approvals if is_needed else None

    def forbids(self, method: Method, *, is_protected: bool) -> bool:
        """Return True if no agent may do it."""
        return method.hands_out_access and is_protected and self.approvals is None
