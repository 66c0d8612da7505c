import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.serving import LoopbackServer
from sandbox.slack import Fault, LocalSlack, Person
from tests.sandbox.test_slack_support import (
    Json,
    ScriptedBot,
    actions,
    button,
    field,
    modal,
    option,
    radio,
    running,
    secret_message,
    section,
    select,
    text,
    type_ahead,
    typed,
)

pytestmark = pytest.mark.asyncio

World = tuple[LocalSlack, ScriptedBot, Person]


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with running() as (slack, bot):
        yield slack, bot, slack.add_person("Ana Agente", locale="en-GB", groups=["S0AGENTS"])


async def test_a_bolt_app_opens_a_modal_and_deletes_the_message_after_its_submission() -> None:
    async with LocalSlack() as slack:
        agent, other = slack.add_person("Agent"), slack.add_person("Other")
        app = AsyncApp(
            client=AsyncWebClient(token=slack.bot_token, base_url=slack.api_url),
            signing_secret=slack.signing_secret,
            process_before_response=True,
        )

        @app.command("/reset-password")
        async def open_modal(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=modal(field(typed()), callback_id="reset"))

        @app.view("reset")
        async def send(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
            await client.chat_postMessage(channel=body["user"]["id"], text="ready", blocks=secret_message("s3cret"))
            await ack()

        @app.action("press")
        async def delete(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
            await ack()
            await client.chat_delete(channel=body["channel"]["id"], ts=body["message"]["ts"])

        handler = AsyncSlackRequestHandler(app)

        async def endpoint(request: Request) -> Response:
            return await handler.handle(request)

        starlette = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
        async with LoopbackServer(starlette) as server:
            slack.connect_bot(f"{server.url}/slack/events")
            form = await agent.types("/reset-password ana@example.com")
            await form.fill("Label", "x")
            await form.submit()
            message = await agent.direct_message()

            assert not form.is_open
            assert message.password == "s3cret"
            assert message.text == "ready"
            assert slack.people_who_saw("s3cret") == {agent}
            assert other.direct_messages == ()

            await message.press("Delete now")
            await message.gone()
            assert agent.direct_messages == ()


async def test_a_command_has_the_fields_of_slack(world: World) -> None:
    slack, bot, agent = world
    bot.opens(modal(section()))
    await agent.types("/reset-password  ana@example.com ")
    sent = bot.requests[0]
    assert (sent["command"], sent["text"]) == ("/reset-password", "ana@example.com")
    assert (sent["user_id"], sent["team_id"]) == (agent.id, slack.team_id)
    assert (sent["channel_id"], sent["channel_name"]) == (slack.general, "soporte")
    assert sent["response_url"].startswith("http://127.0.0.1:")
    assert set(sent) == {
        *("token", "team_id", "team_domain", "channel_id", "channel_name", "user_id", "user_name", "command", "text"),
        *("api_app_id", "is_enterprise_install", "response_url", "trigger_id"),
    }


async def test_typing_a_command_fails_with_the_ephemeral_answer_in_place_of_the_modal(world: World) -> None:
    _, bot, agent = world
    bot.answers_with("command", {"response_type": "ephemeral", "text": "Not for you"})
    with pytest.raises(AssertionError, match="Not for you"):
        await agent.types("/reset-password")
    assert (await agent.ephemeral_message()).visible_text == "Not for you"


async def test_a_late_acknowledgement_is_shown_as_slack_shows_it(world: World) -> None:
    slack, bot, agent = world
    slack.acknowledgement_seconds = 0.05
    never = asyncio.Event()

    async def wait(_: Json) -> None:
        await never.wait()

    bot.answers["command"] = wait
    answer = await agent.sends("/reset-password")
    assert answer.error == "operation_timeout"
    assert agent.notices == ('/reset-password failed with the error "operation_timeout"',)
    assert [(request.kind, request.error) for request in slack.requests_to_bot] == [("command", "operation_timeout")]
    with pytest.raises(AssertionError, match="operation_timeout"):
        await agent.types("/reset-password")


async def test_an_acknowledgement_other_than_200_is_a_failed_dispatch(world: World) -> None:
    _, bot, agent = world
    bot.answers_with("command", Response(status_code=500))
    assert (await agent.sends("/reset-password")).error == "dispatch_failed"
    assert "dispatch_failed" in agent.notices[0]


async def test_a_bot_that_is_not_there_is_a_failed_dispatch() -> None:
    async with LocalSlack() as slack:
        agent = slack.add_person("Agent")
        slack.connect_bot("http://127.0.0.1:9/slack/events")
        assert (await agent.sends("/reset-password")).error == "dispatch_failed"


async def test_forged_requests_are_sent_as_they_are_asked_for(world: World) -> None:
    slack, bot, agent = world
    payload = slack.command_payload(agent, "/reset-password")
    assert (await slack.deliver("command", payload)).status == 200
    assert (await slack.deliver("command", payload, sign=False)).status == 401
    assert (await slack.deliver("command", payload, signature="v0=00")).status == 401
    assert (await slack.deliver("command", payload, timestamp=str(int(time.time()) - 400))).status == 401
    assert (await slack.deliver("command", payload, headers={"x-slack-signature": "v0=00"})).status == 401
    assert len(bot.requests) == 1


async def test_a_person_reads_everything_that_a_modal_shows(world: World) -> None:
    _, bot, agent = world
    bot.opens(
        modal(
            {"type": "header", "text": text("Card")},
            {"type": "section", "text": {"type": "mrkdwn", "text": "*Ana* &lt;a@b&gt; <https://x.example|profile>"}},
            {"type": "context", "elements": [text("context")]},
            section("Who", accessory=radio(option("Ana", "owner"))),
            field(typed(placeholder=text("type here")), "Note", hint=text("a hint"), optional=True),
            actions(button("Search again")),
            close=text("Cancel"),
        )
    )
    form = await agent.types("/reset-password")
    assert form.title == "Reset"
    assert form.text.split("\n") == [
        *("Reset", "Card", "Ana <a@b> profile", "context", "Who", "Ana", "owner", "Note", "type here", "a hint"),
        *("Search again", "Cancel", "Send"),
    ]
    assert form.labels == ("Who", "Note")
    assert form.buttons == ("Search again",)
    assert form.options("Who") == ("Ana",)


async def test_state_holds_an_entry_for_each_field_whether_filled_in_or_not(world: World) -> None:
    slack, bot, agent = world
    bot.opens(
        modal(
            section("Who", block_id="b1", accessory=radio(option("Ana"), option("Bo"))),
            actions(radio(option("x")), block_id="b2"),
            field(typed(initial_value="hi"), "Note", block_id="b3"),
            field(type_ahead(), "Client", block_id="b4", optional=True),
            field(select(option("m"), initial_option=option("m")), "Method", block_id="b5"),
        )
    )
    form = await agent.types("/reset-password")
    await form.choose("Who", "B")
    bot.answers_with("view_submission", {"response_action": "clear"})
    await form.submit()
    sent = bot.requests[-1]
    values = sent["view"]["state"]["values"]
    assert values["b1"]["radio"]["selected_option"]["value"] == "Bo"
    assert values["b2"]["radio"] == {"type": "radio_buttons", "selected_option": None}
    assert values["b3"]["typed"] == {"type": "plain_text_input", "value": "hi"}
    assert values["b4"]["ahead"] == {"type": "external_select", "selected_option": None}
    assert values["b5"]["select"]["selected_option"]["text"]["emoji"] is True
    assert sent["response_urls"] == []
    assert "response_url" not in sent
    assert sent["view"]["team_id"] == slack.team_id
    assert not form.is_open


async def test_a_choice_in_an_input_block_is_sent_only_with_dispatch_action(world: World) -> None:
    _, bot, agent = world
    bot.opens(
        modal(
            field(radio(option("a"), option("b")), "Quiet"),
            field(radio(option("c"), option("d")), "Loud", dispatch_action=True, block_id="loud"),
        )
    )
    form = await agent.types("/reset-password")
    assert await form.choose("Quiet", "a") is None
    assert len(bot.requests) == 1
    acknowledged = await form.choose("Loud", "d")
    assert acknowledged is not None
    assert acknowledged.status == 200
    sent = bot.requests[-1]
    assert sent["type"] == "block_actions"
    assert sent["container"] == {"type": "view", "view_id": form.view["id"]}
    assert sent["actions"][0]["selected_option"]["value"] == "d"
    assert sent["view"]["state"]["values"]["loud"]["radio"]["selected_option"]["value"] == "d"
    assert "trigger_id" in sent
    assert "response_url" not in sent
    assert await form.choose("Loud", "d") is None


async def test_a_type_ahead_offers_the_options_of_the_bot(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(field(type_ahead(), "Client", dispatch_action=True)))
    bot.answers_with("block_suggestion", {"options": [option("Ana Pérez"), option("Bo Pérez")]})
    form = await agent.types("/reset-password")
    assert await form.suggestions("Client", "p") == ()
    assert await form.suggestions("Client", "pé") == ("Ana Pérez", "Bo Pérez")
    sent = bot.requests[-1]
    assert (sent["type"], sent["value"], sent["action_id"]) == ("block_suggestion", "pé", "ahead")
    assert "trigger_id" not in sent
    await form.picks("Client", "pé", "Ana")
    assert form.chosen("Client") == "Ana Pérez"
    with pytest.raises(AssertionError, match="2 match option 'Pérez'"):
        await form.picks("Client", "pé", "Pérez")


@pytest.mark.parametrize(
    "answer",
    [
        {"options": [option(f"o{number}") for number in range(101)]},
        {"options": [option("x" * 76)]},
        {},
        {"options": [], "option_groups": []},
        {"options": [{"text": {"type": "mrkdwn", "text": "x"}, "value": "x"}]},
    ],
)
async def test_a_type_ahead_offers_nothing_when_slack_would_refuse_the_answer(world: World, answer: Json) -> None:
    _, bot, agent = world
    bot.opens(modal(field(type_ahead(), "Client")))
    bot.answers_with("block_suggestion", answer)
    form = await agent.types("/reset-password")
    assert await form.suggestions("Client", "ana") == ()
    assert "invalid_options" in agent.notices[-1]


async def test_a_type_ahead_may_answer_in_groups_or_with_nothing(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(field(type_ahead(), "Client")))
    form = await agent.types("/reset-password")
    bot.answers_with("block_suggestion", {"option_groups": [{"label": text("g"), "options": [option("a")]}]})
    assert await form.suggestions("Client", "ana") == ("a",)
    bot.answers_with("block_suggestion", {"options": []})
    assert await form.suggestions("Client", "ana") == ()
    assert agent.notices == ()


async def test_a_required_field_left_empty_sends_nothing_unless_asked_to(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(field(typed(), "Note")))
    form = await agent.types("/reset-password")
    assert (await form.submit()).errors == {"Note": "Please complete this required field."}
    assert form.is_open
    assert len(bot.requests) == 1
    await form.submit(even_if_incomplete=True)
    assert bot.requests[-1]["type"] == "view_submission"


async def test_slacks_own_words_are_in_the_language_of_the_person(world: World) -> None:
    slack, bot, _ = world
    agent = slack.add_person("Sofía Soporte", locale="es-ES")
    bot.opens(modal(field(typed(), "Nota")))
    form = await agent.types("/reset-password")
    assert (await form.submit()).errors == {"Nota": "Complete este campo obligatorio."}
    bot.answers_with("command", Response(status_code=500))
    await agent.sends("/reset-password")
    assert agent.notices == ('/reset-password falló con el error "dispatch_failed"',)


async def test_field_errors_stand_under_their_labels_and_keep_the_view(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(field(typed(), "Note", block_id="note")))
    bot.answers_with("view_submission", {"response_action": "errors", "errors": {"note": "too short"}})
    form = await agent.types("/reset-password")
    view_id = form.view["id"]
    await form.fill("Note", "x")
    await form.submit()
    assert form.errors == {"Note": "too short"}
    assert "too short" in form.text
    assert form.view["id"] == view_id
    assert form.chosen("Note") == "x"


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"section": "no input block"}},
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors", "errors": {"note": ""}},
        {"response_action": "update", "view": modal(field(typed()), submit=None)},
        {"response_action": "update"},
        {"response_action": "close"},
        {"errors": {"note": "x"}},
        "not json",
    ],
)
async def test_an_acknowledgement_that_slack_would_refuse_shows_its_error(world: World, answer: Json | str) -> None:
    _, bot, agent = world
    bot.opens(modal(section("s", block_id="section"), field(typed(initial_value="v"), block_id="note")))
    bot.answers_with("view_submission", answer)
    form = await agent.types("/reset-password")
    await form.submit()
    assert form.is_open
    assert "We had some trouble connecting" in form.text
    assert "dispatch_failed" in agent.notices[-1]


