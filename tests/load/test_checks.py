"""The checks of the load notice what goes wrong with a reset: hand-made evidence, in which one thing at a time is spoiled."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest

from bot.domain.resets import Method
from sandbox.slack import LocalSlack, Person
from sandbox.slack.workspace import StoredMessage
from sandbox.whmcs.records import Call
from tests.harness.agent_notifications import Truth
from tests.harness.stories import Event, Story
from tests.load.checks import Evidence, check
from tests.load.flow import Flow, Stage

NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
PASSWORD = "EXAMPLE-only#not%9ok"
REFERENCES = {Method.SET_PASSWORD: "7K3M-Q9XD", Method.RESET_EMAIL: "7K3M-Q9XE"}


@pytest.fixture
def evidence() -> Evidence:
    """Two agents of whom one set a password and the other one sent an e-mail, with nothing wrong."""
    slack = LocalSlack()
    agents = {method: slack.add_person(f"Agent {method}") for method in Method}
    flows = [_flow(slack, agents[method], method, number) for number, method in enumerate(Method)]
    told = {flow.reference: [Truth.CHANGED] for flow in flows}
    setter = next(flow for flow in flows if flow.method is Method.SET_PASSWORD)
    [mailed] = [flow.user_id for flow in flows if flow.method is Method.RESET_EMAIL]
    asked = {"request_id": setter.reference, "password": PASSWORD}
    return Evidence(
        flows=flows,
        stories={flow.reference: _story(flow) for flow in flows},
        sets=[Call("set_password", asked, NOW, is_companion=True, written_at=NOW, is_done=True)],
        mails=[mailed],
        told=told,
        holding={setter.reference: [_message(setter.agent)]},
        deleted=[setter.reference],
        jobs=[],
        open_resets=[],
        held_users=[],
        stored=b"",
        logs=[],
        who_saw=lambda _password: {setter.agent.id},
        opens=lambda _email, _password: True,
    )


def _flow(slack: LocalSlack, agent: Person, method: Method, number: int) -> Flow:
    flow = Flow(slack, agent, 1001 + number, 5001 + number, f"user{number}@example.com", method, due_at=0.0)
    flow.reference, flow.stage, flow.read = REFERENCES[method], Stage.ENDED, "Done"
    return flow


def _story(flow: Flow) -> Story:
    started = Event(NOW, flow.agent.id, "STARTED", "")
    ended = Event(NOW + timedelta(seconds=1), flow.agent.id, "SUCCEEDED", "")
    return Story(flow.reference, flow.agent.id, flow.client_id, flow.user_id, flow.method, [started, ended])


def _message(agent: Person) -> StoredMessage:
    return StoredMessage(channel=f"D0{agent.id}", ts="1.0", author="UBOT", text="", is_deleted=True)


def test_nothing_is_wrong_with_the_evidence_before_it_is_spoiled(evidence: Evidence) -> None:
    assert check(evidence) == []


Spoil: TypeAlias = Callable[[Evidence, Story], Evidence]


def write_twice(evidence: Evidence, story: Story) -> Evidence:
    [call] = [call for call in evidence.sets if call.parameters["request_id"] == story.reference]
    return replace(evidence, sets=[*evidence.sets, call])


def write_unrecorded(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, stories={key: value for key, value in evidence.stories.items() if value is not story})


def write_nothing(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, sets=[call for call in evidence.sets if call.parameters["request_id"] != story.reference])


def mail_twice(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, mails=[*evidence.mails, story.user_id])


def mail_nothing(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, mails=[user_id for user_id in evidence.mails if user_id != story.user_id])


def lose_the_end(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, stories={**evidence.stories, story.reference: replace(story, events=story.events[:1])})


def end_twice(evidence: Evidence, story: Story) -> Evidence:
    twice = replace(story, events=[*story.events, story.events[-1]])
    return replace(evidence, stories={**evidence.stories, story.reference: twice})


def show_to_all(evidence: Evidence, _story: Story) -> Evidence:
    return replace(evidence, who_saw=lambda _password: {"UELSE"})


def post_twice(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, holding={**evidence.holding, story.reference: [*evidence.holding[story.reference]] * 2})


def post_nothing(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, holding={**evidence.holding, story.reference: []})


def forget_to_delete(evidence: Evidence, story: Story) -> Evidence:
    kept = [replace(message, is_deleted=False) for message in evidence.holding[story.reference]]
    return replace(evidence, holding={**evidence.holding, story.reference: kept})


def change_to_something_else(evidence: Evidence, _story: Story) -> Evidence:
    return replace(evidence, opens=lambda _email, _password: False)


def tell_nothing(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, told={key: value for key, value in evidence.told.items() if key != story.reference})


def tell_a_lie(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, told={**evidence.told, story.reference: [Truth.UNCHANGED]})


def leave_alone(evidence: Evidence, story: Story) -> Evidence:
    [flow] = [flow for flow in evidence.flows if flow.reference == story.reference]
    others = [other for other in evidence.flows if other is not flow]
    return replace(evidence, flows=[*others, replace(flow, stage=Stage.READING)])


def leave_open(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, open_resets=[story.reference])


def write_into_the_log(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, logs=[*evidence.logs, *evidence.passwords[story.reference]])


def store(evidence: Evidence, story: Story) -> Evidence:
    return replace(evidence, stored="".join(evidence.passwords[story.reference]).encode())


SET_SPOILS: list[Spoil] = [
    *(write_twice, write_unrecorded, write_nothing, show_to_all, post_twice, post_nothing, forget_to_delete),
    *(change_to_something_else, write_into_the_log, store),
]
EMAIL_SPOILS: list[Spoil] = [mail_twice, mail_nothing]
SPOILS: list[Spoil] = [lose_the_end, end_twice, tell_nothing, tell_a_lie, leave_alone, leave_open]
"""What could be wrong with a reset of either method."""


@pytest.mark.parametrize(
    ("method", "spoil"),
    [
        *((Method.SET_PASSWORD, spoil) for spoil in SET_SPOILS + SPOILS),
        *((Method.RESET_EMAIL, spoil) for spoil in EMAIL_SPOILS + SPOILS),
    ],
)
def test_a_spoiled_reset_is_named(evidence: Evidence, method: Method, spoil: Spoil) -> None:
    reference = REFERENCES[method]
    broken = check(spoil(evidence, evidence.stories[reference]))
    assert reference in {found.reference for found in broken}, broken


def test_a_traceback_in_a_log_is_seen(evidence: Evidence) -> None:
    assert check(replace(evidence, logs=["Traceback (most recent call last):"]))
