"""The process of `python -m bot serve`."""

import asyncio
import socket
from pathlib import Path

import pytest

from sandbox.slack import Fault as SlackFault
from sandbox.whmcs import Fault as WhmcsFault
from tests.flows.ticketed import open_reply, reset_with_ticket
from tests.harness.plain_http import http_client
from tests.harness.process import ready, serve, serve_by_interpreter
from tests.harness.world import EMAIL, SET, World, complete_reset, fill_form

pytestmark = pytest.mark.asyncio


@pytest.mark.both_modes
async def test_no_secret_is_in_debug_logs_the_database_or_the_process_list(
    world: World,
) -> None:
    agent, slack = world.agent, world.slack
    async with serve_by_interpreter(world, WHMCS_REPLY_ADMIN="support") as running:
        await ready(world, running)
        modal = await open_reply(await reset_with_ticket(agent, SET))
        message = await agent.direct_message(containing="Contraseña nueva")
        password = message.password
        await modal.choose("Contraseña nueva", "Incluir la contraseña nueva")
        await modal.shows("La nueva es:")
        world.whmcs.faults.add(WhmcsFault("AddTicketReply", "refused", message=f"No: {password}", times=1))
        await modal.submit()
        world.whmcs.faults.add(WhmcsFault("AddTicketReply", "error_500_after", times=1))
        await modal.submit()
        await modal.shows("La respuesta con la contraseña nueva está en el ticket")
        world.whmcs.faults.add(WhmcsFault("ResetPassword", "truncated", times=1))
        second = await fill_form(agent, "#51", EMAIL)
        await second.submit()
        await second.shows("No se sabe si")
        world.whmcs.faults.add(WhmcsFault("set_password", "error_500_after", times=1))
        third = await fill_form(agent, "#43", SET)
        await third.submit()
        other = (await agent.direct_message(containing="ana.lopez@example.test")).password
        await slack.deliver("view_submission", {"type": "view_submission", "user": {"id": agent.id}, "view": {}})
        arguments = Path(f"/proc/{running.process.pid}/cmdline").read_bytes()
        metrics = await _get(f"{world.ops_url}/metrics")
        running.terminate()
        assert await running.ends() == 0

    secrets = [password, other, *(world.settings[name] for name in _SECRET_SETTINGS if name in world.settings)]
    places = {path.name: path.read_bytes() for path in world.database.parent.iterdir() if path.is_file()}
    assert {"bot.db", "bot.log"} <= places.keys()
    places |= {"process list": arguments, "metrics": metrics.encode()}
    found = [(place, secret) for place, held in places.items() for secret in secrets if secret.encode() in held]
    assert found == []
    assert "Traceback" not in running.output


_SECRET_SETTINGS = (
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_APP_TOKEN",
    "WHMCS_API_IDENTIFIER",
    "WHMCS_API_SECRET",
    "WHMCS_COMPANION_SECRET",
)


async def test_each_listener_serves_only_its_own_paths(http_world: World) -> None:
    world = http_world
    async with serve(world) as running:
        readiness = (await ready(world, running)).json()
        async with http_client() as client:
            public = {
                path: await client.get(world.public_url + path)
                for path in ("/healthz", "/healthz/", "/readyz", "/metrics", "/")
            }
            metrics = await client.get(f"{world.ops_url}/metrics")
    assert readiness == {"status": "ready", "database": "ok", "slack": "ok", "whmcs": "ok"}
    assert {path: answer.status_code for path, answer in public.items()} == {
        "/healthz": 200,
        "/healthz/": 404,
        "/readyz": 404,
        "/metrics": 404,
        "/": 404,
    }
    assert all("server" not in answer.headers for answer in public.values())
    assert 'resetbot_build_info{version="' in metrics.text


async def test_resets_are_counted_by_method_and_outcome(world: World) -> None:
    async with serve(world) as running:
        await ready(world, running)
        await complete_reset(world.agent, "ana@example.com", EMAIL)
        metrics = await _get(f"{world.ops_url}/metrics")
    assert 'resetbot_resets_total{method="reset_email",outcome="SUCCEEDED"} 1.0' in metrics


