import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.names import one_line, shorten

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
def test_what_reorders_or_hides_text_is_dropped(characters: str) -> None:
    assert one_line(f"Ana{characters} López{characters}") == "Ana López"


@pytest.mark.parametrize("line_break", LINE_BREAKS, ids=ascii)
def test_line_breaks_and_odd_blanks_become_one_blank(line_break: str) -> None:
    assert one_line(f"{line_break}Ana{line_break}{line_break}López{line_break}") == "Ana López"


@pytest.mark.parametrize(
    "name",
    ["Ana López", "شركة التقنية", "אבי כהן", "山田 太郎", "D’Àrtagnan-Ñúñez & Söhne <GmbH>", "🙂 Emoji 🚀", "*_~`"],
)
def test_what_can_be_seen_stays(name: str) -> None:
    assert one_line(name) == name


def test_a_name_of_nothing_visible_is_empty() -> None:
    assert one_line(" \u200b\n\u202e\t") == ""


@given(st.text())
def test_the_result_is_one_visible_line_without_blanks_at_its_ends(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert "  " not in line
    assert not {unicodedata.category(character) for character in line} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(st.text())
def test_a_line_that_is_one_already_stays_as_it_is(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)


@given(st.text(), st.integers(min_value=1, max_value=100))
def test_a_shortened_text_has_at_most_that_length_and_says_that_it_was_cut(text: str, length: int) -> None:
    short = shorten(text, length)
    assert len(short) <= length
    if len(text) <= length:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])


def test_no_blank_stands_before_the_ellipsis() -> None:
    assert shorten("Floristería Ana", 13) == "Floristería…"
