from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.forms import is_too_old

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
TTL = timedelta(minutes=30)


@pytest.mark.parametrize("age", [timedelta(0), TTL, -timedelta(seconds=30)], ids=["just drawn", "at its end", "ahead"])
def test_a_form_can_be_used_for_its_time(age: timedelta) -> None:
    assert not is_too_old(NOW - age, NOW, TTL)


@pytest.mark.parametrize("age", [TTL + timedelta(seconds=1), timedelta(days=400)], ids=str)
def test_a_form_can_not_be_used_after_its_time(age: timedelta) -> None:
    assert is_too_old(NOW - age, NOW, TTL)


def test_a_form_from_the_future_counts_as_old() -> None:
    assert is_too_old(NOW + timedelta(hours=1), NOW, TTL)
