"""What must hold after the load, whatever was killed meanwhile: told by WHMCS, Slack, the database and the logs."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.resets import Method
from sandbox.slack.workspace import StoredMessage, strings_in
from sandbox.whmcs.records import Call
from tests.harness.agent_notifications import Truth, read_said
from tests.harness.stories import Story, read_stories
from tests.harness.world import World
from tests.load.flow import FAULT, Flow

_LATER: Final = {"delete_message", "settle_reset"}
"""Jobs that are there for something that comes later; of the others none may be left."""
_LONGEST_LINE: Final = 1000


@dataclass(frozen=True)
class Broken:
    """`reference`: of the reset; where there is none, what else names it."""

    reference: str
    rule: str

    def __str__(self) -> str:
        return f"{self.reference}: {self.rule}"


@dataclass(frozen=True)
class Job:
    """`place`: channel and time stamp of the message that it is about."""

    kind: str
    reference: str
    place: tuple[str, str]
    is_overdue: bool


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything that is looked at, read once, so that a test can put something wrong into it.

    `sets`: the requests to set a password. `mails`: to which users WHMCS sent an e-mail, each time. `told`: what was said of each reset, in order.
    `holding`: the messages that ever held a reset's password, as they were last, deleted ones included. `deleted`: the
    references of the audit's events of deleted messages. `stored`: all that the database holds.
    """

    flows: Sequence[Flow]
    stories: Mapping[str, Story]
    sets: Sequence[Call]
    mails: Sequence[int]
    told: Mapping[str, Sequence[Truth]]
    holding: Mapping[str, Sequence[StoredMessage]]
    deleted: Sequence[str]
    jobs: Sequence[Job]
    open_resets: Sequence[str]
    held_users: Sequence[str]
    stored: bytes
    logs: Sequence[str]
    who_saw: Callable[[str], set[str]]
    opens: Callable[[str, str], bool]

    @property
    def passwords(self) -> dict[str, set[str]]:
        """Those that WHMCS was asked to set, by reset."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for call in self.sets:
            found[str(call.parameters["request_id"])].add(str(call.parameters["password"]))
        return dict(found)

    @property
    def written(self) -> Counter[str]:
        """How often a reset's password was set."""
        return Counter(str(call.parameters["request_id"]) for call in self.sets if call.has_written)

    @property
    def by_user(self) -> dict[int, list[Story]]:
        found: defaultdict[int, list[Story]] = defaultdict(list)
        for story in self.stories.values():
            found[story.user_id].append(story)
        return dict(found)


def read_evidence(world: World, flows: Sequence[Flow], logs: Sequence[str]) -> Evidence:
    sets = [call for call in world.whmcs.calls if call.action == "set_password"]
    return Evidence(
        flows=flows,
        stories=read_stories(world.audit_rows()),
        sets=sets,
        mails=[mail.user_id for mail in world.whmcs.reset_emails],
        told=_read_told(world),
        holding=_read_holding(world, sets),
        deleted=_read_references(world, "SELECT reference FROM audit WHERE action = 'message' AND outcome = 'DELETED'"),
        jobs=_read_jobs(world),
        open_resets=_read_references(world, "SELECT reference FROM resets WHERE outcome IS NULL"),
        held_users=_read_references(world, "SELECT reference FROM user_holds WHERE held_until IS NULL"),
        stored=world.read_all_of_the_database(),
        logs=logs,
        who_saw=world.slack.workspace.who_saw,
        opens=world.whmcs.opens,
    )


def _read_told(world: World) -> dict[str, list[Truth]]:
    told: defaultdict[str, list[Truth]] = defaultdict(list)
    for said in read_said(world.slack.calls):
        for reference in said.references:
            told[reference].append(said.truth)
    return dict(told)


def _read_holding(world: World, sets: Iterable[Call]) -> dict[str, list[StoredMessage]]:
    whose = {str(call.parameters["password"]): str(call.parameters["request_id"]) for call in sets}
    holding: defaultdict[str, list[StoredMessage]] = defaultdict(list)
    for message in world.slack.workspace.messages:
        for reference in {whose[text] for text in strings_in(message.blocks) if text in whose}:
            holding[reference].append(message)
    return dict(holding)


def _read_jobs(world: World) -> list[Job]:
    late = "due_at < now() - interval '30 seconds' AND coalesce(lease_until, due_at) < now() - interval '30 seconds'"
    return [
        Job(
            str(row["kind"]), str(row["reference"]), (str(row["channel"]), str(row["ts"])), is_overdue=bool(row["late"])
        )
        for row in world.rows(f"SELECT kind, reference, channel, ts, {late} AS late FROM jobs")  # noqa: S608 - words of ours
    ]


def _read_references(world: World, query: str) -> list[str]:
    return [str(row["reference"]) for row in world.rows(query)]


def check(evidence: Evidence) -> list[Broken]:
    """Every rule that is broken, each with what it is about."""
    return [
        *_check_grammar(evidence),
        *_check_writes(evidence),
        *_check_truth(evidence),
        *_check_passwords(evidence),
        *_check_deletions(evidence),
        *_check_told(evidence),
        *_check_nothing_left(evidence),
        *_check_logs(evidence),
    ]


def _check_grammar(evidence: Evidence) -> Iterator[Broken]:
    for story in evidence.stories.values():
        if story.end is None:
            yield Broken(story.reference, f"no end: {story}")
        elif fault := story.find_grammar_fault():
            yield Broken(story.reference, fault)


