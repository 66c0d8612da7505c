"""Which replies were sent, and which may be on their way: one row for each reset, so that each is answered once."""

import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import Row, Update, and_, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import AuditEvent
from bot.domain.references import Reference
from bot.domain.replies import ReplyPhase, ReplyReason
from bot.domain.resets import Reset
from bot.store.audit import announce, append
from bot.store.database import Database
from bot.store.errors import NotOursError
from bot.store.jobs import JobKind, remove_job
from bot.store.models import JobRow, ReplyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A write that may be on its way until `settles_at`. What it wrote comes after the ticket's message `after_id`."""

    content: ReplyReason
    after_id: int
    settles_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The right to send the reply to one reset, for as long as the lease lasts. `holder` tells it from later ones.

    `attempt`: an earlier one, of which nobody knows whether it arrived.
    """

    reference: Reference
    holder: str
    attempt: Attempt | None = None

    def settled(self) -> Self:
        """The same, once it is known that the earlier attempt did not arrive and will not."""
        return replace(self, attempt=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentReply:
    content: ReplyReason
    sent_at: datetime


class ReplyStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(
        self, reference: Reference, *, now: datetime, lease_until: datetime, watched: Reset | None = None
    ) -> Turn | SentReply | None:
        """Take the turn, if nobody has it; of any number at the same moment one does. None: somebody else has it.

        `watched`: the reset whose agent is told, should whoever takes the turn die before anything is written.

        Raises: StoreUnavailableError: nothing is taken.
        """
        holder = secrets.token_hex(8)
        values = {"holder": holder, "lease_until": lease_until}
        dialect: Any = postgresql if self._database.dialect == "postgresql" else sqlite
        taking = (
            dialect.insert(ReplyRow)
            .values(reference=reference, phase=ReplyPhase.CHECKING, after_id=0, **values)
            .on_conflict_do_update(
                index_elements=[ReplyRow.reference],
                set_=values,
                where=and_(ReplyRow.phase != ReplyPhase.SENT, ReplyRow.lease_until <= now),
            )
            .returning(*_COLUMNS)
        )
        async with self._database.write() as connection:
            row = (await connection.execute(taking)).one_or_none()
            if row is not None and row.phase == ReplyPhase.CHECKING and watched is not None:
                await _replace_job(connection, watched, lease_until)
        return _turn(row) if row is not None else await self.find_sent(reference)

    async def find_sent(self, reference: Reference) -> SentReply | None:
        """The reply that is on the ticket; None: there is none, as far as is known."""
        query = select(*_COLUMNS).where(ReplyRow.reference == reference, ReplyRow.phase == ReplyPhase.SENT)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return SentReply(content=ReplyReason(row.content), sent_at=row.sent_at) if row is not None else None

    async def announce(self, turn: Turn, attempt: Attempt, reset: Reset) -> None:
        """Commit that WHMCS is about to be asked to write. Whoever dies after this is found when it can't arrive any more.

        Raises: NotOursError: the turn is somebody else's by now, so WHMCS must not be called; StoreUnavailableError.
        """
        change = _change(turn, {"phase": ReplyPhase.SENDING} | asdict(attempt))
        async with self._database.write() as connection:
            if (await connection.execute(change)).rowcount != 1:
                raise NotOursError
            await _replace_job(connection, reset, attempt.settles_at)

    async def finish(
        self,
        turn: Turn,
        content: ReplyReason,
        event: AuditEvent,
        *,
        untold: Reset | None = None,
        tell_at: datetime | None = None,
    ) -> bool:
        """Commit that the reply is on the ticket. False: somebody else has the turn by now; nothing is written.

        `untold`: the reset whose agent is told by a job at `tell_at`, unless it is done away with before.
        """
        sent = {"phase": ReplyPhase.SENT, "content": content, "sent_at": event.at}
        async with self._database.write() as connection:
            if (await connection.execute(_change(turn, sent))).rowcount != 1:
                return False
            await remove_job(connection, JobKind.SETTLE_REPLY, turn.reference)
            if untold is not None and tell_at is not None:
                await _replace_job(connection, untold, tell_at)
            await append(connection, event)
        announce(event)
        return True

    async def give_up(self, turn: Turn, event: AuditEvent) -> bool:
        """Commit that nothing was sent, for certain, and let the next one have the turn. False: as in `finish`."""
        return await self._conclude(
            turn, {"phase": ReplyPhase.CHECKING, "lease_until": event.at}, event, is_settled=True
        )

    async def leave_open(self, turn: Turn, event: AuditEvent | None = None, *, now: datetime) -> bool:
        """Commit that nobody knows, and let the next one settle it. False: as in `finish`."""
        return await self._conclude(turn, {"lease_until": now}, event, is_settled=False)

    async def _conclude(
        self, turn: Turn, values: dict[str, object], event: AuditEvent | None, *, is_settled: bool
    ) -> bool:
        async with self._database.write() as connection:
            if (await connection.execute(_change(turn, values))).rowcount != 1:
                return False
            if is_settled:
                await remove_job(connection, JobKind.SETTLE_REPLY, turn.reference)
            if event is not None:
                await append(connection, event)
        if event is not None:
            announce(event)
        return True


_COLUMNS: Final = tuple(ReplyRow.__table__.columns)


def _turn(row: Row[Any]) -> Turn:
    attempt = None
    if row.phase == ReplyPhase.SENDING:
        attempt = Attempt(content=ReplyReason(row.content), after_id=row.after_id, settles_at=row.settles_at)
    return Turn(reference=Reference(row.reference), holder=row.holder, attempt=attempt)


def _change(turn: Turn, values: dict[str, object]) -> Update:
    """A change for who has the turn; what was sent stays so."""
    return (
        update(ReplyRow)
        .where(
            ReplyRow.reference == turn.reference,
            ReplyRow.holder == turn.holder,
            ReplyRow.phase != ReplyPhase.SENT,
        )
        .values(**values)
    )


async def _replace_job(connection: AsyncConnection, reset: Reset, due_at: datetime) -> None:
    await remove_job(connection, JobKind.SETTLE_REPLY, reset.reference)
    await connection.execute(insert(JobRow).values(_settlement(reset, due_at)))


def _settlement(reset: Reset, due_at: datetime) -> dict[str, object]:
    return {
        "kind": JobKind.SETTLE_REPLY,
        "reference": reset.reference,
        "due_at": due_at,
        "lease_until": None,
        "attempts": 0,
        "agent_id": reset.agent_id,
        "agent_locale": reset.agent_locale,
        "channel": "",
        "ts": "",
    }
