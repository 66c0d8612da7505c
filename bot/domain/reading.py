"""Reads ticket numbers, addresses and client ids from what people type, paste and point at.

The same rules apply to the text after the command, *Client*, *Ticket*, and a message with the e-mails forwarded in it.
A number or an address is read whole or not at all.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.email_addresses import find_addresses, read_address
from bot.domain.names import shorten
from bot.domain.plain_text import clean, escape, unwrap

_LENGTH: Final = 20_000
"""Characters read from a message or mail. Longer ones are newsletters and logs."""

_QUERY: Final = 200
_TICKETS: Final = 5
_ADDRESSES: Final = 5
_MAX_ID: Final = 2**31 - 1
_CUT: Final = "…"

# WHMCS's own mark in the subject of its mails contains whatever the mask of ticket numbers allows, even blanks.
_BRACKETED: Final = re.compile(r"\[\s?Ticket ID:\s{0,3}#?\s?(\w[^\[\]<>|@#…]{0,63})\]", re.IGNORECASE)
_NUMBER: Final = r"[A-Z0-9]{1,15}(?:-[A-Z0-9]{1,15}){0,3}"
_END: Final = r"(?![\w@…-]|[./+]\w|,\d)"
_NAMED: Final = re.compile(
    rf"\bticket\b(?:\s(?:ID|number|número|num\.?|no\.?|n\.?[º°]))?\s?:?\s?#?({_NUMBER}){_END}", re.IGNORECASE
)
_HASH: Final = re.compile(rf"(?<![\w&/#])#({_NUMBER}){_END}", re.IGNORECASE)
_HASH_ALONE: Final = re.compile(r"#\s?\d+", re.ASCII)
_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_LEAST_DIGITS: Final = 4
"""A shorter number in a sentence is a count, a room, or a channel's name."""

_URL: Final = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s<>\",;]*", re.IGNORECASE)

# `pedido #705533`, `facturas n.º 10482 y 10483`, `Service ID: 705533`.
_THING: Final = (
    r"(?:pedidos?|[oó]rden(?:es)?|facturas?|cotizaci[oó]n(?:es)?|presupuestos?|servicios?"
    r"|orders?|invoices?|quot(?:e|ation)s?|services?)"
)
_CALLED: Final = (
    r"(?:\s?(?:de\s(?:compra|venta|servicio)\b|proforma\b|n[úu]m(?:ero)?\b\.?|n\.?[º°]|nr?o\b\.?"
    r"|number\b|ids?\b|[:(#-])){0,4}"
)
_ITEM: Final = rf"(?=[A-Z-]{{0,15}}\d){_NUMBER}"
_AND: Final = r"\s?(?:[,;/&+]|\b(?:y|e|o|u|and|or)\b)\s?"
# `ticket 516757 y 516758`, `#ABC-123456, ABC-123457`.
_MORE: Final = re.compile(rf"(?:{_AND}){{1,2}}#?({_ITEM}){_END}", re.IGNORECASE)
_OTHER_NUMBERS: Final = re.compile(rf"\b{_THING}\b{_CALLED}\s?#?{_ITEM}(?:{_AND}#?{_ITEM}){{0,9}}(?!\w)", re.IGNORECASE)

