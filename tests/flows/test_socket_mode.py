"""Faults of Slack's socket, and the agents' commands during them."""

import asyncio

import pytest

from bot.slack.client import SlackClient
from bot.slack.socket_mode import SocketMode
from sandbox.slack import Fault
from tests.harness.plain_http import http_client
from tests.harness.world import EMAIL, World, fill_form

pytestmark = pytest.mark.asyncio


async def readiness(world: World) -> tuple[int, dict[str, str]]:
    async with http_client() as client:
        answer = await client.get(f"{world.ops_url}/readyz")
    return answer.status_code, answer.json()


async def socket_count(world: World, count: int, timeout_seconds: float = 5.0) -> None:
    await world.slack.changes.wait_until(lambda: len(world.slack.sockets.connections) == count, timeout_seconds)


async def opened(world: World, count: int, timeout_seconds: float = 10.0) -> None:
    await world.slack.changes.wait_until(lambda: world.slack.sockets.opened >= count, timeout_seconds)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_while_slack_replaces_a_socket_every_command_is_answered(socket_world: World, reason: str) -> None:
    agent, sockets = socket_world.agent, socket_world.slack.sockets
    async with socket_world.bot():
        [first] = sockets.connections
        await first.disconnect(reason)  # type: ignore[arg-type]
        answers = [await agent.sends("/reset-password help") for _ in range(20)]
        await opened(socket_world, 2)
        answers += [await agent.sends("/reset-password help") for _ in range(20)]
        assert first in sockets.connections
        await first.close()
        await socket_count(socket_world, 1)
        answers.append(await agent.sends("/reset-password help"))
        assert [answer.error for answer in answers] == [None] * 41
        assert agent.notices == ()
        assert (await readiness(socket_world))[0] == 200


async def test_a_reset_continues_over_the_next_socket_when_one_is_dropped(socket_world: World) -> None:
    agent, sockets = socket_world.agent, socket_world.slack.sockets
    async with socket_world.bot():
        modal = await fill_form(agent, "ana@example.com", EMAIL)
        sockets.connections[0].drop()
        await opened(socket_world, 2)
        await socket_count(socket_world, 1)
        await modal.submit()
        await modal.shows("ana@example.com")
        await socket_world.until(lambda: socket_world.audit()[-1:] == [("SUCCEEDED", "")])
    assert agent.notices == ()


async def test_without_a_socket_the_bot_is_not_ready_and_reports_the_reason(socket_world: World) -> None:
    slack = socket_world.slack
    async with socket_world.bot():
        slack.sockets.refuses = True
        slack.sockets.connections[0].drop()
        await slack.wait_for_call("apps.connections.open", count=2)
        await socket_world.until(lambda: not slack.sockets.connections)
        status, parts = await readiness(socket_world)
        assert (status, parts["status"]) == (503, "not ready")
        assert parts["socket"].startswith("unusable: ")
        assert parts["slack"] == "ok"
        slack.sockets.refuses = False
        await opened(socket_world, 2)
        await socket_world.until(lambda: is_ready(socket_world))


async def is_ready(world: World) -> bool:
    return (await readiness(world))[0] == 200


async def test_readiness_reports_a_revoked_app_token_and_the_bot_keeps_running(socket_world: World) -> None:
    slack = socket_world.slack
    async with socket_world.bot():
        slack.revoke_token()
        slack.sockets.connections[0].drop()

        async def is_reported() -> bool:
            status, parts = await readiness(socket_world)
            return status == 503 and "token_revoked" in parts["socket"]

        await socket_world.until(is_reported)


async def test_a_request_without_a_listener_is_acknowledged(socket_world: World) -> None:
    slack = socket_world.slack
    async with socket_world.bot():
        payload = slack.action_payload(
            socket_world.agent, view={"id": "V1", "root_view_id": "V1"}, action={"action_id": "x"}
        )
        for strange in (payload, {"type": "something_new"}, {}):
            answer = await slack.deliver("block_actions", strange)
            assert (answer.status, answer.body) == (200, "")


