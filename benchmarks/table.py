"""The table of results, for the terminal and in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.rows import Row
from benchmarks.statistics import Estimate, Verdict

HEADER: Final = ("Row", "Measured", "Compared with", "Median", "95 % interval", "Target", "Verdict")


@dataclass(frozen=True)
class Result:
    row: Row
    estimate: Estimate

    @property
    def verdict(self) -> Verdict | None:
        """None: the row has no target."""
        return self.row.target.judge(self.estimate) if self.row.target else None

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of the table, in the order of HEADER."""
        low, high = self._write(self.estimate.low), self._write(self.estimate.high)
        return (
            self.row.name,
            self.row.measured,
            self.row.baseline,
            f"{self._write(self.estimate.median)}{self.row.unit}",
            f"{low} to {high}",
            f"{self.row.target}{self.row.unit}" if self.row.target else "",
            self.verdict or "",
        )

    def _write(self, value: float) -> str:
        return f"{value:.2f}" if value < _MANY else f"{value:.1f}"


_MANY: Final = 10


def list_missed(results: Sequence[Result]) -> list[str]:
    """Return the names of the rows that missed their target."""
    return [result.row.name for result in results if result.verdict is Verdict.MISSED]


def render_text(results: Sequence[Result]) -> str:
    """Return the table with aligned columns."""
    lines = [HEADER, *(result.cells for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def render_markdown(results: Sequence[Result]) -> str:
    rule = tuple("---" for _ in HEADER)
    lines = [HEADER, rule, *((f"`{name}`", *cells) for name, *cells in (result.cells for result in results))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
