"""A message of Slack's, as it comes with a message shortcut, reduced to the texts that people read in it."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_DEPTH: Final = 16
_TEXTS: Final = ("pretext", "title", "text", "value", "fallback")
_NESTED: Final = ("text", "fields", "elements", "blocks", "attachments")

# `<mailto:ana@example.com|ana@example.com>`, `<https://…|label>`, `<@U…>`, `<#C…|general>`, `<!here>`.
_MARKUP: Final = re.compile(r"<([^<>|\n]{0,3000})(?:\|([^<>\n]{0,3000}))?>")
_MAILTO: Final = "mailto:"


def read_texts(message: Mapping[str, Any]) -> tuple[str, ...]:
    """The message's own text first, then its blocks and attachments; without markup, and without links' addresses."""
    return tuple(_clean(text) for text in _walk(message, _DEPTH))


def _walk(part: object, depth: int) -> Iterator[str]:
    if not depth:
        return
    if isinstance(part, list):
        for item in part:
            yield from _walk(item, depth - 1)
    if not isinstance(part, Mapping):
        return
    url = part.get("url")
    if isinstance(url, str) and url.startswith(_MAILTO):
        yield url.removeprefix(_MAILTO)
    yield from (part[key] for key in _TEXTS if isinstance(part.get(key), str))
    for key in _NESTED:
        yield from _walk(part.get(key), depth - 1)


def _clean(text: str) -> str:
    return html.unescape(_MARKUP.sub(_readable, text))


def _readable(markup: re.Match[str]) -> str:
    """What is shown of a link; people, channels and groups are nobody to search for."""
    target, label = markup[1], markup[2]
    if target.startswith(_MAILTO):
        return f" {target.removeprefix(_MAILTO)} "
    return " " if target.startswith(("@", "#", "!")) else f" {label or ''} "
