"""The token bucket for calls to Slack."""

from dataclasses import dataclass

import pytest

from bot.services.rate_limiter import TokenBucket


@dataclass
class Clock:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bucket(clock: Clock) -> TokenBucket:
    return TokenBucket(per_minute=60, at_once=10, clock=clock)


def test_a_full_bucket_allows_a_burst_and_then_one_call_per_refill(bucket: TokenBucket, clock: Clock) -> None:
    assert bucket.count_free() == 10
    bucket.spend(10)
    assert bucket.count_free() == 0
    clock.seconds += 0.9
    assert bucket.count_free() == 0
    clock.seconds += 0.1
    assert bucket.count_free() == 1


def test_the_rate_per_minute_is_kept_over_an_hour(bucket: TokenBucket, clock: Clock) -> None:
    made = 0
    for _ in range(3600):
        free = min(5, bucket.count_free())
        bucket.spend(free)
        made += free
        clock.seconds += 1
    assert 3600 <= made <= 3610


def test_an_idle_bucket_never_holds_more_than_one_burst(bucket: TokenBucket, clock: Clock) -> None:
    clock.seconds += 3600
    assert bucket.count_free() == 10


def test_no_call_is_allowed_while_slack_asks_to_wait(bucket: TokenBucket, clock: Clock) -> None:
    bucket.hold(30)
    bucket.hold(5)
    clock.seconds += 29.9
    assert bucket.count_free() == 0
    clock.seconds += 0.1
    assert bucket.count_free() == 10
