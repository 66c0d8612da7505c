import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.names import address_line, fold_address, one_line, same_address, shorten

INVISIBLE = {
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "embedding": "\u202a\u202b\u202c",
    "override": "\u202d\u202e",
    "isolates": "\u2066\u2067\u2068\u2069",
    "zero-width space": "\u200b",
    "zero-width joiners": "\u200c\u200d",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "tags": "\U000e0041\U000e007f",
    "controls": "\x00\x07\x08\x1b\x7f\x9b",
    "private use": "\ue000",
    "half of a pair": "\ud800",
}
LINE_BREAKS = ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\t", "\u00a0", "\u3000", "\x1c"]


@pytest.mark.parametrize("characters", INVISIBLE.values(), ids=INVISIBLE)
def test_characters_that_reorder_or_hide_text_are_removed(characters: str) -> None:
    assert one_line(f"Ana{characters} López{characters}") == "Ana López"


@pytest.mark.parametrize("line_break", LINE_BREAKS, ids=ascii)
def test_line_breaks_and_unusual_spaces_become_one_space(line_break: str) -> None:
    assert one_line(f"{line_break}Ana{line_break}{line_break}López{line_break}") == "Ana López"


@pytest.mark.parametrize(
    "name",
    ["Ana López", "شركة التقنية", "אבי כהן", "山田 太郎", "D’Àrtagnan-Ñúñez & Söhne <GmbH>", "🙂 Emoji 🚀", "*_~`"],
)
def test_visible_characters_stay(name: str) -> None:
    assert one_line(name) == name


def test_a_name_without_visible_characters_is_empty() -> None:
    assert one_line(" \u200b\n\u202e\t") == ""


@given(st.text())
def test_the_result_is_one_visible_line_without_outer_spaces(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert "  " not in line
    assert not {unicodedata.category(character) for character in line} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(st.text())
def test_a_clean_line_is_unchanged(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)


@given(st.text(), st.integers(min_value=1, max_value=100))
def test_a_shortened_text_has_at_most_this_length_and_ends_in_an_ellipsis(text: str, length: int) -> None:
    short = shorten(text, length)
    assert len(short) <= length
    if len(text) <= length:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])


def test_there_is_no_space_before_the_ellipsis() -> None:
    assert shorten("Floristería Ana", 13) == "Floristería…"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana@example.com", "ANA@Example.COM"),
        (" ana@example.com ", "ana@example.com"),
        ("ÑAÑA@example.com", "ñaña@example.com"),
        ("ŁUCJA@example.com", "łucja@example.com"),
        ("WEIß@example.com", "weiß@example.com"),
        ("", ""),
    ],
)
def test_addresses_that_differ_in_case_are_the_same(one: str, other: str) -> None:
    assert same_address(one, other)
    assert fold_address(one) == fold_address(other)


LOOKALIKES = {
    "sharp s": ("weiß@example.com", "weiss@example.com"),
    "capital sharp s": ("WEI\u1e9e@example.com", "weiss@example.com"),
    "long s": ("ana\u017f@example.com", "anas@example.com"),
    "kelvin sign": ("\u212aim@example.com", "kim@example.com"),
    "angstrom sign": ("\u212bsa@example.com", "åsa@example.com"),
    "dotted capital i": ("\u0130nes@example.com", "ines@example.com"),
    "dotless i": ("\u0131nes@example.com", "ines@example.com"),
    "ligature": ("so\ufb01a@example.com", "sofia@example.com"),
    "full width": ("\uff41na@example.com", "ana@example.com"),
    "accent": ("josé@example.com", "jose@example.com"),
    "accent in two characters": ("jose\u0301@example.com", "josé@example.com"),
    "another alphabet": ("\u0430na@example.com", "ana@example.com"),
    "final sigma": ("\u03c2@example.com", "\u03c3@example.com"),
    "zero-width space": ("an\u200ba@example.com", "ana@example.com"),
    "soft hyphen": ("an\u00ada@example.com", "ana@example.com"),
    "blank": ("an a@example.com", "ana@example.com"),
    "tag": ("ana+x@example.com", "ana@example.com"),
    "dot": ("a.na@example.com", "ana@example.com"),
}


@pytest.mark.parametrize(("one", "other"), LOOKALIKES.values(), ids=LOOKALIKES)
def test_addresses_that_differ_in_a_character_are_different(one: str, other: str) -> None:
    assert not same_address(one, other)
    assert not same_address(address_line(one), address_line(other))


@given(st.text(), st.text())
def test_equal_addresses_differ_only_in_case(one: str, other: str) -> None:
    folded = fold_address(one)
    assert fold_address(folded) == folded
    assert len(folded) == len(one.strip())
    assert not same_address(one, other) or one.strip().upper() == other.strip().upper()


def test_an_address_with_an_invisible_character_shows_a_replacement() -> None:
    assert address_line("an\u200ba@example.com") == "an\ufffda@example.com"
    assert address_line(" ana@example.com\r\n") == "ana@example.com"
    assert address_line("Ana@Example.com") == "Ana@Example.com"
