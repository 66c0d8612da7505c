"""Clients, users and their cards, as agents see them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.identity import ApprovalRule, IdentityPolicy, Judgement, Proof
from bot.domain.resets import Failure, Method
from bot.domain.tickets import Ticket

MAX_ID: Final = 2**31 - 1
"""The highest id of a client or user: the columns of WHMCS and of the bot are 32-bit integers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMatch:
    """A client that a search found. `via_email`, `domain`, `ticket`: how, if not by its own name or address."""

    client_id: int
    name: str
    company: str = ""
    email: str = ""
    status: str = ""
    via_email: str = ""
    domain: str = ""
    ticket: str = ""
    is_exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """`total` counts what WHMCS has, `matches` is what it sent, best first. `failure`: why a part or all is missing.

    `query` is shown. `again`: the text for the same search, if different.
    """

    query: str
    again: str = ""
    matches: tuple[ClientMatch, ...] = ()
    total: int = 0
    failure: Failure | None = None

    @property
    def chosen(self) -> ClientMatch | None:
        """Return the only match, or the only exact address, of a complete answer."""
        if self.failure is not None:
            return None
        if len(self.matches) == 1 and self.total <= 1:
            return self.matches[0]
        exact = [match for match in self.matches if match.is_exact]
        return exact[0] if len(exact) == 1 else None


class SetPasswordOffer(StrEnum):
    """The availability of *set a password*, or why it is not available."""

    OFFERED = "offered"
    NOT_INSTALLED = "not_installed"
    ABSENT = "absent"
    TOO_OLD = "too_old"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - the name of a reason
    WRONG_CLOCK = "wrong_clock"
    ADDRESS_REFUSED = "address_refused"
    NOT_ANSWERING = "not_answering"
    NOT_ALLOWED = "not_allowed"
    PROTECTED = "protected"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChoice:
    """`last_sign_in_at`: None where WHMCS doesn't tell it (`tells_sign_in` False) or where there was none yet.

    `other_clients`: how many more this login opens; 0 also where that was not asked (`tells_clients` False).
    `judgement`: what the ticket proves for this user; None without a ticket. `has_second_factor` and `never_verified` (the
    address) are False also where the companion doesn't report them.
    """

    id: int
    name: str
    email: str
    is_owner: bool
    has_second_factor: bool = False
    never_verified: bool = False
    tells_sign_in: bool = False
    last_sign_in_at: datetime | None = None
    other_clients: int = 0
    tells_clients: bool = False
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTicket:
    """The ticket of a card, or why the requested one is not used."""

    number: str
    ticket: Ticket | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCard:
    client_id: int
    name: str
    company: str
    email: str
    status: str
    users: tuple[UserChoice, ...]
    profile_url: str
    offer: SetPasswordOffer
    methods: tuple[Method, ...] = ()
    preselected_user_id: int | None = None
    preselected_method: Method | None = None
    ticket: CardTicket | None = None
    offers_tickets: bool = False
    policy: IdentityPolicy = field(default_factory=IdentityPolicy)

    @property
    def requestor(self) -> UserChoice | None:
        """Return the user whom WHMCS names as the ticket's requestor."""
        return next((user for user in self.users if user.judgement and user.judgement.proof is not Proof.NONE), None)

    @property
    def as_match(self) -> ClientMatch:
        """Return the client as an option of the type-ahead."""
        return ClientMatch(
            client_id=self.client_id, name=self.name, company=self.company, email=self.email, status=self.status
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPasswordSummary:
    """The content of the last step: the user, and what else the password opens.

    `other_clients`: how many other clients the user has access to; None: not reported. `other_names`: the first of them.
    `approval`: the rule by which a second agent must agree. `notifies_client`: WHMCS mails the client a notice afterwards.
    `shown`: digests of all this.
    """

    client_id: int
    client_name: str
    user_id: int
    user_name: str
    user_email: str
    method: Method
    judgement: Judgement
    other_clients: int | None = 0
    other_names: tuple[str, ...] = ()
    ticket: Ticket | None = None
    verification: str = ""
    approval: ApprovalRule | None = None
    notifies_client: bool = False
    shown: str = ""
