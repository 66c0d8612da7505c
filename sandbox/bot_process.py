"""Runs the real bot in processes of its own."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import httpx

from sandbox.ports import free_port
from sandbox.serving import LOOPBACK
from sandbox.whmcs import REPLY_ADMIN
from sandbox.whmcs.seed_tickets import CLIENTS_ONLY_DEPARTMENT_ID, NOTICE_TEMPLATE

READY_SECONDS: Final = 60.0
END_SECONDS: Final = 30.0
COMMAND_SECONDS: Final = 60.0

_ROOT: Final = Path(__file__).resolve().parents[1]
_POLL_SECONDS: Final = 0.02
_ABANDONED_SECONDS: Final = 5.0
_LOG_LINES: Final = 15
# Nothing else is inherited: a token or proxy in the environment is not meant for the demo.
_INHERITED: Final = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "SYSTEMROOT", "TMPDIR", "TZ")


class ProcessError(Exception):
    """The bot did not start, respond or end as expected; the text quotes its output."""


class WhmcsAddress(Protocol):
    """Where a WHMCS is and how to sign in to it: a LocalWhmcs, or one in another process."""

    @property
    def url(self) -> str: ...

    @property
    def identifier(self) -> str: ...

    @property
    def secret(self) -> str: ...

    @property
    def companion_secret(self) -> str: ...


class SlackAddress(Protocol):
    """Where a Slack is, and what it shares with the bot: a LocalSlack, or another one."""

    @property
    def api_url(self) -> str: ...

    @property
    def bot_token(self) -> str: ...

    @property
    def signing_secret(self) -> str: ...


def build_settings(
    slack: SlackAddress, whmcs: WhmcsAddress, folder: Path, *, group: str, locale: str, help_contact: str
) -> dict[str, str]:
    """Return settings for a bot between these two servers, on free ports, with its database in `folder`.

    The members of the user group `group` are the agents.
    """
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "WHMCS_URL": whmcs.url,
        "WHMCS_API_IDENTIFIER": whmcs.identifier,
        "WHMCS_API_SECRET": whmcs.secret,
        "WHMCS_COMPANION_SECRET": whmcs.companion_secret,
        "WHMCS_REPLY_ADMIN": REPLY_ADMIN,
        "TICKET_DEPARTMENTS_SIGNED_IN": str(CLIENTS_ONLY_DEPARTMENT_ID),
        "PROTECTED_CLIENT_GROUPS": "1,2,3",
        "PASSWORD_NOTICE_TEMPLATE": NOTICE_TEMPLATE,
        "DATABASE_URL": f"sqlite:///{folder / 'bot.db'}",
        "AGENT_USER_GROUPS": group,
        "HELP_CONTACT": help_contact,
        "DEFAULT_LOCALE": locale,
        "HOST": LOOPBACK,
        "PORT": str(free_port()),
        "OPS_HOST": LOOPBACK,
        "OPS_PORT": str(free_port()),
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
    }


class BotProcess:
    """A process of `python -m bot serve`; as a context manager, ready inside the block and ended after it.

    Raises: ProcessError: the bot did not become ready.
    """

    def __init__(self, settings: Mapping[str, str], log: Path, *, module: Sequence[str] = ("bot", "serve")) -> None:
        """`module`: another bot to run instead, with its arguments. It answers `/readyz` at OPS_PORT as well."""
        self._settings = settings
        self._log = log
        self._module = module
        self._process: asyncio.subprocess.Process | None = None

    @property
    def events_url(self) -> str:
        return f"http://{LOOPBACK}:{self._settings['PORT']}/slack/events"

    @property
    def pid(self) -> int:
        """Raises: ProcessError: the bot was not started."""
        return self._started.pid

    async def __aenter__(self) -> Self:
        with self._log.open("ab") as output:
            self._process = await _start(self._settings, *self._module, stdout=output.fileno(), stderr=output.fileno())
        try:
            await self._wait_until_ready(self._process)
        except BaseException:
            await _abandon(self._process)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            await _abandon(self._process)

    async def stop(self) -> int:
        """Send SIGTERM and return the exit code. Raises: ProcessError: the process is still running."""
        process = self._started
        _terminate(process)
        try:
            async with asyncio.timeout(END_SECONDS):
                return await process.wait()
        except TimeoutError:
            raise ProcessError(f"the bot is still running {END_SECONDS:.0f} s after SIGTERM") from None

    async def kill(self) -> None:
        """Kill the process (SIGKILL) if it is running."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def freeze(self) -> None:
        """Suspend the process (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume a suspended process (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def log_end(self) -> str:
        """Return the last lines of the log, in which the bot has masked its secrets."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_LOG_LINES:])

    @property
    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise ProcessError("the bot was not started")
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def _wait_until_ready(self, process: asyncio.subprocess.Process) -> None:
        url = f"http://{LOOPBACK}:{self._settings['OPS_PORT']}/readyz"
        try:
            async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(trust_env=False) as client:
                while not await _is_ready(client, url):
                    if process.returncode is not None:
                        raise ProcessError(f"the bot ended at its start, with exit code {process.returncode}")
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise ProcessError(f"the bot was not ready after {READY_SECONDS:.0f} s") from None


async def run_command(settings: Mapping[str, str], *arguments: str) -> str:
    """Run `python -m bot …` and return its output. Raises: ProcessError."""
    process = await _start(settings, "bot", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    command = f"`python -m bot {' '.join(arguments)}`"
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        raise ProcessError(f"{command} is still running after {COMMAND_SECONDS:.0f} s") from None
    finally:
        await _abandon(process)
    if process.returncode:
        raise ProcessError(f"{command} ended with exit code {process.returncode}:\n{errors.decode(errors='replace')}")
    return output.decode()


async def _start(settings: Mapping[str, str], *module: str, stdout: int, stderr: int) -> asyncio.subprocess.Process:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *module,
        cwd=_ROOT,
        env=inherited | {"PYTHONUTF8": "1"} | dict(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
    )


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def _abandon(process: asyncio.subprocess.Process) -> None:
    """End the process if it is running: SIGTERM, then SIGKILL after a while or when cancelled."""
    try:
        _terminate(process)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ABANDONED_SECONDS):
                await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _terminate(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
