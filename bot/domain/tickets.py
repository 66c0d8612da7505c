"""A support ticket, as far as it tells who asks for a reset."""

from dataclasses import dataclass
from typing import Final

_CLOSED: Final = "closed"
_GUEST: Final = "guest"
_STAFF: Final = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """`number` is what people call it by; `client_id` None: somebody without an account opened it.

    `is_signed_in`: its department takes tickets only from clients who have signed in. `is_opened_by_admin`: its first
    message is an admin's.
    `merged_from`: the number that was asked for, where that ticket was merged into this one. Text is one line each.
    """

    number: str
    client_id: int | None
    subject: str
    status: str
    department: str
    requestor_name: str = ""
    requestor_email: str = ""
    requestor_type: str = ""
    is_signed_in: bool = False
    is_opened_by_admin: bool = False
    merged_from: str = ""

    @property
    def is_closed(self) -> bool:
        return self.status.casefold() == _CLOSED

    @property
    def is_by_staff(self) -> bool:
        """Whether our own side opened it, so that it tells nothing of who asks."""
        return self.is_opened_by_admin or self.requestor_type.casefold() == _STAFF

    @property
    def is_by_guest(self) -> bool:
        """Whether somebody opened it without an account: what address stands there, anybody can have typed."""
        return self.client_id is None or self.requestor_type.casefold() == _GUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOption:
    """A ticket to choose in the form."""

    number: str
    subject: str
    status: str


def may_be_ticket(text: str) -> bool:
    """Whether what was typed may be a ticket's number: it has a digit, is no address, and names no client's id."""
    return any(character.isdigit() for character in text) and "@" not in text and not text.startswith("#")
