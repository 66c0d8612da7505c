"""Reads addresses, ticket numbers and client ids from typed text, messages and mails."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.plain_text import clean, escape, unwrap
from bot.domain.reading import Mail, Reading, read_message, read_ticket, read_typed

ATOM = r"[\w!#$%&'*+\-/=?^`{|}~]"
PIECES = st.lists(
    st.sampled_from(
        [
            *("ana", "lopez", "example", "com", "org", "@", ".", "..", "&", "&amp;", "&lt;", "&gt;", "<", ">", "|"),
            *(
                "mailto:",
                "<mailto:",
                "#",
                "#ABC-123456",
                "516757",
                "1234",
                "ticket ",
                "[Ticket ID: ",
                "]",
                "[",
                " ",
                "\n",
            ),
            *(
                "ana@example.com",
                "eva@example.org",
                "pedido ",
                "factura #",
                "'",
                "’",
                "`",
                "*",
                "_",
                "(",
                ")",
                ",",
                ";",
            ),
            *(
                "\u200b",
                "\u00ad",
                "\u0301",
                "é",
                "o\u0301",
                "ñ",
                "\uff20",
                "\uff41",
                "…",
                "\\",
                "/",
                "-",
                "\u2013",
                ":",
                "%40",
            ),
            *(
                "https://example.com/",
                "<https://example.com|",
                "<@U1>",
                "<!here>",
                '"',
                "\u00a0",
                "Ñ",
                "ß",
                "İ",
                "\ufb01",
            ),
        ]
    ),
    max_size=12,
).map("".join)
TEXTS = st.one_of(PIECES, st.text(max_size=60))


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("ana@example.com", ["ana@example.com"]),
        ("No puede entrar ana.lópez+hosting@correo.example.com, ¿la ayudan?", ["ana.lópez+hosting@correo.example.com"]),
        ("Escribe 'ana@example.com'.", ["ana@example.com"]),
        ("De: Ana <ana@example.com>; para: <soporte@example.org>", ["ana@example.com", "soporte@example.org"]),
        ("ADA@Example.COM y ada@example.com", ["ADA@Example.COM"]),
        ("lopez&ana@example.com", ["lopez&ana@example.com"]),
        ("o’brien@example.com, y nadie más", ["o'brien@example.com"]),
        ("{ana}!#$%&'*+-/=?^_`|~@example.com", ["{ana}!#$%&'*+-/=?^_`|~@example.com"]),
        ("_ana@example.com", ["_ana@example.com"]),
        ("_ana@example.com_ *~ada@example.com~*", ["ana@example.com", "ada@example.com"]),
        ("ana@example.com's account", ["ana@example.com"]),
        ("...ana@example.com...", ["ana@example.com"]),
        ("ana@example.com.mx", ["ana@example.com.mx"]),
        ("ana@xn--bcher-kva.example", ["ana@xn--bcher-kva.example"]),
        ("ana@bücher.example", ["ana@bücher.example"]),
        ("📧ana@example.com→eva@example.org", ["ana@example.com", "eva@example.org"]),
        ("xmpp:ana@example.com", ["ana@example.com"]),
        ("<mailto:ana@example.com|Ana>", ["ana@example.com"]),
        ("<mailto:ana%2Bweb@example.com>", ["ana+web@example.com"]),
        ("<https://example.com/?u=eva@example.org|Ver> ana@example.com", ["ana@example.com"]),
        ("https://example.com/?u=eva@example.org ana@example.com", ["ana@example.com"]),
        ("<@U012AB3CD> <#C012AB3CD|general> <!subteam^S1|@soporte>", []),
        ("ana@localhost @everyone a@ @b.c @ana.lopez", []),
        ("paquete@18.2.0 root@web1", []),
    ],
)
def test_addresses_are_read_whole_and_in_order(text: str, addresses: list[str]) -> None:
    assert read_message([text]) == Reading(addresses=tuple(addresses))


@pytest.mark.parametrize("text", ["npm@9.1.0", "soporte@", "hoy@12.30", "@ana"])
def test_a_word_with_an_at_sign_that_is_no_address_prevents_nothing(text: str) -> None:
    assert read_message([f"{text} ada@example.com"]) == Reading(addresses=("ada@example.com",))


@pytest.mark.parametrize(
    "text",
    [
        "ana@example.com@example.test",
        "ana@example.com/eva@example.org",
        "ana@example.com|eva@example.org",
        '"lopez"@example.com',
        "lopez\\ana@example.com",
        "ana(Ana)@example.com",
        f"{'a' * 65}@example.com",
        f"ana@{'a.' * 130}com",
        "ana@my_host.example.com",
        "lopez\u0334ana@example.com",
        "…na@example.com",
        "ana@example.co…",
        '"ana".lopez@example.com',
        "ana(Ana)lopez@example.com",
        "ana@example.c0m",
        "ana@example.c",
        "ana@exam.ple..com",
    ],
)
def test_an_address_that_cannot_be_read_whole_prevents_a_selection(text: str) -> None:
    assert read_message([text]).addresses == ()
    assert read_message([f"{text} ada@example.com"]) == Reading(addresses=("ada@example.com",), is_whole=False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("#ABC-123456", "ABC-123456"),
        ("Mire #ABC-123456, por favor", "ABC-123456"),
        ("#516757", "516757"),
        ("ticket 516757", "516757"),
        ("Ticket #516757: no puede entrar", "516757"),
        ("El ticket n.º 004521 sigue abierto", "004521"),
        ("ticket número ABC-123456", "ABC-123456"),
        ("Ticket: ABC\u2013123456.", "ABC-123456"),
        ("Re: [Ticket ID: 516757] Access", "516757"),
        ("[Ticket ID: AAA - 111 - 2013] Acceso", "AAA - 111 - 2013"),
        ("[Ticket ID: 2026/11/0042]", "2026/11/0042"),
        ("Ticket ID: ABC-123456 was opened", "ABC-123456"),
        ("(#516757)", "516757"),
        ("[#516757] Acceso", "516757"),
        ("La factura del ticket 516757", "516757"),
        ("Servicio técnico: #516757", "516757"),
        ("La orden está en el ticket #516757", "516757"),
        ("Pedido #705533, ticket #516757", "516757"),
        ("[Ticket ID: 516757] Pedido #705533", "516757"),
    ],
)
def test_a_number_called_a_ticket_is_a_ticket(text: str, number: str) -> None:
    assert read_message([text]) == Reading(tickets=(number,))


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
        "#2026/11/0042",
        "#516757-",
        "#12345.6",
        "#ABC-1-2-3-4-5678",
        "pedido #705533",
        "Pedidos: #705533, #705534 y #705535",
        "PEDIDO N.º #705533",
        "orden de compra #705533",
        "Órdenes #705533 y 705534",
        "O\u0301rdenes #705533",
        "factura proforma #10482",
        "Factura número: #10482",
        "Facturas (#10482)",
        "cotizacion #10482",
        "cotizaciones #10482",
        "presupuesto nro. #10482",
        "servicio ID #10482",
        "Order #705533 & #705534",
        "order number: #705533",
        "Invoice #10482 has been paid",
        "invoices #10482 and #10483",
        "quote no. #10482",
        "Quotation #10482",
        "service-#10482",
    ],
)
def test_other_numbers_are_no_tickets(text: str) -> None:
    assert read_message([text]) == Reading()


@pytest.mark.parametrize(
    ("typed", "reading"),
    [
        ("", Reading()),
        ("\u200b ,", Reading()),
        ("Ana López", Reading(query="Ana López")),
        ("516757", Reading(query="516757", tickets=("516757",), client_id=516757)),
        ("007431", Reading(query="007431", tickets=("007431",), client_id=7431)),
        ("99999999999", Reading(query="99999999999", tickets=("99999999999",))),
        ("0000000000429", Reading(query="0000000000429", tickets=("0000000000429",), client_id=429)),
        ("#0000000000429", Reading(query="#0000000000429", client_id=429)),
        ("#2147483648", Reading(query="#2147483648")),
        ("#42", Reading(query="#42", client_id=42)),
        ("# 42,", Reading(query="# 42", client_id=42)),
        ("#ABC-12", Reading(tickets=("ABC-12",))),
        ("ABC-123456", Reading(query="ABC-123456", tickets=("ABC-123456",))),
        ("AAA - 111 - 2013", Reading(query="AAA - 111 - 2013", tickets=("AAA - 111 - 2013",))),
        ("Ticket #42", Reading(tickets=("42",))),
        ("ticket 42 y 43", Reading(tickets=("42", "43"))),
        ("ana@example.com", Reading(query="ana@example.com", addresses=("ana@example.com",))),
        ("ana@exam", Reading(query="ana@exam")),
        ("ana2@exam", Reading(query="ana2@exam")),
        ("Ana <ana@example.com>", Reading(addresses=("ana@example.com",))),
        ("ana@example.com Ana", Reading(addresses=("ana@example.com",), is_whole=False)),
        ("#43 <ana@example.com>", Reading(addresses=("ana@example.com",), is_whole=False)),
        ("516757 <ana@example.com>", Reading(addresses=("ana@example.com",), is_whole=False)),
        ("a@example.com b@example.com", Reading(addresses=("a@example.com", "b@example.com"))),
        ("&amp;amp;", Reading(query="&amp;")),
        ("Smith &amp; Sons", Reading(query="Smith & Sons")),
        ("Acme S.A.", Reading(query="Acme S.A.")),
        ("(Ana) (Eva)", Reading(query="(Ana) (Eva)")),
        ("?", Reading(query="?")),
    ],
)
def test_a_typed_text_is_read_as_everything_it_can_be(typed: str, reading: Reading) -> None:
    assert read_typed(typed) == reading


@pytest.mark.parametrize(
    ("typed", "reading"),
    [
        ("#51", Reading(tickets=("51",))),
        ("51", Reading(query="51", tickets=("51",))),
        ("#516757", Reading(tickets=("516757",))),
        ("Ticket #516757", Reading(tickets=("516757",))),
        ("516757", Reading(query="516757", tickets=("516757",))),
        ("[Ticket ID: AAA - 111 - 2013]", Reading(tickets=("AAA - 111 - 2013",))),
        ("No recuerdo", Reading(query="No recuerdo")),
    ],
)
def test_the_field_for_tickets_reads_a_hash_as_a_ticket(typed: str, reading: Reading) -> None:
    assert read_ticket(typed) == reading


def test_a_mails_sender_comes_first_and_its_recipients_never_count() -> None:
    mail = Mail(
        subject="Re: [Ticket ID: 516757]",
        senders=("Ana <ana@example.com>",),
        recipients=("soporte@example.org", "ANA@example.com", "eva@example.org"),
        text="De: Eva <eva@example.org>\nada@example.com, #10482",
    )
    assert read_message([""], [mail]) == Reading(
        tickets=("516757", "10482"), addresses=("ana@example.com", "ada@example.com")
    )


@pytest.mark.parametrize(
    ("link", "addresses"),
    [
        ("mailto:ana%20lopez@example.com", ["ana%20lopez@example.com"]),
        ("<mailto:ana%2Clopez@example.com|Escriba>", ["ana%2Clopez@example.com"]),
        ("mailto:ana%3Clopez@example.com", ["ana%3Clopez@example.com"]),
        ("mailto:%20ana@example.com%20", ["ana@example.com"]),
        ("mailto:Ana%20L%C3%B3pez%20%3Cana@example.com%3E", ["ana@example.com"]),
        ("mailto:ana@example.com,eva%2Bweb@example.org", ["ana@example.com", "eva+web@example.org"]),
    ],
)
def test_percent_encoding_in_a_link_does_not_truncate_the_address(link: str, addresses: list[str]) -> None:
    assert read_message([link]) == Reading(addresses=tuple(addresses))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("ticket 516757 y 516758", ["516757", "516758"]),
        ("Ticket #516757, 516758, y #516759", ["516757", "516758", "516759"]),
        ("#ABC-123456 y ABC-123457", ["ABC-123456", "ABC-123457"]),
        ("ticket 516757, 15 minutos", ["516757"]),
        ("ticket 516757 y pedido 705533", ["516757"]),
        ("ticket urgente, 705533 pesos", []),
        ("ticket 516757, 705533@example.com", ["516757"]),
    ],
)
def test_a_list_of_tickets_is_read_to_its_end(text: str, numbers: list[str]) -> None:
    assert read_message([text]).tickets == tuple(numbers)


def test_more_candidates_than_are_searched_prevent_a_selection() -> None:
    addresses = [f"a{number}@example.com" for number in range(6)]
    assert read_message(addresses[:5]) == Reading(addresses=tuple(addresses[:5]))
    assert read_message(addresses) == Reading(addresses=tuple(addresses[:5]), is_whole=False)
    assert read_message([f"#1000{number}" for number in range(6)]).is_whole is False


def test_a_truncated_text_prevents_a_selection() -> None:
    long = "x " * 9_990 + "ana@example.com " + "lopez&ana@example.com"
    assert read_message([long]) == Reading(addresses=("ana@example.com",), is_whole=False)


@given(TEXTS)
@example("<!x@example.com>")
@example("&amp;lt;")
def test_reading_the_result_again_gives_the_same(text: str) -> None:
    for reading in (read_typed(text), read_message([text]), read_message([text], [Mail(senders=(text,), text=text)])):
        if not reading.is_empty:
            assert read_typed(reading.written) == reading
            assert len(reading.written) <= 2000


@given(TEXTS)
@example("mailto:@mailto:")
def test_plain_text_stays_as_it_is(text: str) -> None:
    plain = clean(text)
    assert clean(escape(plain)) == plain
    assert unwrap(unwrap(plain)) == unwrap(plain)


@given(st.from_regex(rf"\A{ATOM}{{1,20}}\Z"), st.sampled_from(["", "x", "é", "&", "=", "'", "/", "?", "_"]))
def test_no_address_is_read_from_the_middle_of_another(before: str, sign: str) -> None:
    for address in read_message([f"pide {before}{sign}ana@example.com ayuda"]).addresses:
        plain = clean(f"{before}{sign}").rstrip(".")
        assert address == f"{plain}ana@example.com" or not re.search(ATOM, plain[-1:])


@given(TEXTS)
@example("ana@example.com<https://example.com|ana&gt;")
def test_an_address_is_a_whole_word_of_its_text(text: str) -> None:
    plain = clean(text)
    for address in read_message([escape(plain)]).addresses:
        places = [found.start() for found in re.finditer(re.escape(address), plain)]
        assert any(_is_whole(plain, start, start + len(address)) for start in places)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return True if no letter, digit or unpaired sign of an address is adjacent to the span."""
    before, behind = text[:start][-1:], text[end:][:1]
    is_begun = before.isalnum() or before in set("&/=?+%#$^") - {""}
    return not is_begun and not behind.isalnum() and behind != "@"


@pytest.mark.parametrize(
    "text",
    [
        *("a" * 40_000, "a@" * 20_000, "#A-" * 15_000, "[Ticket ID:" * 4_000, "ticket " * 6_000, "pedido " * 6_000),
        *("pedido 1, " * 4_000, "<mailto:" * 5_000, "a." * 20_000 + "@", "@a.bc" * 8_000, "-a" * 9_000 + "@b-" * 900),
        *(
            "<a@b>" * 4_000,
            "pedido :(#-" * 2_000,
            "'" * 20_000 + "a@b.com" + "'" * 19_000,
            "mailto:" * 6_000,
            "mailto:@" * 5_000,
        ),
    ],
)
def test_adversarial_texts_are_read_quickly(text: str) -> None:
    began_at = time.perf_counter()
    read_message([text])
    read_typed(text)
    read_ticket(text)
    assert time.perf_counter() - began_at < 2
