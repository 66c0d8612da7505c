"""The local Slack's Home tab and its event."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import JSONResponse, Response

from sandbox.slack import LocalSlack, Person, Retry
from tests.sandbox.test_slack_support import (
    Json,
    ScriptedBot,
    actions,
    button,
    field,
    home,
    modal,
    option,
    running,
    section,
    select,
    text,
    typed,
)

pytestmark = pytest.mark.asyncio

World = tuple[LocalSlack, ScriptedBot, Person]


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with running() as (slack, bot):
        yield slack, bot, slack.add_person("Ana Agente")


async def refusal(bot: ScriptedBot, **arguments: Any) -> Json:
    with pytest.raises(SlackApiError) as caught:
        await bot.client.api_call("views.publish", json=arguments)
    answer = caught.value.response.data
    assert isinstance(answer, dict)
    return answer


async def test_opening_the_home_tab_sends_an_event_as_json_to_the_same_address(world: World) -> None:
    slack, bot, agent = world
    home_tab = await agent.opens_home()
    sent = bot.requests[0]
    assert bot.headers[0]["content-type"] == "application/json"
    assert set(sent) == {
        *("token", "team_id", "api_app_id", "event", "type", "event_id", "event_time", "authorizations"),
        "is_ext_shared_channel",
    }
    assert (sent["type"], sent["team_id"]) == ("event_callback", slack.team_id)
    event = sent["event"]
    assert set(event) == {"type", "user", "channel", "tab", "event_ts"}
    assert (event["type"], event["user"], event["tab"]) == ("app_home_opened", agent.id, "home")
    assert event["channel"] == slack.workspace.direct_channel(agent.id).id
    assert home_tab.last_acknowledgement is not None
    assert home_tab.last_acknowledgement.status == 200
    assert (home_tab.is_published, home_tab.text, home_tab.buttons) == (False, "", ())


async def test_a_home_tab_is_visible_only_to_its_person_and_follows_updates(world: World) -> None:
    slack, bot, agent = world
    other = slack.add_person("Other")
    bot.publishes(home(section("Hello Ana"), actions(button("Start")), private_metadata="m"))
    home_tab = await agent.opens_home()
    await home_tab.shows("Hello Ana")
    assert home_tab.buttons == ("Start",)
    assert (await other.opens_home()).text == "Hello Ana\nStart"
    await bot.client.views_publish(user_id=agent.id, view=home(section("Changed")))
    assert home_tab.text == "Changed"
    assert slack.people_who_saw("Changed") == {agent}
    with pytest.raises(AssertionError, match="Changed"):
        await home_tab.shows("nothing of it", timeout_seconds=0.01)


async def test_the_event_carries_the_published_view_with_its_state(world: World) -> None:
    _, bot, agent = world
    bot.publishes(home(section("Hello"), private_metadata="secret of the app", callback_id="home"))
    first = (await agent.opens_home()).view
    await agent.opens_home()
    view = bot.requests[-1]["event"]["view"]
    assert view == first
    assert (view["type"], view["callback_id"], view["private_metadata"]) == ("home", "home", "secret of the app")
    assert view["root_view_id"] == view["id"]
    assert view["previous_view_id"] is None


async def test_a_button_in_the_home_tab_opens_a_modal(world: World) -> None:
    _, bot, agent = world
    bot.publishes(home(actions(button("Start", value="v"))))
    bot.opens(modal(section("the form")), at="block_actions")
    home_tab = await agent.opens_home()
    await home_tab.press("Start")
    assert "the form" in (await agent.modal()).text
    sent = bot.requests[-1]
    assert sent["container"] == {"type": "view", "view_id": home_tab.view["id"]}
    assert (sent["view"]["type"], sent["actions"][0]["value"]) == ("home", "v")
    assert "channel" not in sent
    assert "response_url" not in sent


async def test_values_on_the_home_tab_are_in_its_state(world: World) -> None:
    _, bot, agent = world
    bot.publishes(
        home(
            field(typed(multiline=True), "Note", block_id="note"),
            section("Which", block_id="which", accessory=select(option("a"), option("b"))),
        )
    )
    home_tab = await agent.opens_home()
    assert home_tab.labels == ("Note", "Which")
    assert await home_tab.fill("Note", "x") is None
    await home_tab.choose("Which", "b")
    values = bot.requests[-1]["view"]["state"]["values"]
    assert values["note"]["typed"]["value"] == "x"
    assert values["which"]["select"]["selected_option"]["value"] == "b"
    assert (home_tab.chosen("Note"), home_tab.options("Which")) == ("x", ("a", "b"))


async def test_nothing_can_be_pressed_before_something_is_published(world: World) -> None:
    _, _, agent = world
    home_tab = await agent.opens_home()
    with pytest.raises(AssertionError, match="nothing was published for Ana Agente"):
        await home_tab.press("Start")


@pytest.mark.parametrize(
    ("view", "fault"),
    [
        (modal(section()), "one of: home"),
        (home(section(), title=text("x")), "title"),
        (home(section(), submit=text("x")), "submit"),
        (home(*[section()] * 101), "no more than 100"),
        (home(section(), private_metadata="x" * 3001), "less than 3001"),
        (home(section("x" * 3001)), "less than 3001"),
        ({"type": "home"}, "blocks"),
    ],
)
async def test_a_home_tab_that_slack_would_refuse_is_refused_by_name(world: World, view: Json, fault: str) -> None:
    _, bot, agent = world
    answer = await refusal(bot, user_id=agent.id, view=view)
    assert answer["error"] == "invalid_arguments"
    assert fault in " ".join(answer["response_metadata"]["messages"])


async def test_a_home_tab_of_an_unknown_person_is_refused(world: World) -> None:
    slack, bot, agent = world
    answer = await refusal(bot, user_id="U0NOBODY", view=home(section()))
    assert answer["response_metadata"]["messages"] == ["[ERROR] invalid `user_id`"]
    assert (await refusal(bot, view=home(section())))["error"] == "invalid_arguments"
    assert (await refusal(bot, user_id=agent.id, view=home(*[section("x" * 3000)] * 90)))["error"] == "view_too_large"
    slack.home_tabs.is_enabled = False
    assert (await refusal(bot, user_id=agent.id, view=home(section())))["error"] == "not_enabled"


async def test_a_stale_hash_and_a_repeated_external_id_are_refused(world: World) -> None:
    slack, bot, agent = world
    other = slack.add_person("Other")
    first = (await bot.client.views_publish(user_id=agent.id, view=home(section("1"), external_id="mine")))["view"]
    await bot.client.views_publish(user_id=agent.id, view=home(section("2"), external_id="mine"), hash=first["hash"])
    answer = await refusal(bot, user_id=agent.id, view=home(section("3")), hash=first["hash"])
    assert answer["error"] == "hash_conflict"
    answer = await refusal(bot, user_id=other.id, view=home(section("4"), external_id="mine"))
    assert answer["error"] == "duplicate_external_id"
    assert (await agent.opens_home()).text == "2"


async def test_an_event_that_was_not_acknowledged_can_be_sent_again(world: World) -> None:
    slack, bot, agent = world
    bot.answers_with("event_callback", Response(status_code=500))
    home_tab = await agent.opens_home()
    assert home_tab.last_acknowledgement is not None
    assert home_tab.last_acknowledgement.error == "dispatch_failed"
    assert agent.notices == ()
    del bot.answers["event_callback"]
    again = bot.requests[0]
    assert (await slack.deliver("event_callback", again, retry=Retry(1, "http_error"))).status == 200
    assert bot.requests[0] == bot.requests[1]
    assert (bot.headers[1]["x-slack-retry-num"], bot.headers[1]["x-slack-retry-reason"]) == ("1", "http_error")
    assert "x-slack-retry-num" not in bot.headers[0]


async def test_an_address_is_verified_by_its_answer_to_a_challenge(world: World) -> None:
    slack, bot, _ = world
    payload = slack.url_verification_payload()
    bot.answers_with("url_verification", JSONResponse({"challenge": payload["challenge"]}))
    answer = await slack.deliver("url_verification", payload)
    assert answer.json() == {"challenge": payload["challenge"]}
    assert bot.headers[0]["content-type"] == "application/json"


async def test_a_bolt_app_draws_the_home_tab() -> None:
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        agent = slack.add_person("Agent")
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        app = AsyncApp(client=client, request_verification_enabled=False)

        @app.event("app_home_opened")
        async def draw(event: Json, client: AsyncWebClient) -> None:
            await client.views_publish(user_id=event["user"], view=home(section("drawn")))

        await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=slack.home_opened_payload(agent)))
        await slack.wait_for_call("views.publish")
        assert slack.people_who_saw("drawn") == {agent}


async def test_over_a_socket_an_event_is_an_envelope_of_its_own_kind() -> None:
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        agent = slack.add_person("Agent")
        client = AsyncWebClient(token=slack.app_token, base_url=slack.api_url)
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        async with session.ws_connect(url) as socket:
            await socket.receive_json()
            slack.acknowledgement_seconds = 0.05
            home_tab = await agent.opens_home()
            assert home_tab.last_acknowledgement is not None
            assert home_tab.last_acknowledgement.error == "operation_timeout"
            first = await socket.receive_json()
            assert (first["type"], first["accepts_response_payload"]) == ("events_api", False)
            assert (first["retry_attempt"], first["retry_reason"]) == (0, "")
            await slack.deliver("event_callback", first["payload"], retry=Retry(1, "timeout"))
            again = await socket.receive_json()
            assert (again["payload"], again["retry_attempt"], again["retry_reason"]) == (first["payload"], 1, "timeout")
        with pytest.raises(ValueError, match="no address"):
            await slack.deliver("url_verification", slack.url_verification_payload())
