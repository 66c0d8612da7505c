"""The very process that is installed: `python -m bot serve`."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sandbox.slack import Fault as SlackFault
from sandbox.whmcs import Fault as WhmcsFault
from tests.flows.ticketed import open_reply, reset_with_ticket
from tests.flows.world import EMAIL, SET, World, fill_form

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).parents[2]


@dataclass
class BotProcess:
    process: asyncio.subprocess.Process
    log: Path

    async def ends(self) -> int:
        async with asyncio.timeout(40):
            return await self.process.wait()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")


@contextlib.asynccontextmanager
async def serve(world: World, **settings: str) -> AsyncIterator[BotProcess]:
    """Run the bot as a process of its own; killed at the end if it is still there."""
    log = world.database.parent / "bot.log"
    environ = {"PATH": os.environ["PATH"], "LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG", **world.settings, **settings}
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve", cwd=ROOT, env=environ, stdout=output, stderr=output
        )
    running = BotProcess(process, log)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ready(world: World, running: BotProcess) -> httpx.Response:
    async with httpx.AsyncClient() as client, asyncio.timeout(20):
        while running.process.returncode is None:
            with contextlib.suppress(httpx.TransportError):
                answer = await client.get(f"{world.ops_url}/readyz")
                if answer.status_code == 200:
                    return answer
            await asyncio.sleep(0.05)
    raise AssertionError(f"the bot ended:\n{running.output}")


async def test_no_secret_is_in_any_log_line_at_debug_nor_in_the_database_nor_in_the_process_list(
    world: World,
) -> None:
    agent, slack = world.agent, world.slack
    async with serve(world, WHMCS_REPLY_ADMIN="support") as running:
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
        figures = await _get(f"{world.ops_url}/metrics")
        running.terminate()
        assert await running.ends() == 0

    secrets = [password, other, *(world.settings[name] for name in _SECRET_SETTINGS if name in world.settings)]
    places = {path.name: path.read_bytes() for path in world.database.parent.iterdir() if path.is_file()}
    assert {"bot.db", "bot.log"} <= places.keys()
    places |= {"process list": arguments, "metrics": figures.encode()}
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


async def test_the_two_listeners_show_what_they_should_and_no_more(http_world: World) -> None:
    world = http_world
    async with serve(world) as running:
        readiness = (await ready(world, running)).json()
        async with httpx.AsyncClient() as client:
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
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        await modal.submit()
        await modal.shows("Listo")
        figures = await _get(f"{world.ops_url}/metrics")
    assert 'resetbot_resets_total{method="reset_email",outcome="SUCCEEDED"} 1.0' in figures


async def test_sigterm_lets_a_running_reset_end_says_not_ready_and_exits_with_zero(world: World) -> None:
    async with serve(world) as running:
        await ready(world, running)
        modal = await fill_form(world.agent, "ana@example.com", SET)
        world.whmcs.faults.add(WhmcsFault("set_password", "held_before", times=1))
        submitting = asyncio.ensure_future(modal.submit())
        await world.whmcs.wait_for_call("set_password")
        await submitting
        running.terminate()
        async with httpx.AsyncClient() as client, asyncio.timeout(10):
            while (await client.get(f"{world.ops_url}/readyz")).status_code != 503:
                await asyncio.sleep(0.02)
        world.whmcs.faults.clear()
        assert await running.ends() == 0

    message = await world.agent.direct_message(containing="Contraseña nueva")
    assert world.whmcs.opens("ana@example.com", message.password)
    await modal.shows("Listo")
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]


async def test_an_idle_bot_ends_at_once_on_sigterm(world: World) -> None:
    async with serve(world) as running:
        await ready(world, running)
        running.terminate()
        assert await running.ends() == 0
    assert '"event": "stopped"' in running.output


async def test_a_whmcs_that_is_down_makes_the_bot_degraded_and_not_dead(world: World) -> None:
    # Bound by nobody who listens, so that no other server takes the address meanwhile.
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
    ],
)
async def test_what_keeps_the_bot_from_starting_is_one_line_and_no_traceback(
    world: World, settings: dict[str, str], code: int, line: str
) -> None:
    async with serve(world, **settings) as running:
        assert await running.ends() == code
    assert line in running.output
    assert "Traceback" not in running.output


async def test_a_slack_that_is_unwell_is_no_wrong_setting_so_that_another_start_may_help(world: World) -> None:
    world.slack.faults.add(SlackFault("auth.test", "error", error="internal_error"))
    async with serve(world) as running:
        assert await running.ends() == 1
    assert "Slack does not answer (auth.test: internal_error)" in running.output


@pytest.mark.parametrize(("variable", "port"), [("PORT", 0), ("OPS_PORT", 1)])
async def test_a_taken_port_is_said_by_its_variable_with_what_to_do(
    http_world: World, variable: str, port: int
) -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", http_world.ports[port])
    async with taken, serve(http_world) as running:
        assert await running.ends() == 1
    [line] = [line for line in running.output.splitlines() if line.startswith(f"{variable}: ")]
    assert f"can't listen at 127.0.0.1:{http_world.ports[port]} (Address already in use): choose another port" in line
    assert "Traceback" not in running.output


@pytest.mark.parametrize(("settings", "code"), [({"SLACK_APP_TOKEN": "xapp-wrong"}, "invalid_auth")])
async def test_an_app_token_that_opens_no_socket_keeps_the_bot_from_starting(
    socket_world: World, settings: dict[str, str], code: str
) -> None:
    async with serve(socket_world, **settings) as running:
        assert await running.ends() == 2
    assert f"SLACK_APP_TOKEN: Slack does not open a socket for it ({code})" in running.output
    assert "connections:write" in running.output
    assert "Traceback" not in running.output


async def test_a_signal_that_comes_while_the_bot_starts_ends_it_at_once_in_good_order(world: World) -> None:
    world.slack.faults.add(SlackFault("auth.test", "held"))
    async with serve(world) as running:
        await world.slack.wait_for_call("auth.test", is_done=False, timeout_seconds=20)
        running.terminate()
        # Slack still does not answer.
        assert await running.ends() == 0
    assert "Traceback" not in running.output


async def test_a_signal_that_comes_while_the_socket_is_opened_ends_it_as_well(socket_world: World) -> None:
    socket_world.slack.sockets.greets = False
    async with serve(socket_world) as running:
        await socket_world.slack.changes.wait_until(lambda: socket_world.slack.sockets.opened, 20)
        running.terminate()
        assert await running.ends() == 0
    assert "Traceback" not in running.output


async def test_in_socket_mode_nothing_listens_but_the_operations_listener(socket_world: World) -> None:
    world = socket_world
    async with serve(world) as running:
        readiness = (await ready(world, running)).json()
        assert readiness == {"status": "ready", "database": "ok", "slack": "ok", "socket": "ok", "whmcs": "ok"}
        with pytest.raises(OSError, match="Connect"):
            await asyncio.open_connection("127.0.0.1", world.ports[0])
        assert "resetbot_socket_silent_seconds" in await _get(f"{world.ops_url}/metrics")


async def _get(url: str) -> str:
    async with httpx.AsyncClient() as client:
        return (await client.get(url)).text
