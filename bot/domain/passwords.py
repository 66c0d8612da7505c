"""Generated passwords."""

import secrets
from typing import Final

MIN_LENGTH: Final = 16
MAX_LENGTH: Final = 64

# No look-alikes (0 O o, 1 l I i), nothing that HTML escaping or a quoting shell would change (& < > " ' ` \),
# nothing that marks text up (* _ ~).
LOWER: Final = "abcdefghjkmnpqrstuvwxyz"
UPPER: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS: Final = "23456789"
SYMBOLS: Final = "!#$%+-=?@"
ALPHABET: Final = LOWER + UPPER + DIGITS + SYMBOLS

# WHMCS scores 10 a character up to five, less 20, plus 10 a digit, 15 a symbol and 10 an upper-case letter, up to three
# of each. Two, two and three make 110: more than 100, the highest strength that an administrator can demand.
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


def has_enough_of_each_kind(password: str) -> bool:
    return (
        sum(c in LOWER for c in password) >= MIN_LOWER
        and sum(c in UPPER for c in password) >= MIN_UPPER
        and sum(c in DIGITS for c in password) >= MIN_DIGITS
        and sum(c in SYMBOLS for c in password) >= MIN_SYMBOLS
    )
