"""Parameters and values of API actions."""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

Answer = dict[str, object]
_Record = TypeVar("_Record")

_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"})


def encode(text: str) -> str:
    """Return text as WHMCS stores it, with HTML entities."""
    return text.translate(_ENTITIES)


def as_int(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else default


def page(records: list[_Record], parameters: Mapping[str, str]) -> tuple[list[_Record], int]:
    """Return the requested page, by default of 25 records, and its start."""
    start = max(0, as_int(parameters.get("limitstart", ""), 0))
    return records[start : start + max(0, as_int(parameters.get("limitnum", ""), 25))], start
