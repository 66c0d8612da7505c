"""Masks secrets in texts that a server returns."""

import html
import re
import unicodedata
from itertools import groupby
from operator import itemgetter
from urllib.parse import quote, quote_plus

MASK = "***"
MESSAGE_LENGTH = 200
PIECE_LENGTH = 8  # of a text that may hold a secret; shorter pieces are ordinary words


class Confidential:
    """The secrets of one server, to be masked in any text."""

    __slots__ = ("_pattern", "_pieces", "_values")

    def __init__(self, *values: str | None, pieces: frozenset[str] = frozenset()) -> None:
        self._values = tuple(value for value in values if value)
        self._pieces = pieces
        forms = {form for value in self._values for form in _forms(value)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if forms else None

    def __repr__(self) -> str:
        return f"Confidential({MASK})"

    def and_also(self, *values: str) -> "Confidential":
        """Return a copy that also masks these values, for one call."""
        return Confidential(*self._values, *values, pieces=self._pieces)

    def and_substrings_of(self, text: str) -> "Confidential":
        """Return a copy that also masks whatever an answer repeats of this text, for one call.

        A password can be anywhere in it, so every common run of eight characters without whitespace is masked,
        ordinary words included.
        """
        words = {word for form in _forms(text.casefold()) for word in form.casefold().split()}
        pieces = {word[at : at + PIECE_LENGTH] for word in words for at in range(len(word) - PIECE_LENGTH + 1)}
        return Confidential(*self._values, pieces=self._pieces | pieces)

    def masked(self, text: str) -> str:
        """Return the text with every occurrence masked, in any case and any escaping."""
        known = self._pattern.sub(MASK, text) if self._pattern else text
        return self._without_pieces(known) if self._pieces else known

    def _without_pieces(self, text: str) -> str:
        is_masked = [False] * len(text)
        for at in range(len(text) - PIECE_LENGTH + 1):
            if text[at : at + PIECE_LENGTH].casefold() in self._pieces:
                is_masked[at : at + PIECE_LENGTH] = [True] * PIECE_LENGTH
        runs = groupby(zip(text, is_masked, strict=True), key=itemgetter(1))
        return "".join(MASK if masked else "".join(map(itemgetter(0), run)) for masked, run in runs)

    def presentable(self, text: str) -> str:
        """Return a server's text for an error: one line, masked, at most 200 characters."""
        one_line = " ".join(text.split())
        printable = "".join(character for character in one_line if unicodedata.category(character)[0] != "C")
        return self.masked(printable)[:MESSAGE_LENGTH]


def _forms(value: str) -> set[str]:
    """Return the encodings in which a server may echo a value."""
    return {value, html.escape(value), html.escape(value, quote=False), quote(value, safe=""), quote_plus(value)}
