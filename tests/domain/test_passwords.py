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
    may_hold_password,
)

KINDS = (LOWER, UPPER, DIGITS, SYMBOLS)
LOOK_ALIKES = "0Oo1lIi|"
CHANGED_BY_OTHERS = "&<>\"'`\\*_~"


KIND_OF = str.maketrans({character: name for name, kind in zip("lUds", KINDS, strict=True) for character in kind})
"""Maps each character to a letter for its class; counting these is faster than classifying each character."""


def whmcs_strength(password: str) -> int:
    """Return the score that WHMCS's sign-up page shows for a password."""
    kinds = password.translate(KIND_OF)
    digits, upper, symbols = kinds.count("d"), kinds.count("U"), kinds.count("s")
    return min(len(password), 5) * 10 - 20 + min(digits, 3) * 10 + min(symbols, 3) * 15 + min(upper, 3) * 10


def test_the_character_classes_for_strength_match_pythons() -> None:
    assert all(character.islower() for character in LOWER)
    assert all(character.isupper() for character in UPPER)
    assert all(character.isdigit() for character in DIGITS)
    assert not any(character.isalnum() for character in SYMBOLS)


# In 2,000 passwords each of the 64 characters occurs at each position, except in one of ten million runs.
# tests/test_architecture.py checks that the randomness is the system's.
@pytest.mark.parametrize(("length", "times"), [(16, 2_000), (20, 10_000), (64, 2_000)])
def test_passwords_are_long_and_strong_use_the_whole_alphabet_and_never_repeat(length: int, times: int) -> None:
    drawn = [generate_password(length) for _ in range(times)]
    assert {len(password) for password in drawn} == {length}
    assert len(set(drawn)) == times
    assert min(whmcs_strength(password) for password in drawn) >= 100
    assert all(set(place) == set(ALPHABET) for place in zip(*drawn, strict=True))


def test_the_alphabet_has_no_look_alikes_and_nothing_that_is_escaped() -> None:
    assert not set(ALPHABET) & set(LOOK_ALIKES)
    assert not set(ALPHABET) & set(CHANGED_BY_OTHERS)
    assert ALPHABET.isascii()
    assert ALPHABET.isprintable()
    assert " " not in ALPHABET
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_the_shortest_password_has_at_least_ninety_bits() -> None:
    """Passwords are drawn until one is accepted, so all accepted ones are equally likely and their number decides."""
    assert log2(accepted_passwords(16)) >= 90


def test_a_longer_password_has_more_bits() -> None:
    bits = [log2(accepted_passwords(length)) for length in (16, 17, 20, 24)]
    assert bits == sorted(bits)


def accepted_passwords(length: int) -> int:
    """Return the exact number of accepted passwords of this length, summed over the counts of each character class."""
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
def test_a_password_that_lacks_a_character_class_is_rejected(password: str) -> None:
    assert not has_enough_of_each_kind(password)


AROUND = (
    "{}",
    "Su clave es {}.",
    "«{}»",
    "({})",
    "clave:{}",
    "{}\n",
    "ABC-{}-9?x=1",
    "https://example.com/?k={}",
    "¿{}?",
)


@pytest.mark.parametrize("length", [16, 17, 20, 64])
@pytest.mark.parametrize("around", AROUND)
def test_a_password_is_detected_anywhere_in_a_text(length: int, around: str) -> None:
    for _ in range(500):
        password = generate_password(length)
        assert may_hold_password(around.format(password))
        place = length // 3
        for put_in in (" ", "\n", "\r\n\t", "\u200b", "\u00ad"):
            assert may_hold_password(around.format(password[:place] + put_in + password[place:]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hola, Ana López:\n\nYa puede entrar con ana.lopez+web@example.com.\n\nReferencia: 7K3M-Q9XD",
        "Hello Ana,\n\nSign in at https://whmcs.example.com/clientarea.php?action=details&id=42#Password now.",
        "Ticket ABC-123456, factura #20261130-0042, $1.250.000 (IVA 19 %).",
        "VPS-2 = 8 GB, 4 vCPU + 100 GB SSD? Sí: 192.0.2.17 - 192.0.2.29, IPv6 2001:db8::42",
        "EMPEZAMOS HOY A LAS 9 EN PUNTO",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "================ ---- ???? !!!!",
        "¡Gracias! " * 200,
        "aB3#dE5$gH7+kM9",
    ],
)
def test_ordinary_text_is_not_taken_for_a_password(text: str) -> None:
    assert not may_hold_password(text)
