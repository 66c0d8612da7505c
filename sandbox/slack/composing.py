"""Converts a typed message as Slack's composer does: addresses become links, and the text gets blocks."""

import re
import secrets
from typing import Final

from sandbox.slack.workspace import JsonObject

_ADDRESS: Final = re.compile(
    r"(?P<url>https?://[^\s<>|]*[^\s<>|.,;:!?)'\"])|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", re.ASCII
)


def compose(typed: str) -> tuple[str, list[JsonObject]]:
    """Return the text in mrkdwn and the blocks of an ordinary message.

    An e-mail address is `<mailto:ana@example.com|ana@example.com>` in the text, and a link in the blocks.
    """
    written: list[str] = []
    parts: list[JsonObject] = []
    end = 0
    for found in _ADDRESS.finditer(typed):
        _add_text(typed[end : found.start()], written, parts)
        address = found[0]
        if found["mail"]:
            written.append(f"<mailto:{address}|{address}>")
            parts.append({"type": "link", "url": f"mailto:{address}", "text": address})
        else:
            written.append(f"<{_escape(address)}>")
            parts.append({"type": "link", "url": address})
        end = found.end()
    _add_text(typed[end:], written, parts)
    section = {"type": "rich_text_section", "elements": parts}
    return "".join(written), [{"type": "rich_text", "block_id": secrets.token_urlsafe(4), "elements": [section]}]


def _add_text(text: str, written: list[str], parts: list[JsonObject]) -> None:
    if text:
        written.append(_escape(text))
        parts.append({"type": "text", "text": text})


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
