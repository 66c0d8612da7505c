"""A side of a comparison: a bot in a process of its own, with a Slack."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlencode, urlsplit

from benchmarks.databases import Fill
from benchmarks.http import Client
from benchmarks.light_slack import LightSlack, LightSlackError
from benchmarks.processes import read_cpu_seconds, read_memory_bytes
from benchmarks.whmcs import USERS
from sandbox.bot_process import BotProcess, ProcessError, WhmcsAddress, build_settings, run_command
from sandbox.ports import free_port
from sandbox.round_robin import round_robin
from sandbox.slack import LocalSlack, Person
from sandbox.slack.delivery import FORM, OK
from sandbox.slack.workspace import Trigger

T = TypeVar("T")

GROUP: Final = "S0AGENTS"
COMMAND: Final = "/reset-password"
OPEN_SECONDS: Final = 15.0

MODULES: Final[Mapping[str, Sequence[str]]] = {
    "bot": ("bot", "serve"),
    "endpoint": ("benchmarks.baselines.endpoint",),
    "bolt": ("benchmarks.baselines.bolt",),
    "tuned Bolt": ("benchmarks.baselines.bolt", "tuned"),
    "tutorial": ("benchmarks.baselines.tutorial",),
    "tuned": ("benchmarks.baselines.tuned",),
}
"""The bots by name, each with the module that runs it."""

_SETTINGS: Final = {
    # The same few agents and users are reset again and again; limits are not measured here.
    "AGENT_RESETS_PER_HOUR": "1000000",
    "RESETS_PER_HOUR": "1000000",
    "USER_COOLDOWN_SECONDS": "0",
}


class BenchmarkError(Exception):
    """The bot did not behave as the benchmark expects; the text says what was seen."""


@dataclass(eq=False, kw_only=True)
class RunningBot:
    """A running bot, of one process or several, and a client for its address."""

    name: str
    folder: Path
    processes: Sequence[BotProcess]
    client: Client

    @property
    def cpu_seconds(self) -> float:
        return sum(read_cpu_seconds(process.pid) for process in self.processes)

    @property
    def memory_bytes(self) -> int:
        return sum(read_memory_bytes(process.pid) for process in self.processes)


@dataclass(eq=False, kw_only=True)
class LoadSide(RunningBot):
    """A bot that is sent commands, by a Slack that costs little. `ready_seconds`: from its start until it was ready."""

    slack: LightSlack
    ready_seconds: float

    async def send(self, number: int) -> float:
        """Send the command of the agent with this number until its modal is open; return the seconds to the acknowledgement.

        Raises: BenchmarkError.
        """
        try:
            return await self.slack.send(self.client, number, opens=self.name != "endpoint")
        except LightSlackError as error:
            raise BenchmarkError(f"{self.name}: {error}") from error


@dataclass(eq=False, kw_only=True)
class Side(RunningBot):
    """A bot with a local Slack, and people who use it: as many as there are users in the local WHMCS, so that each can have one."""

    slack: LocalSlack
    agents: Sequence[Person]

    async def acknowledge(self, agent: Person, text: str = "") -> tuple[float, Trigger]:
        """Send the command and return the seconds until it was acknowledged, and its trigger. Raises: BenchmarkError.

        Sent by a client with less overhead than the local Slack's own, which is not made for measuring.
        """
        payload = self.slack.command_payload(agent, f"{COMMAND} {text}")
        body = urlencode(payload).encode()
        stamp = str(int(time.time()))
        headers = {
            "content-type": FORM,
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": self.slack.delivery.sign(body, stamp),
        }
        began_at = time.perf_counter()
        status, answer = await self.client.post("/slack/events", headers, body)
        seconds = time.perf_counter() - began_at
        if status != OK or answer.strip():
            raise BenchmarkError(f"{self.name} acknowledged the command with {status} and {answer[:500]!r}")
        return seconds, self.slack.workspace.triggers[payload["trigger_id"]]

    async def open_form(self, agent: Person, text: str = "") -> float:
        """Send the command, wait until its modal is open, and return the seconds until the acknowledgement.

        Raises: BenchmarkError, AssertionError with what the agent saw instead.
        """
        seconds, trigger = await self.acknowledge(agent, text)
        await agent.waits_until(lambda: trigger.opened is not None, OPEN_SECONDS)
        return seconds

    def forget(self) -> None:
        """Drop the local Slack's history."""
        self.slack.forget()


