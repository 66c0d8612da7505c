from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import LocalSlack, Person
from tests.harness.plain_http import http_client
from tests.sandbox.test_slack_support import Json, ScriptedBot, modal, running, section, text

pytestmark = pytest.mark.asyncio

World = tuple[LocalSlack, ScriptedBot, Person]


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with running() as (slack, bot):
        yield slack, bot, slack.add_person("Ana Agente", groups=["S0AGENTS"])


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client() as client:
        yield client


async def refusal(client: AsyncWebClient, method: str, **arguments: Any) -> Json:
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, json=arguments)
    answer = caught.value.response.data
    assert isinstance(answer, dict)
    return answer


async def trigger(slack: LocalSlack, person: Person) -> str:
    return str(slack.command_payload(person, "/reset-password")["trigger_id"])


async def test_auth_test_returns_the_bots_identity_and_scopes(world: World) -> None:
    slack, bot, _ = world
    answer = await bot.client.auth_test()
    assert {"team_id", "user_id", "bot_id", "url", "team", "user"} <= set(answer.data)
    assert answer["team_id"] == slack.team_id
    assert answer.headers["x-oauth-scopes"] == "chat:write,commands,im:history,usergroups:read,users:read"


async def test_the_app_token_can_open_sockets_and_nothing_else(world: World) -> None:
    slack, bot, _ = world
    client = AsyncWebClient(token=slack.app_token, base_url=slack.api_url)
    assert (await client.apps_connections_open(app_token=slack.app_token))["url"].startswith("ws://")
    assert (await refusal(client, "auth.test"))["error"] == "not_allowed_token_type"
    assert (await refusal(bot.client, "apps.connections.open"))["error"] == "not_allowed_token_type"


async def test_an_answer_bears_slacks_own_time(world: World) -> None:
    slack, bot, _ = world
    slack.advance(600)
    told = parsedate_to_datetime((await bot.client.auth_test()).headers["date"]).timestamp()
    assert abs(told - slack.now()) < 5


async def test_arguments_and_token_are_taken_from_query_form_and_json(world: World, http: httpx.AsyncClient) -> None:
    slack, _, agent = world
    address = slack.api_url + "users.info"
    token = {"authorization": f"Bearer {slack.bot_token}"}
    for answer in (
        await http.get(address, params={"user": agent.id, "token": slack.bot_token}),
        await http.post(address, params={"user": agent.id}, headers=token),
        await http.post(address, data={"user": agent.id, "token": slack.bot_token}),
        await http.post(address, json={"user": agent.id}, headers=token),
        await http.post(address, params={"user": agent.id}, data={"token": slack.bot_token}),
    ):
        assert answer.json()["user"]["id"] == agent.id


async def test_tokens_are_checked_as_slack_does(world: World, http: httpx.AsyncClient) -> None:
    slack, bot, _ = world
    address = slack.api_url + "auth.test"
    assert (await http.post(address)).json() == {"ok": False, "error": "not_authed"}
    assert (await http.post(address, data={"token": "xoxb-other"})).json() == {"ok": False, "error": "invalid_auth"}
    slack.revoke_token()
    assert (await refusal(bot.client, "auth.test"))["error"] == "token_revoked"


async def test_an_unknown_method_and_a_broken_body_are_refused(world: World, http: httpx.AsyncClient) -> None:
    slack, bot, _ = world
    assert (await refusal(bot.client, "admin.users.list"))["error"] == "unknown_method"
    headers = {"authorization": f"Bearer {slack.bot_token}", "content-type": "application/json"}
    answer = await http.post(slack.api_url + "users.info", content=b"{", headers=headers)
    assert answer.json()["error"] == "invalid_arguments"
    assert (await http.get(slack.api_url.removesuffix("api/"))).status_code == 404


async def test_a_missing_argument_is_named(world: World) -> None:
    _, bot, _ = world
    answer = await refusal(bot.client, "chat.delete", channel="D1")
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: ts"]


