"""Digests of the shown data, which reveal the fields that changed."""

import json

import pytest

from bot.domain.references import Reference
from bot.domain.seals import Seal
from bot.domain.shown import ShownField, list_changes, write_digests

SEAL = Seal.derive("xoxb-fake-token")
REFERENCE = Reference("7K3M-Q9XD")
SHOWN = {field: f"value of {field}" for field in ShownField}
DIGESTS = write_digests(SHOWN, REFERENCE, SEAL)


def test_unchanged_fields_are_not_listed() -> None:
    assert list_changes(DIGESTS, SHOWN, REFERENCE, SEAL) == frozenset()


@pytest.mark.parametrize("field", ShownField)
def test_the_field_that_has_changed_is_named(field: ShownField) -> None:
    assert list_changes(DIGESTS, SHOWN | {field: "other"}, REFERENCE, SEAL) == {field}


def test_digests_of_another_reset_or_key_do_not_match() -> None:
    assert list_changes(DIGESTS, SHOWN, Reference("0000-0000"), SEAL) == set(ShownField)
    assert list_changes(DIGESTS, SHOWN, REFERENCE, Seal.derive("xoxb-another")) == set(ShownField)


@pytest.mark.parametrize("key_id", ["", "x", None, [SEAL.key_id], f"{SEAL.key_id} ", SEAL.key_id.lower()])
def test_digests_with_an_unknown_key_id_are_not_compared(key_id: object) -> None:
    written = json.loads(DIGESTS) | {"key": key_id}
    assert list_changes(json.dumps(written), SHOWN, REFERENCE, SEAL) == set(ShownField)


def test_a_digest_with_something_appended_counts_as_changed() -> None:
    written = json.loads(DIGESTS)
    for more in ("x", "=", " ", "\x00"):
        longer = json.dumps(written | {"user": written["user"] + more})
        assert list_changes(longer, SHOWN, REFERENCE, SEAL) == {ShownField.USER}


def test_a_digest_of_one_field_does_not_match_another() -> None:
    swapped = json.loads(DIGESTS)
    swapped["client"], swapped["user"] = swapped["user"], swapped["client"]
    same = dict.fromkeys(ShownField, "the same value")
    assert list_changes(json.dumps(swapped), SHOWN, REFERENCE, SEAL) == {ShownField.CLIENT, ShownField.USER}
    assert len(set(json.loads(write_digests(same, REFERENCE, SEAL)).values())) == len(ShownField) + 1


@pytest.mark.parametrize("digests", ["", "null", "[]", "{}", "7", "x", '{"key":null}', "[" * 10_000, "\ud800"])
def test_unreadable_digests_count_as_all_changed(digests: str) -> None:
    assert list_changes(digests, SHOWN, REFERENCE, SEAL) == set(ShownField)


def test_a_missing_or_odd_digest_counts_as_changed() -> None:
    odds: tuple[object, ...] = (None, 7, "", [], {"a": 1}, "\ud800")
    for odd in odds:
        written = json.loads(DIGESTS) | {"user": odd}
        assert list_changes(json.dumps(written), SHOWN, REFERENCE, SEAL) == {ShownField.USER}


def test_no_value_can_be_read_from_the_digests() -> None:
    assert "value" not in DIGESTS
