"""Fixtures: the scenarios run over HTTP on SQLite, and in the long form in both modes on both databases."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.harness.world import Mode
from tests.postgresql import PostgresServer
from tests.reliability.harness import IS_LONG, Endings, Harness, make_harness
from tests.reliability.scenario import Scenario

PLACES = ["http-sqlite", *(["socket-sqlite", "http-postgresql", "socket-postgresql"] if IS_LONG else [])]


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest) -> Iterator[tuple[Mode, str]]:
    """How Slack reaches the bot, and the PostgreSQL database; an empty address means SQLite."""
    mode, _, database = request.param.partition("-")
    if database == "sqlite":
        yield mode, ""
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with server.database() as name:
        yield mode, server.url(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def harness(place: tuple[Mode, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """Slack, WHMCS and a database, without a bot."""
    mode, address = place
    async with make_harness(tmp_path_factory.mktemp("stage"), mode, address) as made:
        yield made


@pytest.fixture(scope="module")
def scenarios(request: pytest.FixtureRequest) -> list[Scenario]:
    """The selected scenarios of this module; one bot plays all of them."""
    found: dict[str, Scenario] = {}
    for item in request.session.items:
        callspec = getattr(item, "callspec", None)
        if (
            callspec is not None
            and item.path == request.path
            and isinstance(scenario := callspec.params.get("scenario"), Scenario)
        ):
            found[scenario.id] = scenario
    return list(found.values())


@pytest.fixture(scope="module")
def endings() -> Endings:
    return Endings()
