"""The role's actions are probed by calls that change nothing."""

from collections.abc import AsyncIterator
from operator import attrgetter

import pytest
import pytest_asyncio

from sandbox.whmcs import Fault, LocalWhmcs
from tests.whmcs.server import Reply, ScriptedServer
from whmcs import NotPermittedError, RefusedError, UnknownActionError, UnusableAnswerError, WhmcsClient
from whmcs.actions import ACTIONS, GET_USERS, RESET_PASSWORD, Action

pytestmark = pytest.mark.asyncio

NAME_OF = attrgetter("name")
NAMES = {action.name for action in ACTIONS}


@pytest_asyncio.fixture
async def local() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as running:
        running.access.allowed_actions = set(NAMES)
        yield running


@pytest_asyncio.fixture
async def asking(local: LocalWhmcs) -> AsyncIterator[WhmcsClient]:
    async with WhmcsClient.connect(local.url, local.identifier, local.secret) as client:
        yield client


@pytest.mark.parametrize("action", ACTIONS, ids=NAME_OF)
async def test_probing_an_action_of_the_role_changes_nothing(
    local: LocalWhmcs, asking: WhmcsClient, action: Action
) -> None:
    assert await asking.probe(action) is True
    assert [call.action for call in local.calls] == [action.name]
    assert local.writes == []
    assert (local.activity, local.reset_emails) == ([], [])


@pytest.mark.parametrize("action", ACTIONS, ids=NAME_OF)
async def test_probing_an_action_outside_the_role_finds_it_missing(
    local: LocalWhmcs, asking: WhmcsClient, action: Action
) -> None:
    local.access.allowed_actions = NAMES - {action.name}
    with pytest.raises(NotPermittedError) as refused:
        await asking.probe(action)
    assert not isinstance(refused.value, UnknownActionError)


async def test_an_action_that_whmcs_does_not_know_is_an_unknown_action(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.faults.add(Fault("GetUsers", "unknown_action"))
    with pytest.raises(UnknownActionError):
        await asking.probe(GET_USERS)


async def test_a_page_instead_of_an_answer_is_inconclusive(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.faults.add(Fault("ResetPassword", "html_500"))
    with pytest.raises(UnusableAnswerError):
        await asking.probe(RESET_PASSWORD)


async def test_a_rate_limit_is_inconclusive(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.faults.add(Fault("ResetPassword", "status_429", retry_after_seconds=60))
    with pytest.raises(RefusedError):
        await asking.probe(RESET_PASSWORD)


@pytest.mark.parametrize("action", [action for action in ACTIONS if action.is_write], ids=NAME_OF)
async def test_an_incomplete_write_that_whmcs_accepts_is_reported(
    server: ScriptedServer, client: WhmcsClient, action: Action
) -> None:
    server.plays(action.name, Reply({"result": "success"}))
    assert await client.probe(action) is False
    assert server.count(action.name) == 1
