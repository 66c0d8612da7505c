import asyncio
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from bot.domain.permissions import AgentId
from bot.domain.resets import MessageRef, Origin
from bot.slack.client import SlackClient
from bot.slack.errors import SlackError, SlackRefusedError, SlackUnansweredError
from bot.slack.messages import Messages
from bot.slack.modals import Modals
from bot.views import direct_message, reset_result
from bot.views.text import Languages
from sandbox.slack import Fault, LocalSlack, Person
from sandbox.slack.views import OpenView

pytestmark = pytest.mark.asyncio

TEXTS = Languages.load("es").for_locale("es-ES")
NOTE = direct_message.build_notice("Una nota", TEXTS)
OTHER = direct_message.build_notice("Otra nota", TEXTS)


@pytest.fixture
def ana(slack: LocalSlack) -> Person:
    return slack.add_person("Ana Agente")


@pytest.fixture
def messages(client: SlackClient, slack: LocalSlack) -> Messages:
    return Messages(client, loopback_host=urlsplit(slack.api_url).netloc)


async def test_a_message_reaches_its_agent_and_nobody_else(messages: Messages, slack: LocalSlack, ana: Person) -> None:
    slack.add_person("Curro Colega")
    place = await messages.post(AgentId(ana.id), NOTE)
    [message] = ana.direct_messages
    assert (message.channel, message.ts) == (place.channel, place.ts)
    assert slack.people_who_saw("Una nota") == {ana}


async def test_a_message_that_may_have_arrived_is_not_sent_again(
    messages: Messages, slack: LocalSlack, ana: Person
) -> None:
    slack.faults.add(Fault("chat.postMessage", "drop_after"))
    with pytest.raises(SlackUnansweredError):
        await messages.post(AgentId(ana.id), NOTE)
    assert len(ana.direct_messages) == 1


async def test_a_message_that_is_harmless_to_have_twice_is_sent_again(
    messages: Messages, slack: LocalSlack, ana: Person
) -> None:
    slack.faults.add(Fault("chat.postMessage", "drop_before", times=1))
    await messages.post(AgentId(ana.id), NOTE, attempts=2)
    assert len(ana.direct_messages) == 1


async def test_a_changed_message_stays_the_same_message(messages: Messages, slack: LocalSlack, ana: Person) -> None:
    place = await messages.post(AgentId(ana.id), NOTE)
    slack.faults.add(Fault("chat.update", "drop_after", times=1))
    await messages.update(place, OTHER)
    [message] = ana.direct_messages
    assert message.visible_text == "Otra nota"


async def test_deleting_a_deleted_message_is_no_error(messages: Messages, ana: Person) -> None:
    place = await messages.post(AgentId(ana.id), NOTE)
    [message] = ana.direct_messages
    await messages.delete(place)
    assert message.is_deleted
    await messages.delete(place)
    await messages.delete(MessageRef(channel=place.channel, ts="1.000001"))


@pytest.mark.parametrize("code", ["channel_not_found", "cant_delete_message", "invalid_auth"])
async def test_a_failed_deletion_is_reported(messages: Messages, slack: LocalSlack, ana: Person, code: str) -> None:
    place = await messages.post(AgentId(ana.id), NOTE)
    slack.faults.add(Fault("chat.delete", "error", error=code))
    with pytest.raises(SlackRefusedError):
        await messages.delete(place)


async def test_an_answer_is_shown_only_to_the_agent_where_they_typed(
    messages: Messages, slack: LocalSlack, ana: Person
) -> None:
    slack.add_person("Curro Colega")
    url = slack.workspace.issue_response_url(ana.id, slack.general)
    await messages.answer(Origin(channel=slack.general, response_url=url), AgentId(ana.id), NOTE)
    await ana.ephemeral_message(containing="Una nota")
    assert slack.people_who_saw("Una nota") == {ana}
    assert not ana.direct_messages


async def test_an_answer_without_a_usable_channel_is_a_direct_message(
    messages: Messages, slack: LocalSlack, ana: Person
) -> None:
    await messages.answer(Origin(), AgentId(ana.id), NOTE)
    assert len(ana.direct_messages) == 1
    for kind in ("status_500", "drop_before"):
        slack.faults.clear()
        slack.faults.add(Fault("response_url", kind))
        url = slack.workspace.issue_response_url(ana.id, slack.general)
        await messages.answer(Origin(response_url=url), AgentId(ana.id), NOTE)
    assert len(ana.direct_messages) == 3


async def test_a_spent_response_url_leads_to_a_direct_message(
    messages: Messages, slack: LocalSlack, ana: Person
) -> None:
    url = slack.workspace.issue_response_url(ana.id, slack.general)
    with capture_logs() as log:
        for _ in range(6):
            await messages.answer(Origin(response_url=url), AgentId(ana.id), NOTE)
    assert len(ana.direct_messages) == 1
    [failure] = [line for line in log if line["event"] == "response_url.failed"]
    assert failure["error"].startswith("HTTP 4")


