"""`python -m bot check`, the process: what it writes where, how it ends, what it leaves alone."""

import asyncio
import json
import os
import pty
import re

import pytest

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


async def test_all_is_well_ends_with_0_in_plain_text(here: Installation) -> None:
    async with here.world.bot():
        process = await here.check()
    assert (process.exit_code, process.stderr) == (0, "")
    assert ESCAPE not in process.stdout
    assert [line for line in process.stdout.splitlines() if line in PARTS] == PARTS
    assert process.stdout.endswith("\n37 ok, 0 warnings, 0 failed\n")
    assert process.stdout.isascii()


async def test_warnings_alone_end_with_0(here: Installation) -> None:
    process = await here.check()
    assert process.exit_code == 0
    assert "36 ok, 1 warning, 0 failed" in process.stdout


async def test_a_failure_ends_with_1_and_says_what_waits_for_it_in_one_line(
    here: Installation, whmcs: LocalWhmcs
) -> None:
    whmcs.faults.add(Fault("*", "invalid_ip"))
    process = await here.check()
    assert (process.exit_code, process.stderr) == (1, "")
    [waiting] = [line for line in process.stdout.splitlines() if "not tried" in line and line.startswith("  ")]
    assert waiting.startswith(
        "  warning not tried before whmcs.caller is solved: credentials, version, action.GetClients"
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


async def test_wrong_settings_end_with_2_and_a_line_each(here: Installation) -> None:
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


async def test_the_parts_do_not_wait_for_one_another(here: Installation, whmcs: LocalWhmcs) -> None:
    slack = here.world.slack
    slack.faults.add(SlackFault("auth.test", "held"))
    checking = asyncio.create_task(here.check())
    await slack.wait_for_call("auth.test", is_done=False)
    await whmcs.wait_for_call("SendEmail")
    await whmcs.wait_for_call("ping")
    slack.faults.clear()
    assert (await checking).exit_code == 0


async def test_a_slack_and_a_whmcs_that_never_answer_end_the_check_in_seconds(
    here: Installation, whmcs: LocalWhmcs
) -> None:
    here.world.slack.faults.add(SlackFault("*", "held"))
    whmcs.faults.add(Fault("*", "held_before"))
    async with asyncio.timeout(20):
        answer = await here.examine()
    failed = {name for name, state in answer.troubles.items() if state == "failed"}
    assert failed == {"slack.token", "whmcs.address", "companion.installed"}
    assert "in time" in answer.findings["whmcs.address"].text


async def test_a_terminal_gets_colours_and_symbols_beside_the_words(here: Installation) -> None:
    shown = await watch(here)
    assert f"{ESCAPE}32m✓ ok" in shown
    assert f"{ESCAPE}33m! warning" in shown
    assert "Asking the database, Slack, WHMCS and the companion" in shown
    assert "36 ok" in shown


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
    """What a person sees in a terminal."""
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
