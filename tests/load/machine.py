"""How much of the processors each of the processes takes, as Linux tells it; elsewhere nothing is told."""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Meter:
    """Seconds of processor time by name. A process that is gone keeps what it was last seen with."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._first: dict[tuple[str, int], float] = {}
        self._last: dict[tuple[str, int], float] = {}

    def look(self, name: str, processes: Iterable[int]) -> None:
        """Read them now. Those of the first look count from here on, and those that come later from their start."""
        is_first = name not in self._names
        self._names.add(name)
        for process in processes:
            if (seconds := _read_seconds(process)) is not None:
                self._first.setdefault((name, process), seconds if is_first else 0.0)
                self._last[name, process] = seconds

    @property
    def seconds(self) -> dict[str, float]:
        found: defaultdict[str, float] = defaultdict(float)
        for (name, process), last in self._last.items():
            found[name] += last - self._first[name, process]
        return dict(found)


def read_busy_seconds() -> float:
    """What all processors have been at since the machine was started, for whomever; 0 where that is not told."""
    try:
        words = Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=9)[1:9]
    except OSError:
        return 0.0
    user, nice, system, _idle, _waiting, *interrupts = map(int, words)
    return (user + nice + system + sum(interrupts)) / _TICKS


def list_family(process: int) -> list[int]:
    """The process and its children."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    except OSError:
        return [process]
    return [process, *map(int, children.split())]


def _read_seconds(process: int) -> float | None:
    """Its own time, without its children's; None: it is gone."""
    try:
        words = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return sum(map(int, words[11:13])) / _TICKS
