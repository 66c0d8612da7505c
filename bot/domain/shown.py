"""Keyed digests of what an agent was shown before they confirmed or approved, one per field.

The digests travel in private_metadata and are stored in the database. Without the key, none can be made for another
user; the reference in each prevents their use for another reset.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bot.domain.references import Reference
from bot.domain.seals import Seal

_PURPOSE: Final = "shown"
_KEY_ID: Final = "key"


class ShownField(StrEnum):
    """A part of the last step. USER is the user's id and address; OTHER_CLIENTS also covers that they are unknown."""

    AGENT = "agent"
    METHOD = "method"
    CLIENT = "client"
    USER = "user"
    OTHER_CLIENTS = "other_clients"
    TICKET = "ticket"
    REQUESTOR = "requestor"
    PROOF = "proof"
    VERIFICATION = "verification"


Shown = Mapping[ShownField, str]
"""The values by field."""


def write_digests(shown: Shown, reference: Reference, seal: Seal) -> str:
    """Return the digests as JSON, with the id of the key."""
    digests = {field.value: seal.sign(_PURPOSE, reference, field, value) for field, value in shown.items()}
    return json.dumps({_KEY_ID: seal.key_id} | digests, separators=(",", ":"))


def list_changes(digests: str, shown: Shown, reference: Reference, seal: Seal) -> frozenset[ShownField]:
    """Return the fields of `shown` that differ from the digests; all of them if the digests can't be verified."""
    try:
        written = json.loads(digests)
    except (ValueError, RecursionError):
        return frozenset(shown)
    if not isinstance(written, dict) or written.get(_KEY_ID) != seal.key_id:
        return frozenset(shown)
    return frozenset(
        field
        for field, value in shown.items()
        if not seal.verify(str(written.get(field.value, "")), _PURPOSE, reference, field, value)
    )
