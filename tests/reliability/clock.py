"""A bot's host clock that a test can move; the monotonic clock is unchanged."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import time_machine

from tests.harness.fork_server import ROOT
from tests.harness.world import World

_VARIABLE: Final = "CLOCK_FILE"
_LOOK_SECONDS: Final = 0.05


@dataclass
class Clock:
    """The clock of the processes that are started with `settings`."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "sitecustomize.py").write_text(f"from {__name__} import follow\n\nfollow()\n", encoding="utf-8")
        self._write("0")

    @property
    def settings(self) -> dict[str, str]:
        return {"PYTHONPATH": f"{self.folder}:{ROOT}", _VARIABLE: str(self._file)}

    async def set_ahead(self, world: World, *, hours: float) -> None:
        """Set the clock this far ahead or, if negative, behind; return when the process uses it."""
        seconds = str(hours * 3600)
        self._write(seconds)
        await world.until(lambda: _seen(self._file).read_text() == seconds, 20)

    def _write(self, seconds: str) -> None:
        whole = self._file.with_suffix(".new")
        whole.write_text(seconds)
        whole.replace(self._file)

    @property
    def _file(self) -> Path:
        return self.folder / "ahead"


def follow() -> None:
    """Keep this process's clock as far ahead as the file states."""
    _Follower(Path(os.environ[_VARIABLE])).begin()


class _Follower:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = ""
        self._travel: time_machine.travel | None = None

    def begin(self) -> None:
        self._look()
        threading.Thread(target=self._look_on, daemon=True).start()

    def _look_on(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            self._look()

    def _look(self) -> None:
        ahead = self._file.read_text()
        if ahead == self._ahead:
            return
        if self._travel is not None:
            self._travel.stop()
            self._travel = None
        if seconds := float(ahead):
            self._travel = time_machine.travel(time.time() + seconds, tick=True)
            self._travel.start()
        self._ahead = ahead
        _seen(self._file).write_text(ahead)


def _seen(file: Path) -> Path:
    return file.with_suffix(".seen")
