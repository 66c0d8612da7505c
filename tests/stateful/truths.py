"""What holds whatever happens, and what holds in the end: told by WHMCS, Slack and the audit, and by nothing of the bot's."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain.resets import Method
from tests.stateful.company import AGENT_RESETS, AGENTS, ALL_RESETS, COOL_DOWN_SECONDS, USERS, Company
from tests.told import Said, Truth, read_said

_ENDS: Final = ("SUCCEEDED", "REFUSED", "FAILED", "UNKNOWN")
_HOUR: Final = timedelta(hours=1)


@dataclass
class Event:
    at: datetime
    actor: str
    outcome: str
    reason: str


@dataclass
class Story:
    """A reset, as the audit tells it."""

    reference: str
    agent_id: str
    client_id: int
    user_id: int
    method: Method
    events: list[Event]

    def __str__(self) -> str:
        told = " ".join(f"{event.outcome}({event.reason})" if event.reason else event.outcome for event in self.events)
        return f"{self.reference} {self.method.value} of {self.user_id} by {self.agent_id}: {told}"

    @property
    def started_at(self) -> datetime:
        return self.events[0].at

    @property
    def end(self) -> Event | None:
        return next((event for event in self.events if event.outcome in _ENDS), None)

    @property
    def settled(self) -> str:
        return next((event.reason for event in self.events if event.outcome == "SETTLED"), "")

    @property
    def counts(self) -> bool:
        """Whether limits count it."""
        return self.end is None or self.end.outcome in {"SUCCEEDED", "UNKNOWN"}

    @property
    def truth(self) -> Truth:
        """Whether it changed something, as the last word has it."""
        if self.settled:
            return Truth.UNCHANGED if self.settled == "not_done" else Truth.CHANGED
        assert self.end is not None, f"no end: {self}"
        return {"SUCCEEDED": Truth.CHANGED, "UNKNOWN": Truth.UNKNOWN}.get(self.end.outcome, Truth.UNCHANGED)


def read_stories(company: Company) -> list[Story]:
    """The resets in the order in which they began."""
    stories: dict[str, Story] = {}
    for row in company.world.audit_rows():
        if row["action"] != "reset":
            continue
        reference, outcome = str(row["reference"]), str(row["outcome"])
        event = Event(_time(row["at"]), str(row["actor"]), outcome, str(row["reason"]))
        if outcome == "STARTED":
            assert reference not in stories, f"{reference} began twice"
            user = (int(str(row["client_id"])), int(str(row["user_id"])))
            stories[reference] = Story(reference, event.actor, *user, Method(str(row["method"])), [])
        assert reference in stories, f"{reference} ended before it began"
        stories[reference].events.append(event)
    return list(stories.values())


def describe(company: Company) -> set[str]:
    """What became of a program: how its processes were hit, and every end that a reset had."""
    ends = {
        f"{story.method.value} {' '.join(filter(None, (event.outcome, event.reason)))}"
        for story in read_stories(company)
        for event in story.events[1:]
    }
    return company.seen | ends


def check_always(company: Company) -> None:
    """At any moment at which the audit can be read."""
    stories = read_stories(company)
    for story in stories:
        _check_grammar(story)
        _check_password(company, story)
        _check_unchanged(company, story)
    _check_permissions(company, stories)
    _check_writes(company, stories)
    _check_users(stories)
    _check_hours(stories)


def check_end(company: Company) -> None:
    """Once all is mended and the bot had time."""
    check_always(company)
    left = company.world.rows("SELECT * FROM jobs")
    assert not left, f"left to do: {left}"
    assert company.world.rows("SELECT * FROM resets WHERE outcome IS NULL") == []
    assert company.world.rows("SELECT * FROM user_holds WHERE held_until IS NULL") == [], "a user is held for ever"
    stories, said = read_stories(company), list(read_said(company.world.slack.calls))
    for story in stories:
        assert story.end is not None, f"no end: {story}"
        is_open = story.end.outcome == "UNKNOWN" and not story.settled
        assert not is_open or story.method is Method.RESET_EMAIL, f"the companion knows: {story}"
        _check_told(said, story)
    _check_truth(company, stories)
    passwords = [password for story in stories for password in _passwords(company, story)]
    shown = [m for person in company.people.values() for m in person.direct_messages]
    assert not [m for m in shown if any(password in m.visible_text for password in passwords)], "a message stayed"
    stored = company.world.read_all_of_the_database()
    assert not any(password.encode() in stored for password in passwords), "a password is in the database"


def _check_grammar(story: Story) -> None:
    outcomes = [event.outcome for event in story.events]
    ends = [outcome for outcome in outcomes if outcome in _ENDS]
    assert len(ends) <= 1, f"two ends: {story}"
    expected = ["STARTED", *ends, *(["SETTLED"] if story.settled else [])]
    assert outcomes == expected, f"{story}"
    if story.settled:
        assert ends in (["UNKNOWN"], ["FAILED"]), f"settled what was known: {story}"


def _check_unchanged(company: Company, story: Story) -> None:
    """Nobody is told that nothing was changed of what had been changed by then, also where that is put right later."""
    if story.end is None or story.end.outcome not in {"REFUSED", "FAILED"}:
        return
    for call in company.world.whmcs.calls:
        if _sets(call.action) and call.parameters["request_id"] == story.reference and call.written_at is not None:
            # In made time a whole reset may take no time at all.
            assert call.written_at >= story.end.at, f"said to be unchanged after it was changed: {story}"


def _check_permissions(company: Company, stories: Iterable[Story]) -> None:
    allowed = {company.people[name].id for name in AGENTS}
    agents = allowed | {company.people["Cleo"].id}
    granted = {
        str(row["reference"]): str(row["actor"]) for row in company.world.audit_rows() if row["outcome"] == "GRANTED"
    }
    asked = {str(call.parameters.get("request_id")) for call in company.world.whmcs.calls if _sets(call.action)}
    for story in stories:
        assert story.agent_id in (allowed if story.method is Method.SET_PASSWORD else agents), f"not allowed: {story}"
        if company.approval_channel and story.reference in asked:
            by = granted.get(story.reference)
            assert by in allowed - {story.agent_id}, f"approved by {by}: {story}"


def _check_password(company: Company, story: Story) -> None:
    """One password, which its agent alone sees, in one message."""
    passwords = _passwords(company, story)
    assert len(passwords) <= 1, f"two passwords: {story}"
    for password in passwords:
        saw = {person.id for person in company.world.slack.people_who_saw(password)}
        assert saw <= {story.agent_id}, f"{saw} saw the password: {story}"
        shown = [m for person in company.people.values() for m in person.direct_messages if password in m.visible_text]
        assert len(shown) <= 1, f"two messages with the password: {story}"


def _check_writes(company: Company, stories: Iterable[Story]) -> None:
    """WHMCS was asked for nothing that the audit does not name, and for no e-mail twice."""
    whmcs, by_reference = company.world.whmcs, {story.reference: story for story in stories}
    for call in whmcs.calls:
        if not _sets(call.action):
            continue
        story = by_reference.get(str(call.parameters["request_id"]))
        assert story is not None, f"not recorded: {call}"
        assert story.method is Method.SET_PASSWORD
        assert story.started_at <= call.at, f"asked before it was recorded: {story}"
        values = (call.parameters["client_id"], call.parameters["user_id"], call.parameters["agent"])
        assert values == (story.client_id, story.user_id, story.agent_id), f"other values: {story}"
    for _, user_id in USERS.values():
        asked = [
            call for call in whmcs.calls if call.action == "ResetPassword" and call.parameters["id"] == f"{user_id}"
        ]
        begun = [story for story in stories if (story.method, story.user_id) == (Method.RESET_EMAIL, user_id)]
        assert len(asked) <= len(begun), f"asked {len(asked)} times for an e-mail: {begun}"


def _check_users(stories: Iterable[Story]) -> None:
    """A user is reset by one at a time, and then left alone for a while."""
    last: dict[int, Story] = {}
    for story in stories:
        before = last.get(story.user_id)
        if before is not None:
            assert before.end is not None, f"two at a time: {before}, {story}"
            if before.counts:
                free_at = before.end.at + timedelta(seconds=COOL_DOWN_SECONDS)
                assert story.started_at >= free_at, f"too early: {before}, {story}"
        last[story.user_id] = story


def _check_hours(stories: Iterable[Story]) -> None:
    began: dict[str, datetime] = {}
    counted: defaultdict[str, int] = defaultdict(int)
    for story in stories:
        for whose, most in ((story.agent_id, AGENT_RESETS), ("all", ALL_RESETS)):
            if whose not in began or story.started_at >= began[whose] + _HOUR:
                began[whose], counted[whose] = story.started_at, 0
            counted[whose] += story.counts
            assert counted[whose] <= most, f"more than {most} in the hour of {whose}: {story}"


def _check_truth(company: Company, stories: Iterable[Story]) -> None:
    """The audit's last word is what WHMCS did."""
    whmcs, said = company.world.whmcs, defaultdict[int, list[Truth]](list)
    for story in stories:
        if story.method is Method.RESET_EMAIL:
            said[story.user_id].append(story.truth)
        else:
            is_changed = any(
                call.has_written for call in whmcs.calls if call.parameters.get("request_id") == story.reference
            )
            assert story.truth == (Truth.CHANGED if is_changed else Truth.UNCHANGED), f"WHMCS says otherwise: {story}"
    for _, user_id in USERS.values():
        sent = sum(mail.user_id == user_id for mail in whmcs.reset_emails)
        known, unknown = said[user_id].count(Truth.CHANGED), said[user_id].count(Truth.UNKNOWN)
        assert known <= sent <= known + unknown, f"{sent} e-mails to {user_id}, but {said[user_id]}"


def _check_told(said: Iterable[Said], story: Story) -> None:
    """The agent was told how it ended; the last thing that he was told is the last word."""
    places = {"", story.agent_id, f"D0{story.agent_id}"}
    told = [one.truth for one in said if story.reference in one.references and one.place in places]
    assert told, f"its agent was told nothing: {story}"
    assert told[-1] is story.truth, f"its agent was told {', '.join(told)}: {story}"


def _passwords(company: Company, story: Story) -> set[str]:
    return {
        str(call.parameters["password"])
        for call in company.world.whmcs.calls
        if _sets(call.action) and call.parameters["request_id"] == story.reference
    }


def _sets(action: str) -> bool:
    return action == "set_password"


def _time(value: object) -> datetime:
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