@dataclass(frozen=True)
class Setup:
    """How a bot is run. `fill` is called with the path of the migrated SQLite database before the start.

    `database_url`: a PostgreSQL database instead. `replicas`: the number of processes, which take requests in turn.
    """

    fill: Fill | None = None
    is_socket_mode: bool = False
    database_url: str = ""
    replicas: int = 1


@asynccontextmanager
async def run_side(name: str, whmcs: WhmcsAddress, folder: Path, setup: Setup | None = None) -> AsyncIterator[Side]:
    """Run one of the bots in a new folder, which has its database. Raises: BenchmarkError, ProcessError."""
    setup = setup or Setup()
    await asyncio.to_thread(folder.mkdir)
    async with LocalSlack() as slack, AsyncExitStack() as stack:
        agents = [slack.add_person(f"Agent {number:02}", locale="en-US") for number in range(USERS)]
        slack.add_group(GROUP, agents)
        settings = build_settings(slack, whmcs, folder, group=GROUP, locale="en", help_contact="Systems") | _SETTINGS
        if setup.database_url:
            settings["DATABASE_URL"] = setup.database_url
        if setup.is_socket_mode:
            settings["SLACK_APP_TOKEN"] = slack.app_token
            del settings["SLACK_SIGNING_SECRET"]
        if setup.database_url or setup.fill:
            await run_command(settings, "migrate")
        if setup.fill:
            await asyncio.to_thread(setup.fill, Path(settings["DATABASE_URL"].removeprefix("sqlite:///")))
        processes = [_make_process(name, settings, folder / f"log-{number}") for number in range(setup.replicas)]
        await stack.enter_async_context(_started(name, processes))
        address = processes[0].events_url
        if setup.replicas > 1:
            ports = [int(urlsplit(process.events_url).port or 0) for process in processes]
            address = await stack.enter_async_context(round_robin(ports)) + urlsplit(address).path
        slack.connect_bot("" if setup.is_socket_mode else address)
        client = await stack.enter_async_context(_connect(address))
        yield Side(name=name, folder=folder, processes=processes, client=client, slack=slack, agents=agents)


@asynccontextmanager
async def run_load_side(name: str, whmcs: WhmcsAddress, folder: Path) -> AsyncIterator[LoadSide]:
    """Run one of the bots for commands only, with a database that is migrated already, as at every start but the first.

    Raises: BenchmarkError, ProcessError.
    """
    await asyncio.to_thread(folder.mkdir)
    async with LightSlack(USERS) as slack:
        settings = build_settings(slack, whmcs, folder, group=GROUP, locale="en", help_contact="Systems") | _SETTINGS
        if name == "bot":
            await run_command(settings, "migrate")
        process = _make_process(name, settings, folder / "log")
        began_at = time.perf_counter()
        async with _started(name, [process]):
            ready_seconds = time.perf_counter() - began_at
            async with _connect(process.events_url) as client:
                yield LoadSide(
                    name=name,
                    folder=folder,
                    processes=[process],
                    client=client,
                    slack=slack,
                    ready_seconds=ready_seconds,
                )


@asynccontextmanager
async def _started(name: str, processes: Sequence[BotProcess]) -> AsyncIterator[None]:
    """Run the processes of one bot. Raises: BenchmarkError."""
    async with AsyncExitStack() as stack:
        try:
            await asyncio.gather(*(stack.enter_async_context(process) for process in processes))
        except ProcessError as error:
            raise BenchmarkError(f"{name}: {error}\n{processes[0].log_end()}") from error
        yield


def _connect(address: str) -> Client:
    target = urlsplit(address)
    return Client(target.hostname or "", target.port or 0)


def _make_process(name: str, settings: Mapping[str, str], log: Path) -> BotProcess:
    ports = str(free_port()), str(free_port())
    # The baselines have one listener for everything.
    own = {"PORT": ports[0], "OPS_PORT": ports[1] if name == "bot" else ports[0]}
    return BotProcess({**settings, **own}, log, module=MODULES[name])


async def at_once(number: int, concurrency: int, work: Callable[[int], Awaitable[T]]) -> list[T]:
    """Run `work` for 0, 1 … with so many at the same time; each worker takes the next number when it is free."""
    numbers = iter(range(number))
    done: list[T] = []

    async def keep_working() -> None:
        for each in numbers:
            done.append(await work(each))  # noqa: PERF401 - workers share the list

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(keep_working())
    return done
