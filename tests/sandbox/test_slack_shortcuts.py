"""Global and message shortcuts of the local Slack."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError
from starlette.responses import Response

from sandbox.slack import LocalSlack, Person
from tests.harness.plain_http import http_client
from tests.sandbox.test_slack_support import Json, ScriptedBot, modal, running, section

pytestmark = pytest.mark.asyncio

World = tuple[LocalSlack, ScriptedBot, Person]


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with running() as (slack, bot):
        yield slack, bot, slack.add_person("Ana Agente", locale="en-GB")


async def test_a_global_shortcut_opens_a_modal_and_knows_no_channel(world: World) -> None:
    slack, bot, agent = world
    bot.opens(modal(section("the form")), at="shortcut")
    assert "the form" in (await agent.uses_shortcut("reset_password")).text
    sent = bot.requests[0]
    assert set(sent) == {
        *("type", "token", "action_ts", "team", "user", "is_enterprise_install", "enterprise"),
        *("callback_id", "trigger_id"),
    }
    assert (sent["type"], sent["callback_id"]) == ("shortcut", "reset_password")
    assert (sent["user"]["id"], sent["user"]["team_id"], sent["team"]["id"]) == (agent.id, slack.team_id, slack.team_id)


async def test_a_message_shortcut_carries_the_message_and_a_place_to_answer_in(world: World) -> None:
    slack, bot, agent = world
    customer = slack.add_person("Sofía Soporte", locale="en-GB")
    message = await customer.posts("Please help ana@example.com, see https://whmcs.example.com/ticket?a=1&b=2.")
    bot.opens(modal(section("the form")), at="message_action")
    assert "the form" in (await agent.uses_message_shortcut("reset_password_message", message)).text
    sent = bot.requests[0]
    assert (sent["type"], sent["callback_id"]) == ("message_action", "reset_password_message")
    assert sent["channel"] == {"id": slack.general, "name": "soporte"}
    assert sent["message_ts"] == sent["message"]["ts"] == message.ts
    assert sent["message"]["user"] == customer.id
    assert sent["message"]["text"] == (
        "Please help <mailto:ana@example.com|ana@example.com>, see <https://whmcs.example.com/ticket?a=1&amp;b=2>."
    )
    assert "bot_id" not in sent["message"]
    assert message.visible_text == "Please help ana@example.com, see https://whmcs.example.com/ticket?a=1&b=2."
    async with http_client() as http:
        await http.post(sent["response_url"], json={"text": "done"})
    assert (await agent.ephemeral_message()).visible_text == "done"
    assert customer.ephemeral_messages == ()


async def test_a_message_shortcut_carries_attachments_and_a_forwarded_mail(world: World) -> None:
    slack, bot, agent = world
    mail = {"filetype": "email", "subject": "Access", "from": [{"address": "ana@example.com"}]}
    message = await slack.add_person("Mail", is_bot=True).shares(
        {"text": "", "attachments": [{"title": "Ticket"}], "files": [mail]}
    )
    bot.opens(modal(section("the form")), at="message_action")
    await agent.uses_message_shortcut("reset_password_message", message)
    sent = bot.requests[0]["message"]
    assert (sent["text"], sent["attachments"], sent["files"]) == ("", [{"title": "Ticket"}], [mail])
    assert sent["bot_id"]


async def test_a_shortcut_works_in_a_thread_and_on_a_message_of_another_bot(world: World) -> None:
    slack, bot, agent = world
    tickets = slack.add_person("Tickets", is_bot=True)
    first = await tickets.posts("Ticket #100001 <new> & unanswered")
    answer = await agent.posts("I take it", thread=first)
    bot.opens(modal(section()), at="message_action")
    await agent.uses_message_shortcut("reset_password_message", first)
    assert bot.requests[-1]["message"]["bot_id"] == "B0TICKETS"
    assert bot.requests[-1]["message"]["text"] == "Ticket #100001 &lt;new&gt; &amp; unanswered"
    await agent.uses_message_shortcut("reset_password_message", answer)
    assert bot.requests[-1]["message"]["thread_ts"] == first.ts
    assert (await agent.posts("Again", thread=answer)).thread_ts == first.ts


async def test_a_message_shortcut_carries_the_blocks_of_the_message(world: World) -> None:
    slack, bot, agent = world
    await bot.client.chat_postMessage(channel=slack.general, text="t", blocks=[section("in a block", block_id="b")])
    await agent.sends_message_shortcut("reset_password_message", await agent.channel_message("in a block"))
    sent = bot.requests[0]["message"]
    assert (sent["text"], sent["blocks"][0]["text"]["text"]) == ("t", "in a block")
    assert sent["bot_id"]


async def test_a_shortcut_that_opens_no_modal_fails_with_the_message_shown_instead(world: World) -> None:
    slack, bot, agent = world
    message = await agent.posts("hello")

    async def refuse(payload: Json) -> None:
        await bot.client.chat_postMessage(channel=payload["user"]["id"], text="Not for you")

    async def refuse_there(payload: Json) -> None:
        async with http_client() as http:
            await http.post(payload["response_url"], json={"text": "Not here"})

    bot.answers |= {"shortcut": refuse, "message_action": refuse_there}
    with pytest.raises(AssertionError, match="Not for you"):
        await agent.uses_shortcut("reset_password")
    with pytest.raises(AssertionError, match="Not here"):
        await agent.uses_message_shortcut("reset_password_message", message)
    bot.answers_with("shortcut", Response(status_code=500))
    assert (await agent.sends_shortcut("reset_password")).error == "dispatch_failed"
    with pytest.raises(AssertionError, match="some trouble connecting"):
        await agent.uses_shortcut("reset_password")
    assert slack.requests_to_bot[-1].kind == "shortcut"


async def test_the_trigger_of_a_shortcut_lives_as_long_as_that_of_a_command(world: World) -> None:
    slack, bot, agent = world
    sent = slack.shortcut_payload(agent, "reset_password")
    slack.advance(3.5)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await bot.client.views_open(trigger_id=sent["trigger_id"], view=modal(section()))
    sent = slack.shortcut_payload(agent, "reset_password_message", await agent.posts("hello"))
    await bot.client.views_open(trigger_id=sent["trigger_id"], view=modal(section()))
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await bot.client.views_open(trigger_id=sent["trigger_id"], view=modal(section()))