# `Ana López <ana@example.com>`: the name only labels the address. A number would be a search term itself.
_MAILBOX: Final = re.compile(r"[^<>@;#\d]{0,200}<[^<>@]{1,64}@[^<>@]{1,255}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """An e-mail that was forwarded to a channel. `recipients` are those of To and Cc."""

    subject: str = ""
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a text names.

    `query`: the whole text, to be searched for as it is. `tickets`, `addresses`, `client_id`: what else that same text can
    be. If `query` is empty, `tickets` and `addresses` were read from a longer text: all of them have to lead to the same
    client.

    `is_whole` False: a part of the text that may name someone was not read, so no client may be selected.
    """

    query: str = ""
    tickets: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    client_id: int | None = None
    is_whole: bool = True

    @property
    def is_empty(self) -> bool:
        return not (self.query or self.tickets or self.addresses)

    @property
    def shown(self) -> str:
        """Return the search as displayed."""
        return self.query or ", ".join((*self.tickets, *self.addresses))

    @property
    def written(self) -> str:
        """Return a text of at most 2,000 characters that reads the same when it is typed after the command."""
        if self.query:
            return escape(self.query)
        marks = [f"[Ticket ID: {number}]" for number in self.tickets] + [f"<{address}>" for address in self.addresses]
        return escape(" ".join(marks if self.is_whole else [*marks, _CUT]))


def read_typed(text: str) -> Reading:
    """Read what was typed after the command or into *Client*. `#` and digits are a client id."""
    line = clean(text)
    bare = unwrap(line)
    # Angle brackets enclose a whole address, not the beginning of one.
    if "<" not in line and (address := read_address(bare)):
        return Reading(query=address, addresses=(address,))
    if _HASH_ALONE.fullmatch(bare):
        return Reading(query=_cut(bare), client_id=_parse_id(bare))
    if _DIGITS.fullmatch(bare):
        return Reading(query=_cut(bare), tickets=(_cut(bare),), client_id=_parse_id(bare))
    found = _joined([_scan_typed(line)])
    if not found.is_empty:
        return found
    query = _cut(bare)
    return Reading(query=query, tickets=(query,) if _may_be_ticket(query) else ())


def read_ticket(text: str) -> Reading:
    """Read what was typed into *Ticket*: a number as WHMCS writes it, or the beginning of a number or subject."""
    line = clean(text)
    found = _joined([_scan(line, least_digits=1)])
    if len(found.tickets) == 1:
        return Reading(tickets=found.tickets)
    query = _cut(unwrap(line).removeprefix("#").strip())
    return Reading(query=query, tickets=(query,) if _may_be_ticket(query) else ())


def read_message(texts: Iterable[str], mails: Iterable[Mail] = ()) -> Reading:
    """Read what a message names.

    A number counts only if it is marked as a ticket's, as in `#ABC-123456`, `ticket 516757` or `[Ticket ID: 516757]`.
    A mail's sender comes before the addresses in its text; its recipients never count.
    """
    parts = list(_scan_lines("\n".join(dict.fromkeys(texts))))
    for mail in mails:
        parts += _scan_mail(mail)
    return _joined(parts)


def _scan_mail(mail: Mail) -> Iterator[Reading]:
    senders = [replace(_scan(clean(sender)), tickets=()) for sender in mail.senders]
    recipients = _joined(_scan(clean(recipient)) for recipient in mail.recipients).addresses
    ignored = {_key(each) for each in recipients} - {_key(each) for part in senders for each in part.addresses}
    yield from senders
    for part in _scan_lines(f"{mail.subject}\n{mail.text}"):
        yield replace(part, addresses=tuple(each for each in part.addresses if _key(each) not in ignored))


def _scan_lines(text: str) -> Iterator[Reading]:
    if len(text) > _LENGTH:
        # The last word may have been cut in the middle.
        text = text[:_LENGTH].rpartition(" ")[0]
        yield Reading(is_whole=False)
    for line in text.splitlines():
        yield _scan(clean(line))


def _scan(line: str, *, least_digits: int = _LEAST_DIGITS) -> Reading:
    """Read a clean line of a longer text."""
    rest = _URL.sub(" ", _BRACKETED.sub(" ", line))
    called = _OTHER_NUMBERS.sub(" ", rest)
    numbers = [found[1].strip() for found in _BRACKETED.finditer(line)]
    for mark in (_NAMED, _HASH):
        numbers += _list_numbers(mark, called, least_digits)
    addresses, is_whole = find_addresses(rest)
    return Reading(tickets=tuple(numbers), addresses=addresses, is_whole=is_whole)


def _scan_typed(line: str) -> Reading:
    """Read typed text, where words beside an address count too.

    Words beside a ticket don't: a subject follows the number.
    """
    found = _scan(line, least_digits=1)
    by_name = {_key(each[1]) for each in _BRACKETED.finditer(line)} | set(map(_key, _list_numbers(_NAMED, line, 1)))
    tickets = tuple(number for number in found.tickets if _key(number) in by_name or not number.isdecimal())
    rest = _MAILBOX.sub(" ", line)
    for address in found.addresses:
        rest = rest.replace(address, " ")
    has_words = not tickets and any(character.isalnum() for character in rest)
    is_whole = found.is_whole and not has_words and not line.endswith(_CUT)
    return replace(found, tickets=tickets, is_whole=is_whole)


def _list_numbers(mark: re.Pattern[str], line: str, least_digits: int) -> Iterator[str]:
    """Return the numbers marked as tickets, and those of the list that each begins."""
    for found in mark.finditer(line):
        more: re.Match[str] | None = found
        while more is not None and _count_digits(more[1]) >= least_digits:
            yield more[1]
            more = _MORE.match(line, more.end())


def _joined(parts: Iterable[Reading]) -> Reading:
    """Return everything that the parts name, in order, without duplicates."""
    tickets: dict[str, str] = {}
    addresses: dict[str, str] = {}
    is_whole = True
    for part in parts:
        is_whole = is_whole and part.is_whole
        for number in part.tickets:
            tickets.setdefault(_key(number), number)
        for address in part.addresses:
            addresses.setdefault(_key(address), address)
    return Reading(
        tickets=tuple(tickets.values())[:_TICKETS],
        addresses=tuple(addresses.values())[:_ADDRESSES],
        is_whole=is_whole and len(tickets) <= _TICKETS and len(addresses) <= _ADDRESSES,
    )


def _key(text: str) -> str:
    return "".join(text.split()).casefold()


def _may_be_ticket(text: str) -> bool:
    return "@" not in text and not text.startswith("#") and _count_digits(text) > 0


def _count_digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _cut(query: str) -> str:
    return shorten(query, _QUERY)


def _parse_id(text: str) -> int | None:
    digits = text.removeprefix("#").strip().lstrip("0")
    number = int(digits) if 0 < len(digits) <= len(str(_MAX_ID)) else 0
    return number if 0 < number <= _MAX_ID else None