async def test_a_late_answer_to_a_submission_leaves_the_form_with_slacks_error(world: World) -> None:
    slack, bot, agent = world
    bot.opens(modal(section()))
    form = await agent.types("/reset-password")
    slack.acknowledgement_seconds = 0.05
    never = asyncio.Event()

    async def wait(_: Json) -> None:
        await never.wait()

    bot.answers["view_submission"] = wait
    await form.submit()
    assert form.is_open
    assert "operation_timeout" in form.notice


async def test_an_update_keeps_a_value_only_where_both_ids_stay_the_same(world: World) -> None:
    _, bot, agent = world
    kept = field(radio(option("a"), option("b")), "Kept", block_id="kept", optional=True)
    bot.opens(modal(kept, field(typed(), "Lost", block_id="lost"), field(typed(), "Lost too", block_id="same")))
    form = await agent.types("/reset-password")
    await form.choose("Kept", "b")
    await form.fill("Lost", "1")
    await form.fill("Lost too", "2")
    before = form.view
    after = modal(
        field(radio(option("a"), option("b"), initial_option=option("a")), "Kept", block_id="kept"),
        field(typed(initial_value="fresh"), "Lost", block_id="lost-2"),
        field(typed() | {"action_id": "typed-2"}, "Lost too", block_id="same"),
    )
    await bot.client.views_update(view_id=before["id"], hash=before["hash"], view=after)
    assert (form.chosen("Kept"), form.chosen("Lost"), form.chosen("Lost too")) == ("b", "fresh", None)
    assert form.view["id"] == before["id"]
    assert form.view["hash"] != before["hash"]


