"""Whom a message is about: the ticket or the e-mail address that it names."""

import re
from collections.abc import Iterable
from typing import Final

# Longer ones are newsletters and logs; who they are about stands at their beginning, if anywhere.
_LENGTH: Final = 20_000

# Bounded, so that no text makes the search slow. What is longer is no address (RFC 5321, 4.5.3.1).
_ADDRESS: Final = re.compile(r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")

# WHMCS's own mark in the subject of its mails holds whatever the mask of ticket numbers allows, blanks included.
_BRACKETED: Final = re.compile(r"\[\s?Ticket ID:\s{0,3}#?([^\[\]\n]{1,30})\]", re.IGNORECASE)
_NUMBER: Final = r"[A-Z0-9]{1,15}(?:-[A-Z0-9]{1,15}){0,3}"
_NAMED: Final = re.compile(
    rf"\bticket\b(?:\s(?:ID|number|número|num\.?|no\.?|n\.?[º°]))?\s?:?\s?#?({_NUMBER})(?![\w@-])", re.IGNORECASE
)
_HASH: Final = re.compile(rf"(?<![\w&/#])#({_NUMBER})(?![\w@-])", re.IGNORECASE)
_LEAST_DIGITS: Final = 4


def find_subject(texts: Iterable[str]) -> str:
    """What to search for, as one would type it behind the command; empty: the texts name nobody.

    A ticket's number wins, since it tells the client and who asks; then the first address. A number counts only where
    it is called a ticket's, such as `#ABC-123456`, `ticket 516757` and `[Ticket ID: 516757]`.
    """
    text = "\n".join(texts)[:_LENGTH]
    return _find_ticket(text) or _find_address(text)


def _find_ticket(text: str) -> str:
    if found := _BRACKETED.search(text):
        return found[1].strip()
    for mark in (_NAMED, _HASH):
        for found in mark.finditer(text):
            if sum(character.isdigit() for character in found[1]) >= _LEAST_DIGITS:
                return found[1]
    return ""


def _find_address(text: str) -> str:
    found = _ADDRESS.search(text)
    return found[0].strip("'.-") if found else ""
