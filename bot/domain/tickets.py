"""Support tickets, as proof of who requests a reset."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

_CLOSED: Final = "closed"
_GUEST: Final = "guest"
_STAFF: Final = "operator"


class Writer(StrEnum):
    """The writer of a ticket's message. OTHER: neither staff nor requestor, or not named by WHMCS."""

    STAFF = "staff"
    REQUESTOR = "requestor"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastMessage:
    """The newest message of a ticket. `name`: name and address as WHMCS has them, or empty."""

    writer: Writer
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """`number`: the one that people use. `client_id` None: opened by a guest.

    `is_signed_in`: its department takes tickets only from clients who have signed in. `is_opened_by_admin`: its first
    message is an admin's.
    `age` is that of the opening message when it was read; None where WHMCS's time zone is unknown. `is_opening_newest`: the requestor wrote the opening message,
    and nobody but the staff has written since. `others`: who else than requestor and staff has written in it, newest first, each once.
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
    age: timedelta | None = None
    is_opening_newest: bool = False
    last_message: LastMessage | None = None
    others: tuple[str, ...] = ()
    merged_from: str = ""

    @property
    def is_closed(self) -> bool:
        return self.status.casefold() == _CLOSED

    @property
    def is_by_staff(self) -> bool:
        """Return True if the staff opened it, so that it proves nothing about the requester."""
        return self.is_opened_by_admin or self.requestor_type.casefold() == _STAFF

    @property
    def is_by_guest(self) -> bool:
        """Return True if a guest opened it: the address may be anyone's."""
        return self.client_id is None or self.requestor_type.casefold() == _GUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOption:
    """A ticket offered in the form."""

    number: str
    subject: str
    status: str
