"""Made-up tickets, among them every case that is easy to get wrong: who asked, how a number is spelt, what became of it."""

from datetime import datetime, timedelta
from typing import Final

from sandbox.whmcs.records import Data, User
from sandbox.whmcs.tickets import OPENED_AT, Department, Requestor, RequestorType, Ticket, TicketMessage, TicketNote

SUPPORT_DEPARTMENT_ID: Final = 1
CLIENTS_ONLY_DEPARTMENT_ID: Final = 2
UNASSIGNED_DEPARTMENT_ID: Final = 3

OWNERS_TICKET: Final = "516757"
CLIENTS_ONLY_TICKET: Final = "ABC-123456"
STRANGERS_ADDRESS_TICKET: Final = "318204"
CLOSED_TICKET: Final = "229910"
MERGED_TICKET: Final = "118830"
ON_HOLD_TICKET: Final = "118902"
SECOND_USERS_TICKET: Final = "007431"
CUSTOM_STATUS_TICKET: Final = "AAA - 111 - 2013"
GUESTS_TICKET: Final = "440112"
FORGED_TICKET: Final = "440113"
OTHER_CLIENTS_TICKET: Final = "705533"
UNASSIGNED_TICKET: Final = "830021"
VIP_TICKET: Final = "VIP-000110"
TEN_TICKETS: Final = tuple(f"60000{number}" for number in range(10))
NOTICE_TEMPLATE: Final = "Password Changed by Support"
DISABLED_TEMPLATE: Final = "Old Password Notice"

_STRANGER: Final = Requestor("Persona Desconocida", "desconocida@example.test", "Guest")


def add_desk(data: Data) -> None:
    """Add departments, templates and tickets to the clients of `make_seed()`."""
    desk = data.desk
    for department in (
        Department(SUPPORT_DEPARTMENT_ID, "Soporte técnico"),
        Department(CLIENTS_ONLY_DEPARTMENT_ID, "Área de clientes", is_clients_only=True),
        Department(UNASSIGNED_DEPARTMENT_ID, "Ventas & Facturación", is_assigned=False),
    ):
        desk.departments[department.id] = department
    desk.templates |= {NOTICE_TEMPLATE: True, DISABLED_TEMPLATE: False}
    _add_tickets_of_ana(data)
    _add_tickets_of_a_company(data)
    _add_tickets_of_strangers(data)
    _add_ten_tickets(data)
    _add(data, OTHER_CLIENTS_TICKET, "ana.lopez@example.test", 43)
    _add(data, VIP_TICKET, "vera@example.com", 110, department_id=CLIENTS_ONLY_DEPARTMENT_ID)


def _add_tickets_of_ana(data: Data) -> None:
    desk = data.desk
    owner = _add(data, OWNERS_TICKET, "ana@example.com", 42, subject="No recuerdo mi contraseña")
    owner.notes.append(TicketNote(desk.next_note_id(), "Cliente desde 2021 & al día.", OPENED_AT, "Soporte Ejemplo"))
    second = _add(
        data,
        CLIENTS_ONLY_TICKET,
        "ana@example.com",
        42,
        subject="Acceso <urgente>",
        department_id=CLIENTS_ONLY_DEPARTMENT_ID,
        status="Customer-Reply",
        days=1,
    )
    _reply(data, second, "¿Desde qué navegador?", admin="Soporte Ejemplo", hours=1)
    _reply(data, second, "Desde O'Fox & Co.\r\n<b>Gracias</b>", hours=2)
    former = Requestor("Ana López", "ana.personal@example.test", "Registered User")
    desk.add_ticket(STRANGERS_ADDRESS_TICKET, former, client_id=42, subject="Es urgente", opened_at=_day(2))
    _add(data, CLOSED_TICKET, "ana@example.com", 42, subject="Factura", status="Closed", days=3)
    _add(data, MERGED_TICKET, "ana@example.com", 42, subject="Lo mismo otra vez", days=4)
    desk.merge(MERGED_TICKET, OWNERS_TICKET)
    _add(data, ON_HOLD_TICKET, "ana@example.com", 42, subject="Migración", status="On Hold", days=5)


def _add_tickets_of_a_company(data: Data) -> None:
    """One by a user who is not the owner, one by the owner."""
    _add(data, SECOND_USERS_TICKET, "persona02@cinco.example.com", 61)
    _add(data, CUSTOM_STATUS_TICKET, "persona01@cinco.example.com", 61, status="Escalado", days=1)


def _add_tickets_of_strangers(data: Data) -> None:
    """One by somebody unknown, and one that only claims to be by a user: mails can be sent in anybody's name."""
    data.desk.add_ticket(GUESTS_TICKET, _STRANGER, message="Soy la dueña de ana.example.com.")
    data.desk.add_ticket(FORGED_TICKET, Requestor("Ana López", "ana@example.com", "Guest"))


def _add_ten_tickets(data: Data) -> None:
    """Clara's, the oldest of which was answered last; and one in a department that the credential's admin is not in."""
    for days, number in enumerate(TEN_TICKETS):
        _add(data, number, "clara@example.com", 63, subject=f"Consulta número {days + 1}", days=days)
    _reply(data, data.desk.get_ticket(TEN_TICKETS[0]), "Sigo esperando.", hours=24 * 30)
    _add(data, UNASSIGNED_TICKET, "diego@example.com", 64, department_id=UNASSIGNED_DEPARTMENT_ID)


def _add(
    data: Data,
    number: str,
    email: str,
    client_id: int,
    *,
    subject: str = "No puedo entrar",
    department_id: int = SUPPORT_DEPARTMENT_ID,
    status: str = "Open",
    days: int = 0,
) -> Ticket:
    user = data.find_user_by_email(email)
    if user is None:
        raise ValueError(f"no user {email}")
    return data.desk.add_ticket(
        number,
        Requestor(user.fullname, user.email, _type(data, user, client_id)),
        client_id=client_id,
        subject=subject,
        message=f"Hola:\r\n\r\n{subject}.\r\n\r\n{user.firstname}",
        department_id=department_id,
        status=status,
        opened_at=_day(days),
    )


def _type(data: Data, user: User, client_id: int) -> RequestorType:
    is_owner = any(link.user_id == user.id and link.is_owner for link in data.links_of_client(client_id))
    return "Owner" if is_owner else "Authorized User"


def _reply(data: Data, ticket: Ticket, text: str, *, admin: str = "", hours: int) -> None:
    at = ticket.opened_at + timedelta(hours=hours)
    ticket.messages.append(TicketMessage(data.desk.next_reply_id(), text, at, admin))


def _day(days: int) -> datetime:
    return OPENED_AT + timedelta(days=days)
