"""The bot behind a proxy: only the proxy can resolve the names of Slack, its socket and WHMCS."""

import base64
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.harness.process import ready, serve
from tests.harness.world import EMAIL, World, complete_reset
from tests.proxy import LocalProxy, end_tls
from tests.tls import self_signed

pytestmark = pytest.mark.asyncio

SLACK, SOCKET, WHMCS = "slack.example.test", "wss.example.test", "whmcs.example.test"


@contextlib.asynccontextmanager
async def behind_a_proxy(
    world: World, folder: Path, *, is_tls: bool = False
) -> AsyncIterator[tuple[LocalProxy, Mapping[str, str]]]:
    """Run a proxy, and return settings with which this world's servers are reachable only through it."""
    tls = self_signed(folder, SLACK, SOCKET, WHMCS, "localhost")
    servers = {SLACK: world.slack.api_url, SOCKET: world.slack.sockets.base_url, WHMCS: world.whmcs.url}
    async with contextlib.AsyncExitStack() as stack:
        ports = {
            name: await stack.enter_async_context(end_tls(tls, urlsplit(url).port or 0))
            for name, url in servers.items()
        }
        world.slack.sockets.base_url = f"wss://{SOCKET}{urlsplit(servers[SOCKET]).path}"
        proxy = await stack.enter_async_context(LocalProxy(ports, tls if is_tls else None).running())
        yield (
            proxy,
            {
                "SLACK_API_URL": f"https://{SLACK}/api/",
                "WHMCS_URL": f"https://{WHMCS}",
                "SSL_CERT_FILE": str(folder / "certificate.pem"),
                "HTTPS_PROXY": f"{'https' if is_tls else 'http'}://{'localhost' if is_tls else '127.0.0.1'}:{proxy.port}",
            },
        )


@pytest.mark.parametrize("scheme", ["http://", "", "https://"])
@pytest.mark.both_modes
async def test_slack_whmcs_and_the_socket_are_reached_through_the_proxy(
    world: World, tmp_path: Path, scheme: str
) -> None:
    async with behind_a_proxy(world, tmp_path, is_tls=scheme == "https://") as (proxy, settings):
        address = settings["HTTPS_PROXY"].partition("://")[2]
        changed = {"HTTPS_PROXY": f"{scheme}bot:CANARY%23%2F@{address}", "ALL_PROXY": "socks5://127.0.0.1:9"}
        async with serve(world, **{**settings, **changed}) as running:
            readiness = (await ready(world, running)).json()
            running.terminate()
            assert await running.ends() == 0
    assert readiness["slack"] == readiness["whmcs"] == "ok"
    expected = {f"{SLACK}:443", f"{WHMCS}:443"} | ({f"{SOCKET}:443"} if world.mode == "socket" else set())
    assert set(proxy.asked) == expected
    assert set(proxy.logins) == {"Basic " + base64.b64encode(b"bot:CANARY#/").decode()}
    assert "CANARY" not in running.output


async def test_a_lower_case_proxy_variable_is_used_for_a_reset(socket_world: World, tmp_path: Path) -> None:
    world = socket_world
    async with behind_a_proxy(world, tmp_path) as (proxy, settings):
        lower = {"https_proxy": settings["HTTPS_PROXY"], "HTTPS_PROXY": "", "no_proxy": "fd07:b51a:cc66:f0::/64"}
        async with serve(world, **{**settings, **lower}) as running:
            await ready(world, running)
            await complete_reset(world.agent, "ana@example.com", EMAIL)
    assert len(world.whmcs.reset_emails) == 1
    assert f"{WHMCS}:443" in proxy.asked


async def test_hosts_in_no_proxy_are_reached_directly(world: World, tmp_path: Path) -> None:
    async with behind_a_proxy(world, tmp_path) as (proxy, settings):
        direct = {"WHMCS_URL": world.whmcs.url, "NO_PROXY": "fd07:b51a:cc66:f0::/64,localhost,::1"}
        async with serve(world, **{**settings, **direct}) as running:
            assert (await ready(world, running)).json()["whmcs"] == "ok"
    assert f"{WHMCS}:443" not in proxy.asked


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"HTTPS_PROXY": "http://user:CANARY#x@127.0.0.1:9"}, "HTTPS_PROXY: must be the address of an http proxy"),
        ({"HTTPS_PROXY": "http://user:CANARY/x@127.0.0.1:9"}, "HTTPS_PROXY: must be the address of an http proxy"),
        ({"https_proxy": "socks5://user:CANARY@127.0.0.1:9"}, "HTTPS_PROXY: must be the address of an http proxy"),
        ({"ALL_PROXY": "socks5://user:CANARY@127.0.0.1:9"}, "ALL_PROXY: is not read: set HTTPS_PROXY"),
        ({"all_proxy": "socks://127.0.0.1:9/"}, "ALL_PROXY: is not read: set HTTPS_PROXY"),
        ({"SSL_CERT_FILE": "/opt/conda/ssl/cacert.pem"}, "SSL_CERT_FILE: the file can't be read: No such file"),
        ({"SSL_CERT_FILE": __file__}, "SSL_CERT_FILE: the file holds no certificate in PEM format"),
        ({"SSL_CERT_DIR": "/nowhere"}, "SSL_CERT_DIR: is not a folder"),
    ],
)
async def test_an_unusable_proxy_or_certificate_setting_ends_the_start_with_one_line(
    http_world: World, settings: dict[str, str], line: str
) -> None:
    async with serve(http_world, WHMCS_URL="https://whmcs.example.test", **settings) as running:
        assert await running.ends() == 2
    [written] = running.output.splitlines()
    assert written.startswith(line)
    assert "CANARY" not in written


async def test_a_refusing_proxy_is_reported_as_the_proxy_and_not_as_slack(http_world: World, tmp_path: Path) -> None:
    async with behind_a_proxy(http_world, tmp_path) as (_, settings):
        elsewhere = {"SLACK_API_URL": "https://nowhere.example.test/api/"}
        async with serve(http_world, **{**settings, **elsewhere}) as running:
            assert await running.ends() == 1
    [written] = [line for line in running.output.splitlines() if line.startswith("HTTPS_PROXY: ")]
    assert "Slack does not answer through the proxy" in written
    assert "Traceback" not in running.output
