"""The circuit breaker: after five consecutive timeouts only probes are sent, until one is answered."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.whmcs.conftest import COMPANION_SECRET, IDENTIFIER, SECRET
from tests.whmcs.server import Hang, Reply, ScriptedServer
from whmcs import (
    Breaker,
    CompanionClient,
    CredentialsError,
    NotAnsweringError,
    OutcomeUnknownError,
    TimedOutError,
    WhmcsClient,
    WhmcsError,
)
from whmcs.breaker import PROBE_EVERY_SECONDS, TIMEOUTS, Silence, count_timeout, may_send

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
VERSION = Reply({"result": "success", "whmcs": {"version": "8.9"}})


def silent(timeouts: int, *, at: float = 100.0) -> Silence:
    silence = Silence()
    for _ in range(timeouts):
        silence = count_timeout(silence, NOON, at)
    return silence


def test_four_timeouts_keep_the_circuit_closed() -> None:
    assert may_send(silent(4), 100.0, is_write=True)
    assert not silent(4).is_open


def test_an_open_circuit_sends_a_read_every_five_seconds_and_no_write() -> None:
    assert not may_send(silent(5), 100.0, is_write=False)
    assert not may_send(silent(5), 104.9, is_write=False)
    assert may_send(silent(5), 105.0, is_write=False)
    assert not may_send(silent(5), 1000.0, is_write=True)


def test_the_silence_starts_when_the_first_unanswered_request_was_sent() -> None:
    silence = count_timeout(count_timeout(Silence(), NOON, 1.0), NOON + timedelta(minutes=1), 2.0)
    assert silence.since == NOON


@dataclass
class Clock:
    """A time of day and monotonic seconds that advance together, only on request."""

    seconds: float = 0.0
    breaker: Breaker = field(init=False)

    def __post_init__(self) -> None:
        self.breaker = Breaker(
            lambda: self.seconds, lambda: NOON + timedelta(seconds=self.seconds), min_counted_seconds=1.0
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def client(server: ScriptedServer, clock: Clock) -> AsyncIterator[WhmcsClient]:
    async with WhmcsClient.connect(server.url, IDENTIFIER, SECRET, breaker=clock.breaker) as connected:
        yield connected


@pytest_asyncio.fixture
async def companion(server: ScriptedServer, clock: Clock) -> AsyncIterator[CompanionClient]:
    url = f"{server.url}/modules/addons/resetbot/api.php"
    async with CompanionClient.connect(url, COMPANION_SECRET, breaker=clock.breaker) as connected:
        yield connected


async def time_out(client: WhmcsClient, server: ScriptedServer, times: int = TIMEOUTS) -> None:
    server.plays("WhmcsDetails", Hang())
    calls = (client.whmcs_details(deadline_seconds=1.2) for _ in range(times))
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(error) for error in errors} == {TimedOutError}


@pytest.mark.asyncio
async def test_an_open_circuit_fails_calls_at_once_and_sends_nothing(
    client: WhmcsClient, companion: CompanionClient, server: ScriptedServer, clock: Clock
) -> None:
    await time_out(client, server)
    clock.seconds = 4.0
    received = len(server.received)
    calls = (client.whmcs_details(), companion.ping(), companion.result("7K3M-Q9XD"), client.reset_password(7))
    for error in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(error, NotAnsweringError)
        assert error.since == NOON
    assert len(server.received) == received
    assert clock.breaker.silent_since == NOON
    assert clock.breaker.silent_seconds == 4.0


@pytest.mark.asyncio
async def test_an_answered_probe_closes_the_circuit(client: WhmcsClient, server: ScriptedServer, clock: Clock) -> None:
    await time_out(client, server)
    clock.seconds = PROBE_EVERY_SECONDS
    received = len(server.received)
    calls = (client.whmcs_details(deadline_seconds=1.2) for _ in range(5))
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(error) for error in errors] == [TimedOutError, *[NotAnsweringError] * 4]
    assert len(server.received) == received + 1

    server.plays("WhmcsDetails", VERSION)
    clock.seconds = 2 * PROBE_EVERY_SECONDS
    assert await client.whmcs_details() == "8.9"
    assert await asyncio.gather(*(client.whmcs_details() for _ in range(5))) == ["8.9"] * 5
    assert clock.breaker.silent_since is None
    assert clock.breaker.silent_seconds == 0.0


@pytest.mark.asyncio
async def test_a_write_is_never_a_probe_and_fails_with_nothing_changed(
    client: WhmcsClient, companion: CompanionClient, server: ScriptedServer, clock: Clock
) -> None:
    await time_out(client, server)
    clock.seconds = 60.0
    received = len(server.received)
    for error in await asyncio.gather(client.reset_password(7), set_password(companion), return_exceptions=True):
        assert isinstance(error, WhmcsError)
        assert not isinstance(error, OutcomeUnknownError)
    assert len(server.received) == received


@pytest.mark.asyncio
async def test_a_write_that_timed_out_is_unknown_and_counts(
    client: WhmcsClient, companion: CompanionClient, server: ScriptedServer, clock: Clock
) -> None:
    await time_out(client, server, TIMEOUTS - 1)
    server.plays("set_password", Hang())
    with pytest.raises(OutcomeUnknownError):
        await set_password(companion, deadline_seconds=1.2)
    assert clock.breaker.silent_since == NOON


@pytest.mark.asyncio
@pytest.mark.parametrize("answer", [Reply({"result": "error", "message": "Authentication Failed"}, 403)])
async def test_any_answer_resets_the_count(
    client: WhmcsClient, server: ScriptedServer, clock: Clock, answer: Reply
) -> None:
    for _ in range(2):
        await time_out(client, server, TIMEOUTS - 1)
        server.plays("WhmcsDetails", answer)
        with pytest.raises(CredentialsError):
            await client.whmcs_details()
    assert clock.breaker.silent_since is None


@pytest.mark.asyncio
async def test_timeouts_of_short_deadlines_do_not_count(
    client: WhmcsClient, server: ScriptedServer, clock: Clock
) -> None:
    server.plays("WhmcsDetails", Hang())
    calls = (client.whmcs_details(deadline_seconds=0.2) for _ in range(2 * TIMEOUTS))
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(error) for error in errors} == {TimedOutError}
    assert clock.breaker.silent_since is None


async def set_password(companion: CompanionClient, *, deadline_seconds: float = 10.0) -> object:
    return await companion.set_password(
        request_id="7K3M-Q9XD",
        client_id=42,
        user_id=7,
        password="s3cret-EXAMPLE",
        agent="U1",
        deadline_seconds=deadline_seconds,
    )
