"""All changes of the state of the local WHMCS."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sandbox.change_notifier import ChangeNotifier
from sandbox.whmcs.records import (
    RESET_LINK_LIFE,
    Activity,
    Call,
    CompanionRequest,
    Data,
    ResetEmail,
    User,
    hash_password,
    matches,
)
from sandbox.whmcs.tickets import SentNotice, Ticket, TicketMail, TicketMessage, TicketNote


class State:
    """Data and history of an installation. No method awaits between reading and writing, so requests are atomic."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.reset_emails: list[ResetEmail] = []
        self.ticket_mails: list[TicketMail] = []
        self.sent_notices: list[SentNotice] = []
        self.activity: list[Activity] = []
        self.calls: list[Call] = []
        self.nonces: set[str] = set()
        self.companion_requests: dict[str, CompanionRequest] = {}
        self.changes = ChangeNotifier()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def record_call(self, action: str, parameters: Mapping[str, object], *, is_companion: bool) -> Call:
        call = Call(action, parameters, self.now(), is_companion)
        self.calls.append(call)
        self.changes.notify()
        return call

    async def wait_for_call(self, action: str, *, count: int, timeout_seconds: float) -> Call:
        """Wait for the `count`-th call of the action and return it. Raises: TimeoutError."""

        def arrived() -> list[Call]:
            return [call for call in self.calls if call.action.casefold() == action.casefold()][count - 1 :]

        return (await self.changes.wait_until(arrived, timeout_seconds))[0]

    def send_reset_email(self, user: User) -> None:
        at = self.now()
        user.reset_link_expires_at = at + RESET_LINK_LIFE
        self.reset_emails.append(ResetEmail(user.id, user.email, at))

    def set_password(self, user: User, password: str, at: datetime) -> None:
        """Set the password, and invalidate reset links sent before."""
        user.password_hash = hash_password(password)
        user.password_changed_at = at
        user.reset_link_expires_at = None

    def reply_as_admin(self, ticket: Ticket, message: str, admin: str, *, status: str, is_mailed: bool) -> None:
        at = self.now()
        ticket.messages.append(TicketMessage(self.data.desk.next_reply_id(), message, at, admin))
        ticket.status = status or "Answered"
        if is_mailed:
            self.ticket_mails.append(TicketMail(ticket.id, ticket.requestor.email, message, at))

    def reply_as_client(self, ticket: Ticket, message: str, *, status: str = "") -> None:
        reply = TicketMessage(self.data.desk.next_reply_id(), message, self.now(), requestor=ticket.requestor)
        ticket.messages.append(reply)
        ticket.status = status or "Customer-Reply"

    def add_note(self, ticket: Ticket, message: str, admin: str) -> None:
        ticket.notes.append(TicketNote(self.data.desk.next_note_id(), message, self.now(), admin))

    def send_notice(self, template: str, client_id: int) -> None:
        """Send a template to the client. Raises: KeyError."""
        email = self.data.clients[client_id].email
        self.sent_notices.append(SentNotice(template, client_id, email, self.now()))

    def log_activity(self, description: str, client_id: int = 0) -> None:
        self.activity.append(Activity(self.now(), description, client_id))

    def opens(self, email: str, password: str) -> bool:
        user = self.data.find_user_by_email(email)
        return user is not None and matches(password, user.password_hash)
