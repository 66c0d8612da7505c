"""How fast a backlog is worked off."""

from dataclasses import dataclass

import pytest

from bot.services.pace import Pace


@dataclass
class Clock:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(per_minute=60, at_once=10, clock=clock)


def test_so_many_may_be_made_at_once_and_then_one_in_its_time(pace: Pace, clock: Clock) -> None:
    assert pace.count_free() == 10
    pace.spend(10)
    assert pace.count_free() == 0
    clock.seconds += 0.9
    assert pace.count_free() == 0
    clock.seconds += 0.1
    assert pace.count_free() == 1


def test_over_an_hour_no_more_are_made_than_a_minute_allows(pace: Pace, clock: Clock) -> None:
    made = 0
    for _ in range(3600):
        free = min(5, pace.count_free())
        pace.spend(free)
        made += free
        clock.seconds += 1
    assert 3600 <= made <= 3610


def test_who_rests_gathers_no_more_than_may_be_made_at_once(pace: Pace, clock: Clock) -> None:
    clock.seconds += 3600
    assert pace.count_free() == 10


def test_while_slack_says_to_wait_none_is_made(pace: Pace, clock: Clock) -> None:
    pace.hold(30)
    pace.hold(5)
    clock.seconds += 29.9
    assert pace.count_free() == 0
    clock.seconds += 0.1
    assert pace.count_free() == 10
