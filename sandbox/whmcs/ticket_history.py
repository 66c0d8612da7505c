"""Opens tickets and adds messages at times in the past."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal

from sandbox.whmcs.records import Data, User
from sandbox.whmcs.tickets import REPLY_ADMIN, Requestor, RequestorType, Ticket, TicketMessage

Writer = Literal["requestor", "another_user", "other_address", "guest", "unnamed", "staff", "operator"]
"""`staff` has the name of an admin, `operator` only the requestor type; for `unnamed` the author is missing."""

GUEST: Final = Requestor("Persona Desconocida", "desconocida@example.test", "Guest")
OTHER_ADDRESS: Final = Requestor("Ana López", "ana.personal@example.test", "Registered User")
UNNAMED: Final = Requestor("", "", "")


class TicketHistory:
    def __init__(self, data: Data, now: Callable[[], datetime]) -> None:
        self._data = data
        self._now = now

    def open_ticket(
        self,
        number: str,
        email: str,
        *,
        client_id: int | None = None,
        hours_ago: float = 0.0,
        department_id: int = 1,
        status: str = "Open",
        subject: str = "No puedo entrar",
    ) -> Ticket:
        """Open a ticket by the user with this address: of this client, or by default of the first one that they can access.

        Raises: ValueError.
        """
        user = self._get_user(email)
        if client_id is None:
            client_id = self._data.links_of_user(user.id)[0].client_id
        return self._data.desk.add_ticket(
            number,
            self._describe(user, client_id),
            client_id=client_id,
            subject=subject,
            message=f"Hola:\r\n\r\n{subject}.\r\n\r\n{user.firstname}",
            department_id=department_id,
            status=status,
            opened_at=self.ago(hours_ago),
        )

    def write_on_ticket(
        self, number: str, writer: Writer, text: str = "Perdí la clave.", *, hours_ago: float = 0.0
    ) -> TicketMessage:
        """Add a message, and set the ticket's status as WHMCS does. Raises: KeyError, ValueError."""
        desk = self._data.desk
        ticket = desk.get_ticket(number)
        is_by_admin = writer == "staff"
        message = TicketMessage(
            desk.next_reply_id(),
            text,
            self.ago(hours_ago),
            desk.admins[REPLY_ADMIN] if is_by_admin else "",
            None if is_by_admin else self._find_author(ticket, writer),
        )
        ticket.messages.append(message)
        ticket.messages.sort(key=lambda each: (each.id != 0, each.at, each.id))
        ticket.status = "Answered" if writer in {"staff", "operator"} else "Customer-Reply"
        return message

    def move_ticket(self, number: str, department_id: int) -> None:
        """Move a ticket to another department; the API keeps no trace of the move. Raises: KeyError."""
        desk = self._data.desk
        desk.get_ticket(number).department_id = desk.departments[department_id].id

    def ago(self, hours: float) -> datetime:
        return self._now() - timedelta(hours=hours)

    def _find_author(self, ticket: Ticket, writer: Writer) -> Requestor:
        match writer:
            case "another_user":
                return self._another_user(ticket)
            case "other_address":
                return OTHER_ADDRESS
            case "guest":
                return GUEST
            case "operator":
                return Requestor(self._data.desk.admins[REPLY_ADMIN], "", "Operator")
            case "unnamed":
                return UNNAMED
            case _:
                return ticket.requestor

    def _another_user(self, ticket: Ticket) -> Requestor:
        links = self._data.links_of_client(ticket.client_id)
        users = (self._data.users[link.user_id] for link in links)
        another = next((user for user in users if user.email != ticket.requestor.email), None)
        if another is None:
            raise ValueError(f"client {ticket.client_id} has no other user")
        return self._describe(another, ticket.client_id)

    def _get_user(self, email: str) -> User:
        user = self._data.find_user_by_email(email)
        if user is None:
            raise ValueError(f"no user {email}")
        return user

    def _describe(self, user: User, client_id: int) -> Requestor:
        links = self._data.links_of_client(client_id)
        kind: RequestorType = (
            "Owner" if any(link.user_id == user.id and link.is_owner for link in links) else "Authorized User"
        )
        return Requestor(user.fullname, user.email, kind)
