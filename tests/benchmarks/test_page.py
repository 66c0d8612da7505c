"""docs/performance.md agrees with the rows, and is written as documented."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.page import BEGIN, END, PAGE, write_results
from benchmarks.rows import ROWS, Row
from benchmarks.statistics import Estimate
from benchmarks.table import HEADER, Result, list_missed, render_text

BY_NAME = {row.name: row for row in ROWS}


def test_rows_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(ROWS)


def test_the_page_explains_every_row() -> None:
    [section] = re.findall(r"^## The rows\n(.*?)^## ", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert re.findall(r"^\| `([\w-]+)` \| (.+) \| (.*) \| `make (bench|bench-full)` \|$", section, re.MULTILINE) == [
        (
            row.name,
            f"{row.measured}; compared with: {row.baseline}",
            f"{row.target}{row.unit}" if row.target else "",
            "bench-full" if row.is_full else "bench",
        )
        for row in ROWS
    ]


def test_the_results_in_the_page_are_of_known_rows() -> None:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    results, _, _ = rest.partition(END)
    assert set(re.findall(r"^\| `([\w-]+)` \|", results, re.MULTILINE)) <= set(BY_NAME)


def test_results_are_written_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    results = [
        Result(BY_NAME["reset-cpu"], Estimate(1.5, 1.25, 1.7, 6)),
        Result(BY_NAME["idle"], Estimate(2.0, 1.9, 2.5, 3)),
        Result(BY_NAME["command-rate"], Estimate(1.5, 1.3, 1.7, 5)),
        Result(BY_NAME["waiting-tuned-p50"], Estimate(1.04, 1.02, 1.05, 4)),
    ]
    write_results(results, "two cores.", page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n\nMeasured on ")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
    assert "| `reset-cpu` | CPU of a whole reset e-mail | tuned bot | 1.50 | 1.25 to 1.70 | at most 1.8 | met |" in text
    assert "| 2.00 % | 1.90 to 2.50 | at most 0.5 % | MISSED |" in text
    for target in re.findall(r"\]\((.+?)\)", text):
        plot = ET.fromstring((tmp_path / target).read_text(encoding="utf-8"))  # noqa: S314 - written by the line above
        assert len(plot.findall("{*}circle")) == (3 if "targets" in target else 1)


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("text\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no markers"):
        write_results([], "two cores.", page)
    assert page.read_text(encoding="utf-8") == "text\n"


def test_the_table_is_aligned() -> None:
    header, *lines = render_text([result_of(row) for row in ROWS]).splitlines()
    assert len(lines) == len(ROWS)
    column = header.index(HEADER[3])
    assert {line[column - 1] for line in lines} == {" "}


def test_only_rows_whose_whole_interval_is_bad_are_missed() -> None:
    row = BY_NAME["reset-cpu"]
    estimates = [Estimate(1.7, 1.6, 1.75, 5), Estimate(1.9, 1.7, 2.1, 5), Estimate(2.0, 1.81, 2.3, 5)]
    assert [list_missed([Result(row, estimate)]) for estimate in estimates] == [[], [], ["reset-cpu"]]
    assert list_missed([Result(BY_NAME["reset-cpu-tutorial"], Estimate(99.0, 98.0, 100.0, 5))]) == []


def result_of(row: Row) -> Result:
    return Result(row, Estimate(1.0, 0.9, 1.1, 5))
