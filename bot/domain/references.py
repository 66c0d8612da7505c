"""The reference: the name of a reset for people and for every system involved."""

import re
import secrets
from typing import Final, NewType

Reference = NewType("Reference", str)

# Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O, U, so that it can be read out on the phone.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_SHAPE: Final = re.compile(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")


def make_reference() -> Reference:
    """Draw a new reference such as `7K3M-Q9XD`: 40 random bits, not a sequence, which a restored database would repeat."""
    bits = secrets.randbits(40)
    drawn = "".join(ALPHABET[bits >> shift & 31] for shift in range(0, 40, 5))
    return Reference(f"{drawn[:4]}-{drawn[4:]}")


def parse_reference(text: str) -> Reference:
    """Parse a reference from outside.

    Raises: ValueError.
    """
    if not _SHAPE.fullmatch(text):
        raise ValueError("not a reference")
    return Reference(text)
