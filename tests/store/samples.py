"""Requests, times and events for store tests. Each request has a reference of its own unless one is given."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.audit import Action, AuditEvent, AuditFilter, AuditOutcome
from bot.domain.limits import Limits
from bot.domain.permissions import Agent, AgentId
from bot.domain.references import Reference, make_reference
from bot.domain.resets import MessageRef, Method, Origin, Reset, ResetRequest, SecretMessage, Target
from bot.store.audit import AuditTrail
from bot.store.database import Database
from bot.store.resets import ResetStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
on_sqlite = pytest.mark.parametrize("address", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("address", ["postgresql"], indirect=True)
LIMITS = Limits(agent_resets_per_hour=3, resets_per_hour=20, user_cooldown=MINUTE)


def make_request(
    agent: str = "U1",
    user_id: int = 7,
    *,
    reference: Reference | None = None,
    client_id: int = 42,
    method: Method = Method.RESET_EMAIL,
    ticket: str = "",
) -> ResetRequest:
    return ResetRequest(
        reference=reference or make_reference(),
        agent=Agent(id=AgentId(agent), locale="es-ES"),
        target=Target(client_id=client_id, user_id=user_id, method=method, ticket=ticket),
        origin=Origin(),
    )


async def begin(
    store: ResetStore, agent: str = "U1", user_id: int = 7, *, now: datetime = NOW, reference: Reference | None = None
) -> Reset:
    request = make_request(agent, user_id, reference=reference)
    return await store.begin_reset(request, now=now)


def make_message(
    reference: Reference, *, ts: str = "1.0", deletes_at: datetime = NOW, agent: str = "U1"
) -> SecretMessage:
    return SecretMessage(
        reference=reference,
        agent_id=AgentId(agent),
        agent_locale="es-ES",
        place=MessageRef(channel="D1", ts=ts),
        deletes_at=deletes_at,
    )


def make_event(at: datetime = NOW, **values: object) -> AuditEvent:
    known: dict[str, object] = {"at": at, "actor": "U1", "action": Action.RESET, "outcome": AuditOutcome.STARTED}
    return AuditEvent(**known | values)  # type: ignore[arg-type]  # the fields are given by name, whatever their type


async def events_in(database: Database) -> list[AuditEvent]:
    return list(await AuditTrail(database).list_events(AuditFilter(), 1000))
