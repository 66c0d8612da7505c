"""A cluster for an hour: agents, clients, two replicas of the bot on one database, and everything that can go wrong.

Every method is one line of a random program: it does something, or nothing where there is nothing to do it to.
"""

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal

from bot.app import prepare
from bot.domain.resets import Method
from bot.running import App
from bot.settings import Settings
from bot.startup import StartError
from sandbox.ports import free_port
from sandbox.serving import LOOPBACK
from sandbox.slack import Fault as SlackFault
from sandbox.slack import Message, Modal, Person
from sandbox.whmcs import Fault as WhmcsFault
from tests.harness.world import World, make_world
from tests.metadata import read_metadata, reference_of, reseal
from tests.stateful.simulation import Process, SimulatedLoop

AGENTS: Final = ("Ada", "Ben")
EMAIL_ONLY: Final = "Cleo"
OUTSIDER: Final = "Olga"
PEOPLE: Final = (*AGENTS, EMAIL_ONLY, OUTSIDER)
"""The first two may do everything, the third may not set passwords, the last one is no agent."""

_NAMES: Final = ("nora", "otto", "pia", "quim", "rosa", "saul", "tess", "udo", "vito", "wim", "xena", "yago")
USERS: Final[Mapping[str, tuple[int, int]]] = {
    name: (1001 + number // 3, 6001 + number) for number, name in enumerate(_NAMES)
}
"""Each user's client and own id."""

COOL_DOWN_SECONDS: Final = 20
AGENT_RESETS: Final = 6
ALL_RESETS: Final = 10
REPLICAS: Final = 2
WRITE: Final = "write"
_WRITES: Final = {Method.RESET_EMAIL: "ResetPassword", Method.SET_PASSWORD: "set_password"}
_WHMCS_CALLS: Final = {"GetClientsDetails", "result", *_WRITES.values()}
_LABELS: Final = {Method.RESET_EMAIL: "Send a password-reset e-mail", Method.SET_PASSWORD: "Set a password"}
_TABLES: Final = ("resets", "jobs", "audit", "user_holds")
_SETTINGS: Final = {
    "SET_PASSWORD_USERS": "U0ADA,U0BEN",
    "USER_COOLDOWN_SECONDS": str(COOL_DOWN_SECONDS),
    "AGENT_RESETS_PER_HOUR": str(AGENT_RESETS),
    "RESETS_PER_HOUR": str(ALL_RESETS),
    "PASSWORD_TTL_SECONDS": "90",
    # What the rule asks before is another story.
    "VERIFICATION_POLICY": "off",
    "DEFAULT_LOCALE": "en",
}


class Forgery(StrEnum):
    """How a form comes that its agent did not send so."""

    OTHER_PERSON = "other_person"
    OTHER_USER = "other_user"
    OTHER_METHOD = "other_method"


class Harm(StrEnum):
    """SIGKILL, SIGTERM, SIGSTOP and what undoes that."""

    KILL = "kill"
    TERMINATE = "terminate"
    FREEZE = "freeze"
    THAW = "thaw"


@dataclass(frozen=True)
class Moment:
    """A call of the bot's to Slack or WHMCS that is not answered, and its work done or not: a place in a reset to stop at.

    `call`: a method of Slack's, an action of WHMCS's, or WRITE for the one that changes something.
    """

    call: str
    kind: Literal["held_before", "held_after"]


@dataclass(eq=False)
class Form:
    """A form that is filled in up to the button that begins the reset. `payload`: what that button sends."""

    agent: Person
    user: str
    method: Method
    modal: Modal
    reference: str
    payload: dict[str, Any]

    def whmcs_action(self, call: str) -> str:
        """WHMCS's name for it. `call` may be WRITE: the one that changes something."""
        return _WRITES[self.method] if call == WRITE else call


@dataclass
class Replica:
    """A place for a bot; each bot in it is another process. `process` None: none is there."""

    ports: tuple[int, int]
    process: Process | None = None
    app: App | None = None
    is_frozen: bool = False


@dataclass(eq=False)
class Cluster:
    loop: SimulatedLoop
    world: World
    people: Mapping[str, Person]
    settings: Mapping[str, str]
    approval_channel: str = ""
    forms: list[Form] = field(default_factory=list)
    replicas: Sequence[Replica] = ()
    has_database: bool = True
    why_not_started: str = ""
    seen: set[str] = field(default_factory=set)
    """What became of this program, for the figures: in which phase of which resets a process died or stopped."""
    _processes: int = 0
    _pressed: list[asyncio.Task[object]] = field(default_factory=list)
    _dead: list[Process] = field(default_factory=list)

    # What people do

    async def fill_in(self, agent: str, user: str, method: Method, at: int) -> Form | None:
        """Open a form and fill it in, with a bot that answers; who does not get that far gives up."""
        await self.find_database()
        if self.replicas[at].process is None:
            await self.start(at)
        await self.thaw(at)
        self._send_to(at)
        person, (client_id, _) = self.people[agent], USERS[user]
        with suppress(AssertionError):
            modal = await person.types(f"/reset-password #{client_id}")
            await modal.shows("Client id")
            await modal.choose("User", user.capitalize())
            await modal.choose("Method", _LABELS[method])
            if method is Method.SET_PASSWORD:
                await modal.submit()
                await modal.shows("Confirm")
            reference = reference_of(modal.view)
            payload = self.world.slack.submission_payload(person, modal)
            form = Form(person, user, method, modal, reference, payload)
            self.forms.append(form)
            return form
        return None

    async def carry_out(self, form: Form, at: int, ticks: int) -> None:
        """Press the button, and let so little time go by. A second agent, if needed, approves at once."""
        self._send_to(at)
        await self._begin(self._press(form), ticks)
        if self.approval_channel and form.method is Method.SET_PASSWORD:
            await self._begin(self._approve(form), ticks)

    async def carry_out_up_to(self, form: Form, at: int, moment: Moment) -> None:
        """Press the button, and let it get as far as this, if it does."""
        call = form.whmcs_action(moment.call)
        if call in _WHMCS_CALLS:
            whmcs_fault = WhmcsFault(call, moment.kind, times=1)
            self.break_whmcs(whmcs_fault)
            reached = self.world.whmcs.faults.wait_until_held(whmcs_fault)
        else:
            slack_fault = self.world.slack.faults.add(SlackFault(call, moment.kind, times=1))
            reached = self.world.slack.faults.wait_until_held(slack_fault)
        await self.carry_out(form, at, 0)
        with suppress(TimeoutError):
            await reached

    async def submit(self, number: int, at: int, ticks: int) -> None:
        """Press the button of a form that lies open, perhaps not for the first time."""
        if (form := self._form(number)) is not None:
            await self.carry_out(form, at, ticks)

    async def submit_again(self, number: int, at: int, ticks: int) -> None:
        """The same request comes once more, or comes although nobody saw it go."""
        if (form := self._form(number)) is not None:
            self._send_to(at)
            await self._begin(self.world.slack.deliver("view_submission", form.payload), ticks)

    async def forge(self, number: int, forgery: Forgery, thief: str, at: int) -> None:
        """A form comes as its agent did not send it."""
        if (form := self._form(number)) is not None:
            self._send_to(at)
            await self.world.slack.deliver("view_submission", self._forged(form, forgery, self.people[thief]))

    async def answer(self, number: int, person: str, button: str, at: int, ticks: int) -> None:
        """Press a button of a question in the channel of those who approve."""
        asked = [message for message in self._questions() if button in message.buttons]
        if asked:
            self._send_to(at)
            # Who is not in the channel forges it.
            message = Message(self.world.slack, self.people[person].member, asked[number % len(asked)].stored)
            await self._begin(message.press(button), ticks)

    async def delete_now(self, number: int, person: str, at: int) -> None:
        """Press *Delete now*, in one's own message or, forged, in somebody else's."""
        there = [m for agent in self.people.values() for m in agent.direct_messages if "Delete now" in m.buttons]
        if there:
            self._send_to(at)
            message = there[number % len(there)]
            await Message(self.world.slack, self.people[person].member, message.stored).press("Delete now")

    # What goes wrong

    def break_whmcs(self, fault: WhmcsFault) -> None:
        self.world.whmcs.faults.add(fault)

    def break_slack(self, fault: SlackFault) -> None:
        # A fault counts how often it struck, and a program may be run again.
        self.world.slack.faults.add(replace(fault))

    def mend(self) -> None:
        """WHMCS and Slack work again; what they held goes on, also what nobody waits for any more."""
        self.world.whmcs.faults.clear()
        self.world.slack.faults.clear()

    async def harm(self, number: int, harm: Harm) -> None:
        doing = {Harm.KILL: self.kill, Harm.TERMINATE: self.terminate, Harm.FREEZE: self.freeze, Harm.THAW: self.thaw}
        await doing[harm](number)

    async def kill(self, number: int) -> None:
        replica = self.replicas[number]
        if replica.process is not None:
            self._note_phases("killed")
            await self.loop.kill(replica.process)
            self._dead.append(replica.process)
            replica.process, replica.app, replica.is_frozen = None, None, False

    async def terminate(self, number: int) -> None:
        """SIGTERM: it ends in order, within its time."""
        replica = self.replicas[number]
        if replica.process is None or replica.app is None or replica.is_frozen:
            return
        async with asyncio.timeout(60):
            await self.loop.spawn(replica.process, replica.app.stop())
        await self.kill(number)

    async def freeze(self, number: int) -> None:
        """It is stopped for a while, and does not know; not while it holds a lock, which would stop all."""
        replica = self.replicas[number]
        if replica.process is None:
            return
        for _ in range(500):
            if not self.loop.is_writing(replica.process):
                self._note_phases("frozen")
                self.loop.freeze(replica.process)
                replica.is_frozen = True
                return
            await self.loop.ticks(1)

    async def thaw(self, number: int) -> None:
        replica = self.replicas[number]
        if replica.process is not None and replica.is_frozen:
            self.loop.thaw(replica.process)
            replica.is_frozen = False
            await self.loop.ticks(1)

    async def start(self, number: int) -> None:
        """Start a bot where none is; one that can't be started now may be later."""
        replica = self.replicas[number]
        if replica.process is not None:
            return
        self._processes += 1
        replica.process = self._processes
        own = {"PORT": str(replica.ports[0]), "OPS_PORT": str(replica.ports[1])}
        try:
            replica.app = await self.loop.spawn(replica.process, _start(Settings.load({**self.settings, **own})))
        except StartError as error:
            self.why_not_started = str(error)
            await self.kill(number)

    async def lose_database(self) -> None:
        if self.has_database:
            await self.world.change(*(f"ALTER TABLE {name} RENAME TO {name}_lost" for name in _TABLES))
            self.has_database = False

    async def find_database(self) -> None:
        if not self.has_database:
            await self.world.change(*(f"ALTER TABLE {name}_lost RENAME TO {name}" for name in _TABLES))
            self.has_database = True

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def sleep_through(self, seconds: float) -> None:
        """All stand still for so long, and go on as if nothing had been."""
        self.loop.pass_time(seconds)
        await asyncio.sleep(1.5)

    # The end

    async def come_to_rest(self) -> None:
        """Mend all, and let the bot work until it has nothing left to do."""
        self.mend()
        await self.find_database()
        for number in range(REPLICAS):
            await self.thaw(number)
        if all(replica.process is None for replica in self.replicas):
            await self.start(0)
        assert any(replica.process for replica in self.replicas), self.why_not_started
        await asyncio.sleep(5)
        for seconds in (41, 45, 130, 200, 320, 700, 700, 1900, *[3700] * 26):
            if self.is_at_rest:
                break
            await self.sleep_through(seconds)
        for task in self._pressed:
            task.cancel()
        await asyncio.gather(*self._pressed, return_exceptions=True)

    @property
    def is_at_rest(self) -> bool:
        return not self.world.rows("SELECT * FROM jobs LIMIT 1")

    async def close(self) -> None:
        self.mend()
        for number in range(REPLICAS):
            await self.kill(number)
        for process in self._dead:
            await self.loop.bury(process)

    def _note_phases(self, harm: str) -> None:
        if self.has_database:
            for row in self.world.rows("SELECT method, phase FROM resets WHERE outcome IS NULL"):
                self.seen.add(f"{harm} while {row['method']} {row['phase']}")

    def _form(self, number: int) -> Form | None:
        """The newest form is number 0; a program that names one that is not there names the oldest."""
        return self.forms[max(-1 - number, -len(self.forms))] if self.forms else None

    def _forged(self, form: Form, forgery: Forgery, thief: Person) -> dict[str, Any]:
        payload = copy.deepcopy(form.payload)
        client_id, user_id = USERS[form.user]
        match forgery:
            case Forgery.OTHER_PERSON:
                return self.world.slack.submission_payload(thief, payload["view"])
            case Forgery.OTHER_USER:
                other = next(user for client, user in USERS.values() if client == client_id and user != user_id)
                _put(payload["view"], "user_id", str(user_id), other)
            case Forgery.OTHER_METHOD:
                _put(payload["view"], "method", Method.RESET_EMAIL.value, Method.SET_PASSWORD.value)
        return payload

    def _questions(self) -> tuple[Message, ...]:
        return self.people[AGENTS[0]].channel_messages(self.approval_channel) if self.approval_channel else ()

    def _send_to(self, number: int) -> None:
        """Slack's next requests go to this replica, or to another one where nobody listens."""
        here = [self.replicas[number], *self.replicas]
        alive = next((replica for replica in here if replica.process is not None), here[0])
        self.world.slack.connect_bot(f"http://{LOOPBACK}:{alive.ports[0]}/slack/events")

    async def _press(self, form: Form) -> None:
        with suppress(AssertionError):
            await form.modal.submit()

    async def _approve(self, form: Form) -> None:
        """The other agent who may set passwords approves it as soon as the question is there."""
        other = next(self.people[name] for name in AGENTS if self.people[name] is not form.agent)
        for _ in range(100):
            for question in other.channel_messages(self.approval_channel):
                if "Approve" in question.buttons and form.reference in json.dumps(question.stored.blocks):
                    await question.press("Approve")
                    return
            await asyncio.sleep(0.1)

    async def _begin(self, doing: Coroutine[Any, Any, object], ticks: int) -> None:
        self._pressed.append(asyncio.ensure_future(doing))
        await self.loop.ticks(ticks)


@asynccontextmanager
async def open_cluster(loop: SimulatedLoop, folder: Path, *, has_approvals: bool) -> AsyncIterator[Cluster]:
    """Nobody has done anything yet; both replicas run."""
    async with make_world(folder) as world:
        slack, whmcs = world.slack, world.whmcs
        people = {name: slack.add_person(name, locale="en-US") for name in PEOPLE}
        agents = [people[name] for name in (*AGENTS, EMAIL_ONLY)]
        for client_id in {client_id for client_id, _ in USERS.values()}:
            whmcs.add_client("Client", str(client_id), f"client{client_id}@example.com", client_id=client_id)
        for name, (client_id, user_id) in USERS.items():
            whmcs.add_user(name.capitalize(), "Example", f"{name}@example.com", client_ids=[client_id], user_id=user_id)
        settings = world.settings | _SETTINGS | {"AGENT_USERS": ",".join(agent.id for agent in agents)}
        channel = ""
        if has_approvals:
            channel = slack.add_channel("approvals", agents)
            settings |= {"APPROVAL_CHANNEL": channel, "APPROVAL_TTL_SECONDS": "300"}
        replicas = [Replica((free_port(), free_port())) for _ in range(REPLICAS)]
        cluster = Cluster(loop, world, people, settings, channel, replicas=replicas)
        for number in range(REPLICAS):
            await cluster.start(number)
        try:
            yield cluster
        finally:
            await cluster.close()


async def _start(settings: Settings) -> App:
    app = await prepare(settings)
    await app.start()
    return app


def _put(view: dict[str, Any], name: str, chosen: str, instead: object) -> None:
    """Change a value of a view, where its last step keeps it or in whichever field it is chosen."""
    if name in read_metadata(view):
        reseal(view, **{name: instead})
    for block in view["state"]["values"].values():
        for value in block.values():
            option = value.get("selected_option")
            if option is not None and option["value"] == chosen:
                option["value"] = str(instead)
