"""Plain text from what people type and Slack sends: without markup, entities and look-alike characters."""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

# `<mailto:ana@example.com|ana@example.com>`, `<https://…|label>`, `<@U…>`, `<#C…|general>`, `<!here>`.
_MARKUP: Final = re.compile(r"<([^<>|\n]{0,3000})(?:\|([^<>\n]{0,3000}))?>")
_ENTITY: Final = re.compile(r"&(amp|lt|gt);")
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">"}
_SCHEME: Final = re.compile("mailto:", re.IGNORECASE)
_MAILTO: Final = re.compile(r"\b(?:mailto:)+([^\s<>|?\"]*)(?:\?[^\s<>|\"]*)?", re.IGNORECASE)

# Characters before which an address can't end.
_CUT_OFF: Final = re.compile(r'[\s,;()">][^\s,;()"<>@]*@|<[^<>]*\Z')

# Blanks that Python does not treat as such: fillers and the empty Braille pattern.
_BLANKS: Final = "\u115f\u1160\u2800\u3164\uffa0"
_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"
_APOSTROPHES: Final = "\u00b4\u02b9\u02bb\u02bc\u02c8\u2018\u2019\u201a\u201b\u2032\u2039\u203a"
_QUOTES: Final = "\u00ab\u00bb\u201c\u201d\u201e\u201f\u2033\u301d\u301e\u301f"
_FULL_WIDTH: Final = "".join(map(chr, range(0xFF01, 0xFF5F)))
_PLAIN: Final = str.maketrans(
    _BLANKS + _DASHES + _APOSTROPHES + _QUOTES + _FULL_WIDTH,
    " " * len(_BLANKS)
    + "-" * len(_DASHES)
    + "'" * len(_APOSTROPHES)
    + '"' * len(_QUOTES)
    + "".join(map(chr, range(0x21, 0x7F))),
)
_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Co", "Cs"})
# The combining grapheme joiner, and variation selectors.
_INVISIBLE: Final = frozenset({0x034F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})

_WRAPPINGS: Final = {'"': '"', "'": "'", "`": "`", "*": "*", "_": "_", "~": "~", "(": ")", "[": "]", "{": "}", "<": ">"}
_WRAPPED: Final = 1000
"""Longer texts are no names, so nothing is stripped from them."""

# Not the end of an entity, which is part of a name that was encoded twice.
_TRAILING: Final = re.compile(r"(?:,|(?<!&amp)(?<!&lt)(?<!&gt);|\s)+\Z")


def clean(text: str) -> str:
    """Return one line of plain text, as a person sees it, in composed form (NFC).

    Slack's markup is replaced by what it displays; `&amp;`, `&lt;` and `&gt;` are decoded once.
    """
    decoded = _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], _without_markup(text))
    return _normalize(_MAILTO.sub(lambda link: _decode_percents(link[1]), _normalize(decoded)))


def escape(text: str) -> str:
    """Return text that `clean` turns back into this one, which is clean already."""
    escaped = _ENTITY.sub(lambda entity: f"&amp;{entity[1]};", text)
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def unwrap(text: str) -> str:
    """Strip what surrounds the whole text: quotes, brackets, style marks, a trailing comma."""
    while len(text) <= _WRAPPED:
        bare = _TRAILING.sub("", text.strip())
        if len(bare) > 2 and _WRAPPINGS.get(bare[0]) == bare[-1] and _is_one_piece(bare):  # noqa: PLR2004 - a pair and something in it
            bare = bare[1:-1]
        if bare == text:
            return bare
        text = bare
    return text


def _is_one_piece(wrapped: str) -> bool:
    """Return True if the first and the last character form a pair, unlike those of `(Ana) (Eva)`."""
    return wrapped[0] == "'" or not {wrapped[0], wrapped[-1]} & set(wrapped[1:-1])


def _normalize(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).translate(_PLAIN)
    visible = "".join(
        " " if character.isspace() else character
        for character in plain
        if character.isspace() or _is_visible(character)
    )
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE_CATEGORIES and ord(character) not in _INVISIBLE


def _without_markup(text: str) -> str:
    """Replace markup by what it displays, without adding blanks.

    Slack links what it takes for an address, which can be the end of a longer one. An address that a link has but does
    not display is added at the end. People, channels and groups are not search terms.
    """
    hidden: list[str] = []

    def shown(markup: re.Match[str]) -> str:
        target, label = markup[1], markup[2]
        if target.startswith(("@", "#", "!")):
            return " "
        if not _MAILTO.match(target):
            is_url = "://" in target
            return (label or target) if is_url else " ".join(f"<{part}>" for part in (target, label) if part)
        address = _decode_percents(_MAILTO.sub(r"\1", target))
        if not label or label == address:
            return address
        hidden.append(f"<{address}>")
        return label

    return " ".join([_MARKUP.sub(shown, text), *hidden])


def _decode_percents(text: str) -> str:
    """Decode a mailto address (RFC 6068), unless the result would begin a second or shorter one."""
    decoded = unquote(text).strip()
    is_shorter = len(_CUT_OFF.findall(decoded)) > len(_CUT_OFF.findall(text))
    return _SCHEME.sub(" ", text if ":" in decoded or is_shorter else decoded)
