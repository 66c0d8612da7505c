"""`python -m bot check` as a process: its output, exit codes and lack of side effects."""

import asyncio
import json
import os
import pty
import re

import pytest

from sandbox.ports import free_port
from sandbox.slack import Fault as SlackFault
from sandbox.whmcs import Fault, LocalWhmcs
from tests.check.installation import Installation

pytestmark = pytest.mark.asyncio

PARTS = ["Settings", "Database", "Slack", "WHMCS", "Companion"]
ESCAPE = "\x1b["
CANARIES = {
    "SLACK_BOT_TOKEN": "xoxb-CANARY-bot",
    "SLACK_SIGNING_SECRET": "CANARY-signing",
    "WHMCS_API_IDENTIFIER": "CANARY-identifier",
    "WHMCS_API_SECRET": "CANARY-secret",
    "WHMCS_API_ACCESS_KEY": "CANARY-access-key",
    "WHMCS_COMPANION_SECRET": "CANARY-companion",
    "DATABASE_URL": "postgresql://bot:CANARY-database@127.0.0.1:1/bot",
}


async def test_a_healthy_installation_exits_with_0_and_plain_text(here: Installation) -> None:
    async with here.world.bot():
        process = await here.check()
    assert (process.exit_code, process.stderr) == (0, "")
    assert ESCAPE not in process.stdout
    assert [line for line in process.stdout.splitlines() if line in PARTS] == PARTS
    assert process.stdout.endswith("\n38 ok, 0 warnings, 0 failed\n")
    assert process.stdout.isascii()


async def test_warnings_exit_with_0(here: Installation) -> None:
    process = await here.check()
    assert process.exit_code == 0
    assert "37 ok, 1 warning, 0 failed" in process.stdout


async def test_a_failure_exits_with_1_and_lists_the_checks_that_wait_for_it_on_one_line(
    here: Installation, whmcs: LocalWhmcs
) -> None:
    whmcs.faults.add(Fault("*", "invalid_ip"))
    process = await here.check()
    assert (process.exit_code, process.stderr) == (1, "")
    [waiting] = [line for line in process.stdout.splitlines() if "not tried" in line and line.startswith("  ")]
    assert waiting.startswith(
        "  warning not tried before whmcs.caller is fixed: credentials, version, action.GetClients"
    )
    assert re.search(r"\d+ ok, 1 warning, 1 failed, \d+ not tried\n$", process.stdout)


