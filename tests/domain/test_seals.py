"""Seals: a MAC over parts, which only the holder of the key can create or verify."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.seals import Seal

SEAL = Seal.derive("xoxb-fake-token")


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_only_equal_lists_of_parts_have_the_same_mac(one: list[str], other: list[str]) -> None:
    assert SEAL.verify(SEAL.sign("purpose", *one), "purpose", *other) is (one == other)


def test_characters_moved_between_parts_change_the_mac() -> None:
    assert SEAL.sign("p", "ab", "c") != SEAL.sign("p", "a", "bc")
    assert SEAL.sign("p", "a") != SEAL.sign("pa")


def test_another_token_makes_another_key_and_id() -> None:
    other = Seal.derive("xoxb-fake-token2")
    assert other.key_id != SEAL.key_id
    assert not other.verify(SEAL.sign("p", "a"), "p", "a")
    assert Seal.derive("xoxb-fake-token") == SEAL


def test_neither_the_key_nor_the_token_is_shown() -> None:
    assert "key=" not in repr(SEAL)
    assert "xoxb" not in repr(SEAL)


@given(st.text())
def test_only_the_whole_mac_verifies(text: str) -> None:
    mac = SEAL.sign("p", "a")
    assert not SEAL.verify(text, "p", "a")
    assert SEAL.verify(mac + text, "p", "a") is SEAL.verify(text + mac, "p", "a") is (text == "")
    assert not any(SEAL.verify(mac[:length], "p", "a") for length in range(len(mac)))
