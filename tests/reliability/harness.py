"""Bots in separate processes, on which many resets run at the same time, each with its own fault."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from sandbox.slack import Person
from sandbox.slack.socket_mode import Connection
from tests.harness.process import Replica, replica
from tests.harness.world import GROUP, Mode, World, make_world
from tests.reliability.scenario import Scenario
from tests.reliability.scenario_run import ScenarioRun
from tests.reliability.story import write_story

_FIRST_CLIENT = 1001
_FIRST_USER = 5001
_SETTINGS = {
    # The scenarios begin after the verification, which would cost each a click.
    "VERIFICATION_POLICY": "off",
    "LOG_LEVEL": "DEBUG",
}


@dataclass
class Harness:
    world: World
    settings: dict[str, str]
    bystanders: list[Person]
    """Agents who reset nobody. The group is cached for a minute, so all agents join before the bot starts."""
    runs: list[ScenarioRun] = field(default_factory=list)
    bots: list[Replica] = field(default_factory=list)
    _sockets: dict[int, Connection] = field(default_factory=dict)
    _exits: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def start(self, **settings: str) -> Replica:
        """Start another bot, wait until it is ready, and send Slack's requests to it from now on."""
        bot = await self._exits.enter_async_context(replica(self.world, len(self.bots), self.settings | settings))
        self.bots.append(bot)
        await bot.wait_until_ready()
        if self.world.mode == "socket":
            self._sockets[bot.ops_port] = self.world.slack.sockets.connections[-1]
        self.talk_to(bot)
        return bot

    def talk_to(self, bot: Replica) -> None:
        if self.world.mode == "http":
            self.world.slack.connect_bot(f"http://127.0.0.1:{bot.public_port}/slack/events")
        else:
            self.world.slack.sockets.chosen = self._sockets[bot.ops_port]

    def cast(self, scenario: Scenario) -> ScenarioRun:
        """Create a run of this scenario with its own agent, and its own client with one user."""
        number = len(self.runs)
        agent = self.world.slack.add_person(f"Agent {number:03}", locale="en-US", groups=[GROUP])
        client_id, user_id, email = _FIRST_CLIENT + number, _FIRST_USER + number, f"user{number:03}@example.com"
        whmcs = self.world.whmcs
        whmcs.add_client("User", f"{number:03}", email, client_id=client_id, language="english")
        whmcs.add_user("User", f"{number:03}", email, client_ids=[client_id], user_id=user_id)
        run = ScenarioRun(scenario, self.world, agent, client_id, user_id, email, self.bots)
        self.runs.append(run)
        return run

    def let_pass(self, *, minutes: float) -> None:
        """Shift all times in the database into the past, as if this much time had passed."""
        self.world.let_pass(minutes=minutes)

    @property
    def logs(self) -> list[str]:
        return [bot.output for bot in self.bots]

    async def close(self) -> None:
        await self._exits.aclose()


@contextlib.asynccontextmanager
async def make_harness(
    folder: Path, mode: Mode = "http", postgresql: str = "", **settings: str
) -> AsyncIterator[Harness]:
    async with make_world(folder, mode, postgresql) as world:
        # Many agents press at the same time, on a busy machine.
        world.slack.acknowledgement_seconds = 20
        world.slack.trigger_lifetime_seconds = 20
        bystanders = [world.slack.add_person(f"Bystander {number}", locale="en-US") for number in range(3)]
        world.slack.add_group(GROUP, bystanders)
        harness = Harness(world, _SETTINGS | settings, bystanders)
        try:
            yield harness
        finally:
            await harness.close()


IS_LONG: Final = os.environ.get("RELIABILITY") == "long"
"""True if every scenario runs in both modes and on both databases."""

Story: TypeAlias = Callable[[ScenarioRun], Awaitable[None]]
APART_SECONDS: Final = 0.12
"""The bot waits 1.5 s for Slack to name a person; sixty simultaneous agents would exceed that on a busy machine."""


class Endings:
    """Errors of failed scenarios, each raised by the scenario's own test."""

    def __init__(self) -> None:
        self._errors: dict[str, Exception] = {}

    async def play(self, runs: Iterable[ScenarioRun], story: Story, *, apart_seconds: float = 0.0) -> None:
        """Play the story for all runs that have not failed, concurrently, with this delay between their starts."""

        async def play(number: int, run: ScenarioRun) -> None:
            if run.scenario.id in self._errors:
                return
            await asyncio.sleep(number * apart_seconds)
            try:
                await story(run)
            except Exception as error:  # noqa: BLE001 - any error is raised by this scenario's own test
                error.add_note(write_story(run))
                self._errors[run.scenario.id] = error

        await asyncio.gather(*(play(number, run) for number, run in enumerate(runs)))

    def raise_for(self, scenario: Scenario) -> None:
        if (error := self._errors.get(scenario.id)) is not None:
            raise error
