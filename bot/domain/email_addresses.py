"""E-mail addresses in plain text: each is read whole or not at all."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_SPECIALS: Final = "!#$%&'*+-/=?^_`{|}~"
"""Characters of an atom besides letters and digits (RFC 5322, 3.2.3)."""

_ATOM: Final = rf"[\w{re.escape(_SPECIALS)}]+"
_LABEL: Final = r"[^\W_]+(?:-+[^\W_]+)*"
# Of any script (RFC 6531). A top-level domain has only letters, or is an internationalized one in ASCII form.
_ADDRESS: Final = re.compile(
    rf"{_ATOM}(?:\.+{_ATOM})*@(?:{_LABEL}\.)+(?:[^\W\d_]{{2,63}}|xn--[a-z0-9-]{{1,59}})", re.IGNORECASE
)
# What someone may have meant as an address: after the @, a dot within it and a letter. `npm@9.1` is none.
_ADDRESS_LIKE: Final = re.compile(r"@(?=.*[^\W\d_]).*\.\w")
# `"ana".lopez@example.com`, `ana(Ana)lopez@example.com`: a quoted or commented beginning of the same address.
_BEGUN: Final = re.compile(r"\w(?:\"|\([^()]{0,64}\))\Z")
_MAX_BEGUN: Final = 70
_MAX_LOCAL: Final = 64
_MAX_LENGTH: Final = 254
_MAX_WORD: Final = 300
"""An address with the characters around it."""

_WRAPPINGS: Final = {"'": "'", "`": "`", "*": "*", "_": "_", "~": "~", "|": "|", "{": "}"}
"""Style marks and quotes that can also be part of an atom, so they only count in pairs."""


def read_address(text: str) -> str:
    """Return the address if the text is one, and nothing else; otherwise an empty text."""
    words = list(_words(text))
    return _whole(words[0]) if words == [text] or [f"{word}." for word in words] == [text] else ""


def find_addresses(line: str) -> tuple[tuple[str, ...], bool]:
    """Return the addresses in a line, in order, and True if everything that looks like one could be read."""
    found: list[str] = []
    is_whole = True
    for word in _words(line):
        if address := _whole(word):
            found.append(address)
        elif _ADDRESS_LIKE.match(word, word.index("@")):
            is_whole = False
    return tuple(found), is_whole


def _words(line: str) -> Iterator[str]:
    """Return the words, separated by blanks and characters of no atom, that have an @ with something before it."""
    apart = "".join(character if _is_of_a_word(character) else " " for character in line)
    for found in re.finditer(r"\S+", apart):
        word = found[0].lstrip(".")
        is_mention = word.startswith("@") and (not found.start() or line[found.start() - 1].isspace())
        if "@" in word and not is_mention:
            is_begun = _BEGUN.search(line[max(found.start() - _MAX_BEGUN, 0) : found.start()])
            yield f"\\{word}" if is_begun else word


def _is_of_a_word(character: str) -> bool:
    """Return True for a backslash, which quotes what follows, and for an ellipsis, where a text was cut.

    Words that contain one are not read.
    """
    return character.isalnum() or character in _SPECIALS or character in ".@\\…" or _is_mark(character)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _whole(word: str) -> str:
    """Strip what can only surround an address; return the word if it is one then."""
    if len(word) > _MAX_WORD:
        return ""
    bare = word.removesuffix("'s").rstrip(_SPECIALS + ".")
    closing = word[len(bare) :]
    while bare and _WRAPPINGS.get(bare[0], "\n") in closing:
        closing = closing.replace(_WRAPPINGS[bare[0]], "", 1)
        bare = bare[1:]
    local, _, _ = bare.partition("@")
    is_short = len(local) <= _MAX_LOCAL and len(bare) <= _MAX_LENGTH
    return bare if is_short and _ADDRESS.fullmatch(bare) else ""
