"""Bots as processes of their own, on which many resets go on at the same time, each with a fault of its own."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from sandbox.slack import Person
from sandbox.slack.socket_mode import Connection
from tests.flows.replicas import Replica, replica
from tests.flows.world import GROUP, Mode, World, make_world
from tests.reliability.case import Case
from tests.reliability.row import Row

_FIRST_CLIENT = 1001
_FIRST_USER = 5001
_SETTINGS = {
    # The rows are about what happens after the question, which is one more click for each.
    "VERIFICATION_POLICY": "off",
    "LOG_LEVEL": "DEBUG",
}


@dataclass
class Stage:
    world: World
    settings: dict[str, str]
    bystanders: list[Person]
    """Agents who reset nobody. Who is an agent is kept for a minute, so that everybody has to be there first."""
    cases: list[Case] = field(default_factory=list)
    bots: list[Replica] = field(default_factory=list)
    _sockets: dict[int, Connection] = field(default_factory=dict)
    _exits: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def start(self, **settings: str) -> Replica:
        """Run one more bot until it is ready; Slack talks to it from now on."""
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

    def cast(self, row: Row) -> Case:
        """Somebody new for this row: an agent, and a client with one user."""
        number = len(self.cases)
        agent = self.world.slack.add_person(f"Agent {number:03}", locale="en-US", groups=[GROUP])
        client_id, user_id, email = _FIRST_CLIENT + number, _FIRST_USER + number, f"user{number:03}@example.com"
        whmcs = self.world.whmcs
        whmcs.add_client("User", f"{number:03}", email, client_id=client_id, language="english")
        whmcs.add_user("User", f"{number:03}", email, client_ids=[client_id], user_id=user_id)
        case = Case(row, self.world, agent, client_id, user_id, email)
        self.cases.append(case)
        return case

    def let_pass(self, *, minutes: float) -> None:
        """Let so much time have passed, for everything that the database holds a time of."""
        self.world.let_pass(minutes=minutes)

    @property
    def logs(self) -> list[str]:
        return [bot.output for bot in self.bots]

    async def close(self) -> None:
        await self._exits.aclose()


@contextlib.asynccontextmanager
async def make_stage(folder: Path, mode: Mode = "http", postgresql: str = "", **settings: str) -> AsyncIterator[Stage]:
    async with make_world(folder, mode, postgresql) as world:
        # Everybody presses at the same moment, on a machine that does much else.
        world.slack.acknowledgement_seconds = 20
        world.slack.trigger_lifetime_seconds = 20
        bystanders = [world.slack.add_person(f"Bystander {number}", locale="en-US") for number in range(3)]
        world.slack.add_group(GROUP, bystanders)
        stage = Stage(world, _SETTINGS | settings, bystanders)
        try:
            yield stage
        finally:
            await stage.close()


IS_LONG: Final = os.environ.get("RELIABILITY") == "long"
"""Whether every row runs in both modes and on both databases."""

Story: TypeAlias = Callable[[Case], Awaitable[None]]


class Endings:
    """What went wrong with each case, to be raised by its row's own test."""

    def __init__(self) -> None:
        self._errors: dict[str, Exception] = {}

    async def play(self, cases: Iterable[Case], story: Story) -> None:
        """Tell this of all of them at the same time; one that has gone wrong goes no further."""

        async def tell(case: Case) -> None:
            if case.row.id in self._errors:
                return
            try:
                await story(case)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised by this row's own test
                self._errors[case.row.id] = error

        await asyncio.gather(*(tell(case) for case in cases))

    def raise_for(self, row: Row) -> None:
        if (error := self._errors.get(row.id)) is not None:
            raise error
