"""Who is asking: what a ticket proves, and what has to be known before somebody's password is reset."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.resets import Method
from bot.domain.tickets import Ticket

DEFAULT_ANSWERS: Final = ("called_back", "video_call", "registered_address", "in_person")
"""How a person can have been verified, where the administrator names no answers of his own. Each has its words."""

MAX_ANSWERS: Final = 100
MAX_ANSWER: Final = 75
"""Characters of an answer: what Slack takes as an option (docs.slack.dev, composition objects)."""


class Proof(StrEnum):
    """How well it is proven that the user himself asks: the audit's `proof`."""

    NONE = "none"
    SOME = "some"
    STRONG = "strong"

    @property
    def rank(self) -> int:
        return list(Proof).index(self)


class ProofReason(StrEnum):
    """Why a proof is what it is: the key of the words beside the user."""

    REQUESTOR_SIGNED_IN = "requestor_signed_in"
    REQUESTOR_CLOSED = "requestor_closed"
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


def judge(ticket: Ticket | None, email: str, addresses: Collection[str]) -> Judgement:
    """Tell what the ticket proves for the user with this address. `addresses`: those of all users of the client.

    Only that WHMCS names him as the one who asked counts. Strong it is only where he had to sign in to ask, since a mail
    with a forged sender makes a ticket that looks just the same.
    """
    if ticket is None:
        return Judgement(Proof.NONE, ProofReason.NO_TICKET)
    if ticket.is_by_staff:
        return Judgement(Proof.NONE, ProofReason.STAFF)
    if ticket.is_by_guest:
        return Judgement(Proof.NONE, ProofReason.GUEST)
    asked = ticket.requestor_email.casefold()
    if not asked:
        return Judgement(Proof.NONE, ProofReason.UNNAMED)
    if asked == email.casefold():
        if ticket.is_signed_in and ticket.is_closed:
            # It tells of something that is over, however long ago.
            return Judgement(Proof.SOME, ProofReason.REQUESTOR_CLOSED)
        if ticket.is_signed_in:
            return Judgement(Proof.STRONG, ProofReason.REQUESTOR_SIGNED_IN)
        return Judgement(Proof.SOME, ProofReason.REQUESTOR)
    is_user = asked in {address.casefold() for address in addresses}
    return Judgement(Proof.NONE, ProofReason.ANOTHER_USER if is_user else ProofReason.OTHER_ADDRESS)


class TicketPolicy(StrEnum):
    """OFF: tickets are not asked for. REQUIRED: no reset without one. REQUESTOR: and for nobody but who opened it."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"
    REQUESTOR = "requestor"


class VerificationPolicy(StrEnum):
    """For which methods the agent must say how the person was verified, where there is no strong proof."""

    OFF = "off"
    SET_PASSWORD = "set_password"  # noqa: S105 - a method's name, not a password
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPolicy:
    """What the administrator demands. `answers`: how a person can have been verified, by code or in his own words.

    `signed_in_departments`: ids or names of departments that take tickets only from clients who have signed in.
    `protected_groups`: WHMCS's client groups for which no password is set without a second agent.
    """

    tickets: TicketPolicy = TicketPolicy.OPTIONAL
    verification: VerificationPolicy = VerificationPolicy.SET_PASSWORD
    answers: tuple[str, ...] = DEFAULT_ANSWERS
    signed_in_departments: frozenset[str] = frozenset()
    protected_groups: frozenset[int] = frozenset()
    has_approvals: bool = False

    def is_signed_in(self, department_id: int, department: str) -> bool:
        names = {name.casefold() for name in self.signed_in_departments}
        return str(department_id) in names or department.casefold() in names

    @property
    def needs_ticket(self) -> bool:
        return self.tickets in {TicketPolicy.REQUIRED, TicketPolicy.REQUESTOR}

    def needs_answer(self, method: Method, proof: Proof) -> bool:
        """Whether the agent must say how the person was verified."""
        if proof is Proof.STRONG or self.verification is VerificationPolicy.OFF:
            return False
        return self.verification is VerificationPolicy.ALWAYS or method is Method.SET_PASSWORD

    def known_answer(self, answer: str) -> str:
        """The answer, if it is one of those that there are; else empty, so that nothing else is recorded."""
        return answer if answer in self.answers else ""

    def needs_approval(self, method: Method, proof: Proof, *, is_protected: bool) -> bool:
        """Whether a second agent must agree: whatever the first one says of the person, only strong proof counts."""
        if method is not Method.SET_PASSWORD:
            return False
        return self.has_approvals and (is_protected or proof is not Proof.STRONG)

    def forbids(self, method: Method, *, is_protected: bool) -> bool:
        """Whether nobody may do it at all."""
        return method is Method.SET_PASSWORD and is_protected and not self.has_approvals
