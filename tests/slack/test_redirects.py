"""Redirects from Slack are never followed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from bot.domain.permissions import AgentId
from bot.domain.resets import MessageRef, Origin
from bot.slack.client import SlackClient
from bot.slack.errors import SlackRedirectedError
from bot.slack.messages import Messages
from bot.slack.socket_mode import SocketMode
from bot.slack.token import try_app_token
from bot.views import direct_message
from bot.views.text import Languages
from sandbox.slack import Fault, LocalSlack

pytestmark = pytest.mark.asyncio
SECRET = direct_message.build_notice("CANARY-password", Languages.load("es").for_locale("es-ES"))
STATUSES = [301, 302, 303, 307, 308]


@dataclass
class Elsewhere:
    """A server that must receive no request, and records any that arrive."""

    host: str
    visits: list[bytes] = field(default_factory=list)

    def location(self, shape: str) -> str:
        return shape.format(host=self.host)


@pytest_asyncio.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there.visits.append(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(note, "127.0.0.1", 0) as server:
        there = Elsewhere(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        yield there


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_a_message_does_not_follow_a_redirect(
    client: SlackClient, slack: LocalSlack, elsewhere: Elsewhere, status: int, method: str
) -> None:
    agent = slack.add_person("Ana Agente")
    messages = Messages(client)
    place = await messages.post(
        AgentId(agent.id), direct_message.build_notice("…", Languages.load("es").for_locale(""))
    )
    location = elsewhere.location("http://user:word@{host}/stolen/CANARY?token=CANARY#CANARY")
    slack.faults.add(Fault(method, "redirect", status=status, location=location))

    sending = (
        messages.update(place, SECRET, attempts=2)
        if method == "chat.update"
        else messages.post(AgentId(agent.id), SECRET)
    )
    with pytest.raises(SlackRedirectedError) as redirected:
        await sending

    assert elsewhere.visits == []
    assert str(redirected.value) == f"{method}: redirected to http://{elsewhere.host}, where nothing is sent"
    assert redirected.value.__cause__ is None


@pytest.mark.parametrize("status", STATUSES)
async def test_a_password_does_not_follow_a_redirect_on_the_same_host(
    client: SlackClient, slack: LocalSlack, status: int
) -> None:
    slack.faults.add(Fault("chat.update", "redirect", status=status, location="/api/chat.postMessage"))

    with pytest.raises(SlackRedirectedError, match=f"redirected to http://{urlsplit(slack.api_url).netloc},"):
        await Messages(client).update(MessageRef(channel="D1", ts="1.0"), SECRET, attempts=1)

    assert [call.method for call in slack.calls] == ["chat.update"]


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("//{host}/x", "http://{host}"),
        ("HTTPS://EXAMPLE.com:8443", "https://EXAMPLE.com:8443"),
        ("ftp://example.com/x", "ftp://example.com"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]"),
        ("https://" + "x" * 500 + ".example.com/", "https://" + "x" * 92),
        ("https://[", "an unnamed place"),
        ("javascript:alert(1)", "an unnamed place"),
        ("", "an unnamed place"),
    ],
)
async def test_only_the_host_of_a_location_is_shown(
    client: SlackClient, slack: LocalSlack, elsewhere: Elsewhere, location: str, shown: str
) -> None:
    slack.faults.add(Fault("auth.test", "redirect", status=302, location=elsewhere.location(location)))

    with pytest.raises(SlackRedirectedError) as redirected:
        await client.identify()

    assert str(redirected.value) == f"auth.test: redirected to {elsewhere.location(shown)}, where nothing is sent"
    assert elsewhere.visits == []


@pytest.mark.parametrize("status", STATUSES)
async def test_an_answer_whose_response_url_redirects_becomes_a_direct_message(
    client: SlackClient,
    slack: LocalSlack,
    elsewhere: Elsewhere,
    status: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    agent = slack.add_person("Ana Agente")
    url = slack.workspace.issue_response_url(agent.id, slack.general)
    slack.faults.add(Fault("response_url", "redirect", status=status, location=f"http://{elsewhere.host}/CANARY"))
    messages = Messages(client, loopback_host=urlsplit(slack.api_url).netloc)

    await messages.answer(Origin(response_url=url), AgentId(agent.id), SECRET)

    assert elsewhere.visits == []
    assert slack.people_who_saw("CANARY-password") == {agent}
    assert len(agent.direct_messages) == 1
    logged = capsys.readouterr().out
    assert f"response_url: redirected to http://{elsewhere.host}, where nothing is sent" in logged
    assert "CANARY" not in logged


@pytest.mark.parametrize("status", STATUSES)
async def test_the_app_token_does_not_follow_a_redirect(
    client: SlackClient, slack: LocalSlack, elsewhere: Elsewhere, status: int
) -> None:
    location = f"http://{elsewhere.host}/api/apps.connections.open"
    slack.faults.add(Fault("apps.connections.open", "redirect", status=status, location=location))
    socket = SocketMode(client, slack.app_token, nothing)

    for opening in (socket.begin, lambda: try_app_token(client, slack.app_token)):
        with pytest.raises(SlackRedirectedError, match=f"redirected to http://{elsewhere.host},"):
            await opening()
    await socket.end()

    assert elsewhere.visits == []


@pytest.mark.parametrize("status", STATUSES)
async def test_a_websocket_does_not_follow_a_redirect(
    client: SlackClient, slack: LocalSlack, elsewhere: Elsewhere, status: int
) -> None:
    async def point_elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} Elsewhere\r\nLocation: http://{elsewhere.host}/CANARY\r\nContent-Length: 0\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(point_elsewhere, "127.0.0.1", 0) as server:
        slack.sockets.base_url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        socket = SocketMode(client, slack.app_token, nothing)
        with pytest.raises(SlackRedirectedError, match=f"redirected to http://{elsewhere.host},"):
            await socket.begin()
        await socket.end()

    assert elsewhere.visits == []


async def nothing(_payload: object) -> dict[str, object]:
    return {}