@pytest.mark.parametrize(
    ("method", "arguments", "needed"),
    [
        ("conversations.open", {"users": "U0ANAAGENTE"}, "im:write"),
        ("conversations.history", {"channel": "C0SOPORTE"}, "channels:history"),
    ],
)
async def test_a_method_without_its_scope_names_the_scope(
    world: World, method: str, arguments: Json, needed: str
) -> None:
    _, bot, _ = world
    answer = await refusal(bot.client, method, **arguments)
    assert (answer["error"], answer["needed"]) == ("missing_scope", needed)
    assert answer["provided"] == "chat:write,commands,im:history,usergroups:read,users:read"


async def test_scopes_can_be_granted_and_taken_away(world: World) -> None:
    slack, bot, agent = world
    slack.granted_scopes.add("im:write")
    assert (await bot.client.conversations_open(users=[agent.id]))["channel"]["id"] == "D0U0ANAAGENTE"
    assert (await refusal(bot.client, "conversations.open", users="U0NOBODY"))["error"] == "user_not_found"
    slack.granted_scopes.remove("users:read")
    assert (await refusal(bot.client, "users.info", user=agent.id))["error"] == "missing_scope"


async def test_users_info_has_all_fields_that_access_depends_on(world: World) -> None:
    slack, bot, agent = world
    guest = slack.add_person("Guest", is_guest=True, is_stranger=True, team_id="T0OTHER", locale="en-GB")
    user = (await bot.client.users_info(user=guest.id, include_locale=True))["user"]
    assert (user["is_restricted"], user["is_stranger"], user["team_id"], user["locale"]) == (
        True,
        True,
        "T0OTHER",
        "en-GB",
    )
    agent.member.is_deleted = True
    user = (await bot.client.users_info(user=agent.id))["user"]
    assert (user["deleted"], user["is_bot"], user["is_ultra_restricted"]) == (True, False, False)
    assert "locale" not in user
    assert (await refusal(bot.client, "users.info", user="U0NOBODY"))["error"] == "user_not_found"


async def test_group_members_come_and_go(world: World) -> None:
    slack, bot, agent = world
    other = slack.add_person("Other")
    slack.add_group("S0AGENTS", [other])
    assert (await bot.client.usergroups_users_list(usergroup="S0AGENTS"))["users"] == [agent.id, other.id]
    slack.remove_from_group("S0AGENTS", agent)
    assert (await bot.client.usergroups_users_list(usergroup="S0AGENTS"))["users"] == [other.id]
    groups = (await bot.client.usergroups_list(include_users=True))["usergroups"]
    assert [(group["id"], group["users"]) for group in groups] == [("S0AGENTS", [other.id])]
    assert (await refusal(bot.client, "usergroups.users.list", usergroup="S0NONE"))["error"] == "no_such_subteam"


async def test_a_message_to_a_person_goes_to_the_direct_channel(world: World) -> None:
    _, bot, agent = world
    posted = await bot.client.chat_postMessage(channel=agent.id, text="a &lt; b")
    assert posted["channel"].startswith("D")
    message = await agent.direct_message()
    assert (message.ts, message.visible_text) == (posted["ts"], "a < b")
    await bot.client.chat_update(channel=posted["channel"], ts=posted["ts"], text="new", blocks=[section("new")])
    assert message.visible_text == "new"
    await bot.client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    assert message.is_deleted
    assert agent.direct_messages == ()
    for method in ("chat.update", "chat.delete"):
        answer = await refusal(bot.client, method, channel=posted["channel"], ts=posted["ts"], text="x")
        assert answer["error"] == "message_not_found"


async def test_an_update_with_only_text_removes_the_blocks(world: World) -> None:
    _, bot, agent = world
    posted = await bot.client.chat_postMessage(channel=agent.id, text="t", blocks=[section("block")])
    await bot.client.chat_update(channel=posted["channel"], ts=posted["ts"], text="plain")
    message = await agent.direct_message()
    assert (message.blocks, message.visible_text) == ([], "plain")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ({"channel": "U0NOBODY", "text": "x"}, "channel_not_found"),
        ({"channel": "U0ANAAGENTE"}, "no_text"),
        ({"channel": "U0ANAAGENTE", "text": " "}, "no_text"),
        ({"channel": "U0ANAAGENTE", "text": "x" * 40001}, "msg_too_long"),
        ({"channel": "U0ANAAGENTE", "text": "x", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"channel": "U0ANAAGENTE", "text": "x", "blocks": "no list"}, "invalid_blocks"),
        ({"channel": "U0BOT", "text": "x"}, "cannot_dm_bot"),
    ],
)
async def test_messages_that_slack_would_refuse_are_refused(world: World, arguments: Json, error: str) -> None:
    _, bot, agent = world
    assert (await refusal(bot.client, "chat.postMessage", **arguments))["error"] == error
    assert agent.direct_messages == ()


