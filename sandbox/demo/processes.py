"""The real bot as processes of its own, beside the local servers."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from sandbox.ports import free_port
from sandbox.serving import LOOPBACK
from sandbox.slack import LocalSlack
from sandbox.whmcs import REPLY_ADMIN, LocalWhmcs
from sandbox.whmcs.seed_tickets import CLIENTS_ONLY_DEPARTMENT_ID, NOTICE_TEMPLATE

READY_SECONDS: Final = 60.0
END_SECONDS: Final = 30.0
COMMAND_SECONDS: Final = 60.0

_ROOT: Final = Path(__file__).resolve().parents[2]
_POLL_SECONDS: Final = 0.05
_ABANDONED_SECONDS: Final = 5.0
_LOG_LINES: Final = 15
# Nothing else: a token or a proxy that stands in the environment by chance is not the demo's.
_INHERITED: Final = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "SYSTEMROOT", "TMPDIR", "TZ")


class ProcessError(Exception):
    """The bot did not start, answer or end as it should; the text says so and quotes what the bot said."""


def build_settings(
    slack: LocalSlack, whmcs: LocalWhmcs, folder: Path, *, group: str, locale: str, help_contact: str
) -> dict[str, str]:
    """The bot's settings between these two servers: free ports, its database in `folder`, `group` its agents."""
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
    """`python -m bot serve`. As a context manager: ready inside, ended outside, whatever happens.

    Raises: ProcessError: it did not get ready.
    """

    def __init__(self, settings: Mapping[str, str], log: Path) -> None:
        self._settings = settings
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def events_url(self) -> str:
        return f"http://{LOOPBACK}:{self._settings['PORT']}/slack/events"

    async def __aenter__(self) -> Self:
        with self._log.open("ab") as output:
            self._process = await _start(self._settings, "serve", stdout=output.fileno(), stderr=output.fileno())
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
        """Send SIGTERM and return the exit code. Raises: ProcessError: it goes on."""
        process = self._process
        if process is None:
            raise ProcessError("the bot was not started")
        _terminate(process)
        try:
            async with asyncio.timeout(END_SECONDS):
                return await process.wait()
        except TimeoutError:
            raise ProcessError(f"the bot goes on {END_SECONDS:.0f} s after SIGTERM") from None

    async def kill(self) -> None:
        """End the process at once (SIGKILL), if it still runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def freeze(self) -> None:
        """Stop the process where it stands (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def log_end(self) -> str:
        """The last lines that the bot has logged. It masks its secrets itself."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_LOG_LINES:])

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
    """Run `python -m bot …` to its end and return what it printed. Raises: ProcessError."""
    process = await _start(settings, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    command = f"`python -m bot {' '.join(arguments)}`"
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        raise ProcessError(f"{command} goes on after {COMMAND_SECONDS:.0f} s") from None
    finally:
        await _abandon(process)
    if process.returncode:
        raise ProcessError(f"{command} ended with exit code {process.returncode}:\n{errors.decode(errors='replace')}")
    return output.decode()


async def _start(settings: Mapping[str, str], *arguments: str, stdout: int, stderr: int) -> asyncio.subprocess.Process:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
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
    """End the process if it still runs: politely, then by force, and by force at once when this is interrupted."""
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
