from itertools import product
from math import factorial, log2

import pytest

from bot.domain.passwords import (
    ALPHABET,
    DIGITS,
    LOWER,
    SYMBOLS,
    UPPER,
    generate_password,
    has_enough_of_each_kind,
)

KINDS = (LOWER, UPPER, DIGITS, SYMBOLS)
LOOK_ALIKES = "0Oo1lIi|"
CHANGED_BY_OTHERS = "&<>\"'`\\*_~"


def whmcs_strength(password: str) -> int:
    """The score that WHMCS's own sign-up page shows for a password."""
    digits = sum(character.isdigit() for character in password)
    upper = sum(character.isupper() for character in password)
    symbols = sum(not character.isalnum() for character in password)
    return min(len(password), 5) * 10 - 20 + min(digits, 3) * 10 + min(symbols, 3) * 15 + min(upper, 3) * 10


# The length that is used by default 100,000 times, the shortest and the longest 10,000 times.
@pytest.mark.parametrize(("length", "times"), [(16, 10_000), (20, 100_000), (64, 10_000)])
def test_what_is_drawn_has_its_length_the_strength_that_whmcs_can_demand_and_the_whole_alphabet_and_never_repeats(
    length: int, times: int
) -> None:
    drawn = [generate_password(length) for _ in range(times)]
    assert {len(password) for password in drawn} == {length}
    assert len(set(drawn)) == times
    assert min(whmcs_strength(password) for password in drawn) >= 100
    for place in range(length):
        assert {password[place] for password in drawn} == set(ALPHABET)


def test_the_alphabet_has_no_look_alikes_and_nothing_that_html_quoting_or_markup_changes() -> None:
    assert not set(ALPHABET) & set(LOOK_ALIKES)
    assert not set(ALPHABET) & set(CHANGED_BY_OTHERS)
    assert ALPHABET.isascii()
    assert ALPHABET.isprintable()
    assert " " not in ALPHABET
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_the_shortest_password_has_at_least_ninety_bits() -> None:
    """Passwords are drawn until one is accepted, so that each accepted one is equally likely: count them."""
    assert log2(accepted_passwords(16)) >= 90


def test_a_longer_password_has_more_bits() -> None:
    bits = [log2(accepted_passwords(length)) for length in (16, 17, 20, 24)]
    assert bits == sorted(bits)


def accepted_passwords(length: int) -> int:
    """How many different passwords of this length can be drawn, exactly: the sum over how many of each kind it has."""
    total = 0
    for counts in product(range(length + 1), repeat=3):
        numbers = (*counts, length - sum(counts))
        if numbers[3] < 0 or not has_enough_of_each_kind(example_of(numbers)):
            continue
        arrangements = factorial(length)
        for number, kind in zip(numbers, KINDS, strict=True):
            arrangements = arrangements // factorial(number) * len(kind) ** number
        total += arrangements
    return total


def example_of(numbers: tuple[int, ...]) -> str:
    return "".join(kind[0] * number for number, kind in zip(numbers, KINDS, strict=True))


@pytest.mark.parametrize("length", [0, 1, 15, 65, -16])
def test_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="16 to 64"):
        generate_password(length)


@pytest.mark.parametrize(
    "password",
    [
        "abcdefghABCD2345",
        "abcdefgh2345!#$%",
        "ABCDEFGH2345!#$%",
        "abcdABCDEFGH!#$%",
        "abcdefghijAB23!#",
        "abcdefghABCD234!",
        "abcdefghABCDE2!#",
        "aABCDEFGH2345!#$",
    ],
)
def test_a_password_that_lacks_a_kind_is_not_enough(password: str) -> None:
    assert not has_enough_of_each_kind(password)