def _check_writes(evidence: Evidence) -> Iterator[Broken]:
    """Each reset changes one thing at most, WHMCS is asked for nothing that is not recorded, and a user is changed once."""
    for reference, times in evidence.written.items():
        if times > 1:
            yield Broken(reference, f"its password was set {times} times")
    for reference, passwords in evidence.passwords.items():
        if reference not in evidence.stories:
            yield Broken(reference, "WHMCS was asked, and it is not recorded")
        if len(passwords) > 1:
            yield Broken(reference, f"{len(passwords)} passwords")
    mails, by_user = Counter(evidence.mails), evidence.by_user
    # A user who was changed is held for longer than all this takes.
    sets = Counter(
        evidence.stories[reference].user_id for reference in evidence.written if reference in evidence.stories
    )
    for user_id, times in (mails + sets).items():
        stories = by_user.get(user_id, [])
        asked = sum(story.method is Method.RESET_EMAIL for story in stories)
        if times > 1 or mails[user_id] > asked:
            yield Broken(_name(stories) or f"user {user_id}", f"{times} changes: {'; '.join(map(str, stories))}")


def _check_truth(evidence: Evidence) -> Iterator[Broken]:
    """The audit's last word is what WHMCS did."""
    mails, written = Counter(evidence.mails), evidence.written
    for story in evidence.stories.values():
        done = Truth.CHANGED if written[story.reference] else Truth.UNCHANGED
        if story.method is Method.SET_PASSWORD and story.truth not in {done, Truth.UNKNOWN}:
            yield Broken(story.reference, f"WHMCS has it {done}: {story}")
    for user_id, stories in evidence.by_user.items():
        said = [story.truth for story in stories if story.method is Method.RESET_EMAIL]
        known = said.count(Truth.CHANGED)
        if not known <= mails[user_id] <= known + said.count(Truth.UNKNOWN):
            yield Broken(_name(stories), f"{mails[user_id]} e-mails: {'; '.join(map(str, stories))}")


def _check_passwords(evidence: Evidence) -> Iterator[Broken]:
    """Nobody but its agent ever saw a password; one message holds it; it is the one that opens the account."""
    emails = {flow.user_id: flow.email for flow in evidence.flows}
    for reference, passwords in evidence.passwords.items():
        story = evidence.stories.get(reference)
        for password in passwords:
            others = evidence.who_saw(password) - ({story.agent_id} if story else set())
            if others:
                yield Broken(reference, f"{', '.join(sorted(others))} saw the password of somebody else’s reset")
        holding = evidence.holding.get(reference, [])
        if len(holding) > 1:
            yield Broken(reference, f"{len(holding)} messages held its password")
        if story is not None and story.is_delivered:
            if not holding:
                yield Broken(reference, f"no message held its password: {story}")
            if not all(evidence.opens(emails[story.user_id], password) for password in passwords):
                yield Broken(reference, f"its password opens nothing: {story}")


def _check_deletions(evidence: Evidence) -> Iterator[Broken]:
    """A message with a password is gone, which is recorded once, or its deletion is still to come."""
    to_come = {(job.reference, job.place) for job in evidence.jobs if job.kind == "delete_message"}
    deleted = Counter(evidence.deleted)
    for reference, messages in evidence.holding.items():
        for message in messages:
            if (reference, (message.channel, message.ts)) in to_come:
                continue
            if not message.is_deleted:
                yield Broken(reference, "its message with a password stays for ever")
            elif deleted[reference] != 1:
                yield Broken(reference, f"its message was deleted, and recorded so {deleted[reference]} times")


def _check_told(evidence: Evidence) -> Iterator[Broken]:
    """Who has pressed the button reads an end somewhere, and the last message is the last word."""
    for flow in evidence.flows:
        told, story = evidence.told.get(flow.reference, ()), evidence.stories.get(flow.reference)
        name = flow.reference or flow.agent.id
        if not flow.is_over:
            yield Broken(name, f"{flow.agent.id} was left alone, {flow.stage}: {flow.read or story or 'nothing begun'}")
        elif FAULT in flow.read:
            yield Broken(name, f"{flow.agent.id} read of a fault in the bot")
        elif story is None and told:
            yield Broken(name, f"{flow.agent.id} was told of a reset that is not recorded")
        elif story is not None and not told:
            yield Broken(name, f"{flow.agent.id} got no message: {story}")
        elif story is not None and told[-1] is not story.truth:
            yield Broken(name, f"{flow.agent.id} was told {', '.join(told)}: {story}")
    for reference in evidence.stories.keys() - {flow.reference for flow in evidence.flows}:
        yield Broken(reference, f"nobody pressed for it: {evidence.stories[reference]}")


def _check_nothing_left(evidence: Evidence) -> Iterator[Broken]:
    yield from (Broken(reference, "left open") for reference in evidence.open_resets)
    yield from (Broken(reference, "its user is held for ever") for reference in evidence.held_users)
    for job in evidence.jobs:
        if job.is_overdue or job.kind not in _LATER:
            yield Broken(job.reference, f"left to do: {job.kind}")


def _check_logs(evidence: Evidence) -> Iterator[Broken]:
    for number, log in enumerate(evidence.logs):
        for line in log.splitlines():
            if "Traceback" in line or '"level": "error"' in line:
                yield Broken(f"log {number}", line[:_LONGEST_LINE])
    for reference, passwords in evidence.passwords.items():
        if any(password.encode() in evidence.stored for password in passwords):
            yield Broken(reference, "its password is in the database")
        if any(password in log for password in passwords for log in evidence.logs):
            yield Broken(reference, "its password is in a log")


def _name(stories: Iterable[Story]) -> str:
    return " and ".join(story.reference for story in stories)
