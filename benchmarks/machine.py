"""Describes the machine that the benchmark runs on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Final

_LIBRARIES: Final = ("slack-bolt", "slack-sdk", "httpx", "uvicorn", "SQLAlchemy")


def describe() -> str:
    """Return processors, memory, system, versions, and the load when this is called, as one sentence."""
    memory = _read("/proc/meminfo", "MemTotal").removesuffix("kB").strip()
    gigabytes = f"{int(memory) / 1024**2:.0f} GB" if memory else "an unknown amount of memory"
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"{os.cpu_count()} cores of {_read('/proc/cpuinfo', 'model name') or platform.machine()}, {gigabytes},"
        f" {platform.system()} {platform.release()}, Python {platform.python_version()}, {libraries};"
        f" load average {os.getloadavg()[0]:.1f} before the run."
    )


def _read(path: str, name: str) -> str:
    """Return the first value of a name in a file of /proc; empty if there is none."""
    file = Path(path)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
