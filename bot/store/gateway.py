"""The gateway to the database: every table behind one object, created once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from bot.domain.limits import Limits
from bot.store.approvals import ApprovalStore
from bot.store.audit import AuditTrail
from bot.store.database import Database
from bot.store.homes import HomeStore
from bot.store.jobs import JobStore
from bot.store.pauses import PauseStore
from bot.store.replies import ReplyStore
from bot.store.resets import ResetStore


@dataclass(frozen=True, kw_only=True)
class Store:
    database: Database
    resets: ResetStore
    replies: ReplyStore
    approvals: ApprovalStore
    jobs: JobStore
    audit: AuditTrail
    homes: HomeStore
    pauses: PauseStore

    @classmethod
    def build(cls, database: Database, limits: Limits) -> Self:
        return cls(
            database=database,
            resets=ResetStore(database, limits),
            replies=ReplyStore(database),
            approvals=ApprovalStore(database),
            jobs=JobStore(database),
            audit=AuditTrail(database),
            homes=HomeStore(database),
            pauses=PauseStore(database),
        )

    def now(self) -> datetime:
        """Return the time that all replicas on this database agree on, in UTC."""
        return self.database.now()
