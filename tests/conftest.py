"""For all tests: logs as plain text, since structlog's own default draws tracebacks with every local variable, for seconds.

Temporary files in memory, where there is room. And a PostgreSQL for those who ask for one.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from tests.postgresql import PostgresServer
from tests.scheduling import GroupScheduling

# Copying a PostgreSQL database takes a tenth of the time there. A container's has 64 MB, which is not enough.
_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes folders of its own in it
_NEEDED_BYTES = 4_000_000_000
if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _NEEDED_BYTES:
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

# The same examples each time, however slow the machine is.
settings.register_profile("check", derandomize=True, deadline=None)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile("check")

structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling | None:
    return GroupScheduling(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A server for this process's tests, one after the other; each takes a database of its own, and may stop the server."""
    with PostgresServer.make() as server:
        yield server
