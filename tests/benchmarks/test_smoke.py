"""The benchmark still runs: its processes start, and the conversation is the one that it knows. Nothing is timed."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.asyncio
async def test_one_short_round_prints_its_table() -> None:
    code, table, progress = await benchmarks("--smoke")
    assert code == 0, progress
    assert [line.split()[0] for line in table.splitlines()[1:3]] == ["command-rate", "waiting-p50"]


@pytest.mark.asyncio
async def test_an_unknown_row_is_refused() -> None:
    code, _, errors = await benchmarks("--row", "nonsense")
    assert code == 2
    assert "no such row: nonsense" in errors


async def benchmarks(*arguments: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks",
        *arguments,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()
