"""Finds the one JSON object in what a PHP installation prints."""

import json
import re
from collections.abc import Iterator
from itertools import islice

from whmcs.errors import UnusableKind

BOM = "\ufeff"
LINES_TRIED = 20  # a page of script has many lines that begin with a brace; reading each to the end would take long
_NVP = re.compile(r"\Aresult=(\w+);(?:message=(.*?);?)?\Z", re.IGNORECASE | re.DOTALL)
_OTHER_FORMAT_LENGTH = 10_000
_XML_FIELD = re.compile(r"<(result|message)>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</\1>", re.DOTALL | re.IGNORECASE)


def find_object(body: bytes) -> dict[str, object] | UnusableKind:
    """Return the answer's object, or what kind of thing it is instead.

    Byte order marks and what hooks print before the object (PHP warnings) are left aside: the object is the text from a
    line that begins with `{` to the very end, if that can be read. Answers in WHMCS's two other formats, name=value; and
    XML, come back as an object of their `result` and `message`: installations without JSON answer so.
    """
    try:
        text = body.decode().strip().strip(BOM).strip()
    except UnicodeDecodeError:
        return "json"
    if not text:
        return "empty"
    for candidate in _candidates(text):
        found = _read_object(candidate)
        if found is not None:
            return found
    other = _read_other_format(text)
    if other:
        return other
    return "html" if text.startswith("<") else "json"


def _candidates(text: str) -> Iterator[str]:
    """List what may be the object: at most one of them can be read, since no end of an object is an object."""
    for line in islice(re.finditer(r"^[ \t\ufeff]*(?=\{)", text, re.MULTILINE), LINES_TRIED):
        yield text[line.end() :]


def _read_object(text: str) -> dict[str, object] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _read_other_format(text: str) -> dict[str, object]:
    start = text[:_OTHER_FORMAT_LENGTH]
    if pair := _NVP.match(start):
        return {"result": pair[1], "message": pair[2] or ""}
    if "<whmcsapi" in start:
        return {name.lower(): value for name, value in _XML_FIELD.findall(start)}
    return {}
