"""Plots of the results: a dot for the median and a line for its interval, on a logarithmic axis, as SVG."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 960
_LABELS: Final = 260
_RIGHT: Final = 40
_TOP: Final = 56
_LINE: Final = 26
_STEPS: Final = (1, 2, 5)
_GOOD: Final = "#1a7f37"
_BAD: Final = "#cf222e"
_PLAIN: Final = "#0969da"


@dataclass(frozen=True)
class Dot:
    """`is_good` None: there is nothing to judge."""

    label: str
    low: float
    median: float
    high: float
    is_good: bool | None = None


def draw(title: str, dots: Sequence[Dot]) -> str:
    """Return the plot as an SVG document, with a vertical line at 1."""
    # A bar of zero length has no place on a logarithmic axis.
    smallest = max(min(1.0, *(dot.low for dot in dots)), 0.001)
    axis = _Axis(smallest * 0.9, max(1.0, *(dot.high for dot in dots)) * 1.1)
    height = _TOP + _LINE * len(dots) + 12
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="13">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
            f'<text x="12" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
            *_draw_axis(axis, height),
            *(element for number, dot in enumerate(dots) for element in _draw_dot(dot, axis, number)),
            "</svg>\n",
        ]
    )


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float

    def place(self, value: float) -> float:
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return round(_LABELS + share * (_WIDTH - _LABELS - _RIGHT), 1)

    def ticks(self) -> Iterator[float]:
        for power in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1):
            yield from (step * 10.0**power for step in _STEPS if self.low <= step * 10.0**power <= self.high)


def _draw_axis(axis: _Axis, height: int) -> Iterator[str]:
    for tick in axis.ticks():
        x, color = axis.place(tick), "black" if math.isclose(tick, 1) else "#d0d7de"
        yield f'<line x1="{x}" y1="{_TOP - 8}" x2="{x}" y2="{height - 8}" stroke="{color}"/>'
        yield f'<text x="{x}" y="{_TOP - 12}" text-anchor="middle" fill="#57606a">{tick:g}</text>'


def _draw_dot(dot: Dot, axis: _Axis, number: int) -> Iterator[str]:
    y = _TOP + _LINE * number + _LINE / 2
    color = _PLAIN if dot.is_good is None else _GOOD if dot.is_good else _BAD
    low, median, high = (axis.place(value) for value in (dot.low, dot.median, dot.high))
    yield f'<text x="{_LABELS - 14}" y="{y + 4}" text-anchor="end">{escape(dot.label)}</text>'
    yield f'<line x1="{low}" y1="{y}" x2="{high}" y2="{y}" stroke="{color}" stroke-width="3"/>'
    yield f'<circle cx="{median}" cy="{y}" r="5" fill="{color}"/>'