async def test_a_submission_can_update_push_and_close_one_view_after_the_other(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(section("first")))
    form = await agent.types("/reset-password")
    bot.answers_with("view_submission", {"response_action": "update", "view": modal(section("second"))})
    await form.submit()
    assert "second" in form.text
    bot.answers_with("view_submission", {"response_action": "push", "view": modal(section("third"))})
    await form.submit()
    assert "third" in form.text
    assert form.view["previous_view_id"] == form.view["root_view_id"]
    del bot.answers["view_submission"]
    await form.submit()
    assert "second" in form.text
    await form.submit()
    assert not form.is_open


async def test_a_fourth_view_on_a_modal_is_refused(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(section("1")))
    bot.answers_with("view_submission", {"response_action": "push", "view": modal(section("next"))})
    form = await agent.types("/reset-password")
    for _ in range(3):
        await form.submit()
    assert "push_limit_reached" in form.notice


async def test_three_views_lie_on_one_another_and_are_taken_away_one_by_one_or_all_at_once(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(section("1"), actions(button("More"))))

    async def push(payload: Json) -> None:
        await bot.client.views_push(
            trigger_id=payload["trigger_id"], view=modal(section("2"), field(typed(initial_value="kept"), "Note"))
        )

    bot.answers["block_actions"] = push
    bot.answers_with("view_submission", {"response_action": "push", "view": modal(section("3"))})
    form = await agent.types("/reset-password")
    await form.press("More")
    await form.fill("Note", "changed")
    await form.submit()
    assert (form.depth, form.text.split("\n")[1]) == (3, "3")
    await form.close()
    assert (form.depth, form.chosen("Note")) == (2, "changed")
    await form.submit()
    bot.answers_with("view_submission", {"response_action": "clear"})
    await form.submit()
    assert (form.depth, form.is_open) == (0, False)


