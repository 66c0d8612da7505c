from datetime import datetime, timedelta, timezone

import pytest

from bot.domain.audit import Action, AuditEvent, AuditFilter, AuditOutcome
from bot.store.audit import COLUMNS, AuditTrail
from bot.store.errors import StoreError
from tests.store.samples import HOUR, MINUTE, NOW, SECOND, make_event

pytestmark = pytest.mark.asyncio


async def test_exports_have_these_columns_in_this_order() -> None:
    assert COLUMNS == (
        "at",
        "reference",
        "actor",
        "action",
        "outcome",
        "reason",
        "step",
        "client_id",
        "user_id",
        "method",
        "ticket",
        "proof",
        "verification",
    )


async def test_an_event_is_read_back_as_recorded(audit: AuditTrail) -> None:
    event = AuditEvent(
        at=NOW + timedelta(microseconds=123456),
        actor="U1",
        action=Action.RESET,
        outcome=AuditOutcome.REFUSED,
        reference="7K3M-Q9XD",
        reason="user_not_found",
        step="submission",
        client_id=42,
        user_id=7,
        method="set_password",
        ticket="ABC-123456",
        proof="strong",
        verification="called_back",
    )
    await audit.record_event(event)
    assert await audit.list_events(AuditFilter(), 10) == (event,)


async def test_columns_that_do_not_apply_are_read_back_empty(audit: AuditTrail) -> None:
    event = AuditEvent(at=NOW, actor="bot", action=Action.SETTINGS, outcome=AuditOutcome.LOADED)
    await audit.record_event(event)
    assert await audit.list_events(AuditFilter(), 10) == (event,)


async def test_a_time_in_another_zone_is_kept_as_the_same_moment(audit: AuditTrail) -> None:
    at = datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    await audit.record_event(make_event(at))
    [found] = await audit.list_events(AuditFilter(), 10)
    assert found.at == NOW
    assert found.at.utcoffset() == timedelta(0)


async def test_a_time_without_a_zone_is_not_recorded(audit: AuditTrail) -> None:
    with pytest.raises((StoreError, ValueError)):
        await audit.record_event(make_event(NOW.replace(tzinfo=None)))
    assert await audit.list_events(AuditFilter(), 10) == ()


@pytest.mark.parametrize(
    ("wanted", "references"),
    [
        (AuditFilter(), ["A", "B", "C"]),
        (AuditFilter(agent="U2"), ["B"]),
        (AuditFilter(client_id=42), ["A", "B"]),
        (AuditFilter(user_id=7), ["A", "C"]),
        (AuditFilter(reference="C"), ["C"]),
        (AuditFilter(ticket="ABC-123456"), ["A"]),
        (AuditFilter(outcome="STARTED"), ["A", "B"]),
        (AuditFilter(since=NOW + MINUTE), ["B", "C"]),
        (AuditFilter(until=NOW + MINUTE), ["A"]),
        (AuditFilter(since=NOW, until=NOW + HOUR), ["A", "B"]),
        (AuditFilter(client_id=42, user_id=7, agent="U1", outcome="STARTED"), ["A"]),
        (AuditFilter(agent="U1", client_id=43), ["C"]),
        (AuditFilter(agent="U3"), []),
        (AuditFilter(agent="' OR 1=1 --"), []),
    ],
)
async def test_each_filter_returns_only_matching_events(
    audit: AuditTrail, wanted: AuditFilter, references: list[str]
) -> None:
    await audit.record_event(make_event(NOW, reference="A", client_id=42, user_id=7, ticket="ABC-123456"))
    await audit.record_event(make_event(NOW + MINUTE, reference="B", client_id=42, user_id=8, actor="U2"))
    await audit.record_event(
        make_event(NOW + HOUR, reference="C", client_id=43, user_id=7, outcome=AuditOutcome.SUCCEEDED)
    )
    assert [event.reference for event in await audit.list_events(wanted, 10)] == references
    assert [event.reference async for event in audit.stream_events(wanted)] == references


async def test_a_list_holds_the_newest_events_oldest_first(audit: AuditTrail) -> None:
    for number in range(5):
        await audit.record_event(make_event(NOW + number * SECOND, reference=str(number)))
    assert [event.reference for event in await audit.list_events(AuditFilter(), 2)] == ["3", "4"]


async def test_an_export_has_every_event_in_recorded_order(audit: AuditTrail) -> None:
    # Recorded by two hosts whose clocks differ.
    at = [NOW + (number * 37 % 11) * SECOND for number in range(60)]
    for number, moment in enumerate(at):
        await audit.record_event(make_event(moment, reference=str(number)))
    events = [event async for event in audit.stream_events(AuditFilter())]
    assert [event.reference for event in events] == [str(number) for number in range(60)]
