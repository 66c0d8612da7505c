"""Ratios of rounds: their median, its confidence interval, and the verdict on a target."""

import math
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

_RESAMPLES: Final = 4000
_CONFIDENCE: Final = 0.95


class Verdict(StrEnum):
    MET = "met"
    WITHIN_NOISE = "within noise"
    MISSED = "MISSED"


@dataclass(frozen=True)
class Estimate:
    """The median of the rounds, and the interval in which it lies with a confidence of 95 %."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Raises: ValueError if there are no values."""
        low, high = bootstrap(values, statistics.median)
        return cls(statistics.median(values), low, high, len(values))


@dataclass(frozen=True)
class Target:
    """A limit for a row, an upper one or with `is_floor` a lower one."""

    value: float
    is_floor: bool = False

    def __str__(self) -> str:
        return f"{'at least' if self.is_floor else 'at most'} {self.value:g}"

    def judge(self, estimate: Estimate) -> Verdict:
        """Return MISSED only if the whole interval is on the wrong side."""
        best, worst = (estimate.high, estimate.low) if self.is_floor else (estimate.low, estimate.high)
        if not self._allows(best):
            return Verdict.MISSED
        return Verdict.MET if self._allows(worst) else Verdict.WITHIN_NOISE

    def _allows(self, value: float) -> bool:
        return value >= self.value if self.is_floor else value <= self.value


def bootstrap(values: Sequence[float], statistic: Callable[[Sequence[float]], float]) -> tuple[float, float]:
    """Return the percentile interval of a statistic, from resampled values; the same for the same values.

    Raises: ValueError if there are no values.
    """
    if not values:
        raise ValueError("no values")
    draw = random.Random(len(values))  # noqa: S311 - repeatable on purpose
    found = sorted(statistic(draw.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    outside = (1 - _CONFIDENCE) / 2
    return found[round(outside * (_RESAMPLES - 1))], found[round((1 - outside) * (_RESAMPLES - 1))]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that is at least as large as this share of them. Raises: ValueError if there are none."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