async def test_an_acknowledgement_for_a_lost_socket_does_no_harm(socket_world: World) -> None:
    agent, slack = socket_world.agent, socket_world.slack
    async with socket_world.bot():
        modal = await fill_form(agent, "ana@example.com", EMAIL)
        slack.faults.add(Fault("users.info", "slow_before", seconds=0.2, times=1))
        submitting = asyncio.create_task(modal.submit())
        await slack.changes.next()
        slack.sockets.connections[0].drop()
        await submitting
        await socket_world.until(lambda: socket_world.audit()[-1:] == [("SUCCEEDED", "")])
        await opened(socket_world, 2)
        again = await fill_form(agent, "#42", EMAIL)
        assert again.is_open


class Kept:
    """A bot's socket with shorter times, which acknowledges each payload with the payload itself."""

    def __init__(self, world: World, **times: float) -> None:
        self.client = SlackClient.connect(world.slack.bot_token, world.slack.api_url)
        self.socket = SocketMode(self.client, world.slack.app_token, self.echo, **times)

    async def echo(self, payload: object) -> dict[str, object]:
        return {"echo": payload}

    async def __aenter__(self) -> SocketMode:
        await self.socket.begin()
        return self.socket

    async def __aexit__(self, *_: object) -> None:
        await self.socket.end()
        await self.client.aclose()


async def test_a_silent_socket_is_detected_by_its_last_pong_and_replaced(socket_world: World) -> None:
    sockets = socket_world.slack.sockets
    async with Kept(socket_world, ping_seconds=0.05, silent_after_seconds=0.3) as socket:
        [silent] = sockets.connections
        assert socket.state == "ok"
        silent.is_silent = True
        await opened(socket_world, 2)
        await socket_world.until(lambda: socket.state == "ok")
        assert socket.silent_seconds < 0.3
        answer = await sockets.connections[-1].send("interactive", {"a": 1})
        assert answer == {"echo": {"a": 1}}


async def test_the_state_reports_a_silent_socket(socket_world: World) -> None:
    sockets = socket_world.slack.sockets
    async with Kept(socket_world, ping_seconds=0.05, silent_after_seconds=0.3) as socket:
        sockets.greets = False
        sockets.connections[0].is_silent = True
        await socket_world.until(lambda: socket.state != "ok")
        assert socket.state.startswith("unusable: ")
        assert "nothing heard for" in socket.state


async def test_pongs_keep_a_quiet_socket_usable(socket_world: World) -> None:
    async with Kept(socket_world, ping_seconds=0.05, silent_after_seconds=0.3) as socket:
        began_at = asyncio.get_running_loop().time()
        await socket_world.until(lambda: asyncio.get_running_loop().time() - began_at > 0.6)
        assert socket.state == "ok"
        assert socket_world.slack.sockets.opened == 1


async def test_an_events_envelope_is_acknowledged_without_a_payload(socket_world: World) -> None:
    async with Kept(socket_world):
        assert await socket_world.slack.sockets.connections[0].send("events_api", {"a": 1}) == {}


async def test_received_requests_are_acknowledged_before_the_socket_closes(socket_world: World) -> None:
    sockets = socket_world.slack.sockets
    is_asked, may_answer = asyncio.Event(), asyncio.Event()
    client = SlackClient.connect(socket_world.slack.bot_token, socket_world.slack.api_url)

    async def slow(_payload: object) -> dict[str, object]:
        is_asked.set()
        await may_answer.wait()
        return {"late": True}

    socket = SocketMode(client, socket_world.slack.app_token, slow)
    await socket.begin()
    sending = asyncio.create_task(sockets.connections[0].send("interactive", {}))
    await is_asked.wait()
    ending = asyncio.create_task(socket.end())
    may_answer.set()
    assert await sending == {"late": True}
    await ending
    await client.aclose()
    await socket_count(socket_world, 0)


async def test_a_websocket_address_outside_slack_is_not_opened(socket_world: World) -> None:
    slack = socket_world.slack
    slack.sockets.base_url = "http://elsewhere.test/"
    kept = Kept(socket_world)
    with pytest.raises(Exception, match="an answer without a wss address"):
        await kept.socket.begin()
    await kept.client.aclose()


