"""The transport of a call: what the server received, and what the caller gets."""

import asyncio
import socket
from pathlib import Path

import pytest

from sandbox.ports import free_port
from tests.tls import serve_tls
from tests.whmcs.conftest import ACCESS_KEY, IDENTIFIER, SECRET
from tests.whmcs.server import Drop, Half, Hang, Reply, ScriptedServer
from whmcs import (
    OutcomeUnknownError,
    RedirectedError,
    RefusedError,
    TimedOutError,
    UnreachableError,
    UnusableAnswerError,
    WhmcsClient,
)
from whmcs.api import api_address
from whmcs.encoding import form_body

pytestmark = pytest.mark.asyncio
VERSION = Reply({"result": "success", "whmcs": {"version": "8.9"}})
SUCCESS = Reply({"result": "success"})


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_reported_and_gets_no_credentials(
    server: ScriptedServer, other_server: ScriptedServer, client: WhmcsClient, status: int
) -> None:
    target = other_server.url.replace("//", "//user:word@") + "/includes/api.php?secret=x#y"
    elsewhere = Reply("moved", status, {"Location": target})
    server.plays("WhmcsDetails", elsewhere)
    server.plays("ResetPassword", elsewhere)

    with pytest.raises(RedirectedError) as of_read:
        await client.whmcs_details()
    with pytest.raises(RedirectedError) as of_write:
        await client.reset_password(7)

    assert of_read.value.location == of_write.value.location == f"{other_server.url}/includes/api.php"
    assert other_server.connections == 0
    assert len(server.received) == 2


@pytest.mark.parametrize(("location", "shown"), [("", ""), ("/whmcs/?a=b", "/whmcs/"), (None, "")])
async def test_a_redirect_to_a_path_or_to_nowhere_is_still_a_redirect(
    server: ScriptedServer, client: WhmcsClient, location: str | None, shown: str
) -> None:
    server.plays("WhmcsDetails", Reply("", 302, {} if location is None else {"Location": location}))

    with pytest.raises(RedirectedError) as redirected:
        await client.whmcs_details()

    assert redirected.value.location == (server.url + shown if shown else "")


