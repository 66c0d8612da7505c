"""What an agent was told of each reset in messages, in order: read from the calls that the bot made to Slack."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from sandbox.slack.web_api import ApiCall
from tests.load.flow import NEW_PASSWORD


class Truth(StrEnum):
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"


_SAID: Final = {
    "Known now: done": Truth.CHANGED,
    "Known now: changed, but not delivered": Truth.CHANGED,
    "Known now: not done": Truth.UNCHANGED,
    "Changed, but not delivered": Truth.CHANGED,
    NEW_PASSWORD: Truth.CHANGED,
    "Outcome unknown": Truth.UNKNOWN,
    "Not done": Truth.UNCHANGED,
    "Done": Truth.CHANGED,
}
_METHODS: Final = {"chat.postMessage", "chat.update", "response_url"}
_REFERENCE: Final = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b")


def read_told(calls: Iterable[ApiCall]) -> dict[str, list[Truth]]:
    """By reference: what each message said that Slack showed."""
    told: defaultdict[str, list[Truth]] = defaultdict(list)
    for call in calls:
        if not call.is_worked or call.method not in _METHODS:
            continue
        blocks = call.arguments.get("blocks") or []
        texts = list(_texts(json.loads(blocks) if isinstance(blocks, str) else blocks))
        said = next((truth for text in texts for words, truth in _SAID.items() if text.startswith(words)), None)
        if said is not None:
            for reference in {found for text in texts for found in _REFERENCE.findall(text)}:
                told[reference].append(said)
    return dict(told)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
