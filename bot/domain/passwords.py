"""Generated passwords."""

import re
import secrets
from typing import Final

from bot.domain.names import one_line

MIN_LENGTH: Final = 16
MAX_LENGTH: Final = 64

# No look-alikes (0 O o, 1 l I i), no characters that HTML escaping or a shell would change (& < > " ' ` \),
# no markup characters (* _ ~).
LOWER: Final = "abcdefghjkmnpqrstuvwxyz"
UPPER: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS: Final = "23456789"
SYMBOLS: Final = "!#$%+-=?@"
ALPHABET: Final = LOWER + UPPER + DIGITS + SYMBOLS

_OTHER_CHARACTERS: Final = re.compile(f"[^{re.escape(ALPHABET)}]+")

# WHMCS scores 10 per character up to five, minus 20, plus 10 per digit, 15 per symbol and 10 per upper-case letter, up to three
# of each. Two, two and three make 110: more than 100, the highest strength that an administrator can require.
MIN_LOWER: Final = 2
MIN_UPPER: Final = 3
MIN_DIGITS: Final = 2
MIN_SYMBOLS: Final = 2


def generate_password(length: int) -> str:
    """Draw a password of `length` characters (16 to 64); at least 90 bits at every allowed length.

    Whole passwords are drawn until one has enough of each kind, so that no position is more predictable than another.
    """
    if not MIN_LENGTH <= length <= MAX_LENGTH:
        raise ValueError(f"a generated password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    while True:
        drawn = "".join(secrets.choice(ALPHABET) for _ in range(length))
        if has_enough_of_each_kind(drawn):
            return drawn


def may_hold_password(text: str) -> bool:
    """Return True if a text can contain a generated password, even split by blanks or line breaks.

    Every generated password is a run of at least `MIN_LENGTH` characters of `ALPHABET` with enough of each kind, so
    none is missed. Ordinary text has no such run: i, l, o, 0, 1, dots, commas and slashes end one.
    """
    runs = _OTHER_CHARACTERS.split(without_blanks(text))
    return any(len(run) >= MIN_LENGTH and has_enough_of_each_kind(run) for run in runs)


def without_blanks(text: str) -> str:
    """Return the text without blanks, line breaks and invisible characters."""
    return "".join(one_line(text).split())


def has_enough_of_each_kind(password: str) -> bool:
    return (
        sum(c in LOWER for c in password) >= MIN_LOWER
        and sum(c in UPPER for c in password) >= MIN_UPPER
        and sum(c in DIGITS for c in password) >= MIN_DIGITS
        and sum(c in SYMBOLS for c in password) >= MIN_SYMBOLS
    )
