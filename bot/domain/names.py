"""Sanitizing of text from outside: names, companies, addresses."""

import unicodedata
from typing import Final

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs"})


def one_line(text: str) -> str:
    """Make foreign text safe for a sentence and a log line.

    Line breaks become blanks. Control characters and the invisible ones that reorder or hide text (bidi marks,
    zero-width characters) are removed, so that the text reads as it is. Joined emoji fall apart.
    """
    return _visible(text, "")


def address_line(address: str) -> str:
    """Like `one_line`, with U+FFFD for each invisible character, since it makes a different address."""
    return _visible(address, "\ufffd")


def fold_address(address: str) -> str:
    """Return an e-mail address for comparison: in lower case, otherwise unchanged.

    Only letters that are each other's upper and lower case are equal. `ß` is not `ss`, the Kelvin sign is no
    `k`, and nothing is normalized: each can be another person's mailbox.
    """
    if address.isascii():
        return address.strip().lower()
    pairs = ((character, character.lower()) for character in address.strip())
    return "".join(lower if lower.upper() == character else character for character, lower in pairs)


def same_address(one: str, other: str) -> bool:
    return fold_address(one) == fold_address(other)


def _visible(text: str, instead: str) -> str:
    if not text.isprintable():
        text = "".join(" " if character.isspace() else character for character in text)
        text = "".join(instead if unicodedata.category(character) in _INVISIBLE else character for character in text)
    return " ".join(text.split())


def shorten(text: str, length: int) -> str:
    """Cut to at most `length` characters, ending with an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
