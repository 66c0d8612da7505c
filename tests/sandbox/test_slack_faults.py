import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError

from sandbox.slack import Fault, LocalSlack, Person
from sandbox.slack.faults import Kind
from tests.harness.plain_http import http_client
from tests.sandbox.test_slack_support import ScriptedBot, running

pytestmark = pytest.mark.asyncio

World = tuple[LocalSlack, ScriptedBot, Person]


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with running() as (slack, bot):
        yield slack, bot, slack.add_person("Agent")


async def test_a_dropped_connection_loses_the_call_or_only_its_answer(world: World) -> None:
    slack, bot, agent = world
    slack.faults.add(Fault(method="chat.postMessage", kind="drop_before", times=1))
    with pytest.raises(aiohttp.ClientError):
        await bot.client.chat_postMessage(channel=agent.id, text="lost")
    assert not slack.people_who_saw("lost")
    slack.faults.add(Fault(method="chat.postMessage", kind="drop_after", times=1))
    with pytest.raises(aiohttp.ClientError):
        await bot.client.chat_postMessage(channel=agent.id, text="posted")
    assert [message.text for message in agent.direct_messages] == ["posted"]
    await bot.client.chat_postMessage(channel=agent.id, text="well")
    assert [(call.error, call.is_worked) for call in slack.calls] == [
        ("connection dropped", False),
        ("connection dropped", True),
        (None, True),
    ]


async def test_rate_limits_say_when_to_come_again(world: World) -> None:
    slack, bot, _ = world
    fault = slack.faults.add(Fault(method="*", kind="ratelimited", seconds=7, times=1))
    with pytest.raises(SlackApiError) as caught:
        await bot.client.auth_test()
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.response["error"] == "ratelimited"
    assert fault.used == 1
    await bot.client.auth_test()


async def test_errors_of_choice_and_broken_servers(world: World) -> None:
    slack, bot, _ = world
    slack.faults.add(Fault(method="auth.test", kind="error", error="account_inactive"))
    with pytest.raises(SlackApiError, match="account_inactive"):
        await bot.client.auth_test()
    slack.faults.clear()
    slack.faults.add(Fault(method="auth.test", kind="status_500"))
    with pytest.raises(SlackApiError) as caught:
        await bot.client.auth_test()
    assert caught.value.response.status_code == 500


@pytest.mark.parametrize("kind", ["slow_before", "slow_after"])
async def test_slow_calls_take_their_time(world: World, kind: str) -> None:
    slack, bot, _ = world
    slack.faults.add(
        Fault(method="auth.test", kind="slow_before" if kind == "slow_before" else "slow_after", seconds=0.05)
    )
    started = time.monotonic()
    await bot.client.auth_test()
    assert time.monotonic() - started >= 0.05
    assert slack.calls[0].seconds >= 0.05


async def test_a_call_held_after_its_work_has_done_it(world: World) -> None:
    slack, bot, agent = world
    slack.faults.add(Fault(method="chat.postMessage", kind="held_after"))
    posting = asyncio.create_task(bot.client.chat_postMessage(channel=agent.id, text="done already"))
    await agent.direct_message("done already")
    assert not posting.done()
    slack.faults.clear()
    await posting


async def test_a_response_url_can_go_wrong_as_well(world: World) -> None:
    slack, _, agent = world
    slack.faults.add(Fault(method="response_url", kind="error", error="used_url", times=1))
    address = slack.command_payload(agent, "/reset-password")["response_url"]
    async with http_client() as http:
        answer = await http.post(address, json={"text": "x"})
        assert (answer.status_code, answer.text) == (404, "used_url")
        assert (await http.post(address, json={"text": "x"})).status_code == 200


async def test_the_local_slack_stops_while_calls_are_held() -> None:
    async with running() as (slack, bot):
        slack.faults.add(Fault(method="*", kind="held"))
        calling = asyncio.create_task(bot.client.auth_test())
        await slack.wait_for_call("auth.test", is_done=False)
        with pytest.raises(AssertionError, match=r"no auth\.test"):
            await slack.wait_for_call("auth.test", timeout_seconds=0.01)
        slack.faults.release()
        await calling


async def test_a_fault_affects_only_calls_about_its_subject(world: World) -> None:
    slack, bot, agent = world
    other = slack.add_person("Other")
    slack.faults.add(Fault("chat.postMessage", "error", error="fatal_error", about=other.id))
    await bot.client.chat_postMessage(channel=agent.id, text="well")
    with pytest.raises(SlackApiError, match="fatal_error"):
        await bot.client.chat_postMessage(channel=other.id, text="refused")


@pytest.mark.parametrize(("kind", "posted"), [("held_before", 0), ("held_after", 1)])
async def test_one_held_call_is_let_go_and_the_connection_of_another_one_ends(
    world: World, kind: Kind, posted: int
) -> None:
    slack, bot, agent = world
    other = slack.add_person("Other")
    dropped = slack.faults.add(Fault("chat.postMessage", kind, about=agent.id))
    released = slack.faults.add(Fault("chat.postMessage", kind, about=other.id))
    posting = [asyncio.create_task(bot.client.chat_postMessage(channel=to.id, text="here")) for to in (agent, other)]
    await slack.faults.wait_until_held(dropped)
    await slack.faults.wait_until_held(released)
    slack.faults.release(released)
    await posting[1]
    assert not posting[0].done()
    slack.faults.drop(dropped)
    with pytest.raises(aiohttp.ClientError):
        await posting[0]
    assert [len(person.direct_messages) for person in (agent, other)] == [posted, 1]
