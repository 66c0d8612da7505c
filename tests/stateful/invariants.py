"""What holds whatever happens, and what holds in the end: told by WHMCS, Slack and the audit, and by nothing of the bot's."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from bot.domain.resets import Method
from tests.harness.agent_notifications import Said, Truth, read_said
from tests.harness.stories import Story, read_stories
from tests.stateful.cluster import AGENT_RESETS, AGENTS, ALL_RESETS, COOL_DOWN_SECONDS, USERS, Cluster

_HOUR: Final = timedelta(hours=1)


def describe(cluster: Cluster) -> set[str]:
    """What became of a program: how its processes were hit, and every end that a reset had."""
    ends = {
        f"{story.method.value} {' '.join(filter(None, (event.outcome, event.reason)))}"
        for story in _list_stories(cluster)
        for event in story.events[1:]
    }
    return cluster.seen | ends


def check_always(cluster: Cluster) -> None:
    """At any moment at which the audit can be read."""
    stories = _list_stories(cluster)
    for story in stories:
        assert not (fault := story.find_grammar_fault()), fault
        _check_password(cluster, story)
        _check_unchanged(cluster, story)
    _check_permissions(cluster, stories)
    _check_writes(cluster, stories)
    _check_users(stories)
    _check_hours(stories)


def check_end(cluster: Cluster) -> None:
    """Once all is mended and the bot had time."""
    check_always(cluster)
    left = cluster.world.rows("SELECT * FROM jobs")
    assert not left, f"left to do: {left}"
    assert cluster.world.rows("SELECT * FROM resets WHERE outcome IS NULL") == []
    assert cluster.world.rows("SELECT * FROM user_holds WHERE held_until IS NULL") == [], "a user is held for ever"
    stories, said = _list_stories(cluster), list(read_said(cluster.world.slack.calls))
    for story in stories:
        assert story.end is not None, f"no end: {story}"
        is_open = story.end.outcome == "UNKNOWN" and not story.settled
        assert not is_open or story.method is Method.RESET_EMAIL, f"the companion knows: {story}"
        _check_told(said, story)
    _check_truth(cluster, stories)
    passwords = [password for story in stories for password in _passwords(cluster, story)]
    shown = [m for person in cluster.people.values() for m in person.direct_messages]
    assert not [m for m in shown if any(password in m.visible_text for password in passwords)], "a message stayed"
    stored = cluster.world.read_all_of_the_database()
    assert not any(password.encode() in stored for password in passwords), "a password is in the database"


def _check_unchanged(cluster: Cluster, story: Story) -> None:
    """Nobody is told that nothing was changed of what had been changed by then, also where that is put right later."""
    if story.end is None or story.end.outcome not in {"REFUSED", "FAILED"}:
        return
    for call in cluster.world.whmcs.calls:
        if _sets(call.action) and call.parameters["request_id"] == story.reference and call.written_at is not None:
            # In made time a whole reset may take no time at all.
            assert call.written_at >= story.end.at, f"said to be unchanged after it was changed: {story}"


def _check_permissions(cluster: Cluster, stories: Iterable[Story]) -> None:
    allowed = {cluster.people[name].id for name in AGENTS}
    agents = allowed | {cluster.people["Cleo"].id}
    granted = {
        str(row["reference"]): str(row["actor"]) for row in cluster.world.audit_rows() if row["outcome"] == "GRANTED"
    }
    asked = {str(call.parameters.get("request_id")) for call in cluster.world.whmcs.calls if _sets(call.action)}
    for story in stories:
        assert story.agent_id in (allowed if story.method is Method.SET_PASSWORD else agents), f"not allowed: {story}"
        if cluster.approval_channel and story.reference in asked:
            by = granted.get(story.reference)
            assert by in allowed - {story.agent_id}, f"approved by {by}: {story}"


def _check_password(cluster: Cluster, story: Story) -> None:
    """One password, which its agent alone sees, in one message."""
    passwords = _passwords(cluster, story)
    assert len(passwords) <= 1, f"two passwords: {story}"
    for password in passwords:
        saw = {person.id for person in cluster.world.slack.people_who_saw(password)}
        assert saw <= {story.agent_id}, f"{saw} saw the password: {story}"
        shown = [m for person in cluster.people.values() for m in person.direct_messages if password in m.visible_text]
        assert len(shown) <= 1, f"two messages with the password: {story}"


def _check_writes(cluster: Cluster, stories: Iterable[Story]) -> None:
    """WHMCS was asked for nothing that the audit does not name, and for no e-mail twice."""
    whmcs, by_reference = cluster.world.whmcs, {story.reference: story for story in stories}
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
            if before.is_counted:
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
            counted[whose] += story.is_counted
            assert counted[whose] <= most, f"more than {most} in the hour of {whose}: {story}"


def _check_truth(cluster: Cluster, stories: Iterable[Story]) -> None:
    """The audit's last word is what WHMCS did."""
    whmcs, said = cluster.world.whmcs, defaultdict[int, list[Truth]](list)
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
    """The agent was notified of the outcome, and the last notification agrees with the audit's last word."""
    places = {"", story.agent_id, f"D0{story.agent_id}"}
    told = [one.truth for one in said if story.reference in one.references and one.place in places]
    assert told, f"its agent was told nothing: {story}"
    assert told[-1] is story.truth, f"its agent was told {', '.join(told)}: {story}"


def _passwords(cluster: Cluster, story: Story) -> set[str]:
    return {
        str(call.parameters["password"])
        for call in cluster.world.whmcs.calls
        if _sets(call.action) and call.parameters["request_id"] == story.reference
    }


def _sets(action: str) -> bool:
    return action == "set_password"


def _list_stories(cluster: Cluster) -> list[Story]:
    return list(read_stories(cluster.world.audit_rows()).values())