@pytest.mark.both_modes
async def test_sigterm_completes_a_running_reset_and_exits_with_zero(world: World) -> None:
    async with serve(world) as running:
        await ready(world, running)
        modal = await fill_form(world.agent, "ana@example.com", SET)
        world.whmcs.faults.add(WhmcsFault("set_password", "held_before", times=1))
        submitting = asyncio.ensure_future(modal.submit())
        await world.whmcs.wait_for_call("set_password")
        await submitting
        running.terminate()
        async with http_client() as client, asyncio.timeout(10):
            while (await client.get(f"{world.ops_url}/readyz")).status_code != 503:
                await asyncio.sleep(0.02)
        world.whmcs.faults.clear()
        assert await running.ends() == 0

    message = await world.agent.direct_message(containing="Contraseña nueva")
    assert world.whmcs.opens("ana@example.com", message.password)
    await modal.shows("Listo")
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]


async def test_an_idle_bot_exits_at_once_on_sigterm(world: World) -> None:
    async with serve_by_interpreter(world) as running:
        await ready(world, running)
        running.terminate()
        assert await running.ends() == 0
    assert '"event": "bot.stopped"' in running.output


async def test_an_unreachable_whmcs_makes_the_bot_degraded_and_not_dead(world: World) -> None:
    # Bound without listening, so that no other server takes the address.
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        async with serve(world, WHMCS_URL=address) as running:
            answer = await ready(world, running)
    assert answer.json()["whmcs"] == "degraded: unreachable"


@pytest.mark.parametrize(
    ("settings", "code", "line"),
    [
        ({"SLACK_BOT_TOKEN": "nonsense", "PASSWORD_LENGTH": "8"}, 2, "SLACK_BOT_TOKEN: must begin with xoxb-"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, 2, "SLACK_BOT_TOKEN: Slack does not accept it (invalid_auth): "),
        ({"DATABASE_URL": "sqlite:////proc/nowhere/bot.db"}, 1, "DATABASE_URL: "),
        ({"DATABASE_URL": "postgresql+asyncpg://b:x@h/b"}, 2, "DATABASE_URL: names a driver that is not installed"),
        ({"DATABASE_URL": "postgresql://h/b?pgbouncer=true"}, 2, "DATABASE_URL: has an option pgbouncer that"),
        (
            {"DATABASE_URL": "postgresql://127.0.0.1:1/b", "PGSSLMODE": "nonsense"},
            2,
            '(invalid sslmode value: "nonsense"; correct it in DATABASE_URL or PGSSLMODE)',
        ),
        ({"OPS_HOST": "x86_64-conda-linux-gnu"}, 2, "OPS_HOST: must be an address of this host"),
        # An address reserved for documentation, without a host (RFC 5737).
        ({"OPS_HOST": "203.0.113.7"}, 1, "OPS_HOST: can't listen at 203.0.113.7:"),
        ({"SSLKEYLOGFILE": "/nowhere/keys", "OPS_HOST": "*"}, 2, "OPS_HOST: must be an address of this host"),
        ({"PROMETHEUS_MULTIPROC_DIR": "/nowhere", "OPS_HOST": "*"}, 2, "OPS_HOST: must be an address of this host"),
    ],
)
async def test_a_failed_start_is_reported_in_one_line_without_a_traceback(
    world: World, settings: dict[str, str], code: int, line: str
) -> None:
    async with serve(world, **settings) as running:
        assert await running.ends() == code
    assert line in running.output
    assert "Traceback" not in running.output


async def test_a_database_file_that_others_can_read_is_private_once_the_bot_runs(world: World) -> None:
    folder = world.database.parent
    world.database.chmod(0o644)
    async with serve(world) as running:
        await ready(world, running)
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.glob("bot.db*")}
    assert modes == dict.fromkeys(("bot.db", "bot.db-wal", "bot.db-shm"), 0o600)


