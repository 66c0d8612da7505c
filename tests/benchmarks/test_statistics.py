import statistics

import pytest

from benchmarks.statistics import Estimate, Target, Verdict, bootstrap, percentile


def test_the_interval_contains_the_median_and_is_the_same_every_time() -> None:
    values = [1.0, 1.1, 0.9, 1.3, 1.05, 0.95, 1.2]
    estimate = Estimate.of(values)
    assert estimate.median == 1.05
    assert 0.9 <= estimate.low < 1.05 < estimate.high <= 1.3
    assert Estimate.of(values) == estimate


def test_more_rounds_narrow_the_interval() -> None:
    few, many = [0.9, 1.0, 1.1], [0.9, 1.0, 1.1] * 20
    few_low, few_high = bootstrap(few, statistics.median)
    many_low, many_high = bootstrap(many, statistics.median)
    assert many_high - many_low < few_high - few_low


def test_equal_rounds_have_no_spread() -> None:
    estimate = Estimate.of([2.0, 2.0, 2.0])
    assert (estimate.low, estimate.median, estimate.high) == (2.0, 2.0, 2.0)


def test_without_rounds_there_is_no_estimate() -> None:
    with pytest.raises(ValueError, match="no values"):
        Estimate.of([])


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(1.0, 1.7, Verdict.MET), (1.0, 1.9, Verdict.WITHIN_NOISE), (1.9, 2.5, Verdict.MISSED), (1.8, 2.5, "within noise")],
)
def test_an_upper_target_is_missed_only_by_the_whole_interval(low: float, high: float, verdict: str) -> None:
    assert Target(1.8).judge(Estimate((low + high) / 2, low, high, 5)) == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(1.3, 1.7, Verdict.MET), (1.0, 1.3, Verdict.WITHIN_NOISE), (0.5, 1.1, Verdict.MISSED)],
)
def test_a_lower_target_is_missed_only_by_the_whole_interval(low: float, high: float, verdict: Verdict) -> None:
    assert Target(1.2, is_floor=True).judge(Estimate((low + high) / 2, low, high, 5)) is verdict


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]
    assert percentile([7.0], 0.99) == 7.0
