import re

import pytest

from bot.domain.references import make_reference, parse_reference


def test_a_reference_is_two_groups_of_four_from_crockfords_base_32() -> None:
    for _ in range(1000):
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", make_reference())


def test_references_use_the_whole_alphabet_and_hardly_repeat() -> None:
    drawn = [make_reference() for _ in range(10_000)]
    # With 40 random bits, one of 22,000 runs of 10,000 draws has a repetition; two in one run do not happen.
    assert len(set(drawn)) >= len(drawn) - 1
    for place in (0, 1, 2, 3, 5, 6, 7, 8):
        assert {reference[place] for reference in drawn} == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def test_references_are_not_sequential() -> None:
    drawn = [make_reference() for _ in range(100)]
    assert drawn != sorted(drawn)
    assert drawn != sorted(drawn, reverse=True)


def test_a_new_reference_can_be_parsed() -> None:
    reference = make_reference()
    assert parse_reference(reference) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7K3MQ9XD",
        "7k3m-q9xd",
        "7K3M-Q9X",
        "7K3M-Q9XDA",
        "7K3M-Q9XD\n",
        " 7K3M-Q9XD",
        "7K3I-Q9XD",
        "7K3L-Q9XD",
        "7K3O-Q9XD",
        "7K3U-Q9XD",
        "7K3M_Q9XD",
        "\uff17K3M-Q9XD",
    ],
)
def test_a_malformed_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a reference"):
        parse_reference(text)
