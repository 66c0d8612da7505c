"""What a role may do is learnt without doing any of it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.whmcs import Fault, LocalWhmcs
from tests.whmcs.server import Reply, ScriptedServer
from whmcs import NotPermittedError, RefusedError, UnknownActionError, UnusableAnswerError, WhmcsClient
from whmcs.probes import PARAMETERS, WRITES

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def local() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as running:
        running.access.allowed_actions = set(PARAMETERS)
        yield running


@pytest_asyncio.fixture
async def asking(local: LocalWhmcs) -> AsyncIterator[WhmcsClient]:
    async with WhmcsClient.connect(local.url, local.identifier, local.secret) as client:
        yield client


@pytest.mark.parametrize("action", PARAMETERS)
async def test_an_action_of_the_role_is_found_and_nothing_is_done(
    local: LocalWhmcs, asking: WhmcsClient, action: str
) -> None:
    assert await asking.probe(action) is True
    assert [call.action for call in local.calls] == [action]
    assert local.writes == []
    assert (local.activity, local.reset_emails) == ([], [])


@pytest.mark.parametrize("action", PARAMETERS)
async def test_an_action_outside_the_role_is_found_missing(local: LocalWhmcs, asking: WhmcsClient, action: str) -> None:
    local.access.allowed_actions = set(PARAMETERS) - {action}
    with pytest.raises(NotPermittedError) as refused:
        await asking.probe(action)
    assert not isinstance(refused.value, UnknownActionError)


async def test_an_action_that_whmcs_does_not_know_is_told_apart(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.faults.add(Fault("GetUsers", "unknown_action"))
    with pytest.raises(UnknownActionError):
        await asking.probe("GetUsers")


async def test_a_page_instead_of_an_answer_tells_nothing_of_the_role(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.faults.add(Fault("ResetPassword", "html_500"))
    with pytest.raises(UnusableAnswerError):
        await asking.probe("ResetPassword")


async def test_being_asked_to_slow_down_tells_nothing_of_the_role(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.faults.add(Fault("ResetPassword", "status_429", retry_after_seconds=60))
    with pytest.raises(RefusedError):
        await asking.probe("ResetPassword")


@pytest.mark.parametrize("action", sorted(WRITES))
async def test_a_write_that_was_taken_though_incomplete_is_told(
    server: ScriptedServer, client: WhmcsClient, action: str
) -> None:
    server.plays(action, Reply({"result": "success"}))
    assert await client.probe(action) is False
    assert server.count(action) == 1
