"""The tables, and their revisions in `migrations/`."""

from datetime import UTC, datetime
from typing import ClassVar, Final

from sqlalchemy import BigInteger, DateTime, Dialect, Index, Integer, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

REVISION: Final = "0010"
"""The newest migration. They are numbered without gaps."""


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware time, in UTC. SQLite stores no zone, so it is restored on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {datetime: UtcDateTime, str: String}


class AuditRow(Base):
    """Append-only. The columns from `at` on are exported in this order."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_reference", "reference"), Index("audit_at", "at"))

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime]
    reference: Mapped[str]
    actor: Mapped[str]
    action: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str]
    step: Mapped[str]
    client_id: Mapped[int | None]
    user_id: Mapped[int | None]
    method: Mapped[str]
    ticket: Mapped[str]
    proof: Mapped[str]
    verification: Mapped[str]


class ResetRow(Base):
    """A reset while it runs, and afterwards what is shown if its form is submitted again."""

    __tablename__ = "resets"
    __table_args__ = (Index("resets_agent", "agent_id", "started_at"),)

    reference: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[str]
    agent_locale: Mapped[str]
    client_id: Mapped[int]
    user_id: Mapped[int]
    method: Mapped[str]
    ticket: Mapped[str]
    phase: Mapped[str]
    started_at: Mapped[datetime]
    user_email: Mapped[str]
    language: Mapped[str]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    proof: Mapped[str]
    verification: Mapped[str]
    called_at: Mapped[datetime | None]
    settled: Mapped[str | None]
    user_name: Mapped[str]
    approved_by: Mapped[str]
    shown: Mapped[str]


class JobRow(Base):
    """Work that is due at a time, leased by one process. `channel` and `ts`: the message of the bot that it is about."""

    __tablename__ = "jobs"
    __table_args__ = (Index("jobs_by_kind", "kind", "due_at"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    agent_id: Mapped[str]
    agent_locale: Mapped[str]
    channel: Mapped[str]
    ts: Mapped[str]


class AgentHourRow(Base):
    """Resets that an agent has started in the hour that began with the first of them."""

    __tablename__ = "agent_hours"

    agent_id: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    resets: Mapped[int]


class WorkspaceHourRow(Base):
    """Resets of all agents in such an hour, in one row."""

    __tablename__ = "workspace_hours"

    name: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    resets: Mapped[int]


class UserHoldRow(Base):
    """The agent who holds a user, and until when. `held_until` None: a reset of that user is running."""

    __tablename__ = "user_holds"

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reference: Mapped[str]
    agent_id: Mapped[str]
    held_until: Mapped[datetime | None]


class HomeRow(Base):
    """An agent who has opened the app's Home tab, which is therefore kept up to date."""

    __tablename__ = "homes"

    agent_id: Mapped[str] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime]


class HomeDenialRow(Base):
    """When a person without access was last recorded as having opened the Home tab."""

    __tablename__ = "home_denials"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    denied_at: Mapped[datetime]


class PauseRow(Base):
    """A time in which no reset starts. `resumed_at` None: it is in force; there is at most one such row."""

    __tablename__ = "pauses"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    reason: Mapped[str]
    paused_at: Mapped[datetime]
    paused_by: Mapped[str]
    resumed_at: Mapped[datetime | None]
    resumed_by: Mapped[str | None]


class ReplyRow(Base):
    """The state of the reply on a reset's ticket. `holder` may send it until `lease_until`.

    `content`, `after_id`, `settles_at`: the last attempt's content, the ticket's message that it comes after, and the
    time after which it can no longer arrive.
    """

    __tablename__ = "replies"

    reference: Mapped[str] = mapped_column(primary_key=True)
    phase: Mapped[str]
    holder: Mapped[str]
    lease_until: Mapped[datetime]
    content: Mapped[str | None]
    after_id: Mapped[int]
    settles_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