async def test_a_view_with_clear_on_close_takes_those_below_it_away(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(section("1")))
    top = modal(section("2"), clear_on_close=True, notify_on_close=True)
    bot.answers_with("view_submission", {"response_action": "push", "view": top})
    form = await agent.types("/reset-password")
    await form.submit()
    await form.close()
    assert not form.is_open
    assert (bot.requests[-1]["type"], bot.requests[-1]["is_cleared"]) == ("view_closed", True)


async def test_a_text_of_the_wrong_length_sends_nothing(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(field(typed(min_length=2, max_length=3), "Note", optional=True)))
    form = await agent.types("/reset-password")
    await form.fill("Note", "x")
    assert (await form.submit()).errors == {"Note": "Please use at least 2 characters."}
    await form.fill("Note", "xxxx")
    assert (await form.submit()).errors == {"Note": "Please use no more than 3 characters."}
    assert len(bot.requests) == 1
    await form.fill("Note", "")
    await form.submit()
    assert bot.requests[-1]["type"] == "view_submission"


async def test_closing_is_sent_to_the_bot_only_with_notify_on_close(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(section()))
    await (await agent.types("/reset-password")).close()
    assert [request.get("type") for request in bot.requests] == [None]
    bot.opens(modal(section(), notify_on_close=True, private_metadata="m"))
    form = await agent.types("/reset-password")
    await form.close()
    assert bot.requests[-1]["type"] == "view_closed"
    assert bot.requests[-1]["view"]["private_metadata"] == "m"
    with pytest.raises(AssertionError, match="closed"):
        await form.submit()


