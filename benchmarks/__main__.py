"""The command line: `python -m benchmarks`."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NoReturn

import click
import uvloop

from benchmarks.bench import Bench, Size
from benchmarks.machine import describe
from benchmarks.page import write_results
from benchmarks.rows import ROWS, Measure, Row
from benchmarks.sides import BenchmarkError
from benchmarks.statistics import Estimate
from benchmarks.table import Result, list_missed, render_text
from sandbox.bot_process import ProcessError

_SMOKE: Final = Size(rounds=0, work=0.02)
_SMOKE_ROWS: Final = ("command-rate", "waiting-p50")


@click.command()
@click.option("--full", is_flag=True, help="Measure all rows, which takes many minutes.")
@click.option("--smoke", is_flag=True, help="One short round of a few rows, without targets: does it still work?")
@click.option("--row", "names", multiple=True, metavar="NAME", help="Measure only this row; may be repeated.")
@click.option("--write", is_flag=True, help="Write the table and the plots into docs/performance.md.")
@click.option("--scale", default=1.0, help="Measure this fraction of the usual, in one round: to try a row.")
def main(*, full: bool, smoke: bool, names: Sequence[str], write: bool, scale: float) -> None:
    """Compare the bot with small baselines in interleaved rounds. Exit code 1: a target was missed."""
    rows = _select(names or (_SMOKE_ROWS if smoke else ()), is_full=full)
    if smoke:
        rows = [replace(row, target=None) for row in rows]
    machine = describe()
    began_at = time.monotonic()
    results: list[Result] = []
    try:
        with (
            tempfile.TemporaryDirectory(prefix="bench-") as folder,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_run(rows, Path(folder), _choose_size(scale, is_smoke=smoke), results))
    except* (AssertionError, BenchmarkError, OSError, ProcessError, TimeoutError) as errors:
        _fail(errors, results)
    _progress("")
    click.echo(render_text(results))
    click.echo(f"\n{time.monotonic() - began_at:.0f} s")
    if write:
        write_results(results, machine)
    if missed := list_missed(results):
        click.echo(f"Missed: {', '.join(missed)}", err=True)
        sys.exit(1)


def _choose_size(scale: float, *, is_smoke: bool) -> Size:
    if is_smoke:
        return _SMOKE
    return Size() if scale == 1 else Size(rounds=0, work=scale)


def _select(names: Sequence[str], *, is_full: bool) -> list[Row]:
    unknown = set(names) - {row.name for row in ROWS}
    if unknown:
        raise click.BadParameter(f"no such row: {', '.join(sorted(unknown))}", param_hint="--row")
    return [row for row in ROWS if (row.name in names if names else is_full or not row.is_full)]


async def _run(rows: Sequence[Row], folder: Path, size: Size, results: list[Result]) -> None:
    """Measure in the order of the rows, and append the results; rows of the same function are measured together."""
    measured: dict[Measure, Mapping[str, list[float]]] = {}
    async with Bench(folder, size, _progress) as bench:
        for row in rows:
            if row.measure not in measured:
                measured[row.measure] = await row.measure(bench)
            results.append(Result(row, Estimate.of(measured[row.measure][row.key])))


def _progress(text: str) -> None:
    """Show what is measured now, on one line of a terminal; elsewhere on one line each."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", nl=False, err=True)
    elif text:
        click.echo(text, err=True)


def _fail(errors: ExceptionGroup, results: Sequence[Result]) -> NoReturn:
    """Show what was measured so far, and why the rest was not."""
    error: Exception = errors
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    _progress("")
    if results:
        click.echo(render_text(results))
    click.echo(f"The benchmark broke off: {type(error).__name__}: {error}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
