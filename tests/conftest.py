"""For all tests: logs as plain text, since structlog's own default draws tracebacks with every local variable, for seconds.

And a PostgreSQL for those who ask for one.
"""

from collections.abc import Iterator

import pytest
import structlog

from tests.postgresql import PostgresServer
from tests.scheduling import GroupScheduling

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
