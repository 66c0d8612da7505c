"""Encoding of calls to the WHMCS API."""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import urlencode

Parameters = Mapping[str, str | int | bool]

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
_MAX_THREE_BYTES = "\uffff"


def form_body(action: str, parameters: Parameters, credentials: Mapping[str, str]) -> bytes:
    """Encode a call. True is sent as `true`, False is left out: PHP reads the text `false` as true.

    Raises: ValueError for a parameter `password`, which WHMCS reads as part of the credentials.
    """
    if "password" in parameters:
        raise ValueError("WHMCS reads a parameter of this name as part of the credentials")
    sent = {name: "true" if value is True else value for name, value in parameters.items() if value is not False}
    fields = {"action": action, "responsetype": "json", **sent, **credentials}
    return urlencode(fields, errors="replace").encode()


def plain_line(text: str) -> str:
    """Return a text that is safe in WHMCS's activity log, whose page may not escape it.

    The result is one line without tags and without characters that MySQL's three-byte UTF-8 can't hold. The companion
    does the same for its own lines (Activity::plain()).
    """
    return re.sub(r"\n+", " ", "".join(map(_plain_character, text))).translate(str.maketrans("<>", "()"))


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if character > _MAX_THREE_BYTES or category == "Cs":
        return "?"
    return "\n" if category in {"Cc", "Cf", "Zl", "Zp"} else character
