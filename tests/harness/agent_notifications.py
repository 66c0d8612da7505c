"""Outcomes that agents read in messages, from the calls that the bot made to Slack."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sandbox.slack.web_api import ApiCall
from sandbox.slack.workspace import strings_in

NEW_PASSWORD: Final = "New password of"


class Truth(StrEnum):
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Said:
    """`place`: the channel or person; empty: where the command was typed. `references`: the resets that it names."""

    truth: Truth
    place: str
    references: frozenset[str]


HEADLINES: Final = {
    "Update: completed": Truth.CHANGED,
    "Update: changed, but not delivered": Truth.CHANGED,
    "Update: not done": Truth.UNCHANGED,
    "Changed, but not delivered": Truth.CHANGED,
    NEW_PASSWORD: Truth.CHANGED,
    "Outcome unknown": Truth.UNKNOWN,
    "Not done": Truth.UNCHANGED,
    "Done": Truth.CHANGED,
}
"""Keyed by the first words of a block of the message, in English."""

_METHODS: Final = {"chat.postMessage", "chat.update", "response_url"}
_REFERENCE: Final = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b")


def read_said(calls: Iterable[ApiCall]) -> Iterator[Said]:
    """Return the outcome in each message that Slack showed, in order."""
    for call in calls:
        if not call.is_worked or call.method not in _METHODS:
            continue
        blocks = call.arguments.get("blocks") or []
        texts = strings_in(json.loads(blocks) if isinstance(blocks, str) else blocks)
        truth = next((truth for text in texts for words, truth in HEADLINES.items() if text.startswith(words)), None)
        if truth is not None:
            place = "" if call.method == "response_url" else str(call.arguments["channel"])
            yield Said(truth, place, frozenset(found for text in texts for found in _REFERENCE.findall(text)))
