"""The page's bot process, which can be started, killed, frozen, and reached in two ways."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from sandbox.bot_process import BotProcess, ProcessError
from sandbox.change_notifier import ChangeNotifier
from sandbox.slack import LocalSlack

Mode = Literal["http", "socket"]
State = Literal["starting", "running", "frozen", "stopped", "failed"]

MODES: Final[tuple[Mode, ...]] = ("http", "socket")


class Bot:
    """A bot that keeps its settings, database and log through all its processes."""

    def __init__(self, slack: LocalSlack, settings: Mapping[str, str], log: Path, changes: ChangeNotifier) -> None:
        self._slack = slack
        self._settings = settings
        self._log = log
        self._changes = changes
        self._process: BotProcess | None = None
        # Requests are carried out one after another.
        self._turn = asyncio.Lock()
        self.mode: Mode = "http"
        self.has_approvals = False
        self.state: State = "stopped"

    @property
    def log_end(self) -> str:
        """The last lines of the bot's log, without its secrets."""
        return "" if self._process is None else self._process.log_end()

    async def start(self) -> None:
        """Start a process if none is running, and wait until it is ready or has failed; see `state`."""
        async with self._turn:
            await self._start()

    async def kill(self) -> None:
        """Kill the process (SIGKILL)."""
        async with self._turn:
            await self._kill()

    async def freeze(self) -> None:
        """Suspend the process: connections are accepted, but requests are not answered."""
        async with self._turn:
            if self._process is not None and self.state == "running":
                self._process.freeze()
                self._become("frozen")

    async def thaw(self) -> None:
        """Resume a frozen process."""
        async with self._turn:
            if self._process is not None and self.state == "frozen":
                self._process.thaw()
                self._become("running")

    async def change_mode(self, mode: Mode) -> None:
        """Restart the bot in this mode."""
        async with self._turn:
            if mode != self.mode:
                await self._end()
                self.mode = mode
                await self._start()

    async def change_approvals(self, *, has_approvals: bool) -> None:
        """Restart the bot with or without approval by a second agent in the support channel."""
        async with self._turn:
            if has_approvals != self.has_approvals:
                await self._end()
                self.has_approvals = has_approvals
                await self._start()

    async def end(self) -> None:
        """End the process gracefully, if there is one."""
        async with self._turn:
            await self._end()

    async def _start(self) -> None:
        if self.state in {"running", "frozen"}:
            return
        self._become("starting")
        process = self._process = BotProcess(self._mode_settings(), self._log)
        self._slack.connect_bot(process.events_url if self.mode == "http" else "")
        try:
            await process.__aenter__()
        except ProcessError:
            self._become("failed")
        except BaseException:
            self._become("stopped")
            raise
        else:
            self._become("running")

    async def _kill(self) -> None:
        if self._process is not None and self.state in {"running", "frozen"}:
            await self._process.kill()
            self._become("stopped")

    async def _end(self) -> None:
        if self._process is None:
            return
        if self.state == "frozen":
            self._process.thaw()
        await self._process.__aexit__(None, None, None)
        self._become("stopped")

    def _mode_settings(self) -> dict[str, str]:
        """Return the settings; each mode gets only its own secret."""
        settings = dict(self._settings)
        if self.has_approvals:
            settings["APPROVAL_CHANNEL"] = self._slack.general
        if self.mode == "socket":
            del settings["SLACK_SIGNING_SECRET"]
            settings["SLACK_APP_TOKEN"] = self._slack.app_token
        return settings

    def _become(self, state: State) -> None:
        self.state = state
        self._changes.notify()
