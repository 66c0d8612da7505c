"""The reader of facts for the eligibility decision."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import structlog

from bot.domain.eligibility import (
    Allowed,
    AnswerNeeded,
    ApprovalNeeded,
    Asked,
    Decision,
    Facts,
    Ineligible,
    decide,
)
from bot.domain.identity import IdentityPolicy, Judgement, Proof, judge
from bot.domain.names import address_line, one_line
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import Failure, Outcome, Reason, Reset, ResetRequest, Target
from bot.domain.seals import Seal
from bot.domain.shown import Shown, ShownField, list_changes, write_digests
from bot.domain.tickets import Ticket
from bot.services.errors import ResetAbortedError
from bot.services.failures import explain
from bot.services.tickets import Tickets
from bot.services.whmcs_gateway import Whmcs
from whmcs import Client, ClientUser, CompanionUser, WhmcsError, actions

_logger = structlog.stdlib.get_logger(__name__)

_SECONDS: Final = 8.0
_ACCESS_SECONDS: Final = 5.0
_AT_ONCE: Final = 5
_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What WHMCS reported about a target at one moment. `user` None: the client has no such user.

    `other_client_ids`: the other clients that the user has access to; None: not reported. It is only read for a method that
    hands out access. `unread`: the error, if it could not be read.
    """

    target: Target
    client: Client
    language: str
    user: ClientUser | None
    ticket: Ticket | None
    judgement: Judgement
    other_client_ids: tuple[int, ...] | None
    unread: WhmcsError | None
    is_protected: bool

    def shown_to(self, agent_id: AgentId) -> Shown:
        """Return the values that the last step shows, for comparison."""
        others = self.other_client_ids
        user, ticket = self.user, self.ticket
        return {
            ShownField.AGENT: agent_id,
            ShownField.METHOD: self.target.method,
            ShownField.CLIENT: str(self.target.client_id),
            ShownField.USER: f"{user.id} {address_line(user.email)}" if user is not None else "",
            ShownField.OTHER_CLIENTS: _UNKNOWN if others is None else ",".join(map(str, others)),
            ShownField.TICKET: ticket.number if ticket is not None else "",
            ShownField.REQUESTOR: ticket.requestor_email if ticket is not None else "",
            ShownField.PROOF: self.judgement.proof,
            ShownField.VERIFICATION: self.target.verification,
        }