async def test_json_is_one_object_with_every_check_and_a_summary(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.access.allowed_actions = {"WhmcsDetails"}
    process = await here.check("--json")
    assert (process.exit_code, process.stderr) == (1, "")
    told = json.loads(process.stdout)
    assert {tuple(check) for check in told["checks"]} == {("part", "check", "state", "text", "next")}
    assert list(dict.fromkeys(check["part"] for check in told["checks"])) == [part.lower() for part in PARTS]
    states = [check["state"] for check in told["checks"]]
    counts = {state: states.count(state) for state in ("ok", "warning", "failed")}
    assert told["summary"] == counts | {"exit_code": 1}
    assert counts["failed"] == 5
    assert all(check["next"] for check in told["checks"] if check["state"] != "ok")


async def test_wrong_settings_exit_with_2_and_one_line_each(here: Installation) -> None:
    wrong = {
        "PORT": "0",
        "PASSWORD_LENGTH": "8",
        "WHMCS_URL": "http://billing.example.com",
        "SLACK_BOT_TOKEN": "CANARY",
    }
    process = await here.check(**wrong)
    assert (process.exit_code, process.stderr) == (2, "")
    assert sorted(re.findall(r"failed  settings\.(\w+): \1: ", process.stdout)) == sorted(wrong)
    assert "0 ok, 0 warnings, 4 failed" in process.stdout
    as_json = await here.check("--json", **wrong)
    assert as_json.exit_code == 2
    told = json.loads(as_json.stdout)
    assert sorted(check["check"] for check in told["checks"]) == sorted(f"settings.{name}" for name in wrong)
    assert told["summary"] == {"ok": 0, "warning": 0, "failed": 4, "exit_code": 2}
    assert "CANARY" not in process.stdout + as_json.stdout
    assert here.world.whmcs.calls == []
    assert here.world.slack.calls == []


async def test_a_malformed_signing_secret_is_a_warning_in_http_mode(here: Installation) -> None:
    for secret in ("CANARY", "0123456789abcdef" * 3, "0123456789ABCDEF0123456789ABCDEF"):
        answer = await here.examine(SLACK_SIGNING_SECRET=secret)
        assert answer.problems["settings.signing_secret"] == "warning"
        assert "SLACK_SIGNING_SECRET" in answer.findings["settings.signing_secret"].text
    answer = await here.examine(SLACK_SIGNING_SECRET="CANARY", SLACK_APP_TOKEN=here.world.slack.app_token)
    assert "settings.signing_secret" not in answer.findings


# As many as can be wrong at the same time, since each time is a process.
@pytest.mark.parametrize(
    "wrong",
    [
        [
            ("SSL_CERT_FILE", "/nowhere", "the file can't be read"),
            ("HTTPS_PROXY", "http://u:CANARY#x@proxy:1", "must be the address of an http proxy"),
            ("HOST", "x86_64-conda-linux-gnu", "must be an address of this host"),
            ("DATABASE_URL", "postgresql+asyncpg://b:CANARY@h/b", "begin it with postgresql://"),
            ("SLACK_SIGNING_SECRET", '"CANARY"', "is wrapped in quotes"),
        ],
        [
            ("all_proxy", "socks5://CANARY:1", "set HTTPS_PROXY"),
            ("DATABASE_URL", "postgresql://b:CANARY@h/b?pgbouncer=true", "has an option pgbouncer"),
        ],
    ],
)
async def test_a_setting_that_prevents_startup_is_reported_as_wrong(
    here: Installation, wrong: list[tuple[str, str, str]]
) -> None:
    process = await here.check(**{name: value for name, value, _ in wrong})
    assert (process.exit_code, process.stderr) == (2, "")
    lines = [line for line in process.stdout.splitlines() if "failed  " in line]
    for name, _, told in wrong:
        check = name.upper()
        [line] = [line for line in lines if line.startswith(f"  failed  settings.{check}: {check}: ")]
        assert told in line
    assert len(lines) == len(wrong)
    assert "CANARY" not in process.stdout


async def test_an_unreachable_proxy_is_reported_for_slack_and_whmcs(here: Installation) -> None:
    answer = await here.examine(
        HTTPS_PROXY=f"http://bot:CANARY@127.0.0.1:{free_port()}",
        SLACK_API_URL="https://slack.example.test/api/",
        WHMCS_URL="https://whmcs.example.test",
    )
    for check in ("slack.token", "whmcs.address", "companion.installed"):
        assert "through the proxy of HTTPS_PROXY" in answer.findings[check].text
        assert "NO_PROXY" in answer.findings[check].next
        assert "CANARY" not in answer.findings[check].text


async def test_the_parts_run_concurrently(here: Installation, whmcs: LocalWhmcs) -> None:
    slack = here.world.slack
    slack.faults.add(SlackFault("auth.test", "held"))
    checking = asyncio.create_task(here.check())
    # The command is a new interpreter, whose start takes long on a busy machine.
    await slack.wait_for_call("auth.test", is_done=False, timeout_seconds=30)
    await whmcs.wait_for_call("SendEmail", timeout_seconds=30)
    await whmcs.wait_for_call("ping", timeout_seconds=30)
    slack.faults.clear()
    assert (await checking).exit_code == 0


async def test_the_check_ends_in_seconds_if_slack_and_whmcs_never_answer(here: Installation, whmcs: LocalWhmcs) -> None:
    here.world.slack.faults.add(SlackFault("*", "held"))
    whmcs.faults.add(Fault("*", "held_before"))
    async with asyncio.timeout(20):
        answer = await here.examine()
    failed = {name for name, state in answer.problems.items() if state == "failed"}
    assert failed == {"slack.token", "whmcs.address", "companion.installed"}
    assert "in time" in answer.findings["whmcs.address"].text


async def test_a_terminal_gets_colours_and_symbols(here: Installation) -> None:
    shown = await watch(here)
    assert f"{ESCAPE}32m✓ ok" in shown
    assert f"{ESCAPE}33m! warning" in shown
    assert "Asking the database, Slack, WHMCS and the companion" in shown
    assert "37 ok" in shown


async def test_a_terminal_with_no_color_gets_none(here: Installation) -> None:
    shown = await watch(here, NO_COLOR="1")
    assert not re.search(r"\x1b\[\d+m", shown)
    assert "✓ ok" in shown


@pytest.mark.parametrize("options", [(), ("--json",)])
async def test_no_secret_is_shown_whatever_fails(here: Installation, options: tuple[str, ...]) -> None:
    process = await here.check(*options, **CANARIES)
    assert process.exit_code == 1
    assert "CANARY" not in process.stdout + process.stderr


async def test_a_secret_that_is_echoed_is_masked(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.companion.version = whmcs.secret
    answer = await here.examine()
    assert answer.findings["companion.version"].text.startswith("***, on WHMCS")


async def watch(here: Installation, **settings: str) -> str:
    """Return the output as a person sees it in a terminal."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *here.command(),
        cwd=here.world.database.parent,
        env=here.environ(settings),
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = await asyncio.to_thread(read_to_the_end, ours)
    await process.wait()
    return shown


def read_to_the_end(terminal: int) -> str:
    told = b""
    try:
        while some := os.read(terminal, 4096):
            told += some
    except OSError:
        # How Linux says that nobody writes to a terminal any more.
        pass
    finally:
        os.close(terminal)
    return told.decode()