async def test_swapped_updates_let_the_acknowledgement_overdraw_the_update_that_follows_it(world: World) -> None:
    slack, bot, agent = world
    slack.faults.swap_updates = True
    bot.opens(modal(section("form")))
    bot.answers_with("view_submission", {"response_action": "update", "view": modal(section("progress"))})
    form = await agent.types("/reset-password")
    await form.submit()
    await bot.client.views_update(view_id=form.view["id"], view=modal(section("result")))
    assert "progress" in form.text
    assert "result" not in form.text
    slack.faults.clear()
    await form.submit()
    await bot.client.views_update(view_id=form.view["id"], view=modal(section("result")))
    assert "result" in form.text


async def test_an_update_that_comes_before_the_acknowledgement_is_overdrawn_by_it(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(section("form")))

    async def answer(payload: Json) -> Json:
        await bot.client.views_update(view_id=payload["view"]["id"], view=modal(section("result")))
        return {"response_action": "update", "view": modal(section("progress"))}

    bot.answers["view_submission"] = answer
    form = await agent.types("/reset-password")
    await form.submit()
    assert "progress" in form.text


async def test_waiting_for_a_text_fails_with_the_visible_text(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(section("only this")))
    form = await agent.types("/reset-password")
    with pytest.raises(AssertionError, match="only this"):
        await form.shows("something else", timeout_seconds=0.01)
    waiting = asyncio.create_task(form.shows("later"))
    await bot.client.views_update(view_id=form.view["id"], view=modal(section("later")))
    await waiting


async def test_a_button_in_a_modal_sends_its_value_and_can_push_a_view(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(actions(button("More", value="v"))))

    async def answer(payload: Json) -> None:
        await bot.client.views_push(trigger_id=payload["trigger_id"], view=modal(section("pushed")))

    bot.answers["block_actions"] = answer
    form = await agent.types("/reset-password")
    await form.press("More")
    await form.shows("pushed")
    assert bot.requests[-1]["actions"][0]["value"] == "v"


async def test_a_button_in_an_ephemeral_message_carries_a_response_url_that_can_delete_it(world: World) -> None:
    slack, bot, agent = world
    await bot.client.chat_postEphemeral(
        channel=slack.general, user=agent.id, text="t", blocks=[actions(button("Dismiss"))]
    )
    message = await agent.ephemeral_message()
    await message.press("Dismiss")
    sent = bot.requests[-1]
    assert "message" not in sent
    assert sent["container"]["is_ephemeral"] is True
    assert sent["channel"]["id"] == slack.general


async def test_a_button_in_a_message_can_open_a_modal(world: World) -> None:
    _, bot, agent = world
    await bot.client.chat_postMessage(channel=agent.id, text="t", blocks=[actions(button("Reply"))])

    async def answer(payload: Json) -> None:
        await bot.client.views_open(trigger_id=payload["trigger_id"], view=modal(section("reply")))

    bot.answers["block_actions"] = answer
    await (await agent.direct_message()).press("Reply")
    assert "reply" in (await agent.modal()).text


async def test_a_submission_can_be_forged_with_other_values_for_somebody_else(world: World) -> None:
    slack, bot, agent = world
    intruder = slack.add_person("Intruder")
    bot.opens(modal(field(typed(), block_id="b")))
    form = await agent.types("/reset-password")
    values = {"b": {"typed": {"type": "plain_text_input", "value": "forged"}}}
    await slack.deliver("view_submission", slack.submission_payload(intruder, form, values))
    sent = bot.requests[-1]
    assert sent["user"]["id"] == intruder.id
    assert sent["view"]["state"]["values"] == values
    assert form.is_open
    await slack.deliver(
        "block_suggestion", slack.suggestion_payload(intruder, form, block_id="b", action_id="typed", value="x")
    )
    action = {"type": "button", "block_id": "b", "action_id": "a"}
    await slack.deliver("block_actions", slack.action_payload(intruder, view=form, action=action))
    assert [request["type"] for request in bot.requests[-2:]] == ["block_suggestion", "block_actions"]


async def test_only_people_who_were_shown_a_text_have_seen_it(world: World) -> None:
    slack, bot, agent = world
    other = slack.add_person("Other")
    posted = await bot.client.chat_postMessage(channel=agent.id, text="first version")
    await bot.client.chat_update(channel=posted["channel"], ts=posted["ts"], text="second version")
    await bot.client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    await bot.client.chat_postMessage(channel=slack.general, text="for all")
    assert slack.people_who_saw("first version") == {agent}
    assert slack.people_who_saw("for all") == {agent, other}
    assert slack.people_who_saw("never said") == set()


