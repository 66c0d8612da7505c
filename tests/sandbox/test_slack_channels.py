"""Channels of the local Slack: members, and the permissions of the bot."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError

from sandbox.slack import LocalSlack, Person
from tests.sandbox.test_slack_support import Json, ScriptedBot, actions, button, modal, running, section

pytestmark = pytest.mark.asyncio

World = tuple[LocalSlack, ScriptedBot, Person]


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with running() as (slack, bot):
        yield slack, bot, slack.add_person("Ana Agente")


async def refusal(bot: ScriptedBot, method: str, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await bot.client.api_call(method, json=arguments)
    return str(caught.value.response["error"])


async def test_the_bot_posts_changes_and_deletes_in_a_channel_by_its_id(world: World) -> None:
    slack, bot, agent = world
    outside = slack.add_person("Other")
    channel = slack.add_channel("approvals", [agent])
    posted = await bot.client.chat_postMessage(channel=channel, text="to approve", blocks=[section("to approve")])
    message = await agent.channel_message("to approve", channel)
    await bot.client.chat_update(channel=channel, ts=posted["ts"], text="approved")
    assert message.visible_text == "approved"
    await bot.client.chat_delete(channel=channel, ts=posted["ts"])
    assert agent.channel_messages(channel) == ()
    assert slack.people_who_saw("to approve") == {agent}
    with pytest.raises(AssertionError, match="Other is not in #approvals"):
        outside.channel_messages(channel)


async def test_a_channel_without_the_bot_an_archived_one_and_an_unknown_one_are_refused(world: World) -> None:
    slack, bot, agent = world
    public = slack.add_channel("public", [agent], has_bot=False)
    private = slack.add_channel("private", [agent], has_bot=False, is_private=True)
    old = slack.add_channel("old", [agent])
    slack.channel(old).is_archived = True
    for method, more in (("chat.postMessage", {}), ("chat.postEphemeral", {"user": agent.id})):
        assert await refusal(bot, method, channel=public, text="x", **more) == "not_in_channel"
        assert await refusal(bot, method, channel=private, text="x", **more) == "channel_not_found"
        assert await refusal(bot, method, channel=old, text="x", **more) == "is_archived"
        assert await refusal(bot, method, channel="C0NONE", text="x", **more) == "channel_not_found"
    with pytest.raises(ValueError, match="already"):
        slack.add_channel("old")


async def test_an_ephemeral_message_needs_both_in_the_channel(world: World) -> None:
    slack, bot, agent = world
    channel = slack.add_channel("approvals")
    assert await refusal(bot, "chat.postEphemeral", channel=channel, user=agent.id, text="x") == "user_not_in_channel"
    slack.channel(channel).members.add(agent.id)
    await bot.client.chat_postEphemeral(channel=channel, user=agent.id, text="only you")
    message = await agent.ephemeral_message("only you")
    assert message.channel == channel
    assert agent.channel_messages(channel) == ()


async def test_anybody_in_the_channel_presses_a_button_there(world: World) -> None:
    slack, bot, agent = world
    other = slack.add_person("Other")
    await bot.client.chat_postMessage(channel=slack.general, text="t", blocks=[actions(button("Approve", value="r"))])
    await (await other.channel_message("Approve")).press("Approve")
    sent = bot.requests[0]
    assert (sent["type"], sent["user"]["id"]) == ("block_actions", other.id)
    assert sent["container"] == {
        "type": "message",
        "message_ts": sent["message"]["ts"],
        "channel_id": slack.general,
        "is_ephemeral": False,
    }
    assert (sent["channel"]["id"], sent["actions"][0]["value"]) == (slack.general, "r")
    bot.opens(modal(section("why")), at="block_actions")
    await (await agent.channel_message("Approve")).press("Approve")
    assert "why" in (await agent.modal()).text


async def test_people_write_only_where_they_are(world: World) -> None:
    slack, _, agent = world
    channel = slack.add_channel("others")
    with pytest.raises(AssertionError, match="Ana Agente can't write in #others"):
        await agent.posts("hello", channel)
    message = await agent.posts("hello")
    assert (message.author, message.channel, message.thread_ts) == (agent.id, slack.general, None)
    slack.channel(slack.general).is_archived = True
    with pytest.raises(AssertionError, match="can't write"):
        await agent.posts("hello", thread=message)


async def test_the_bot_answers_in_a_thread(world: World) -> None:
    slack, bot, agent = world
    first = await agent.posts("hello")
    await bot.client.chat_postMessage(channel=slack.general, text="answer", thread_ts=first.ts)
    message = await agent.channel_message("answer")
    assert message.thread_ts == first.ts
    await bot.client.chat_postMessage(
        channel=slack.general, text="t", blocks=[actions(button("Go"))], thread_ts=message.ts
    )
    await (await agent.channel_message("Go")).press("Go")
    assert bot.requests[0]["container"]["thread_ts"] == first.ts
    answer = await refusal(bot, "chat.postMessage", channel=slack.general, text="x", thread_ts="1.000001")
    assert answer == "thread_not_found"


async def test_history_is_read_only_where_the_bot_is_and_with_the_scope_of_that_kind(world: World) -> None:
    slack, bot, agent = world
    direct = slack.workspace.direct_channel(agent.id).id
    private = slack.add_channel("private", [agent], is_private=True)
    hidden = slack.add_channel("hidden", [agent], is_private=True, has_bot=False)
    slack.granted_scopes.discard("im:history")
    for channel in (direct, private, slack.general):
        assert await refusal(bot, "conversations.history", channel=channel) == "missing_scope"
    slack.granted_scopes.update(("im:history", "channels:history"))
    assert (await bot.client.conversations_history(channel=direct))["messages"] == []
    assert await refusal(bot, "conversations.history", channel=hidden) == "channel_not_found"
    assert await refusal(bot, "conversations.history", channel="D0NONE") == "channel_not_found"
    slack.channel(slack.general).members.remove("U0BOT")
    assert await refusal(bot, "conversations.history", channel=slack.general) == "not_in_channel"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"limit": 0}, "invalid_limit"),
        ({"limit": 1000}, "invalid_limit"),
        ({"limit": "many"}, "invalid_limit"),
        ({"latest": "now"}, "invalid_ts_latest"),
        ({"oldest": "then"}, "invalid_ts_oldest"),
    ],
)
async def test_history_refuses_limits_and_timestamps_that_are_not_numbers(
    world: World, arguments: Json, error: str
) -> None:
    slack, bot, agent = world
    channel = slack.workspace.direct_channel(agent.id).id
    assert await refusal(bot, "conversations.history", channel=channel, **arguments) == error


async def test_history_omits_ephemeral_and_deleted_messages_and_thread_replies(world: World) -> None:
    _slack, bot, agent = world
    kept = await bot.client.chat_postMessage(channel=agent.id, text="kept")
    gone = await bot.client.chat_postMessage(channel=agent.id, text="gone")
    await bot.client.chat_delete(channel=gone["channel"], ts=gone["ts"])
    await bot.client.chat_postEphemeral(channel=kept["channel"], user=agent.id, text="only you")
    await agent.posts("in the thread", thread=await agent.direct_message("kept"))
    found = await bot.client.conversations_history(channel=kept["channel"], limit=1)
    assert [message["text"] for message in found["messages"]] == ["kept"]
    assert found["has_more"] is False
    around = {"latest": kept["ts"], "limit": 1}
    assert (await bot.client.conversations_history(channel=kept["channel"], **around))["messages"] == []
    found = await bot.client.conversations_history(channel=kept["channel"], inclusive=True, **around)
    assert [message["ts"] for message in found["messages"]] == [kept["ts"]]
