"""Made-up tickets, including the cases that are easy to get wrong: requestor, time, and status.

Their times are relative to the time of the seed, so that all but the old ones are always recent.
"""

from datetime import UTC, datetime
from typing import Final

from sandbox.whmcs.records import Data
from sandbox.whmcs.ticket_history import GUEST, OTHER_ADDRESS, TicketHistory
from sandbox.whmcs.tickets import Department, Requestor, TicketNote

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
OLD_TICKET: Final = "202303"
MOVED_TICKET: Final = "551200"
ANSWERED_TICKET: Final = "ABC-200001"
FOLLOWED_UP_TICKET: Final = "ABC-200002"
TEN_TICKETS: Final = tuple(f"60000{number}" for number in range(10))
NOTICE_TEMPLATE: Final = "Password Changed by Support"
DISABLED_TEMPLATE: Final = "Old Password Notice"

_OLD_TICKET_AT: Final = datetime(2023, 3, 14, 9, 0, tzinfo=UTC)


def add_desk(data: Data, now: datetime) -> None:
    """Add departments, templates and tickets to the clients of `make_seed()`."""
    desk = data.desk
    for department in (
        Department(SUPPORT_DEPARTMENT_ID, "Soporte técnico"),
        Department(CLIENTS_ONLY_DEPARTMENT_ID, "Área de clientes", is_clients_only=True),
        Department(UNASSIGNED_DEPARTMENT_ID, "Ventas & Facturación", is_assigned=False),
    ):
        desk.departments[department.id] = department
    desk.templates |= {NOTICE_TEMPLATE: True, DISABLED_TEMPLATE: False}
    people = TicketHistory(data, lambda: now)
    _add_tickets_of_ana(data, people)
    _add_tickets_of_a_company(people)
    _add_tickets_of_strangers(data, people)
    _add_ten_tickets(people)
    people.open_ticket(OTHER_CLIENTS_TICKET, "ana.lopez@example.test", hours_ago=10)
    people.open_ticket(VIP_TICKET, "vera@example.com", department_id=CLIENTS_ONLY_DEPARTMENT_ID, hours_ago=2)
    _add_tickets_of_marta(people, now)


def _add_tickets_of_ana(data: Data, people: TicketHistory) -> None:
    desk, ana = data.desk, "ana@example.com"
    owner = people.open_ticket(OWNERS_TICKET, ana, subject="No recuerdo mi contraseña", hours_ago=30)
    owner.notes.append(
        TicketNote(desk.next_note_id(), "Cliente desde 2021 & al día.", owner.opened_at, "Soporte Ejemplo")
    )
    people.open_ticket(
        CLIENTS_ONLY_TICKET,
        ana,
        subject="Acceso <urgente>",
        department_id=CLIENTS_ONLY_DEPARTMENT_ID,
        hours_ago=26,
    )
    people.write_on_ticket(CLIENTS_ONLY_TICKET, "staff", "¿Desde qué navegador?", hours_ago=25)
    people.write_on_ticket(CLIENTS_ONLY_TICKET, "staff", "Pruebe O'Fox & Co.\r\n<b>Gracias</b>", hours_ago=24)
    desk.add_ticket(
        STRANGERS_ADDRESS_TICKET, OTHER_ADDRESS, client_id=42, subject="Es urgente", opened_at=people.ago(20)
    )
    people.open_ticket(CLOSED_TICKET, ana, subject="Factura", status="Closed", hours_ago=12)
    people.open_ticket(MERGED_TICKET, ana, subject="Lo mismo otra vez", hours_ago=5)
    desk.merge(MERGED_TICKET, OWNERS_TICKET)
    people.open_ticket(ON_HOLD_TICKET, ana, subject="Migración", status="On Hold", hours_ago=3)


def _add_tickets_of_a_company(people: TicketHistory) -> None:
    """Add a ticket of a user who is not the owner, and one of the owner."""
    people.open_ticket(SECOND_USERS_TICKET, "persona02@cinco.example.com", hours_ago=8)
    people.open_ticket(CUSTOM_STATUS_TICKET, "persona01@cinco.example.com", status="Escalado", hours_ago=6)


def _add_tickets_of_strangers(data: Data, people: TicketHistory) -> None:
    """Add a ticket of an unknown person, and one that claims to be by a user, since senders of mails can be forged."""
    opened_at = people.ago(4)
    data.desk.add_ticket(GUESTS_TICKET, GUEST, message="Soy la dueña de ana.example.com.", opened_at=opened_at)
    data.desk.add_ticket(FORGED_TICKET, Requestor("Ana López", "ana@example.com", "Guest"), opened_at=opened_at)


def _add_ten_tickets(people: TicketHistory) -> None:
    """Add tickets of Clara, the oldest answered last, and one in a department without the credential's admin."""
    for days, number in enumerate(TEN_TICKETS):
        subject = f"Consulta número {days + 1}"
        people.open_ticket(number, "clara@example.com", client_id=63, subject=subject, hours_ago=24 * (31 - days))
    people.write_on_ticket(TEN_TICKETS[0], "requestor", "Sigo esperando.", hours_ago=24)
    people.open_ticket(UNASSIGNED_TICKET, "diego@example.com", department_id=UNASSIGNED_DEPARTMENT_ID, hours_ago=7)


def _add_tickets_of_marta(people: TicketHistory, now: datetime) -> None:
    """Add tickets in the clients-only department; their proof depends on messages, authors and times."""
    marta, signed_in = "ma09@example.com", CLIENTS_ONLY_DEPARTMENT_ID
    age = (now - _OLD_TICKET_AT).total_seconds() / 3600
    people.open_ticket(OLD_TICKET, marta, subject="Factura de marzo", department_id=signed_in, hours_ago=age)
    people.write_on_ticket(OLD_TICKET, "guest", hours_ago=1)
    # Opened by mail, whose sender can be forged.
    people.open_ticket(MOVED_TICKET, marta, subject="Perdí la clave", hours_ago=9)
    people.move_ticket(MOVED_TICKET, signed_in)
    people.open_ticket(ANSWERED_TICKET, marta, department_id=signed_in, hours_ago=7)
    people.write_on_ticket(ANSWERED_TICKET, "staff", "Ya lo revisamos.", hours_ago=6)
    people.open_ticket(FOLLOWED_UP_TICKET, marta, department_id=signed_in, hours_ago=5)
    people.write_on_ticket(FOLLOWED_UP_TICKET, "staff", "¿Qué mensaje ve?", hours_ago=4)
    people.write_on_ticket(FOLLOWED_UP_TICKET, "requestor", "«Datos no válidos».", hours_ago=2)