async def test_people_wait_for_a_condition_that_is_looked_at_after_each_change(world: World) -> None:
    slack, bot, agent = world
    waiting = asyncio.create_task(agent.waits_until(lambda: len(slack.calls) == 2))
    await bot.client.auth_test()
    await bot.client.auth_test()
    await waiting
    with pytest.raises(AssertionError, match="condition"):
        await agent.waits_until(lambda: False, timeout_seconds=0.01)


async def test_a_call_can_be_seen_while_it_is_held(world: World) -> None:
    slack, bot, agent = world
    slack.faults.add(Fault(method="chat.postMessage", kind="held"))
    sending = asyncio.create_task(bot.client.chat_postMessage(channel=agent.id, text="x"))
    call = await slack.wait_for_call("chat.postMessage", is_done=False)
    assert not call.is_done
    assert agent.direct_messages == ()
    slack.faults.release()
    await sending
    assert (await slack.wait_for_call("chat.postMessage")).ok
    assert (await agent.direct_message("x")).text == "x"


async def test_a_late_answer_to_a_type_ahead_reads_as_nothing_found(world: World) -> None:
    slack, bot, agent = world
    bot.opens(modal(field(type_ahead(), "Client")))
    form = await agent.types("/reset-password")
    slack.acknowledgement_seconds = 0.05
    never = asyncio.Event()

    async def wait(_: Json) -> None:
        await never.wait()

    bot.answers["block_suggestion"] = wait
    assert await form.suggestions("Client", "ana") == ()
    assert "operation_timeout" in agent.notices[-1]


async def test_an_impossible_action_fails_with_the_possible_ones(world: World) -> None:
    _, bot, agent = world
    bot.opens(modal(field(typed(), "Note"), field(radio(option("a"), option("b")), "Who"), submit=text("Go")))
    form = await agent.types("/reset-password")
    with pytest.raises(AssertionError, match=r"none is field 'Nowhere'.*'Note', 'Who'"):
        await form.fill("Nowhere", "x")
    with pytest.raises(AssertionError, match="none is option 'c'"):
        await form.choose("Who", "c")
    with pytest.raises(AssertionError, match="nothing to choose"):
        await form.choose("Note", "a")
    with pytest.raises(AssertionError, match="nothing to fill in"):
        await form.fill("Who", "a")
    with pytest.raises(AssertionError, match="no type-ahead"):
        await form.suggestions("Note", "ana")
    with pytest.raises(AssertionError, match="none is button 'Go'"):
        await form.press("Go")


async def test_checkboxes_are_ticked_and_cleared(world: World) -> None:
    _, bot, agent = world
    boxes = {"type": "checkboxes", "action_id": "c", "options": [option("a"), option("b")]}
    bot.opens(modal(field(boxes, "Which", block_id="which")))
    form = await agent.types("/reset-password")
    await form.choose("Which", "b")
    await form.choose("Which", "a")
    assert form.chosen("Which") == "a, b"
    await form.choose("Which", "a")
    assert form.chosen("Which") == "b"


async def test_a_message_without_a_password_fails_with_its_text(world: World) -> None:
    _, bot, agent = world
    await bot.client.chat_postMessage(channel=agent.id, text="hello")
    message = await agent.direct_message()
    with pytest.raises(AssertionError, match="hello"):
        _ = message.password
    with pytest.raises(AssertionError, match="still there"):
        await message.gone(timeout_seconds=0.01)
    with pytest.raises(AssertionError, match="hello"):
        await message.shows("good-bye", timeout_seconds=0.01)
    with pytest.raises(AssertionError, match="no direct message with 'other'"):
        await agent.direct_message("other", timeout_seconds=0.01)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("*bold* and _slanted_", "bold and slanted"),
        ("a_b_c 2*3*4", "a_b_c 2*3*4"),
        ("<https://x.example|here> <https://y.example>", "here https://y.example"),
        ("<!channel> <@U1>", "@channel @U1"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
    ],
)
async def test_markup_is_read_as_slack_draws_it(world: World, written: str, read: str) -> None:
    _, bot, agent = world
    await bot.client.chat_postMessage(channel=agent.id, text=written)
    assert (await agent.direct_message()).visible_text == read
