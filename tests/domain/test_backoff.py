"""Waits between attempts."""

import pytest

from bot.domain.backoff import Backoff

BACKOFF = Backoff(first_seconds=0.5, longest_seconds=30)


def test_each_wait_is_twice_the_previous_one_up_to_the_maximum() -> None:
    waits = [BACKOFF.decide_wait_seconds(attempts) for attempts in range(1, 10)]
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_the_first_attempt_is_made_without_a_wait() -> None:
    assert BACKOFF.decide_wait_seconds(0) == 0


@pytest.mark.parametrize(("jitter", "expected"), [(0.0, 1.0), (0.5, 1.5), (1.0, 2.0)])
def test_jitter_spreads_callers_over_the_second_half_of_a_wait(jitter: float, expected: float) -> None:
    assert BACKOFF.decide_wait_seconds(3, jitter=jitter) == expected


def test_the_wait_after_ten_thousand_failures_is_the_maximum() -> None:
    assert BACKOFF.decide_wait_seconds(10_000) == 30