async def test_a_bot_changes_only_its_own_messages(world: World) -> None:
    slack, bot, agent = world
    channel = slack.workspace.channel(slack.general)
    theirs = slack.workspace.post(channel, "hello", [], author=agent.id)
    arguments = {"channel": slack.general, "ts": theirs.ts, "text": "x"}
    assert (await refusal(bot.client, "chat.update", **arguments))["error"] == "cant_update_message"
    assert (await refusal(bot.client, "chat.delete", **arguments))["error"] == "cant_delete_message"


async def test_deleting_by_a_persons_id_does_not_find_the_channel(world: World) -> None:
    _, bot, agent = world
    posted = await bot.client.chat_postMessage(channel=agent.id, text="x")
    assert (await refusal(bot.client, "chat.delete", channel=agent.id, ts=posted["ts"]))["error"] == "channel_not_found"


async def test_an_ephemeral_message_is_shown_to_one_person_in_the_channel(world: World) -> None:
    slack, bot, agent = world
    other = slack.add_person("Other")
    await bot.client.chat_postEphemeral(channel=slack.general, user=agent.id, text="only you")
    assert (await agent.ephemeral_message()).visible_text == "only you"
    assert slack.people_who_saw("only you") == {agent}
    assert other.ephemeral_messages == ()
    direct = slack.workspace.direct_channel(agent.id).id
    arguments = {"user": other.id, "text": "x"}
    answer = await refusal(bot.client, "chat.postEphemeral", channel=direct, **arguments)
    assert answer["error"] == "user_not_in_channel"
    slack.workspace.channel(slack.general).members.remove("U0BOT")
    answer = await refusal(bot.client, "chat.postEphemeral", channel=slack.general, **arguments)
    assert answer["error"] == "not_in_channel"


async def test_history_gives_back_one_message_by_its_ts(world: World) -> None:
    _slack, bot, agent = world
    posted = [await bot.client.chat_postMessage(channel=agent.id, text=word) for word in ("one", "two", "three")]
    channel = posted[0]["channel"]
    found = await bot.client.conversations_history(channel=channel, latest=posted[1]["ts"], inclusive=True, limit=1)
    assert [message["text"] for message in found["messages"]] == ["two"]
    found = await bot.client.conversations_history(channel=channel, oldest=posted[0]["ts"])
    assert [message["text"] for message in found["messages"]] == ["three", "two"]


async def test_a_trigger_opens_one_modal_within_its_time(world: World) -> None:
    slack, bot, agent = world
    view = modal(section())
    good = await trigger(slack, agent)
    opened = await bot.client.views_open(trigger_id=good, view=view)
    assert opened["view"]["root_view_id"] == opened["view"]["id"]
    assert (await refusal(bot.client, "views.open", trigger_id=good, view=view))["error"] == "exchanged_trigger_id"
    assert (await refusal(bot.client, "views.open", trigger_id="1.2.3", view=view))["error"] == "invalid_trigger_id"
    late = await trigger(slack, agent)
    slack.advance(3.5)
    assert (await refusal(bot.client, "views.open", trigger_id=late, view=view))["error"] == "expired_trigger_id"
    slack.trigger_lifetime_seconds = 60
    await bot.client.views_open(trigger_id=late, view=view)


async def test_opening_over_the_modal_in_which_the_trigger_arose_is_refused(world: World) -> None:
    slack, bot, agent = world
    opened = await bot.client.views_open(trigger_id=await trigger(slack, agent), view=modal(section()))
    action = {"type": "button", "block_id": "b", "action_id": "a"}
    pressed = slack.action_payload(agent, view=opened["view"], action=action)
    answer = await refusal(bot.client, "views.open", trigger_id=pressed["trigger_id"], view=modal(section()))
    assert answer["error"] == "invalid_arguments"
    answer = await refusal(bot.client, "views.push", trigger_id=await trigger(slack, agent), view=modal(section()))
    assert answer["error"] == "not_found"


