"""What a message shortcut starts the search with."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.subjects import find_subject


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("ana@example.com", "ana@example.com"),
        ("No puede entrar ana.lópez+hosting@correo.example.com, ¿la ayudan?", "ana.lópez+hosting@correo.example.com"),
        ("Escribe 'ana@example.com'.", "ana@example.com"),
        ("De: Ana <ana@example.com>; para: <soporte@example.org>", "ana@example.com"),
        ("ADA@Example.COM", "ADA@Example.COM"),
    ],
)
def test_the_first_address_is_taken(text: str, subject: str) -> None:
    assert find_subject([text]) == subject


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("#ABC-123456", "ABC-123456"),
        ("Mire #ABC-123456, por favor", "ABC-123456"),
        ("#516757", "516757"),
        ("ticket 516757", "516757"),
        ("Ticket #516757: no puede entrar", "516757"),
        ("El ticket n.º 004521 sigue abierto", "004521"),
        ("ticket número ABC-123456", "ABC-123456"),
        ("Re: [Ticket ID: 516757] Access", "516757"),
        ("[Ticket ID: AAA - 111 - 2013] Acceso", "AAA - 111 - 2013"),
        ("Ticket ID: ABC-123456 was opened", "ABC-123456"),
    ],
)
def test_a_number_that_is_called_a_tickets_is_one(text: str, subject: str) -> None:
    assert find_subject([text]) == subject


@pytest.mark.parametrize(
    "text",
    [
        "",
        "516757",
        "Factura 516757 de 2026-11-27",
        "llame al +34 600 000 000",
        "#general #1 #42",
        "ticket urgente, van 20 minutos",
        "tickets 516757",
        "ABC-123456",
        "https://example.com/#ABC-123456",
        "ana@localhost",
        "@everyone a@ @b.c",
    ],
)
def test_nothing_else_is_taken_for_one(text: str) -> None:
    assert find_subject([text]) == ""


def test_a_ticket_wins_over_an_address_wherever_they_stand() -> None:
    assert find_subject(["ana@example.com escribe", "por el ticket 516757"]) == "516757"


def test_the_first_text_with_an_address_wins() -> None:
    assert find_subject(["hola", "ana@example.com", "ada@example.com"]) == "ana@example.com"


@given(st.lists(st.text(max_size=200), max_size=5))
def test_whatever_a_message_says_the_subject_stands_in_it(texts: list[str]) -> None:
    assert find_subject(texts) in "\n".join(texts)


@pytest.mark.parametrize(
    "text", ["a" * 40_000, "a@" * 20_000, "#A-" * 15_000, "[Ticket ID:" * 4_000, "ticket " * 6_000]
)
def test_a_message_made_to_take_long_does_not(text: str) -> None:
    began_at = time.perf_counter()
    find_subject([text])
    assert time.perf_counter() - began_at < 2
