"""How the API's actions read what they are sent and write what they answer."""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

Answer = dict[str, object]
_Record = TypeVar("_Record")

_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"})


def encode(text: str) -> str:
    """Text as WHMCS stores it, with HTML entities."""
    return text.translate(_ENTITIES)


def as_int(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else default


def page(records: list[_Record], parameters: Mapping[str, str]) -> tuple[list[_Record], int]:
    """Cut the page that is asked for, of 25 where nothing is; also tell where it starts."""
    start = max(0, as_int(parameters.get("limitstart", ""), 0))
    return records[start : start + max(0, as_int(parameters.get("limitnum", ""), 25))], start
