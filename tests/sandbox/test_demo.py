import asyncio
import contextlib
import io
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from sandbox.bot_process import BotProcess, ProcessError, build_settings, run_command
from sandbox.demo.story import Story, StoryError, check_audit, walk_through
from sandbox.demo.terminal import Terminal
from sandbox.slack import LocalSlack
from sandbox.whmcs import LocalWhmcs
from sandbox.words import LANGUAGES, choose_words

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
LABELS = {
    "es": (
        "Restablecer contraseña",
        "Cliente",
        "Usuario",
        "Método",
        "Enviar correo electrónico para restablecer la contraseña",
        "Cambiar contraseña",
        "Borrar ahora",
        "Volver",
        "Solo visible para usted",
        "No se cambió nada.",
        "La contraseña generada da acceso a la cuenta: sí",
    ),
    "en": (
        "Reset password",
        "Client",
        "User",
        "Method",
        "Send a password-reset e-mail",
        "Set a password",
        "Delete now",
        "Back",
        "Only visible to you",
        "Nothing was changed.",
        "The generated password opens the account: yes",
    ),
}
EVENTS = (
    ("reset", "STARTED", "reset_email"),
    ("reset", "SUCCEEDED", "reset_email"),
    ("reset", "STARTED", "set_password"),
    ("reset", "SUCCEEDED", "set_password"),
    ("message", "DELETED"),
    ("access", "DENIED"),
)


def secrets() -> tuple[str, ...]:
    slack, whmcs = LocalSlack(), LocalWhmcs()
    return slack.bot_token, slack.signing_secret, whmcs.companion_secret, whmcs.secret, whmcs.identifier


def environment(**variables: str) -> dict[str, str]:
    # Without a display the demo opens no browser.
    left_out = ("DEMO", "COLUMNS", "DISPLAY", "WAYLAND_DISPLAY")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return inherited | {"PYTHONUTF8": "1"} | variables


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this very interpreter, with arguments that stand in this file
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


def assert_holds_events(audit: str) -> None:
    lines = [line.split() for line in audit.splitlines()]
    for event in EVENTS:
        assert any(set(event) <= set(line) for line in lines), event


# Other variables of the environment do not reach the bot.
STRANGERS = {"SLACK_APP_TOKEN": "xapp-of-somebody", "WHMCS_URL": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("language", "arguments", "environ"),
    [("es", ("--language", "es"), {}), ("en", (), {"DEMO_LANGUAGE": "en", **STRANGERS})],
)
def test_the_demo_walks_through_both_methods_and_ends_with_the_audit(
    language: str, arguments: tuple[str, ...], environ: dict[str, str]
) -> None:
    ended = run(*arguments, DEMO="terminal", **environ)

    assert (ended.returncode, ended.stderr) == (0, "")
    for label in LABELS[language]:
        assert label in ended.stdout
    assert_holds_events(ended.stdout.partition("$ python -m bot audit list")[2])
    assert "Traceback" not in ended.stdout
    assert "\x1b" not in ended.stdout
    assert not [secret for secret in secrets() if secret in ended.stdout]


@pytest.mark.parametrize(
    ("name", "value"), [("DEMO", "film"), ("DEMO_LANGUAGE", "fr"), ("DEMO_MODE", "pigeon"), ("DEMO_PORT", "0")]
)
def test_an_unknown_value_is_refused_with_its_name(name: str, value: str) -> None:
    ended = run(**{name: value})

    assert (ended.returncode, ended.stdout) == (2, "")
    last = ended.stderr.splitlines()[-1]
    assert name in last
    assert value in last