async def test_a_failing_slack_at_start_is_not_reported_as_a_wrong_setting(world: World) -> None:
    world.slack.faults.add(SlackFault("auth.test", "error", error="internal_error"))
    async with serve(world) as running:
        assert await running.ends() == 1
    assert "Slack does not answer (auth.test: internal_error)" in running.output


async def test_a_redirect_from_slack_is_reported_with_its_host_and_not_followed(world: World) -> None:
    world.slack.faults.add(SlackFault("auth.test", "redirect", location="https://elsewhere.test/CANARY?x=CANARY"))
    async with serve(world) as running:
        assert await running.ends() == 1
    [line] = [line for line in running.output.splitlines() if line.startswith("SLACK_API_URL: ")]
    assert "it redirects to https://elsewhere.test, and the token is not sent there" in line
    assert "CANARY" not in running.output
    assert "Traceback" not in running.output


@pytest.mark.parametrize(("variable", "port"), [("PORT", 0), ("OPS_PORT", 1)])
async def test_a_taken_port_is_reported_by_its_setting_with_what_to_do(
    http_world: World, variable: str, port: int
) -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", http_world.ports[port])
    async with taken, serve(http_world) as running:
        assert await running.ends() == 1
    [line] = [line for line in running.output.splitlines() if line.startswith(f"{variable}: ")]
    assert f"can't listen at 127.0.0.1:{http_world.ports[port]} (Address already in use): choose another port" in line
    assert "Traceback" not in running.output


async def test_settings_with_a_bom_blanks_and_windows_line_ends_are_accepted(http_world: World) -> None:
    world = http_world
    ends = {name: f"\ufeff{value} \r" for name, value in world.settings.items()}
    async with serve(world, **ends) as running:
        await ready(world, running)
        await complete_reset(world.agent, "ana@example.com", EMAIL)


async def test_a_quoted_signing_secret_prevents_the_start(http_world: World) -> None:
    async with serve(http_world, SLACK_SIGNING_SECRET=f'"{http_world.slack.signing_secret}"') as running:
        assert await running.ends() == 2
    [line] = running.output.splitlines()
    assert line == ("SLACK_SIGNING_SECRET: is wrapped in quotes, which would be part of the value: remove them")


@pytest.mark.parametrize(("settings", "code"), [({"SLACK_APP_TOKEN": "xapp-wrong"}, "invalid_auth")])
async def test_an_app_token_that_cannot_open_a_socket_prevents_the_start(
    socket_world: World, settings: dict[str, str], code: str
) -> None:
    async with serve(socket_world, **settings) as running:
        assert await running.ends() == 2
    assert f"SLACK_APP_TOKEN: Slack does not open a socket for it ({code})" in running.output
    assert "connections:write" in running.output
    assert "Traceback" not in running.output


async def test_a_signal_during_the_start_ends_the_bot_gracefully(world: World) -> None:
    world.slack.faults.add(SlackFault("auth.test", "held"))
    async with serve(world) as running:
        await world.slack.wait_for_call("auth.test", is_done=False, timeout_seconds=20)
        running.terminate()
        # Slack does not respond yet.
        assert await running.ends() == 0
    assert "Traceback" not in running.output


async def test_a_signal_while_the_socket_is_opened_ends_the_bot(socket_world: World) -> None:
    socket_world.slack.sockets.greets = False
    async with serve(socket_world) as running:
        await socket_world.slack.changes.wait_until(lambda: socket_world.slack.sockets.opened, 20)
        running.terminate()
        assert await running.ends() == 0
    assert "Traceback" not in running.output


async def test_in_socket_mode_only_the_operations_listener_listens(socket_world: World) -> None:
    world = socket_world
    async with serve(world) as running:
        readiness = (await ready(world, running)).json()
        assert readiness == {"status": "ready", "database": "ok", "slack": "ok", "socket": "ok", "whmcs": "ok"}
        with pytest.raises(OSError, match="Connect"):
            await asyncio.open_connection("127.0.0.1", world.ports[0])
        assert "resetbot_socket_silent_seconds" in await _get(f"{world.ops_url}/metrics")


async def _get(url: str) -> str:
    async with http_client() as client:
        return (await client.get(url)).text
