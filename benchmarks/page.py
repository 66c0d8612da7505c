"""Writes the results into docs/performance.md, between two markers, and the plots beside it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.plots import Dot, draw
from benchmarks.statistics import Verdict
from benchmarks.table import Result, render_markdown

PAGE: Final = Path(__file__).resolve().parents[1] / "docs/performance.md"
BEGIN: Final = "<!-- results: written by make bench-full -->"
END: Final = "<!-- end of the results -->"
TARGETS: Final = "performance/targets.svg"
OTHERS: Final = "performance/others.svg"


def write_results(results: Sequence[Result], machine: str, page: Path = PAGE) -> None:
    """Replace the results in the page, and its plots. Raises: ValueError if a marker is missing."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no markers for the results")
    plots = _draw_plots(results)
    pictures = [f"![{_describe(name)}]({name})" for name in plots]
    date = f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine}"
    parts = [BEGIN, date, render_markdown(results), *pictures, END]
    page.write_text(before + "\n\n".join(parts) + after, encoding="utf-8")
    for name, plot in plots.items():
        (page.parent / name).parent.mkdir(exist_ok=True)
        (page.parent / name).write_text(plot, encoding="utf-8")


def _draw_plots(results: Sequence[Result]) -> dict[str, str]:
    judged = [_against_target(result) for result in results if result.row.target]
    others = [
        Dot(result.row.name, result.estimate.low, result.estimate.median, result.estimate.high)
        for result in results
        if not result.row.target
    ]
    plots = {}
    if judged:
        plots[TARGETS] = draw("Divided by the target: left of 1 is better than it", judged)
    if others:
        plots[OTHERS] = draw("Rows without a target: ratios", others)
    return plots


def _describe(name: str) -> str:
    return "Each row with a target, divided by it" if name == TARGETS else "The ratios of the rows without a target"


def _against_target(result: Result) -> Dot:
    """Return the values divided by the target, or the target divided by them if it is a lower limit."""
    target, estimate = result.row.target, result.estimate
    if target is None:
        raise ValueError(f"{result.row.name} has no target")
    values = [estimate.low, estimate.median, estimate.high]
    low, median, high = sorted(target.value / value if target.is_floor else value / target.value for value in values)
    return Dot(result.row.name, low, median, high, is_good=result.verdict is not Verdict.MISSED)
