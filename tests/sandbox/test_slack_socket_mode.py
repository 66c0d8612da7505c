"""The local Slack's Socket Mode, as Slack documents it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from sandbox.slack import LocalSlack
from tests.harness.plain_http import http_client

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack() as running:
        yield running


async def open_url(slack: LocalSlack, token: str) -> dict[str, object]:
    async with http_client() as client:
        answer = await client.post(
            f"{slack.api_url}apps.connections.open", headers={"authorization": f"Bearer {token}"}
        )
    found: dict[str, object] = answer.json()
    return found


async def test_an_address_opens_one_socket_which_begins_with_hello(slack: LocalSlack) -> None:
    url = str((await open_url(slack, slack.app_token))["url"])
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_only_the_app_token_opens_sockets_and_it_can_do_nothing_else(slack: LocalSlack) -> None:
    assert (await open_url(slack, slack.bot_token))["error"] == "not_allowed_token_type"
    assert (await open_url(slack, "xapp-other"))["error"] == "invalid_auth"
    async with http_client() as client:
        answer = await client.post(f"{slack.api_url}auth.test", data={"token": slack.app_token})
    assert answer.json()["error"] == "not_allowed_token_type"


async def test_an_eleventh_socket_is_refused(slack: LocalSlack) -> None:
    async with aiohttp.ClientSession() as session:
        kept = [await session.ws_connect(str((await open_url(slack, slack.app_token))["url"])) for _ in range(10)]
        await slack.changes.wait_until(lambda: len(slack.sockets.connections) == 10)
        assert (await open_url(slack, slack.app_token))["error"] == "too_many_websockets"
        assert not any(socket.closed for socket in kept)


async def test_without_a_socket_a_command_fails_at_once(slack: LocalSlack) -> None:
    person = slack.add_person("Sofía Soporte", locale="en-GB")
    answer = await person.sends("/reset-password")
    assert answer.error == "dispatch_failed"
    assert 'failed with the error "dispatch_failed"' in person.notices[0]


async def test_an_envelope_that_is_not_acknowledged_is_late(slack: LocalSlack) -> None:
    person = slack.add_person("Sofía Soporte", locale="en-GB")
    slack.acknowledgement_seconds = 0.05
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(str((await open_url(slack, slack.app_token))["url"]))
        await slack.changes.wait_until(lambda: slack.sockets.connections)
        assert (await person.sends("/reset-password")).error == "operation_timeout"
        assert not socket.closed
