"""Where the rows run: over HTTP on SQLite, and in the long form in both modes on both databases."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.flows.world import Mode
from tests.postgresql import PostgresServer
from tests.reliability.row import Row
from tests.reliability.stage import IS_LONG, Endings, Stage, make_stage

PLACES = ["http-sqlite", *(["socket-sqlite", "http-postgresql", "socket-postgresql"] if IS_LONG else [])]


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest) -> Iterator[tuple[Mode, str]]:
    """How Slack reaches the bot, and the PostgreSQL database; empty: a file."""
    mode, _, database = request.param.partition("-")
    if database == "sqlite":
        yield mode, ""
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with server.database() as name:
        yield mode, server.url(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(place: tuple[Mode, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Slack, WHMCS and a database, without a bot."""
    mode, address = place
    async with make_stage(tmp_path_factory.mktemp("stage"), mode, address) as made:
        yield made


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> list[Row]:
    """The rows of this module whose tests were asked for: one bot tells all of them."""
    found: dict[str, Row] = {}
    for item in request.session.items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and item.path == request.path and isinstance(row := callspec.params.get("row"), Row):
            found[row.id] = row
    return list(found.values())


@pytest.fixture(scope="module")
def endings() -> Endings:
    return Endings()