async def test_requests_during_the_closing_of_a_socket_are_acknowledged(socket_world: World) -> None:
    sockets = socket_world.slack.sockets
    client = SlackClient.connect(socket_world.slack.bot_token, socket_world.slack.api_url)
    asked: list[object] = []
    may_answer = asyncio.Event()

    async def slow(payload: object) -> dict[str, object]:
        asked.append(payload)
        await may_answer.wait()
        return {"late": True}

    socket = SocketMode(client, socket_world.slack.app_token, slow)
    await socket.begin()
    [connection] = sockets.connections
    first = asyncio.create_task(connection.send("interactive", {}))
    await socket_world.until(lambda: len(asked) == 1)
    ending = asyncio.create_task(socket.end())
    second = asyncio.create_task(connection.send("interactive", {}))
    await socket_world.until(lambda: len(asked) == 2)
    may_answer.set()
    assert [await first, await second] == [{"late": True}] * 2
    await ending
    await client.aclose()


async def test_a_socket_that_is_being_replaced_is_closed_gracefully_at_the_end(socket_world: World) -> None:
    sockets = socket_world.slack.sockets
    client = SlackClient.connect(socket_world.slack.bot_token, socket_world.slack.api_url)
    is_asked, may_answer = asyncio.Event(), asyncio.Event()

    async def slow(_payload: object) -> dict[str, object]:
        is_asked.set()
        await may_answer.wait()
        return {"late": True}

    socket = SocketMode(client, socket_world.slack.app_token, slow)
    await socket.begin()
    [old] = sockets.connections
    sending = asyncio.create_task(old.send("interactive", {}))
    await is_asked.wait()
    await old.disconnect("warning")
    await opened(socket_world, 2)
    ending = asyncio.create_task(socket.end())
    await asyncio.sleep(0)
    may_answer.set()
    assert await sending == {"late": True}
    await ending
    await socket_count(socket_world, 0)
    await client.aclose()


@pytest.mark.parametrize(
    "strange",
    [
        {"payload": None},
        {"payload": []},
        {"payload": "text"},
        {"type": None, "payload": {}},
        {"payload": {}, "accepts_response_payload": None},
    ],
    ids=str,
)
async def test_an_envelope_of_an_odd_shape_is_acknowledged(socket_world: World, strange: dict[str, object]) -> None:
    async with Kept(socket_world):
        [connection] = socket_world.slack.sockets.connections
        answer = await connection.send_raw({"type": "interactive", "accepts_response_payload": True} | strange)
        assert answer == ({} if "accepts_response_payload" in strange else {"echo": {}})


@pytest.mark.parametrize("text", ["", "null", "[1]", "{", "[" * 100_000, '{"type": 5}'])
async def test_an_unreadable_socket_message_is_ignored(socket_world: World, text: str) -> None:
    async with Kept(socket_world) as socket:
        [connection] = socket_world.slack.sockets.connections
        await connection.say_text(text)
        assert await connection.send("interactive", {"a": 1}) == {"echo": {"a": 1}}
        assert socket.state == "ok"


async def test_sockets_that_are_replaced_at_once_do_not_accumulate(socket_world: World) -> None:
    sockets = socket_world.slack.sockets
    async with Kept(socket_world):
        began_at = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - began_at < 4:
            for connection in sockets.connections:
                await connection.disconnect("warning")
            await asyncio.sleep(0.02)
            assert len(sockets.connections) <= 5


async def test_a_flapping_socket_is_opened_less_and_less_often(socket_world: World) -> None:
    sockets = socket_world.slack.sockets
    async with Kept(socket_world):
        began_at = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - began_at < 4:
            for connection in sockets.connections:
                connection.drop()
            await asyncio.sleep(0.02)
    # Waits of 0.5, 1, 2 and 4 s, each at least half as long with jitter. Constant waits would open eight or more.
    assert 2 <= sockets.opened <= 6


async def test_an_unreadable_socket_address_is_retried(socket_world: World) -> None:
    sockets = socket_world.slack.sockets
    async with Kept(socket_world) as socket:
        good, sockets.base_url = sockets.base_url, "wss://["
        sockets.connections[0].drop()
        await socket_world.slack.wait_for_call("apps.connections.open", count=2)
        sockets.base_url = good
        await opened(socket_world, 2)
        await socket_world.until(lambda: socket.state == "ok")


async def test_a_long_retry_after_of_slack_is_capped(socket_world: World) -> None:
    async with Kept(socket_world) as socket:
        socket_world.slack.faults.add(Fault("apps.connections.open", "ratelimited", seconds=86400, times=1))
        socket_world.slack.sockets.connections[0].drop()
        await socket_world.until(lambda: "ratelimited" in socket.state)
        assert socket.next_try_seconds <= 300
