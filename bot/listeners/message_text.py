"""Extracts the texts and e-mails of the message that comes with a message shortcut."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.domain.reading import Mail

_DEPTH: Final = 16
_TEXTS: Final = ("pretext", "title", "text", "value", "fallback")
_NESTED: Final = ("text", "fields", "elements", "blocks", "attachments")
_SENTENCES: Final = frozenset({"rich_text_section", "rich_text_preformatted", "rich_text_quote"})
"""Rich text whose elements form one line of text."""


def read_texts(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the message's own text first, then those of its blocks and attachments, all in mrkdwn."""
    return tuple(_walk(message, _DEPTH))


def read_mails(message: Mapping[str, Any]) -> tuple[Mail, ...]:
    """Return the e-mails among the files of the message and of what it shares."""
    shared = message.get("attachments")
    holders = [message, *(shared if isinstance(shared, list) else ())]
    files = [file for holder in holders if isinstance(holder, Mapping) for file in _list(holder.get("files"))]
    return tuple(_mail(file) for file in files if "email" in (file.get("filetype"), file.get("mode")))


def _walk(part: object, depth: int) -> Iterator[str]:
    if not depth:
        return
    if isinstance(part, list):
        for item in part:
            yield from _walk(item, depth - 1)
    if not isinstance(part, Mapping):
        return
    kind = part.get("type")
    if isinstance(kind, str) and kind in _SENTENCES:
        yield "".join(_in_markup(element) for element in _list(part.get("elements")))
        return
    title, value = part.get("title"), part.get("value")
    if isinstance(title, str) and isinstance(value, str):
        # A field of an attachment: its title names the value.
        yield f"{title}: {value}"
        return
    yield from (part[key] for key in _TEXTS if isinstance(part.get(key), str))
    for key in _NESTED:
        yield from _walk(part.get(key), depth - 1)


def _in_markup(element: Mapping[str, Any]) -> str:
    """Return an element of rich text in mrkdwn."""
    text, url = element.get("text"), element.get("url")
    if not isinstance(url, str):
        return text if isinstance(text, str) else " "
    return f"<{url}|{text}>" if isinstance(text, str) and text else f"<{url}>"


def _mail(file: Mapping[str, Any]) -> Mail:
    return Mail(
        subject=_text(file.get("subject")),
        senders=_addresses(file, "from"),
        recipients=_addresses(file, "to") + _addresses(file, "cc"),
        text=_text(file.get("plain_text")),
    )


def _addresses(file: Mapping[str, Any], field: str) -> tuple[str, ...]:
    return tuple(_text(person.get("address")) for person in _list(file.get(field)))


def _list(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
