"""Draws Slack's texts: plain_text, mrkdwn and rich_text."""

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from nicegui.element import Element

from sandbox.page.elements import tag
from sandbox.page.viewer import Viewer
from sandbox.slack.workspace import JsonObject

_TOKEN: Final = re.compile(
    r"<(?P<target>[^<>|]+)(?:\|(?P<label>[^<>]*))?>"
    r"|(?<![\w*_~`])(?P<mark>[*_~`])(?=\S)(?P<inner>[^\n]*?\S)(?P=mark)(?![\w*_~`])"
)
_MARKS: Final = {"*": "strong", "_": "em", "~": "s", "`": "code"}
_STYLES: Final = {"bold": "strong", "italic": "em", "strike": "s", "code": "code", "underline": "u"}
_DATE: Final = re.compile(r"!date\^(?P<seconds>\d+)\^(?P<format>[^^]*)")


class UndrawableError(Exception):
    """A part of Block Kit that the page does not draw; the text is its name."""


def draw_text(text: JsonObject | str | None, viewer: Viewer) -> None:
    """Draw a text object inside the current `with` block, in the language of the viewer."""
    if text is None:
        return
    if isinstance(text, str) or text["type"] == "plain_text":
        tag("span", text if isinstance(text, str) else str(text["text"]))
    else:
        draw_mrkdwn(str(text["text"]), viewer)


def draw_mrkdwn(text: str, viewer: Viewer) -> None:
    """Draw mrkdwn: bold, italic, strikethrough and code; links, references and dates."""
    end = 0
    for found in _TOKEN.finditer(text):
        _draw_literal(text[end : found.start()])
        end = found.end()
        if found["mark"]:
            with tag(_MARKS[found["mark"]]):
                draw_mrkdwn(found["inner"], viewer) if found["mark"] != "`" else _draw_literal(found["inner"])
        else:
            _draw_reference(found["target"], found["label"], viewer)
    _draw_literal(text[end:])


def draw_rich_text(element: JsonObject, viewer: Viewer) -> Element:
    """Draw one element of a rich_text block. Raises: UndrawableError."""
    match element["type"]:
        case "rich_text_list":
            with tag("ol" if element["style"] == "ordered" else "ul", classes="points") as points:
                for item in element["elements"]:
                    with tag("li"):
                        draw_rich_text(item, viewer)
            return points
        case "rich_text_section":
            drawn = tag("p")
        case "rich_text_preformatted":
            drawn = tag("pre", classes="copyable", tabindex="0")
        case "rich_text_quote":
            drawn = tag("blockquote")
        case unknown:
            raise UndrawableError(unknown)
    with drawn:
        for part in element["elements"]:
            _draw_part(part, viewer)
    return drawn


def _draw_part(part: JsonObject, viewer: Viewer) -> None:
    match part["type"]:
        case "text":
            names = [name for key, name in _STYLES.items() if (part.get("style") or {}).get(key)]
            tag(names[0] if names else "span", str(part["text"]))
        case "link":
            _draw_link(str(part["url"]), str(part.get("text") or part["url"]))
        case "user":
            tag("span", _name(f"@{part['user_id']}", viewer), classes="mention")
        case unknown:
            raise UndrawableError(unknown)


def _draw_literal(text: str) -> None:
    if text:
        tag("span", text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _draw_reference(target: str, label: str | None, viewer: Viewer) -> None:
    date = _DATE.match(target)
    if date:
        at = datetime.fromtimestamp(int(date["seconds"]), UTC)
        tag("time", _format_date(at, date["format"], viewer.tz) or label or "", datetime=at.isoformat())
    elif target.startswith(("http://", "https://", "mailto:")):
        _draw_link(target, label or target)
    else:
        tag("span", label or _name(target, viewer), classes="mention")


def _name(target: str, viewer: Viewer) -> str:
    """Return the displayed name of a channel, person or group."""
    workspace = viewer.world.slack.workspace
    kind, named = target[0], target[1:]
    if kind == "#" and named in workspace.channels:
        return f"#{workspace.channels[named].name}"
    if kind == "@" and named in workspace.members:
        return f"@{workspace.members[named].name}"
    return f"@{named}" if kind in "!@#" else target


def _format_date(at: datetime, form: str, tz: str) -> str:
    """Return the date in the time zone, as Slack shows it; "" for an unknown token."""
    here = at.astimezone(ZoneInfo(tz))
    known = {"time": f"{here:%H:%M}", "time_secs": f"{here:%H:%M:%S}", "date_num": f"{here:%Y-%m-%d}"}
    known |= {"date": f"{here:%d/%m/%Y}", "date_short": f"{here:%d/%m/%Y}"}
    tokens = re.findall(r"\{(\w+)\}", form)
    return re.sub(r"\{(\w+)\}", lambda found: known[found[1]], form) if set(tokens) <= set(known) else ""


def _draw_link(url: str, text: str) -> None:
    tag("a", text, href=url, target="_blank", rel="noopener noreferrer")
