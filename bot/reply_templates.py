"""The administrator's own texts for replies: files in a folder, checked at start."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.domain.replies import MARKERS, PASSWORD, ReplyTemplates, ReplyText, find_markers

LANGUAGES: Final = ("es", "en")
MAX_LENGTH: Final = 2000
"""So that it fits into Slack's field with everything that is inserted."""

_SUFFIX: Final = ".txt"


def read_templates(folder: str) -> ReplyTemplates:
    """Read the texts in the folder. A text without a file keeps the bot's own words.

    Raises: ValueError: names the file and the reason, and nothing of its content.
    """
    try:
        files = sorted(path for path in Path(folder).iterdir() if path.suffix == _SUFFIX)
    except OSError as error:
        raise ValueError(f"the folder can't be read: {error.strerror}") from None
    if not files:
        raise ValueError(f"the folder has none of {', '.join(_names())}")
    return ReplyTemplates({_key(path.name): _read(path) for path in files})


def _names() -> Iterator[str]:
    for which in ReplyText:
        for language in LANGUAGES:
            yield f"{which}.{language}{_SUFFIX}"


def _key(name: str) -> tuple[ReplyText, str]:
    if name not in _names():
        raise ValueError(f"{name} is none of {', '.join(_names())}")
    which, language, _ = name.split(".")
    return ReplyText(which), language


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise ValueError(f"{path.name} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} can't be read: it is not UTF-8") from None
    if not text:
        raise ValueError(f"{path.name} is empty")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"{path.name} is longer than {MAX_LENGTH} characters")
    which, _ = _key(path.name)
    known = MARKERS | {PASSWORD} if which is ReplyText.WITH_PASSWORD else MARKERS
    if unknown := sorted(find_markers(text) - known):
        braced = ", ".join(f"{{{name}}}" for name in sorted(known))
        raise ValueError(f"{path.name} has {{{unknown[0]}}}; it may have {braced}")
    if which is ReplyText.WITH_PASSWORD and PASSWORD not in find_markers(text):
        raise ValueError(f"{path.name} lacks {{{PASSWORD}}}")
    return text