async def test_a_late_read_times_out_and_is_not_retried(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("WhmcsDetails", Hang())

    with pytest.raises(TimedOutError) as late:
        await client.whmcs_details(deadline_seconds=0.1)

    assert not late.value.is_connecting
    assert server.count("WhmcsDetails") == 1


async def test_a_late_write_has_an_unknown_outcome(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("ResetPassword", Hang())

    with pytest.raises(OutcomeUnknownError) as unknown:
        await client.reset_password(7, deadline_seconds=0.1)

    assert unknown.value.reason == "timed_out"
    assert server.count("ResetPassword") == 1


async def test_a_call_that_waits_for_a_connection_ends_at_its_deadline_and_changed_nothing(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    server.plays("WhmcsDetails", Hang())
    server.plays("ResetPassword", SUCCESS)
    hanging = [asyncio.create_task(client.whmcs_details()) for _ in range(10)]
    while len(server.received) < 10:
        server.is_asked.clear()
        await server.is_asked.wait()

    with pytest.raises(TimedOutError) as late:
        await client.reset_password(7, deadline_seconds=0.1)

    assert late.value.is_connecting
    assert server.count("ResetPassword") == 0
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    await client.reset_password(7)
    assert server.count("ResetPassword") == 1


async def test_a_refused_connection_changes_nothing() -> None:
    async with WhmcsClient.connect(f"http://127.0.0.1:{closed_port()}", "i", "s") as client:
        with pytest.raises(UnreachableError) as of_write:
            await client.reset_password(7)
        with pytest.raises(UnreachableError) as of_read:
            await client.whmcs_details()

    assert of_write.value.reason == of_read.value.reason == "no_connection"


@pytest.mark.parametrize("url", ["https://whmcs.invalid", "https://xn--n3h.invalid"])
async def test_a_name_that_does_not_exist_changes_nothing(url: str) -> None:
    async with WhmcsClient.connect(url, "i", "s") as client:
        with pytest.raises(UnreachableError) as unreachable:
            await client.reset_password(7, deadline_seconds=5)
    assert (unreachable.value.reason, unreachable.value.cause) == ("no_connection", "name")


async def test_a_server_without_tls_is_distinguished_and_not_retried() -> None:
    greetings: list[bytes] = []

    async def answer_in_clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greetings.append(await reader.read(5))
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    plain = await asyncio.start_server(answer_in_clear, "127.0.0.1", 0)
    async with plain:
        port = plain.sockets[0].getsockname()[1]
        async with WhmcsClient.connect(f"https://127.0.0.1:{port}", "i", "s") as client:
            with pytest.raises(UnreachableError) as unreachable:
                await client.whmcs_details()

    assert (unreachable.value.reason, unreachable.value.cause) == ("tls", "protocol")
    assert len(greetings) == 1


async def test_an_untrusted_certificate_is_distinguished_from_a_server_without_tls(tmp_path: Path) -> None:
    async with (
        serve_tls(tmp_path) as port,
        WhmcsClient.connect(f"https://localhost:{port}", IDENTIFIER, SECRET) as client,
    ):
        with pytest.raises(UnreachableError) as unreachable:
            await client.whmcs_details()
    error = unreachable.value
    assert (error.reason, error.cause) == ("tls", "certificate")
    assert "self-signed certificate" in error.detail


async def test_a_closed_port_is_a_refused_connection() -> None:
    async with WhmcsClient.connect(f"http://127.0.0.1:{free_port()}", "i", "s") as client:
        with pytest.raises(UnreachableError) as unreachable:
            await client.whmcs_details()
    assert (unreachable.value.reason, unreachable.value.cause) == ("no_connection", "connection_refused")


@pytest.mark.parametrize("lost", [Drop(), Half(b'{"result":"succ'), Half(b'{"result":"success"}')])
async def test_a_write_whose_connection_is_lost_has_an_unknown_outcome_and_is_sent_once(
    server: ScriptedServer, client: WhmcsClient, lost: Drop | Half
) -> None:
    server.plays("ResetPassword", lost)

    with pytest.raises(OutcomeUnknownError) as unknown:
        await client.reset_password(7)

    assert unknown.value.reason == "connection_lost"
    assert server.count("ResetPassword") == 1


@pytest.mark.parametrize(
    "lost",
    [
        Drop(),
        Half(b'{"result":"succ'),
        Reply("Slow down", 429, {"Retry-After": "0"}),
        Reply("", 503, {"Retry-After": "0"}),
    ],
)
async def test_a_read_is_retried(server: ScriptedServer, client: WhmcsClient, lost: Drop | Half | Reply) -> None:
    server.plays("WhmcsDetails", lost, lost, VERSION)

    assert await client.whmcs_details() == "8.9"
    assert server.count("WhmcsDetails") == 3


async def test_a_read_has_three_attempts_at_most(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("WhmcsDetails", Drop())

    with pytest.raises(UnreachableError) as lost:
        await client.whmcs_details()

    assert lost.value.reason == "connection_lost"
    assert server.count("WhmcsDetails") == 3


async def test_a_read_is_not_retried_beyond_its_deadline(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("WhmcsDetails", Reply("Slow down", 429, {"Retry-After": "3"}))

    with pytest.raises(RefusedError) as refused:
        await client.whmcs_details(deadline_seconds=1)

    assert refused.value.retry_after_seconds == 3
    assert server.count("WhmcsDetails") == 1


@pytest.mark.parametrize(
    "after", [{}, {"Retry-After": "3600"}, {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}, {"Retry-After": "soon"}]
)
async def test_a_long_retry_after_is_not_waited_for(
    server: ScriptedServer, client: WhmcsClient, after: dict[str, str]
) -> None:
    server.plays("WhmcsDetails", Reply("<html>", 503, after))

    with pytest.raises(UnusableAnswerError):
        await client.whmcs_details()

    assert server.count("WhmcsDetails") == 1


async def test_a_busy_server_never_gets_a_write_twice(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("ResetPassword", Reply("", 503, {"Retry-After": "0"}))
    server.plays("LogActivity", Reply("Slow down", 429, {"Retry-After": "0"}))

    with pytest.raises(OutcomeUnknownError):
        await client.reset_password(7)
    with pytest.raises(RefusedError):
        await client.log_activity("Reset", client_id=3)

    assert len(server.received) == 2


async def test_calls_share_one_kept_connection_and_no_session(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("WhmcsDetails", Reply(VERSION.body, 200, {"Set-Cookie": "PHPSESSID=abc; path=/"}))
    server.plays("LogActivity", SUCCESS)

    await client.whmcs_details()
    await client.log_activity("Reset", client_id=3)

    assert server.connections == 1
    assert not any("cookie" in request.headers for request in server.received)
    assert server.received[1].form == {
        "action": "LogActivity",
        "responsetype": "json",
        "description": "Reset",
        "clientid": "3",
        "identifier": IDENTIFIER,
        "secret": SECRET,
        "accesskey": ACCESS_KEY,
    }


async def test_loopback_is_never_called_through_a_proxy(
    server: ScriptedServer, other_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, other_server.url)
    server.plays("WhmcsDetails", VERSION)

    async with WhmcsClient.connect(server.url, "i", "s") as client:
        assert await client.whmcs_details() == "8.9"

    assert other_server.connections == 0


async def test_a_cancelled_call_ends_as_cancelled_and_frees_its_connection(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    server.plays("WhmcsDetails", Hang(), VERSION)
    task = asyncio.create_task(client.whmcs_details())
    await server.is_asked.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await client.whmcs_details() == "8.9"


@pytest.mark.parametrize("end", ["", "/", "/includes/api.php", "/includes/api.php/", "?a=b"])
async def test_the_address_may_end_in_a_slash_or_the_path(end: str) -> None:
    assert api_address(f"https://example.com/billing{end}") == "https://example.com/billing/includes/api.php"


@pytest.mark.parametrize(
    "url", ["http://example.com", "ftp://example.com", "example.com", "", "https://", "https://a:word@[::x"]
)
async def test_an_address_without_https_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="https") as refused:
        WhmcsClient.connect(url, "i", "s")

    assert not url or url not in str(refused.value)


async def test_false_is_left_out_and_a_password_parameter_is_refused() -> None:
    assert form_body("X", {"noemail": True, "markdown": False}, {}) == b"action=X&responsetype=json&noemail=true"
    with pytest.raises(ValueError, match="part of the credentials"):
        form_body("X", {"password": "x"}, {})
