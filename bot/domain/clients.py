"""What an agent sees of WHMCS before he chooses."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.identity import IdentityPolicy, Judgement, Proof
from bot.domain.resets import Method, Reason
from bot.domain.tickets import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMatch:
    """A client that a search found. `via_email`: the user's address through which it was found, `domain`: the domain."""

    client_id: int
    name: str
    company: str = ""
    email: str = ""
    status: str = ""
    via_email: str = ""
    domain: str = ""
    is_exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """`total` counts what WHMCS has, `matches` is what it sent, best first. `failure`: why a part or all is missing."""

    query: str
    matches: tuple[ClientMatch, ...] = ()
    total: int = 0
    failure: Reason | None = None
    detail: str = ""

    @property
    def chosen(self) -> ClientMatch | None:
        """The one match, or the one exact address, of an answer that is whole."""
        if self.failure is not None:
            return None
        if len(self.matches) == 1 and self.total <= 1:
            return self.matches[0]
        exact = [match for match in self.matches if match.is_exact]
        return exact[0] if len(exact) == 1 else None


class SetPasswordOffer(StrEnum):
    """Whether *set a password* can be chosen, and else why not."""

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
    `judgement`: what the ticket proves for this user; None without a ticket.
    """

    id: int
    name: str
    email: str
    is_owner: bool
    tells_sign_in: bool = False
    last_sign_in_at: datetime | None = None
    other_clients: int = 0
    tells_clients: bool = False
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTicket:
    """The ticket of a card, or why the one that was asked for is not. `problem` None: it is the client's."""

    number: str
    ticket: Ticket | None = None
    problem: Reason | None = None
    detail: str = ""


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
    offers_email: bool = True
    preselected_user_id: int | None = None
    preselected_method: Method | None = None
    ticket: CardTicket | None = None
    offers_tickets: bool = False
    policy: IdentityPolicy = field(default_factory=IdentityPolicy)

    @property
    def requestor(self) -> UserChoice | None:
        """The user whom WHMCS names as the one who opened the ticket."""
        return next((user for user in self.users if user.judgement and user.judgement.proof is not Proof.NONE), None)

    @property
    def as_match(self) -> ClientMatch:
        """The client as the type-ahead offers it."""
        return ClientMatch(
            client_id=self.client_id, name=self.name, company=self.company, email=self.email, status=self.status
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPasswordSummary:
    """What is read out before a password is set: whose it is, and what else it opens.

    `other_clients` counts the other clients that the user opens, None: nobody tells; `other_names` are the first of them.
    `tells_client`: WHMCS mails the client a notice afterwards.
    """

    client_id: int
    client_name: str
    user_id: int
    user_name: str
    user_email: str
    judgement: Judgement
    other_clients: int | None = 0
    other_names: tuple[str, ...] = ()
    ticket: str = ""
    verification: str = ""
    needs_approval: bool = False
    tells_client: bool = False