@dataclass(kw_only=True)
class Eligibility:
    """Reads the facts about a target, and decides on them."""

    whmcs: Whmcs
    tickets: Tickets
    policy: IdentityPolicy
    seal: Seal

    def judge(self, ticket: Ticket | None, email: str, addresses: Collection[str]) -> Judgement:
        """Assess what the ticket proves for the user with this address. `addresses`: those of all users of the client."""
        return judge(ticket, email, addresses, self.policy.proof_max_age)

    async def read(self, target: Target) -> Reading:
        """Read client, user and ticket, and, for a method that hands out access, what else it opens.

        Raises: WhmcsError.
        """
        opens_all = target.method.hands_out_access
        details, told, ticket = await asyncio.gather(
            self.whmcs.client.get_clients_details(target.client_id, deadline_seconds=_SECONDS),
            self._read_companion_users(target.client_id) if opens_all else _nothing(),
            self._read_ticket(target.ticket),
        )
        user = next((user for user in details.users if user.id == target.user_id), None)
        opened: Collection[int] | WhmcsError | None = None
        if opens_all and user is not None:
            opened = await self._read_opened(user, told)
        unread = opened if isinstance(opened, WhmcsError) else None
        others = None
        if opened is not None and not isinstance(opened, WhmcsError):
            others = tuple(sorted(set(opened) - {target.client_id}))
        email, addresses = (user.email if user is not None else ""), [one.email for one in details.users]
        return Reading(
            target=target,
            client=details.client,
            language=one_line(details.language),
            user=user,
            ticket=ticket,
            judgement=self.judge(ticket, email, addresses),
            other_client_ids=others,
            unread=unread,
            is_protected=opens_all and await self._is_protected(details.client, others),
        )

    def decide(self, reading: Reading, source: ResetRequest | Reset, *, is_shown: bool) -> Decision:
        """Decide on what was read. `is_shown`: it must match what the last step showed, whose digests are in `source`.

        Raises: WhmcsError: a part of what was shown could not be read, so it can't be compared.
        """
        changed = self._list_changes(reading, source) if is_shown else _list_lost_proof(reading)
        if reading.unread is not None and ShownField.OTHER_CLIENTS in changed:
            raise reading.unread
        facts = Facts(
            is_user_of_client=reading.user is not None,
            has_ticket=reading.ticket is not None,
            is_ticket_of_client=reading.ticket is None or reading.ticket.client_id == reading.target.client_id,
            proof=reading.judgement.proof,
            is_protected=reading.is_protected,
            changed=changed,
        )
        asked = Asked(
            method=reading.target.method,
            verification=reading.target.verification,
            is_approved=isinstance(source, Reset) and bool(source.approved_by),
        )
        return decide(facts, asked, self.policy)

    async def recheck(self, reset: Reset) -> Reset:
        """Read everything again before the write: what was shown must still hold, and the rules must allow it.

        Returns the reset with the user's name and address and the client's language filled in.

        Raises: ResetAbortedError: nothing was changed.
        """
        # A method without a last step showed nothing, unless the method of an approved request was changed.
        is_shown = reset.method.hands_out_access or bool(reset.approved_by)
        try:
            reading = await self.read(reset.target)
            failure = _object(self.decide(reading, reset, is_shown=is_shown))
        except WhmcsError as error:
            raise ResetAbortedError(reset, explain(error)) from error
        if reading.user is not None:
            reset = replace(
                reset,
                user_name=one_line(reading.user.name),
                user_email=address_line(reading.user.email),
                language=reading.language,
            )
        if failure is not None:
            raise ResetAbortedError(reset, failure)
        return reset

    def write_digests(self, reading: Reading, agent_id: AgentId, reference: Reference) -> str:
        """Return the digests of what the last step shows to this agent."""
        return write_digests(reading.shown_to(agent_id), reference, self.seal)

    def _list_changes(self, reading: Reading, source: ResetRequest | Reset) -> Collection[ShownField]:
        return list_changes(source.shown, reading.shown_to(source.agent_id), source.reference, self.seal)

    async def _read_ticket(self, number: str) -> Ticket | None:
        return await self.tickets.read(number, deadline_seconds=_SECONDS) if number else None

    async def find_companion_users(self, client_id: int) -> dict[int, CompanionUser] | None:
        """Return what only the companion knows about the client's users, by user id. None: it doesn't answer."""
        told = await self._read_companion_users(client_id)
        return None if isinstance(told, WhmcsError) else told

    async def find_client_ids(self, user_id: int, email: str) -> Collection[int] | None:
        """Return the clients that a user has access to, as the API reports them. None: it doesn't."""
        opened = await self._read_client_ids(user_id, email)
        return None if isinstance(opened, WhmcsError) else opened

    async def _read_opened(
        self, user: ClientUser, told: dict[int, CompanionUser] | WhmcsError | None
    ) -> Collection[int] | WhmcsError | None:
        """Return the clients that a user has access to, from the companion or the API; the error if neither answers."""
        if isinstance(told, dict) and user.id in told:
            return told[user.id].client_ids
        opened = await self._read_client_ids(user.id, user.email)
        return told if opened is None and isinstance(told, WhmcsError) else opened

    async def _read_companion_users(self, client_id: int) -> dict[int, CompanionUser] | WhmcsError | None:
        if self.whmcs.companion is None:
            return None
        try:
            users = await self.whmcs.companion.users(client_id, deadline_seconds=_ACCESS_SECONDS)
        except WhmcsError as error:
            _logger.warning("companion_users.not_read", reason=explain(error).reason.value)
            self.whmcs.health.look_again()
            return error
        return {user.id: user for user in users}

    async def _read_client_ids(self, user_id: int, email: str) -> Collection[int] | WhmcsError | None:
        if not email or not self.whmcs.health.has(actions.GET_USERS):
            return None
        try:
            found, _ = await self.whmcs.client.get_users(email, deadline_seconds=_ACCESS_SECONDS)
        except WhmcsError as error:
            _logger.warning("user_clients.not_read", reason=explain(error).reason.value)
            return error
        # An exact address also finds longer ones, so the user is known by the id.
        return next(([client.id for client in one.clients] for one in found if one.id == user_id), None)

    def covers(self, client: Client) -> bool:
        """Return True if the client itself is in a protected group."""
        return client.group_id in self.policy.protected_groups

    async def _is_protected(self, client: Client, others: Collection[int] | None) -> bool:
        """Return True if the user has access to a protected client, or if that is not known.

        Raises: WhmcsError: another client can't be read.
        """
        if not self.policy.protected_groups:
            return False
        if self.covers(client) or others is None:
            return True
        places = asyncio.Semaphore(_AT_ONCE)

        async def is_covered(client_id: int) -> bool:
            async with places:
                details = await self.whmcs.client.get_clients_details(client_id, deadline_seconds=_SECONDS)
            return self.covers(details.client)

        return any(await asyncio.gather(*(is_covered(client_id) for client_id in others)))


def _object(decision: Decision) -> Failure | None:
    match decision:
        case Allowed():
            return None
        case Ineligible():
            return decision.failure
        case AnswerNeeded():
            return Failure(Outcome.REFUSED, Reason.NOT_VERIFIED)
        case ApprovalNeeded():
            return Failure(Outcome.REFUSED, Reason.NEEDS_APPROVAL)


def _list_lost_proof(reading: Reading) -> Collection[ShownField]:
    """Return PROOF if the form showed a stronger proof than there is now. The form shows nothing else to compare."""
    is_less = reading.judgement.proof.rank < Proof(reading.target.proof or Proof.NONE).rank
    return (ShownField.PROOF,) if is_less else ()


async def _nothing() -> None:
    return None
