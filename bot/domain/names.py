"""Text that strangers chose: names, companies, addresses."""

import unicodedata


def one_line(text: str) -> str:
    """Make foreign text safe to stand inside a sentence and a log line.

    Line breaks become blanks. Control characters and the invisible ones that reorder or hide text (bidi marks,
    zero-width characters) are dropped, so that what is read is what is there. Emoji keep their joiners' glyphs apart.
    """
    blanked = "".join(" " if character.isspace() else character for character in text)
    visible = "".join(
        character for character in blanked if unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cs"}
    )
    return " ".join(visible.split())


def shorten(text: str, length: int) -> str:
    """Cut to at most `length` characters, with an ellipsis in place of what was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