@pytest.mark.parametrize(
    ("number", "moment"), [(signal.SIGINT, "Iniciando el bot"), (signal.SIGTERM, "El bot está listo")]
)
def test_an_interrupted_demo_leaves_no_process_and_no_folder(
    tmp_path: Path, number: signal.Signals, moment: str
) -> None:
    with start(DEMO="terminal", TMPDIR=str(tmp_path)) as process, ended_at_last(process):
        assert process.stdout is not None
        while moment not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=SECONDS)

    assert process.returncode == 130
    assert errors.strip() == "La demostración se interrumpió; todo lo que inició ha terminado."
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_page_that_is_ended_leaves_no_process_and_no_folder(tmp_path: Path, number: signal.Signals) -> None:
    with start(TMPDIR=str(tmp_path)) as process, ended_at_last(process):
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Open http://127.0.0.1:")
        process.send_signal(number)
        _, errors = process.communicate(timeout=SECONDS)

    assert (process.returncode, errors) == (0, "")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run(DEMO_PORT=str(taken.getsockname()[1]))

    assert ended.returncode == 1
    assert "Address already in use" in ended.stderr


def start(**variables: str) -> subprocess.Popen[str]:
    """Start the demo so that SIGINT ends it even if this process ignores it, as in the background of a script.

    Child processes inherit ignored signals, but not handled ones.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "sandbox"],
            cwd=ROOT,
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def ended_at_last(process: subprocess.Popen[str]) -> Iterator[None]:
    """Kill the process group that a failed test leaves behind."""
    try:
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.asyncio
@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_line_is_wider_than_a_terminal_of_80_columns(language: str) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=80, highlight=False)
    assert await walk_through(language, console)

    assert isinstance(console.file, io.StringIO)
    drawn = console.file.getvalue()
    assert "\x1b[" in drawn
    lines = re.sub(r"\x1b\[[0-9;]*m", "", drawn).splitlines()
    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.asyncio
async def test_a_failed_start_is_reported_with_the_bots_log_without_secrets(tmp_path: Path) -> None:
    async with LocalSlack() as slack, LocalWhmcs() as whmcs:
        settings = build_settings(slack, whmcs, tmp_path, group="S0AGENTS", locale="es", help_contact="")
        bot = BotProcess(settings | {"SLACK_BOT_TOKEN": "xoxb-of-somebody-else"}, tmp_path / "bot.log")
        with pytest.raises(ProcessError, match="ended at its start, with exit code 2"):
            await bot.__aenter__()
        assert "SLACK_BOT_TOKEN: Slack does not accept it" in bot.log_end()
        assert "xoxb-of-somebody-else" not in bot.log_end()


@pytest.mark.asyncio
async def test_a_failed_command_is_reported_with_its_output() -> None:
    with pytest.raises(ProcessError, match=r"`python -m bot audit list` ended with exit code 2:\nDATABASE_URL"):
        await run_command({"DATABASE_URL": "oracle://nowhere"}, "audit", "list")


@pytest.mark.asyncio
async def test_a_failed_step_is_reported_with_what_was_visible() -> None:
    terminal = Terminal(Console(file=io.StringIO()), choose_words("en", "demo"))
    async with LocalSlack() as slack, LocalWhmcs() as whmcs:
        # No server listens at this address.
        slack.connect_bot("http://127.0.0.1:9/slack/events")
        story = Story(slack, whmcs, "en", terminal)
        with pytest.raises(StoryError, match=r"reset_email: no modal after '/reset-password ana@example.com'"):
            async with asyncio.timeout(SECONDS):
                await story.play()


def test_an_audit_that_lacks_an_event_of_the_story_is_a_failure() -> None:
    with pytest.raises(StoryError, match="no reset SUCCEEDED reset_email in the audit"):
        check_audit("at     action  outcome  method\n10:00  reset   STARTED  reset_email")


def test_a_failure_is_shown_with_the_end_of_the_log() -> None:
    console = Console(file=io.StringIO(), width=80)
    Terminal(console, choose_words("en", "demo")).fail("no modal", '{"event": "ready"}')

    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().split("\n")[1:-1] == [
        "The demo did not end as expected:",
        "no modal",
        "",
        "The end of the bot’s log:",
        '{"event": "ready"}',
    ]
