"""Reads views and messages: as Slack checks them, as a person reads them, and as they come back."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.views.blocks import View
from bot.views.direct_message import MessageContent
from sandbox.slack.reading import visible_text
from sandbox.slack.validation import check_message, check_suggestions, check_view
from sandbox.slack.views import OpenView, fill_in_ids


def as_sent(drawn: Any) -> Any:
    """Return what Slack receives: JSON."""
    return json.loads(json.dumps(drawn))


def accepted_view(view: View) -> View:
    """Raises: RefusedError, naming each limit that the view breaks."""
    check_view(as_sent(view))
    return view


def accepted_message(content: MessageContent) -> MessageContent:
    """Raises: RefusedError, naming each limit that the message breaks."""
    check_message(as_sent({"text": content.text, "blocks": content.blocks}))
    return content


def accepted_suggestions(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Raises: RefusedError, naming each limit that the options break."""
    return check_suggestions(as_sent({"options": options}))


def objects_in(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from objects_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from objects_in(part)


def markup_in(drawn: Any) -> list[str]:
    """Return every text in which Slack interprets `*`, `<!channel>` or an address."""
    return [str(found["text"]) for found in objects_in(drawn) if found.get("type") == "mrkdwn"]


def text_of(drawn: View | MessageContent) -> str:
    blocks = drawn.blocks if isinstance(drawn, MessageContent) else drawn["blocks"]
    return visible_text(fill_in_ids(as_sent(list(blocks))))


def block_of(view: View, name: str) -> Any:
    """The block whose block_id begins with this name."""
    [found] = [block for block in view["blocks"] if str(block.get("block_id", "")).startswith(f"{name}:")]
    return found


def options_in(element: Any) -> list[Any]:
    grouped = [option for group in element.get("option_groups") or () for option in group["options"]]
    return [*(element.get("options") or ()), *grouped]


def buttons_in(drawn: View | MessageContent) -> list[Any]:
    blocks = drawn.blocks if isinstance(drawn, MessageContent) else drawn["blocks"]
    return [found for found in objects_in(blocks) if found.get("type") == "button"]


def submitted(view: View, **chosen: str) -> View:
    """The view as Slack sends it back, with these values chosen by block name in place of what was preselected."""
    opened = OpenView("U012AB3CD", as_sent(view))
    for name, value in chosen.items():
        block = block_of(view, name)
        element = block["element"]
        offered = [option for option in options_in(element) if option["value"] == value]
        # A type-ahead's options are not in the view.
        [option] = offered or [{"text": {"type": "plain_text", "text": value}, "value": value}]
        opened.values[block["block_id"]][element["action_id"]]["selected_option"] = option
    return opened.as_json("T012AB3CD")
