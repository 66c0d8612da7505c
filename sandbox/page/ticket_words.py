"""What the page says about tickets, in the language of the person who is acted as."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class TicketWords:
    """What stands in braces is filled in where the word is used."""

    tickets: str
    no_ticket: str
    more_tickets: str
    department: str
    clients_only: str
    requestor: str
    no_client: str
    merged_into: str
    messages: str
    of_the_team: str
    notes: str
    no_notes: str
    answer: str
    send_answer: str
    close_ticket: str
    merge_with: str
    merge: str
    notices: str
    no_notices: str
    notice: str


_ES: Final = TicketWords(
    tickets="Tickets",
    no_ticket="Ninguno coincide.",
    more_tickets="y {count} más",
    department="Departamento",
    clients_only="solo clientes",
    requestor="Lo pidió",
    no_client="sin cuenta de cliente",
    merged_into="fusionado con {number}",
    messages="Mensajes",
    of_the_team="{name}, del equipo",
    notes="Notas internas",
    no_notes="Ninguna.",
    answer="Mensaje del cliente",
    send_answer="Contestar como cliente",
    close_ticket="Cerrar el ticket",
    merge_with="Fusionar con",
    merge="Fusionar",
    notices="Avisos enviados a clientes",
    no_notices="Ninguno todavía.",
    notice="{template}, a {email}",
)

_EN: Final = TicketWords(
    tickets="Tickets",
    no_ticket="None matches.",
    more_tickets="and {count} more",
    department="Department",
    clients_only="clients only",
    requestor="Asked by",
    no_client="no client account",
    merged_into="merged into {number}",
    messages="Messages",
    of_the_team="{name}, of the team",
    notes="Internal notes",
    no_notes="None.",
    answer="Message of the client",
    send_answer="Answer as the client",
    close_ticket="Close the ticket",
    merge_with="Merge with",
    merge="Merge",
    notices="Notices sent to clients",
    no_notices="None yet.",
    notice="{template}, to {email}",
)


def choose_ticket_words(language: str) -> TicketWords:
    """Return the words for one of the page's languages."""
    return _ES if language == "es" else _EN