async def test_updates_are_refused_for_a_stale_hash_an_unknown_view_and_a_closed_one(world: World) -> None:
    slack, bot, agent = world
    view = modal(section(), external_id="mine")
    opened = (await bot.client.views_open(trigger_id=await trigger(slack, agent), view=view))["view"]
    await bot.client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal(section("2")))
    arguments = {"view_id": opened["id"], "view": modal(section("3"))}
    assert (await refusal(bot.client, "views.update", hash=opened["hash"], **arguments))["error"] == "hash_conflict"
    assert (await refusal(bot.client, "views.update", view_id="V0", view=view))["error"] == "not_found"
    assert (await refusal(bot.client, "views.update", view=view))["error"] == "invalid_arguments"
    assert (await refusal(bot.client, "views.update", external_id="m", **arguments))["error"] == "invalid_arguments"
    await (await agent.modal()).close()
    assert (await refusal(bot.client, "views.update", **arguments))["error"] == "not_found"


async def test_a_view_is_found_by_its_external_id_which_only_one_may_have(world: World) -> None:
    slack, bot, agent = world
    view = modal(section(), external_id="mine")
    await bot.client.views_open(trigger_id=await trigger(slack, agent), view=view)
    await bot.client.views_update(external_id="mine", view=modal(section("new"), external_id="mine"))
    assert "new" in agent.modals[0].text
    second = await trigger(slack, agent)
    answer = await refusal(bot.client, "views.open", trigger_id=second, view=view)
    assert answer["error"] == "duplicate_external_id"


async def test_a_response_url_works_five_times_within_half_an_hour(world: World, http: httpx.AsyncClient) -> None:
    slack, _, agent = world
    address = slack.command_payload(agent, "/reset-password")["response_url"]
    assert (await http.post(address, json={"text": " "})).text == "no_text"
    for number in range(5):
        assert (await http.post(address, json={"text": f"answer {number}"})).text == "ok"
    answer = await http.post(address, json={"text": "one more"})
    assert (answer.status_code, answer.text) == (404, "used_url")
    assert [message.visible_text for message in agent.ephemeral_messages] == [f"answer {n}" for n in range(5)]
    late = slack.command_payload(agent, "/reset-password")["response_url"]
    slack.advance(1801)
    answer = await http.post(late, json={"text": "late"})
    assert (answer.status_code, answer.text) == (404, "expired_url")
    assert [call.method for call in slack.calls] == ["response_url"] * 8


async def test_a_response_url_can_speak_to_all_and_replace_or_delete_its_message(
    world: World, http: httpx.AsyncClient
) -> None:
    slack, bot, agent = world
    other = slack.add_person("Other")
    address = slack.command_payload(agent, "/reset-password")["response_url"]
    await http.post(address, json={"text": "for all", "response_type": "in_channel"})
    assert slack.people_who_saw("for all") == {agent, other}
    await bot.client.chat_postMessage(channel=agent.id, text="before")
    message = await agent.direct_message()
    action = {"type": "button", "block_id": "b", "action_id": "a"}
    address = slack.action_payload(agent, message=message, action=action)["response_url"]
    await http.post(address, json={"text": "after", "replace_original": True})
    assert message.visible_text == "after"
    await http.post(address, json={"delete_original": True})
    await message.gone()


async def test_connections_to_the_web_api_are_counted(world: World) -> None:
    slack, bot, _ = world
    for _ in range(3):
        await bot.client.auth_test()
    assert slack.connections == 1
    assert [call.method for call in slack.calls] == ["auth.test"] * 3
    assert all(call.ok and call.is_done and call.seconds >= 0 for call in slack.calls)


async def test_a_view_is_refused_with_the_place_of_its_fault(world: World) -> None:
    slack, bot, agent = world
    view = modal(section()) | {"title": text("x" * 25)}
    answer = await refusal(bot.client, "views.open", trigger_id=await trigger(slack, agent), view=view)
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
