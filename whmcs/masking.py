"""Keeps what we sent in confidence out of what we say."""

import html
import re
import unicodedata
from urllib.parse import quote, quote_plus

MASK = "***"
MESSAGE_LENGTH = 200


class Confidential:
    """The credentials of one server. Never shows them, masks them in any text."""

    __slots__ = ("_pattern", "_values")

    def __init__(self, *values: str | None) -> None:
        self._values = tuple(value for value in values if value)
        forms = {form for value in self._values for form in _forms(value)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if forms else None

    def __repr__(self) -> str:
        return f"Confidential({MASK})"

    def and_also(self, *values: str) -> "Confidential":
        """Return one that masks these values too, for the time of one call."""
        return Confidential(*self._values, *values)

    def masked(self, text: str) -> str:
        """Return the text with every occurrence replaced, whatever its case and however it was escaped."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def presentable(self, text: str) -> str:
        """Return a server's text as an error may carry it: one line, masked, at most 200 characters."""
        one_line = " ".join(text.split())
        printable = "".join(character for character in one_line if unicodedata.category(character)[0] != "C")
        return self.masked(printable)[:MESSAGE_LENGTH]


def _forms(value: str) -> set[str]:
    """List the ways in which a server may echo a value."""
    return {value, html.escape(value), html.escape(value, quote=False), quote(value, safe=""), quote_plus(value)}
