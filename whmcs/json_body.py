"""Find the one JSON object in what a PHP installation prints."""

import json
import re

from whmcs.errors import UnusableKind

BOM = "\ufeff"
MOST_BRACKETS = 200_000
"""Lists and objects, and such signs in texts. Each costs far more than other characters of the same number."""

_DECODER = json.JSONDecoder()
_BEGINNING = re.compile(r'\{\s*["}]')
_OTHER_ANSWER = re.compile(r"<(?:!doctype|html|whmcsapi)\b|^[ \t]*result=", re.IGNORECASE | re.MULTILINE)
_OPENING = ("[", "(", ",", "=", "=>", '"', "'", "`")
_CLOSING = ("]", "}", ")", ",", ";", ":", '"', "'", "`", "</", "-->")
_NVP = re.compile(r"\Aresult=(\w+);(?:message=(.*?);?)?\Z", re.IGNORECASE | re.DOTALL)
_OTHER_FORMAT_LENGTH = 2_000
_XML_FIELD = re.compile(r"<(result|message)>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</\1>", re.DOTALL | re.IGNORECASE)


def find_object(body: bytes) -> dict[str, object] | UnusableKind:
    """Return the answer's object, or what kind of thing it is instead.

    Byte order marks, what hooks print before the object (PHP warnings) and what is appended to it (a cache's comment)
    are left aside, if the body holds this one object alone. Answers in WHMCS's two other formats, name=value; and XML,
    come back as an object of their `result` and `message`: installations without JSON answer so.
    """
    if body.count(b"{") + body.count(b"[") > MOST_BRACKETS:
        return "json"
    try:
        text = body.decode().strip().strip(BOM).strip()
    except UnicodeDecodeError:
        return "json"
    if not text:
        return "empty"
    beginning = _BEGINNING.search(text)
    found = _read_other_format(text) if beginning is None else _read_only_object(text, beginning.start())
    if found is not None:
        return found
    return "html" if text.startswith("<") else "json"


def _read_only_object(text: str, start: int) -> dict[str, object] | None:
    """Read the first thing that begins like an object, once; None if it can't be read or anything else could be meant.

    Nothing is looked for in what begins like an object and breaks off: an object in there is only a part of an answer.
    """
    try:
        found, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    before, after = text[:start].rstrip(f"{BOM} \t\r\n"), text[end:].lstrip()
    is_alone = not any(sign.search(part) for sign in (_BEGINNING, _OTHER_ANSWER) for part in (before, after))
    return found if is_alone and not _is_part_of_more(before, after) else None


def _is_part_of_more(before: str, after: str) -> bool:
    """Return True for an object in a list, a script, a quotation, an element or a comment."""
    is_in_comment = before.rfind("<!--") > before.rfind("-->")
    return before.removesuffix(":").rstrip().endswith(_OPENING) or after.startswith(_CLOSING) or is_in_comment


def _read_other_format(text: str) -> dict[str, object] | None:
    if "{" in text:
        return None  # an object may follow
    start = text[:_OTHER_FORMAT_LENGTH]
    if pair := _NVP.match(start):
        return {"result": pair[1], "message": pair[2] or ""}
    if "<whmcsapi" in start:
        fields = [(name.lower(), value) for name, value in _XML_FIELD.findall(start)]
        return dict(fields) if fields and len(dict(fields)) == len(fields) else None
    return None
