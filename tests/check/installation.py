"""An installation to be checked: the local Slack and WHMCS, a database, and the bot where it is wanted."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bot.store.database import Database
from sandbox.whmcs.features import FEATURES
from sandbox.whmcs.server import ROLE
from tests.flows.world import World, make_world

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Finding:
    state: str
    text: str
    next: str


@dataclass(frozen=True)
class Answer:
    """What the process wrote, and how it ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def findings(self) -> dict[str, Finding]:
        """The checks of `--json`, by their names."""
        return {
            found["check"]: Finding(found["state"], found["text"], found["next"])
            for found in json.loads(self.stdout)["checks"]
        }

    @property
    def troubles(self) -> dict[str, str]:
        """What is not ok, without what only waits for something else."""
        return {
            name: found.state
            for name, found in self.findings.items()
            if found.state != "ok" and found.text != "not tried"
        }


@dataclass
class Installation:
    world: World

    async def check(self, *options: str, **settings: str) -> Answer:
        """Run the command, a process of its own, with this installation's settings; "" takes one away."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "check", *options),
            cwd=self.world.database.parent,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "PYTHONWARNINGS": "error",
                **self.world.settings,
                **settings,
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            stdout, stderr = await process.communicate()
        return Answer(process.returncode or 0, stdout.decode(), stderr.decode())

    async def examine(self, **settings: str) -> Answer:
        """As `check --json`, which is how tests read it; nothing may be on standard error."""
        answer = await self.check("--json", **settings)
        assert answer.stderr == ""
        return answer

    async def migrate(self) -> None:
        database = Database.connect(self.world.settings["DATABASE_URL"])
        await database.migrate()
        await database.aclose()


@contextlib.asynccontextmanager
async def make_installation(folder: Path) -> AsyncIterator[Installation]:
    """Everything is well here, but that the bot does not run yet."""
    async with make_world(folder) as world:
        world.whmcs.access.allowed_actions = {*ROLE, *FEATURES}
        world.settings["PUBLIC_URL"] = world.public_url
        installation = Installation(world)
        await installation.migrate()
        yield installation
