"""An installation to check: the local Slack and WHMCS, a database and, if a test starts it, the bot."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.check.report import Line, Part, State
from bot.check.runner import check_all
from bot.settings import Settings
from bot.store.database import Database
from sandbox.whmcs import REPLY_ADMIN
from sandbox.whmcs.api import OPTIONAL_ACTIONS, ROLE
from sandbox.whmcs.seed_tickets import NOTICE_TEMPLATE
from tests.harness.world import World, make_world

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Process:
    """The output and exit code of the command."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Examination:
    """The lines of a check, by name; `exit_code` is what the command would exit with."""

    findings: Mapping[str, Line]

    @property
    def exit_code(self) -> int:
        return int(State.FAILED in self.problems.values())

    @property
    def problems(self) -> dict[str, str]:
        """Return the state of each check that is not ok, except those not tried."""
        return {
            name: line.state for name, line in self.findings.items() if line.state != State.OK and not line.waits_for
        }


@dataclass
class Installation:
    world: World

    def command(self, *options: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "bot", "check", *options)

    def environ(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return this installation's settings with overrides, and nothing else from this process's environment."""
        ours = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
        return ours | self.world.settings | dict(settings)

    async def check(self, *options: str, **settings: str) -> Process:
        """Run the command in a process of its own, with this installation's settings; "" removes one."""
        process = await asyncio.create_subprocess_exec(
            *self.command(*options),
            cwd=self.world.database.parent,
            env=self.environ(settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            stdout, stderr = await process.communicate()
        return Process(process.returncode or 0, stdout.decode(), stderr.decode())

    async def examine(self, **settings: str) -> Examination:
        """Run the check in this process, and assert that its parts come in order."""
        shown: list[Part] = []
        lines = await check_all(Settings.load(self.world.settings | settings), lambda part, _lines: shown.append(part))
        assert shown == list(Part)
        findings = {line.check: line for line in lines}
        assert len(findings) == len(lines)
        return Examination(findings)

    async def migrate(self) -> None:
        database = Database.connect(self.world.settings["DATABASE_URL"])
        await database.migrate()
        await database.aclose()


@contextlib.asynccontextmanager
async def make_installation(folder: Path) -> AsyncIterator[Installation]:
    """Make a healthy installation whose bot is not running yet."""
    async with make_world(folder) as world:
        world.whmcs.access.allowed_actions = {*ROLE, *OPTIONAL_ACTIONS}
        world.settings["PUBLIC_URL"] = world.public_url
        world.settings |= {"WHMCS_REPLY_ADMIN": REPLY_ADMIN, "PASSWORD_NOTICE_TEMPLATE": NOTICE_TEMPLATE}
        installation = Installation(world)
        await installation.migrate()
        yield installation
