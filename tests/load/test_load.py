"""A short load with a kill in it: that nothing is lost and nothing is done twice, not how fast it is. And that this would be seen."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeAlias

import pytest
import pytest_asyncio

from bot.domain.resets import Method
from tests.load.checks import Evidence, Story, check
from tests.load.figures import render
from tests.load.flow import Stage
from tests.load.load import Plan, Report, run
from tests.postgresql import PostgresServer
from tests.told import Truth

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("load")]

PLAN = Plan(seconds=8, rate=3, kills=1, seed=5, rivals=0.3, doubles=0.3, homes=0.3, jumps=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def report(postgresql: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Report]:
    yield await run(PLAN, tmp_path_factory.mktemp("load"), postgresql)


async def test_of_a_load_on_two_replicas_of_which_one_is_killed_nothing_is_lost_and_nothing_done_twice(
    report: Report,
) -> None:
    assert [str(broken) for broken in report.broken] == [], render(report)
    assert len(report.evidence.stories) > PLAN.rate * PLAN.seconds / 2
    assert {story.method for story in report.evidence.stories.values()} == set(Method)
    [kill] = report.kills
    assert kill.ready_at is not None
    assert kill.phases.get("calling"), "nothing was under way when it was killed"
    assert any(story.is_recovered for story in report.evidence.stories.values())
    # Their time was over, so that all of them are gone.
    assert report.evidence.holding
    assert all(message.is_deleted for messages in report.evidence.holding.values() for message in messages)


async def test_the_table_tells_what_was_carried_and_what_was_killed(report: Report) -> None:
    table = render(report)
    for words in ("flows ended within that time", "acknowledged: command", "replica", "rules broken"):
        assert words in table


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
async def test_what_goes_wrong_with_one_reset_is_seen_and_named(report: Report, method: Method, spoil: Spoil) -> None:
    done = (story for story in report.evidence.stories.values() if story.method is method)
    story = next(story for story in done if [event.outcome for event in story.events] == ["STARTED", "SUCCEEDED"])
    broken = check(spoil(report.evidence, story))
    assert story.reference in {found.reference for found in broken}, broken


async def test_a_traceback_in_a_log_is_seen(report: Report) -> None:
    assert check(replace(report.evidence, logs=["Traceback (most recent call last):"]))
