"""Many agents at once on two replicas that are killed meanwhile: who comes when, what is counted, and the end of it all.

Arrivals don't wait for the bot: who is due types, however many are still at it. So a bot that is too slow is seen as a
backlog that grows, and not as fewer arrivals.
"""

import asyncio
import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.domain.resets import Method
from sandbox.round_robin import round_robin
from sandbox.slack import Fault as SlackFault
from sandbox.slack.delivery import BotRequest
from sandbox.whmcs import Fault as WhmcsFault
from tests.harness.process import Replica, replica
from tests.harness.world import GROUP, World, make_world
from tests.load.checks import Broken, Evidence, check, read_evidence
from tests.load.flow import Flow, Stage
from tests.load.machine import Meter, list_family, read_busy_seconds
from tests.postgresql import PostgresServer

_FIRST_CLIENT: Final = 100_001
_FIRST_USER: Final = 500_001
_RECOVERY_SECONDS: Final = 300.0
_JUMPED_SECONDS: Final = 40.0
_DELETION_SECONDS: Final = 900.0
_LOOK_SECONDS: Final = 0.5
_LOOKS_FOR_BUSY: Final = 200
_WARM_SECONDS: Final = 3.0
"""A process that has just been started has everything still to connect and to look up."""

_SETTINGS: Final = {
    # Every agent resets one user here; what is limited is not what is looked at.
    "RESETS_PER_HOUR": "1000000",
    # A user who was changed stays so for longer than all this takes, so a second change is a fault.
    "USER_COOLDOWN_SECONDS": "86400",
    "LOG_LEVEL": "INFO",
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`rate`: flows a second, of which each is one reset; for `seconds`.

    `whmcs_seconds`, `slack_seconds`: how long each of their answers takes, as it does over a network.
    `rivals`, `doubles`, `homes`: which share of the flows has another agent after the same user at the same moment, reaches
    the bot twice at once, begins with the Home tab.
    `jumps`: after the load time is let pass in the database, in place of waiting for the lease, for the companion's
    certainty and for the end of the messages with a password.
    """

    seconds: float
    rate: float
    kills: int
    seed: int
    replicas: int = 2
    whmcs_seconds: float = 0.15
    slack_seconds: float = 0.06
    rivals: float = 0.04
    doubles: float = 0.05
    homes: float = 0.05
    jumps: bool = False
    until_deleted: bool = False


@dataclass
class Kill:
    """`at`, `ready_at`: the loop's time. `stages`: how far the flows were. `phases`: how far the open resets were."""

    replica: int
    at: float
    stages: Counter[str]
    phases: dict[str, int]
    ready_at: float | None = None


@dataclass
class Report:
    """`began_at`, `offered_until`, `recovered_at`: the loop's time; `clock`: the wall's when that was 0.

    `backlog`: how many flows were under way, by seconds from the beginning.
    """

    plan: Plan
    flows: list[Flow]
    clock: float
    began_at: float
    offered_until: float = 0.0
    recovered_at: float = 0.0
    kills: list[Kill] = field(default_factory=list)
    requests: list[BotRequest] = field(default_factory=list)
    backlog: list[tuple[float, int]] = field(default_factory=list)
    processor_seconds: dict[str, float] = field(default_factory=dict)
    measured_seconds: float = 0.0
    connections: dict[str, int] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    _evidence: Evidence | None = None

    @property
    def evidence(self) -> Evidence:
        assert self._evidence is not None, "nothing was looked at"
        return self._evidence

    def look_at(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.broken = check(evidence)

    def tell_time(self, at: float) -> float:
        """The wall's clock at a time of the loop's."""
        return self.clock + at

    def is_around_kill(self, clock: float, until: float | None = None) -> bool:
        """Whether a replica was down at this time of the wall's clock, or had come back less than 3 s before."""
        return any(
            self.tell_time(kill.at) <= (until or clock)
            and clock <= self.tell_time(kill.ready_at or kill.at) + _WARM_SECONDS
            for kill in self.kills
        )


async def run(plan: Plan, folder: Path, server: PostgresServer) -> Report:
    """Offer the load, let recovery do its work, and look at everything."""
    with server.database() as name:
        async with make_world(folder, "http", server.url(name)) as world, _start(world, plan) as bots:
            load = _Load(plan, world, bots, server)
            return await load.run()


@contextlib.asynccontextmanager
async def _start(world: World, plan: Plan) -> AsyncIterator[list[Replica]]:
    async with contextlib.AsyncExitStack() as stack:
        settings = _SETTINGS | {"DEFAULT_LOCALE": "en"}
        bots = [await stack.enter_async_context(replica(world, index, settings)) for index in range(plan.replicas)]
        await asyncio.gather(*(bot.wait_until_ready() for bot in bots))
        address = await stack.enter_async_context(round_robin([bot.public_port for bot in bots]))
        world.slack.connect_bot(f"{address}/slack/events")
        yield bots


class _Load:
    def __init__(self, plan: Plan, world: World, bots: list[Replica], server: PostgresServer) -> None:
        self._plan = plan
        self._world = world
        self._bots = bots
        self._server = server
        self._random = random.Random(plan.seed)  # noqa: S311 - the same load for the same seed
        self._meter = Meter()
        self._connections: Counter[str] = Counter()

    async def run(self) -> Report:
        loop = asyncio.get_running_loop()
        began_at = loop.time() + 1
        flows = list(self._cast(began_at))
        report = Report(self._plan, flows, time.time() - loop.time(), began_at)
        self._look()
        looked_at, busy_seconds = loop.time(), read_busy_seconds()
        self._slow_down()
        async with asyncio.TaskGroup() as group:
            playing = [group.create_task(self._play(flow)) for flow in flows]
            looking = group.create_task(self._keep_looking(report))
            await self._kill(report)
            await asyncio.sleep(max(began_at + self._plan.seconds - loop.time(), 0))
            report.offered_until = loop.time()
            await self._until_quiet(report)
            looking.cancel()
            report.measured_seconds = loop.time() - looked_at
            report.processor_seconds = self._meter.seconds
            elsewhere = read_busy_seconds() - busy_seconds - sum(self._meter.seconds.values())
            report.processor_seconds["everything else on this machine"] = elsewhere
            await self._recover(playing)
            report.recovered_at = loop.time()
        report.requests = self._world.slack.requests_to_bot
        report.connections = dict(self._connections) | {
            "to Slack": self._world.slack.connections,
            "to WHMCS": self._world.whmcs.connections,
        }
        await self._end_time()
        report.look_at(await asyncio.to_thread(read_evidence, self._world, flows, [bot.output for bot in self._bots]))
        return report

    def _cast(self, began_at: float) -> Iterator[Flow]:
        """Who comes when. Two agents who are after the same user come at the same moment."""
        at, number = self._random.expovariate(self._plan.rate), 0
        while at < self._plan.seconds:
            is_double, looks_at_home = self._draw(self._plan.doubles), self._draw(self._plan.homes)
            are_rivals = self._draw(self._plan.rivals / 2)
            barrier = asyncio.Barrier(2) if are_rivals else None
            method = Method.RESET_EMAIL if self._draw(0.5) else Method.SET_PASSWORD
            client_id, user_id, email = _FIRST_CLIENT + number, _FIRST_USER + number, f"user{number:05}@example.com"
            whmcs = self._world.whmcs
            whmcs.add_client("User", f"{number:05}", email, client_id=client_id, language="english")
            whmcs.add_user("User", f"{number:05}", email, client_ids=[client_id], user_id=user_id)
            for rival in range(2 if are_rivals else 1):
                name = f"Agent {number:05}{'b' * rival}"
                agent = self._world.slack.add_person(name, locale="en-US", groups=[GROUP])
                yield Flow(
                    slack=self._world.slack,
                    agent=agent,
                    client_id=client_id,
                    user_id=user_id,
                    email=email,
                    method=method,
                    due_at=began_at + at,
                    is_double=is_double,
                    looks_at_home=looks_at_home,
                    barrier=barrier,
                )
                # The rival is one of those who come anyway.
                at += self._random.expovariate(self._plan.rate) if not rival else 0
            number += 1

    def _slow_down(self) -> None:
        """Both take their time; a kill finds a password perhaps set, and an e-mail perhaps not sent yet."""
        seconds = self._plan.whmcs_seconds
        if seconds:
            self._world.whmcs.faults.add(WhmcsFault("set_password", "slow_after", seconds=seconds))
            self._world.whmcs.faults.add(WhmcsFault("*", "slow_before", seconds=seconds))
        if self._plan.slack_seconds:
            self._world.slack.faults.add(SlackFault("*", "slow_before", seconds=self._plan.slack_seconds))

    def _draw(self, share: float) -> bool:
        return self._random.random() < share

    async def _play(self, flow: Flow) -> None:
        await asyncio.sleep(max(flow.due_at - asyncio.get_running_loop().time(), 0))
        try:
            await flow.play()
        except AssertionError as error:
            # The form is not what it should be; the others go on.
            flow.read = str(error)

    async def _kill(self, report: Report) -> None:
        """One replica at a time, at moments spread over the whole time; each comes back at once, on the same ports.

        It is one that has just asked WHMCS for something: an idle one loses nothing.
        """
        loop, plan = asyncio.get_running_loop(), self._plan
        for number in range(plan.kills):
            at = report.began_at + plan.seconds * (number + self._random.uniform(0.3, 0.6)) / plan.kills
            await asyncio.sleep(max(at - loop.time(), 0))
            index = await self._find_busy()
            bot = self._bots[index]
            self._look()
            stages = Counter(
                flow.stage.value for flow in report.flows if flow.stage is not Stage.DUE and not flow.is_over
            )
            kill = Kill(index, loop.time(), stages, {})
            report.kills.append(kill)
            await bot.kill()
            kill.phases = await asyncio.to_thread(self._count_open)
            await bot.start_again()
            await bot.wait_until_ready()
            kill.ready_at = loop.time()

    async def _find_busy(self) -> int:
        """The replica whose reset is the last one that came to the call; after a while any."""
        for _ in range(_LOOKS_FOR_BUSY):
            rows = await asyncio.to_thread(
                self._world.rows,
                "SELECT reference FROM resets WHERE outcome IS NULL AND phase = 'calling' ORDER BY called_at DESC LIMIT 1",
            )
            for index, bot in enumerate(self._bots):
                if rows and f'"{rows[0]["reference"]}"' in bot.output:
                    return index
            await asyncio.sleep(0.01)
        return self._random.randrange(len(self._bots))

    def _count_open(self) -> dict[str, int]:
        rows = self._world.rows("SELECT phase, count(*) AS number FROM resets WHERE outcome IS NULL GROUP BY phase")
        return {str(row["phase"]): int(str(row["number"])) for row in rows}

    async def _until_quiet(self, report: Report) -> None:
        """Until all have ended but those who wait for recovery; a bot that was too slow is given time to catch up."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 60
        while loop.time() < deadline and any(
            not flow.is_over and flow.stage is not Stage.READING for flow in report.flows
        ):
            await asyncio.sleep(0.1)

    async def _recover(self, playing: list[asyncio.Task[None]]) -> None:
        """Until nobody waits any more and nothing is open; who still waits then was left alone."""
        jumps = self._plan.jumps
        deadline = asyncio.get_running_loop().time() + (_JUMPED_SECONDS if jumps else _RECOVERY_SECONDS)
        minutes = iter([1, 2, 3] if jumps else [])
        if jumps:
            # Who is still at it in a process that lives is not to be taken for dead.
            await asyncio.wait(playing, timeout=3.0)
        while asyncio.get_running_loop().time() < deadline:
            done, _ = await asyncio.wait(playing, timeout=1.0)
            if len(done) == len(playing) and not await asyncio.to_thread(self._find_open):
                return
            if (passed := next(minutes, None)) is not None:
                await asyncio.to_thread(self._world.let_pass, minutes=passed)
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)

    def _find_open(self) -> object:
        return self._world.rows(
            "SELECT reference FROM resets WHERE outcome IS NULL UNION ALL"
            " SELECT reference FROM jobs WHERE kind NOT IN ('delete_message', 'settle_reset') LIMIT 1"
        )

    async def _end_time(self) -> None:
        """Let the time of everything be over, if that is wanted, and wait for what is due then."""
        if not (self._plan.jumps or self._plan.until_deleted):
            return
        await asyncio.to_thread(self._world.let_pass, minutes=20)
        seconds = _DELETION_SECONDS if self._plan.until_deleted else _JUMPED_SECONDS
        deadline = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < deadline:
            if not await asyncio.to_thread(self._world.rows, "SELECT kind FROM jobs LIMIT 1"):
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _keep_looking(self, report: Report) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._look()
            now = asyncio.get_running_loop().time()
            waiting = sum(flow.due_at <= now and not flow.is_over for flow in report.flows)
            report.backlog.append((now - report.began_at, waiting))

    def _look(self) -> None:
        for index, bot in enumerate(self._bots):
            self._meter.look(f"replica {index}", [bot.process.pid])
        assert self._server.process_id is not None
        family = list_family(self._server.process_id)
        self._meter.look("PostgreSQL", family)
        self._connections["PostgreSQL’s processes at most"] = max(
            self._connections["PostgreSQL’s processes at most"], len(family)
        )
        self._meter.look("agents, local Slack, local WHMCS, round-robin", [os.getpid()])
