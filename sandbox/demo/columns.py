"""Tables of plain text that are wider than the terminal."""

from collections.abc import Iterator
from typing import Final

_INDENT: Final = "    "
_GAP: Final = 2


def fold_columns(table: str, width: int | None) -> str:
    """Fold each line between two columns where it is wider than `width`; what follows is indented.

    A column begins where a word of the first line begins, and no word of that line holds a space. None: nothing is folded.
    """
    lines = table.splitlines()
    if width is None or not lines or max(len(line) for line in lines) <= width:
        return "\n".join(lines)
    starts = [place for place, letter in enumerate(lines[0]) if letter != " " and lines[0][:place][-1:] in {"", " "}]
    cells = list(zip(starts, [*starts[1:], max(len(line) for line in lines) + _GAP], strict=True))
    groups = list(_group(cells, width))
    return "\n".join(folded for line in lines for folded in _fold(line, groups))


def _group(cells: list[tuple[int, int]], width: int) -> Iterator[tuple[int, int]]:
    """Join neighbouring columns as long as they fit into a line."""
    start, end, room = 0, 0, width
    for cell_start, cell_end in cells:
        if cell_end - _GAP - start > room and end:
            yield start, end
            start, room = cell_start, width - len(_INDENT)
        end = cell_end
    yield start, end


def _fold(line: str, groups: list[tuple[int, int]]) -> Iterator[str]:
    for number, (start, end) in enumerate(groups):
        part = line[start:end].rstrip()
        if number == 0:
            yield part
        elif part.strip():
            yield f"{_INDENT}{part}"
