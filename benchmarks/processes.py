"""CPU time and memory of other processes. Linux only."""

import resource
import time
from pathlib import Path


def read_cpu_seconds(pid: int) -> float:
    """Return the CPU time that all threads of a process have used so far, with the kernel's precision.

    /proc/<pid>/stat has the same number in steps of 10 ms, which is too coarse for an idle process.
    """
    # The id of a process's CPU clock, as clock_getcpuclockid(3) makes it.
    return time.clock_gettime((~pid << 3) | 2)


def read_memory_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    resident_pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return resident_pages * resource.getpagesize()