@pytest.mark.parametrize(
    "shape",
    [
        "http://{other}/commands/1",
        "https://{other}/commands/1",
        "http://{slack}@{other}/commands/1",
        "http://hooks.slack.com@{other}/commands/1",
        "http://{other}/hooks.slack.com",
        "http://{other}#{slack}",
        "http://{other}?{slack}",
        "//{other}/commands/1",
        "https://[{other}",
        "\x00",
    ],
)
async def test_nothing_is_sent_to_an_address_outside_slack(
    messages: Messages, slack: LocalSlack, ana: Person, shape: str
) -> None:
    visits: list[str] = []

    async def visit(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append("somebody")
        writer.close()

    async with await asyncio.start_server(visit, "127.0.0.1", 0) as server:
        other = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        url = shape.format(other=other, slack=urlsplit(slack.api_url).netloc)
        await messages.answer(Origin(response_url=url), AgentId(ana.id), NOTE)
    assert visits == []
    assert len(ana.direct_messages) == 1


async def test_a_loopback_address_is_not_slacks_in_production(
    client: SlackClient, slack: LocalSlack, ana: Person
) -> None:
    url = slack.workspace.issue_response_url(ana.id, slack.general)
    await Messages(client).answer(Origin(response_url=url), AgentId(ana.id), NOTE)
    assert "response_url" not in [call.method for call in slack.calls]
    assert len(ana.direct_messages) == 1


async def test_an_answer_that_cannot_be_delivered_is_reported(
    messages: Messages, slack: LocalSlack, ana: Person
) -> None:
    slack.faults.add(Fault("*", "error", error="account_inactive"))
    with pytest.raises(SlackError):
        await messages.answer(Origin(), AgentId(ana.id), NOTE)


async def test_a_modal_is_opened_and_updated(client: SlackClient, slack: LocalSlack, ana: Person) -> None:
    modals = Modals(client)
    view_id = await modals.open(slack.workspace.issue_trigger(ana.id), reset_result.build_notice("Uno", TEXTS))
    assert await modals.update(view_id, reset_result.build_notice("Dos", TEXTS))
    assert slack.people_who_saw("Dos") == {ana}


async def test_a_modal_that_the_agent_has_closed_is_no_error(client: SlackClient, slack: LocalSlack) -> None:
    modals = Modals(client)
    closed = OpenView("U0", {"type": "modal", "blocks": []}).id
    assert not await modals.update(closed, reset_result.build_notice("Dos", TEXTS))
    for code in ("not_found", "view_not_found", "hash_conflict"):
        slack.faults.clear()
        slack.faults.add(Fault("views.update", "error", error=code))
        assert not await modals.update(closed, reset_result.build_notice("Dos", TEXTS))


async def test_a_modal_that_slack_refuses_to_update_is_reported(client: SlackClient, slack: LocalSlack) -> None:
    slack.faults.add(Fault("views.update", "error", error="invalid_arguments"))
    with pytest.raises(SlackRefusedError):
        await Modals(client).update("V1", reset_result.build_notice("Dos", TEXTS))


async def test_a_spent_trigger_opens_nothing(client: SlackClient, slack: LocalSlack, ana: Person) -> None:
    trigger = slack.workspace.issue_trigger(ana.id)
    modals = Modals(client)
    await modals.open(trigger, reset_result.build_notice("Uno", TEXTS))
    with pytest.raises(SlackRefusedError):
        await modals.open(trigger, reset_result.build_notice("Dos", TEXTS))
    assert slack.people_who_saw("Dos") == set()


async def test_a_message_is_found_by_its_channel_and_timestamp(messages: Messages, ana: Person) -> None:
    place, later = await messages.post(AgentId(ana.id), NOTE), await messages.post(AgentId(ana.id), OTHER)
    for wanted, text in ((place, "Una nota"), (later, "Otra nota")):
        found = await messages.find(wanted)
        assert found is not None
        assert text in str(found["blocks"])


async def test_a_message_that_is_gone_is_not_mistaken_for_the_one_before_it(messages: Messages, ana: Person) -> None:
    await messages.post(AgentId(ana.id), NOTE)
    place = await messages.post(AgentId(ana.id), OTHER)
    await messages.delete(place)
    assert await messages.find(place) is None


async def test_a_message_that_slack_does_not_return_is_retried_and_then_an_error(
    messages: Messages, slack: LocalSlack, ana: Person
) -> None:
    place = await messages.post(AgentId(ana.id), NOTE)
    slack.faults.add(Fault("conversations.history", "status_500", times=1))
    assert await messages.find(place) is not None
    slack.faults.add(Fault("conversations.history", "status_500"))
    with pytest.raises(SlackUnansweredError):
        await messages.find(place)
